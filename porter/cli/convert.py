"""`porter convert`: options in, the pipeline, exit code out."""

from __future__ import annotations

import errno
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from porter import output
from porter.cli.options import PATH, STDIN, format_options, reading_options, rule_dirs_option, tree_defaults
from porter.cli.request import Request, make_request
from porter.errors import SourceError
from porter.streams import reason

if TYPE_CHECKING:
    from rich.console import Console

    from porter.cli.account import Account
    from porter.convert import Conversion, Options
    from porter.output import Manifest
    from porter.report.diff import Change
    from porter.report.json import Facts
    from porter.report.summary import Summary
    from porter.rules.load import RuleBook
    from porter.source.tree import Tree

STDIN_NAME = "<stdin>"


@click.command(short_help="Rewrite a folder, a file or standard input.")
@click.argument("src", type=PATH, callback=tree_defaults, is_eager=True)
@click.option("-o", "--output", "out", type=PATH, metavar="OUT", help="Write the converted tree to the folder OUT.")
@click.option("--in-place", is_flag=True, help="Write the changed files over those of SRC.")
@click.option("--diff", is_flag=True, help="Show the changes and write nothing [the default].")
@click.option("--to", type=click.Choice(["mindspore", "torch"]), help="Target [default: found from the imports].")
@click.option(
    "--platform",
    type=click.Choice(["gpu", "any"]),
    default="gpu",
    help="gpu: MindSpore's own layers [default]; any: layers that run on CPU, GPU and Ascend.",
)
@click.option(
    "--level",
    type=click.Choice(["safe", "review"]),
    default="review",
    help="Apply edits up to this level [default: review]; what is above is left, with a finding.",
)
@click.option(
    "--whole",
    type=click.Choice(["site", "class", "file"]),
    default="site",
    help="What stays as it was, with all that needs it, when something in it must stay: the place alone [default: "
    "site], the class or function around it, or the file.",
)
@rule_dirs_option("--rules")
@reading_options
@click.option("--jobs", type=click.IntRange(min=1), default=1, metavar="N", help="Processes [default: 1].")
@click.option("--force", is_flag=True, help="Write into an OUT that porter has not made; what else it holds stays.")
@click.option("--allow-dirty", is_flag=True, help="With --in-place: write over changes that no commit holds.")
@click.option(
    "--data",
    type=click.Choice(["copy", "link", "skip"]),
    default="copy",
    help="With -o, files over 10 MiB: copy [default], link (a symbolic link to SRC's), or skip.",
)
@click.option(
    "--mark/--no-mark", default=True, help="Write `# porter: reason` at the end of lines that stay [default: yes]."
)
@format_options
@click.pass_context
def convert(context: click.Context, /, **options: Any) -> int:
    """Rewrite SRC: a folder, a .py file, or - (standard input to standard output).

    Without -o, --in-place or --diff, the diff is shown and nothing is written.

    Exit code: 0 all converted; 1 something is left for a person; 2 something could not be read, parsed or written, or
    wrong usage.
    """
    from porter.report.console import make_console
    from porter.rules.load import load_rules

    request = make_request(context, options)
    rules = load_rules(request.rule_dirs)
    _finish_killed_run(request)
    account = _convert(_read(request), rules, request)
    facts, summary = _write(account)
    _tell(facts, summary, request, make_console())
    return summary.exit_code


def _finish_killed_run(request: Request) -> None:
    """What a run that was killed had begun to write is written first; a tree in that state is not read."""
    places = {"in place": _folder(request.src), "tree": request.out}
    for place in (places[request.mode],) if request.mode in places else ():
        left = output.finish(place.resolve())
        if left is not None:
            click.echo(
                f"porter: {place}: a run was killed here while it wrote; what it had begun is finished", err=True
            )
        for name in left or ():
            click.echo(f"porter: {place / name}: was changed since that run was killed, and is left so", err=True)
    if request.src != STDIN and output.is_unfinished(_folder(request.src)):
        raise SourceError(
            f"{request.src}: an --in-place run was killed here while it wrote: run it again to finish it, then this"
        )


def _folder(src: Path) -> Path:
    return src if src.is_dir() else src.parent


def _read(request: Request) -> Tree:
    from porter.source.tree import Tree
    from porter.source.walk import read_tree

    if request.src == STDIN:
        return Tree(Path(), {STDIN_NAME: _standard_input()}, ())
    if request.src.is_file() and request.src.suffix != ".py":
        raise SourceError(f"{request.src}: not a .py file; a folder, a .py file or - is expected")
    tree = read_tree(request.src, request.reading)
    for note in tree.notes:
        click.echo(f"porter: {note}", err=True)
    return tree


