"""`porter check`: is what was written the same, in numbers?"""

from __future__ import annotations

import ast
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from porter import output
from porter.cli.options import format_options, rule_dirs_option, tree_defaults
from porter.errors import FrameworkError, SourceError, UsageError

if TYPE_CHECKING:
    from porter.results import CheckReport

NEEDED = ("numpy", "torch", "mindspore")
INSTALL = "install porter with its extra, `pip install '.[check]'` in its folder"


class _Arguments(click.Command):
    """`porter check SRC OUT`, or `porter check --rules [NAME...]`: the flag says what the arguments are."""

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return ["[OPTIONS]", "SRC OUT | --rules [NAME...]"]


def _src_defaults(context: click.Context, parameter: click.Parameter, arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Let `[tool.porter]` of SRC set options, where the arguments are SRC and OUT."""
    if len(arguments) == 2 and Path(arguments[0]).exists():
        tree_defaults(context, parameter, Path(arguments[0]))
        models = context.obj.values.get("models", {})
        if models:
            told = f"{len(models)} of [tool.porter.models] {'is' if len(models) == 1 else 'are'} not run"
            click.echo(f"porter: {told}: this version checks places, not whole models yet", err=True)
    return arguments


@click.command(cls=_Arguments, short_help="Compare what was written with the original, by numbers.")
@click.option("--rules", "of_rules", is_flag=True, help="Check the rules themselves (all, or those named).")
@click.argument("arguments", nargs=-1, callback=_src_defaults, is_eager=True)
@click.option("--site", "sites", multiple=True, metavar="FILE:LINE", help="Only this place (repeatable).")
@click.option(
    "--set",
    "names",
    multiple=True,
    metavar="NAME=VALUE",
    help="What a name in the source, such as self.channels, stands for (repeatable).",
)
@rule_dirs_option("--rules-dir")
@format_options
def check(**options: Any) -> int:
    """Build every converted place in both frameworks and compare it with the truth in float64.

    SRC is the tree as it was, OUT what porter convert wrote. With --rules, no tree is needed: each rule has cases.

    Exit code: 0 all ok; 1 a mismatch, or a case that could not have noticed one; 2 it could not run, or there was
    nothing to check.
    """
    with _installed():
        report = _check_rules(options) if options["of_rules"] else _check_tree(options)
    _tell(report, json=options["format_"] == "json", path=options["report"])
    return report.exit_code


@contextlib.contextmanager
def _installed() -> Iterator[None]:
    """Say what is missing where porter was installed for converting only."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in NEEDED:
            raise
        raise FrameworkError(f"{error.name} is not installed; check needs {', '.join(NEEDED)}: {INSTALL}") from error


def _check_tree(options: dict[str, Any]) -> CheckReport:
    from porter.check import check_tree
    from porter.report.console import progress
    from porter.rules.load import load_rules

    src, out = _paths(options["arguments"])
    if options["report"] is not None:
        output.check_report(options["report"], src)
    rules = load_rules(options["rule_dirs"])
    names = _names(options["names"])
    with progress("Checking") as advance:
        return check_tree(src, out, rules, sites=options["sites"], names=names, progress=advance)


def _check_rules(options: dict[str, Any]) -> CheckReport:
    from porter.check import check_rules
    from porter.report.console import progress
    from porter.rules.load import load_rules

    if options["sites"] or options["names"]:
        raise UsageError("--site and --set are about SRC and OUT: leave them out with --rules")
    if options["report"] is not None:
        output.check_report(options["report"], None)
    rules = load_rules(options["rule_dirs"])
    with progress("Checking") as advance:
        return check_rules(options["arguments"], rules, progress=advance)


def _paths(arguments: tuple[str, ...]) -> tuple[Path, Path]:
    if len(arguments) != 2:
        raise UsageError(
            f"{len(arguments)} arguments are given, expected SRC and OUT, or --rules; see porter check --help"
        )
    src, out = map(Path, arguments)
    for path in (src, out):
        if not path.exists():
            raise SourceError(f"{path}: not found; check needs SRC and the OUT that porter convert wrote from it")
    return src, out


def _names(pairs: tuple[str, ...]) -> dict[str, str]:
    """`NAME=VALUE` texts as a mapping. Raises UsageError where one is no name, no value, or given twice."""
    names: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = (part.strip() for part in pair.partition("="))
        name = _expression(name)
        if not equals or not name:
            raise UsageError(f"--set {pair!r}: expected NAME=VALUE, such as --set channels=8 or --set self.channels=8")
        if not _is_literal(value):
            raise UsageError(f"--set {pair!r}: {value!r} is no literal, such as 8, 0.5, (1, 2), True or \"'same'\"")
        if names.setdefault(name, value) != value:
            raise UsageError(f"--set {pair!r}: {name} is given twice, as {names[name]} before")
    return names


def _expression(text: str) -> str:
    """`self.channels` or `sizes[0]` as the report spells it; empty for what is not one."""
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return ""
    return ast.unparse(node) if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) else ""


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True


def _tell(report: CheckReport, *, json: bool, path: Path | None) -> None:
    """The verdicts: JSON on standard output or in a file, text for a person."""
    from porter.report.check import print_text, to_json
    from porter.report.console import captured, make_console, reader_may_leave

    if path is not None:
        text = to_json(report) if json else captured(lambda console: print_text(report, console))
        output.write_report(path, text)
    with reader_may_leave():
        if json and path is None:
            click.echo(to_json(report), nl=False)
        else:
            print_text(report, make_console(sys.stdout))
