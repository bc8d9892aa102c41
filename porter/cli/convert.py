"""`porter convert`: options in, the pipeline, exit code out."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from porter import __version__, output
from porter.cli.options import PATH, STDIN, format_options, rule_dirs_option, tree_defaults
from porter.cli.request import Request, make_request
from porter.errors import SourceError
from porter.findings import Finding, Level

if TYPE_CHECKING:
    from rich.console import Console

    from porter.convert import Conversion
    from porter.report.diff import Change
    from porter.report.json import Facts
    from porter.report.summary import Summary
    from porter.rules.load import RuleBook
    from porter.source.tree import Tree

STDIN_NAME = "<stdin>"
LAYERS = "porter_layers.py"


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
@rule_dirs_option("--rules")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave these files as they are (repeatable).")
@click.option("--jobs", type=click.IntRange(min=1), default=1, metavar="N", help="Processes [default: 1].")
@click.option("--force", is_flag=True, help="Replace an OUT that exists.")
@click.option("--no-mark", is_flag=True, help="Leave out `# porter: reason` at the end of lines that stay.")
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
    tree = _read(request)
    conversion = _convert(tree, rules, request)
    facts, summary = _account(conversion, rules, tree, request)
    _write(conversion, facts, tree, request)
    _tell(facts, summary, request, make_console())
    return summary.exit_code


def _read(request: Request) -> Tree:
    from porter.source.tree import Tree, read_tree

    if request.src == STDIN:
        return Tree(Path(), {STDIN_NAME: sys.stdin.buffer.read()}, ())
    if request.src.is_file() and request.src.suffix != ".py":
        raise SourceError(f"{request.src}: not a .py file; a folder, a .py file or - is expected")
    return read_tree(request.src, request.exclude)


def _convert(tree: Tree, rules: RuleBook, request: Request) -> Conversion:
    from porter.convert import Options, convert_tree, detect_direction
    from porter.report.console import progress

    to = request.to or detect_direction(tree)
    if request.to is None:
        source = "PyTorch" if to == "mindspore" else "MindSpore"
        click.echo(f"porter: the imports are {source}'s: converting to {to} (--to chooses)", err=True)
    options = Options(to=to, platform=request.platform, level=request.level, mark=request.mark)
    with progress("Converting") as advance:
        return convert_tree(tree, rules, options, jobs=request.jobs, progress=advance)


def _account(conversion: Conversion, rules: RuleBook, tree: Tree, request: Request) -> tuple[Facts, Summary]:
    """The conversion as plain values, and its counts."""
    from porter.report.json import Facts
    from porter.report.summary import summarise

    findings = list(conversion.findings)
    if request.mode == "text" and conversion.added:
        findings.append(_needs_layers())
    files = {file.path: (file.before != file.after, file.failed) for file in conversion.files}
    facts = Facts(
        porter=__version__,
        to=conversion.options.to,
        platform=conversion.options.platform,
        source=tree.root.resolve().name if request.src != STDIN else "",
        layers=conversion.layers,
        files=files | dict.fromkeys(tree.unreadable, (False, True)),
        sites=conversion.sites,
        findings=findings,
        digests={file.path: hashlib.sha256(file.after).hexdigest() for file in conversion.files},
    )
    tied = request.platform == "gpu" and conversion.options.to == "mindspore"
    known = {rule.name for rule in rules.rules.values()}
    bound = {rule.name for rule in rules.rules.values() if tied and rule.tied}
    return facts, summarise(facts.files, facts.sites, facts.findings, known=known, tied=bound)


def _needs_layers() -> Finding:
    message = f"the result imports {LAYERS}, for which standard output has no place; write the file with -o OUT"
    return Finding(STDIN_NAME, 1, 1, Level.MANUAL, "porter", message)


def _write(conversion: Conversion, facts: Facts, tree: Tree, request: Request) -> None:
    """Put the result where the request wants it."""
    from porter.report.console import reader_may_leave

    if request.mode in ("tree", "in place"):
        _write_files(conversion, facts, tree, request)
        return
    with reader_may_leave():
        if request.mode == "text":
            sys.stdout.buffer.write(conversion.files[0].after)
        elif not request.report_on_stdout:
            _show_diff(conversion, tree)


def _write_files(conversion: Conversion, facts: Facts, tree: Tree, request: Request) -> None:
    from porter.report.json import manifest

    added = {name: text.encode() for name, text in conversion.added.items()}
    last = {output.MANIFEST: manifest(facts).encode()}
    output.check_manifest(tree.root, tree.others)
    if request.mode == "tree":
        files = {file.path: file.after for file in conversion.files}
        others = [name for name in tree.others if name not in conversion.removed]
        output.write_tree(tree.root, request.out, {**files, **added, **last}, others, force=request.force)
        return
    changed = {file.path: file.after for file in conversion.files if file.before != file.after}
    fresh = {name: text for name, text in added.items() if tree.files.get(name) != text}
    if changed or fresh or conversion.removed:
        output.write_in_place(tree.root, {**fresh, **changed, **last}, conversion.removed)


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
        with reader_may_leave():
            click.echo(report(facts, summary), nl=False)
        return
    if request.report is not None:
        text = report(facts, summary) if request.json else report_text(facts.findings, summary)
        output.write_report(request.report, text)
    print_findings(facts.findings, console)
    print_summary(summary, console)
    if request.mode == "tree":
        write(console, f"Written to {request.out}. Next: porter check {request.src} {request.out}")
