"""Options that several commands share, and the defaults that a tree's pyproject.toml gives them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from porter import settings
from porter.errors import SourceError

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


def tree_defaults(context: click.Context, _parameter: click.Parameter, path: Path | None) -> Path | None:
    """Callback of SRC: let `[tool.porter]` of its tree set the options that the command line leaves open."""
    if path is None or path == STDIN:
        return path
    if not path.exists():
        raise SourceError(f"{path}: not found; a folder or a .py file is expected")
    folder = path if path.is_dir() else path.parent
    table = settings.read_table(folder)
    if table:
        group = context.parent.command if context.parent else None
        commands = list(group.commands.values()) if isinstance(group, click.Group) else [context.command]
        context.default_map = settings.defaults(table, folder / "pyproject.toml", commands)
        click.echo(f"porter: using {settings.TABLE} of {folder / 'pyproject.toml'}", err=True)
    return path


def from_command_line(context: click.Context, name: str) -> bool:
    """Whether the person who started the run wrote the option, and not pyproject.toml."""
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