def _standard_input() -> bytes:
    try:
        if sys.stdin is None:  # Python makes none of a closed descriptor
            raise OSError(errno.EBADF, "")
        return sys.stdin.buffer.read()
    except OSError as error:
        found = reason(error, "reading")
        raise SourceError(f"standard input: {found}, expected Python source: porter convert - < FILE") from error


def _convert(tree: Tree, rules: RuleBook, request: Request) -> Account:
    """Convert a tree; in place, without the files that must not be written."""
    from porter.cli.account import Account
    from porter.cli.deliver import hard_linked, large_data
    from porter.cli.direction import direction
    from porter.convert import Options, carried_findings
    from porter.rules.model import TITLES

    options = Options(
        direction(tree, request),
        request.platform,
        request.level,
        request.mark,
        whole=request.whole,
        wait=request.src != STDIN,  # there is no place for the module that they wait by
    )
    conversion = _converted(tree, rules, options, request)
    if conversion.idle and not tree.unreadable and not any(file.failed for file in conversion.files):
        click.echo(
            f"porter: {request.src}: no file uses {TITLES[options.source]}: there is nothing to convert", err=True
        )
    linked = hard_linked(conversion, tree.root) if request.mode == "in place" else {}
    if linked:
        tree = replace(
            tree,
            files={name: content for name, content in tree.files.items() if name not in linked},
            others=(*tree.others, *linked),
        )
        conversion = _converted(tree, rules, options, request)
    return Account(
        conversion,
        tree,
        request,
        rules,
        earlier=_earlier(request, tree),
        extra=(*linked.values(), *(carried_findings(tree) if request.mode == "tree" else ())),
        skipped_data=large_data(tree) if (request.mode, request.data) == ("tree", "skip") else (),
    )


def _converted(tree: Tree, rules: RuleBook, options: Options, request: Request) -> Conversion:
    from porter.convert import convert_tree
    from porter.report.console import progress

    with progress("Converting") as advance:
        return convert_tree(tree, rules, options, jobs=request.jobs, progress=advance)


def _earlier(request: Request, tree: Tree) -> Manifest | None:
    """The manifest that lies where the result goes. Raises SourceError for a porter.json that is not porter's."""
    if request.mode not in ("tree", "in place"):
        return None
    source = output.read_manifest(tree.root)
    if request.mode == "in place":
        return source
    found = output.read_manifest(request.out) if request.out.is_dir() else None
    return None if found is None or found.in_place else found


def _write(account: Account) -> tuple[Facts, Summary]:
    """Put the result where the request wants it; returns what there is to tell."""
    from porter.cli import deliver
    from porter.report.console import reader_may_leave

    request = account.request
    if request.mode == "tree":
        written = deliver.mirror(account)
        facts = account.facts(written)
        return facts, account.summary(facts, written)
    if request.mode == "in place":
        deliver.in_place(account)
    else:
        with reader_may_leave():
            if request.mode == "text":
                sys.stdout.buffer.write(account.conversion.files[0].after)
            elif not request.report_on_stdout:
                _show_diff(account.conversion, account.tree)
    facts = account.facts()
    return facts, account.summary(facts)


def _show_diff(conversion: Conversion, tree: Tree) -> None:
    from porter.report.console import make_console
    from porter.report.diff import print_diff, write_diff

    changes = _changes(conversion, tree)
    if sys.stdout.isatty():
        print_diff(changes, make_console(sys.stdout))
    else:
        write_diff(changes, sys.stdout.buffer)


def _changes(conversion: Conversion, tree: Tree) -> list[Change]:
    from porter.report.diff import Change

    changed = [Change(file.path, file.before, file.after) for file in conversion.files]
    added = [Change(name, tree.files.get(name), text.encode()) for name, text in conversion.added.items()]
    removed = [Change(name, tree.files[name], None) for name in conversion.removed if name in tree.files]
    return sorted([*changed, *added, *removed], key=lambda change: change.path)


def _tell(facts: Facts, summary: Summary, request: Request, console: Console) -> None:
    """Findings and summary on standard error, JSON on standard output, either of them in a file as well."""
    from porter.report.console import reader_may_leave, write
    from porter.report.json import report
    from porter.report.terminal import print_findings, print_summary, report_text

    if request.report_on_stdout:
        with reader_may_leave(_kept(request)):
            click.echo(report(facts, summary), nl=False)
        return
    if request.report is not None:
        text = report(facts, summary) if request.json else report_text(facts.findings, summary)
        output.write_report(request.report, text)
    print_findings(facts.findings, console)
    print_summary(summary, console)
    if request.mode == "tree":
        write(console, f"Written to {request.out}. Next: porter check {request.src} {request.out}")


def _kept(request: Request) -> str:
    """What is true of the result when the report could not be shown."""
    written = {"tree": f"{request.out} is written, and whole", "in place": f"{request.src} is converted, and whole"}
    return written.get(request.mode, "")
