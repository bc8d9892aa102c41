"""Options that several commands share, and the defaults that a tree's pyproject.toml gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from porter.cli import pyproject
from porter.errors import SourceError

if TYPE_CHECKING:
    from porter.source.walk import Reading

PATH = click.Path(path_type=Path)
STDIN = Path("-")


def rule_dirs_option(name: str) -> Callable[[Any], Any]:
    """The option that adds folders of rule files."""
    return click.option(
        name,
        "rule_dirs",
        type=PATH,
        multiple=True,
        metavar="DIR",
        help="A folder of rule files of your own (repeatable).",
    )


def format_options(command: Any) -> Any:
    """Add `--format` and `--report`."""
    kinds = click.Choice(["text", "json"])
    command = click.option("--report", type=PATH, metavar="FILE", help="Write the report to FILE as well.")(command)
    return click.option("--format", "format_", type=kinds, default="text", help="Of the report [default: text].")(
        command
    )


def reading_options(command: Any) -> Any:
    """Add what says which files of a tree are read."""
    options = (
        ("--exclude", "Leave these files and folders out (repeatable)."),
        ("--extend-exclude", "The same, in addition to what pyproject.toml excludes (repeatable)."),
        ("--include", "Read these although they are ignored, or in a folder that is not entered (repeatable)."),
    )
    command = click.option(
        "--gitignore/--no-gitignore", default=True, help="Leave out what .gitignore files ignore [default: yes]."
    )(command)
    for name, text in reversed(options):
        command = click.option(name, multiple=True, metavar="GLOB", help=text)(command)
    return command


def tree_defaults(context: click.Context, _parameter: click.Parameter, path: Path | None) -> Path | None:
    """Callback of SRC: let `[tool.porter]` of its project set the options that the command line leaves open."""
    if path is None or path == STDIN:
        return path
    if not path.exists():
        raise SourceError(f"{path}: not found; a folder or a .py file is expected")
    table = pyproject.find_table(path)
    context.obj = table
    if table.path is not None:
        own = {"to", "platform", "level", "whole", "mark", "gitignore", "jobs"}
        context.default_map = {key: value for key, value in table.values.items() if key in own}
        context.default_map["rule_dirs"] = [str(table.folder / each) for each in table.strings("rules")]
        click.echo(f"porter: using {pyproject.TABLE} of {table.path}", err=True)
    return path


def reading(context: click.Context, source: Path, options: Mapping[str, Any]) -> Reading:
    """What of a tree is read, by the command line and by the table of its project.

    Patterns of the command line are relative to SRC, those of the table to the file that holds it.
    """
    from porter.source.patterns import Patterns
    from porter.source.walk import Reading

    table = context.obj if isinstance(context.obj, pyproject.Table) else pyproject.Table()
    root = (source if source.is_dir() else source.parent).resolve()

    def given(key: str) -> list[Patterns]:
        lines = options[key.replace("-", "_")]
        return [Patterns(root, tuple(lines), f"--{key}")] if lines else []

    def tabled(key: str) -> list[Patterns]:
        lines = table.strings(key)
        return [Patterns(table.folder, lines)] if lines else []

    exclude = [*(given("exclude") or tabled("exclude")), *given("extend-exclude"), *tabled("extend-exclude")]
    return Reading(tuple(exclude), tuple(given("include") or tabled("include")), options["gitignore"])
