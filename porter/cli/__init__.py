"""The command line: options in, exit code out. Every expected error is one line on standard error, and code 2."""

from __future__ import annotations

import gc
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType

import click

from porter import __version__
from porter.cli.check import check
from porter.cli.convert import convert
from porter.cli.rules import rules
from porter.errors import PorterError

FAILED = 2
INTERRUPTED = 130
TERMINATED = 143


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="porter %(version)s")
def cli() -> None:
    """Rewrite PyTorch source for MindSpore, and back, and prove by numbers what was written.

    convert rewrites; check builds both sides of every converted place and compares them; rules tells what is known.
    No command changes SRC, except convert --in-place.
    """


cli.add_command(convert)
cli.add_command(check)
cli.add_command(rules)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    gc.disable()  # one command a process, whose syntax trees live to its end: looking for garbage would cost a tenth
    try:
        code = run(arguments)
    except Exception as error:  # noqa: BLE001  a bug in porter must not end with 1, "something is left for a person"
        traceback.print_exception(error)
        _complain("this is a bug in porter; please report it with the lines above")
        code = FAILED
    gc.freeze()  # nor is anything left behind taken apart at the end
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; expected errors are printed as one line, `porter: ...`."""
    try:
        code = cli.main(args=arguments, prog_name="porter", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
    except click.ClickException as error:
        _complain(_usage(error))
    except PorterError as error:
        _complain(str(error))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted; nothing was written half")
        return INTERRUPTED
    return FAILED


def _usage(error: click.ClickException) -> str:
    """What click says, as one line that ends with where to look."""
    message = " ".join(error.format_message().split()).rstrip(".")
    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "porter"
    return f"{message[:1].lower()}{message[1:]}; see {command} --help"


def _complain(message: str) -> None:
    click.echo(f"porter: {message}", err=True)


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    """End as after Ctrl-C, so that half-written trees are taken away."""
    sys.exit(TERMINATED)
