"""The command line: options in, exit code out. Every expected error is one line on standard error, and code 2."""

from __future__ import annotations

import gc
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from porter import __version__, signals, streams
from porter.cli.check import check
from porter.cli.convert import convert
from porter.cli.rules import rules
from porter.errors import PorterError, SourceError

FAILED = 2
NO_FOLDER = "the current folder cannot be found, expected one that exists: change into another one"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="porter %(version)s")
def cli() -> None:
    """Rewrite PyTorch source for MindSpore, and back, and prove by numbers what was written.

    convert rewrites; check builds both sides of every converted place and compares them; rules tells what is known.
    No command changes SRC, except convert --in-place.
    """
    if _no_folder():
        raise SourceError(NO_FOLDER)


cli.add_command(convert)
cli.add_command(check)
cli.add_command(rules)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    gc.disable()  # one command a process, whose syntax trees live to its end: looking for garbage would cost a tenth
    try:
        code = run(arguments)
    except Exception as error:  # noqa: BLE001  a bug in porter must not end with 1, "something is left for a person"
        traceback.print_exception(error)
        _complain("this is a bug in porter; please report it with the lines above")
        code = FAILED
    code = streams.finish(code)
    signals.ignore()
    gc.freeze()  # nor is anything left behind taken apart at the end
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; expected errors are printed as one line, `porter: ...`."""
    try:
        code = cli.main(args=arguments, prog_name="porter", standalone_mode=False)
        streams.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
    except click.ClickException as error:
        _complain(_usage(error))
    except PorterError as error:
        _complain(str(error))
        return error.exit_code
    except signals.Interrupted as interrupted:
        return _interrupted(interrupted.number)
    except (click.Abort, KeyboardInterrupt):
        return _interrupted(signal.SIGINT)
    except OSError:
        if not _no_folder():
            raise
        _complain(NO_FOLDER)
    return FAILED


def _usage(error: click.ClickException) -> str:
    """What click says, as one line that ends with where to look."""
    message = " ".join(error.format_message().split()).rstrip(".")
    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "porter"
    return f"{message[:1].lower()}{message[1:]}; see {command} --help"


def _complain(message: str) -> None:
    click.echo(f"porter: {message}", err=True)


def _interrupted(number: int) -> int:
    signals.ignore()  # a second one would say it again
    _complain(signals.told(number))
    return 128 + number


def _no_folder() -> bool:
    """Whether the current folder has been deleted: no relative path means anything then."""
    try:
        Path.cwd()
    except OSError:
        return True
    return False
