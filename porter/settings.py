"""`[tool.porter]` of the source tree's pyproject.toml: any option of the command line, by its long name.

The command line wins over the table. A wrong table is an error that names every wrong key at once, so that a typing
error never turns into a silent default. Paths in the table are relative to the file that holds it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from porter.errors import SourceError, UsageError

TABLE = "[tool.porter]"


def read_table(folder: Path) -> dict[str, Any]:
    """The table of `folder/pyproject.toml`; empty when there is no such file or no such table.

    Raises SourceError when the file cannot be read or is not TOML, UsageError when `tool.porter` is not a table.
    """
    path = folder / "pyproject.toml"
    if not path.is_file():
        return {}
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(
            f"{path}: cannot be read: {error.strerror}; settings of the tree are looked for here"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: is not valid TOML: {error}; mend it, or remove it from the tree") from error
    tool = document.get("tool", {})
    table = tool.get("porter", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise UsageError(f"{path}: tool.porter is {_toml_type(table)}, expected a table {TABLE} of options")
    return table


def defaults(table: Mapping[str, Any], path: Path, commands: Sequence[click.Command]) -> dict[str, Any]:
    """The table as defaults of click parameters (parameter name -> value), checked against the options of `commands`.

    Raises UsageError that names every unknown key and every value of a wrong type.
    """
    options = _options(commands)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for key, value in table.items():
        option = options.get(key)
        if option is None:
            problems.append(f"unknown key {key!r}{_suggestion(key, options)}")
            continue
        wanted = _problem(option, value)
        if wanted:
            problems.append(f"{key} = {value!r}, expected {wanted}")
        elif option.name:
            values[option.name] = _resolved(option, value, path.parent)
    if problems:
        raise UsageError(f"{path}: {TABLE}: {'; '.join(problems)}")
    return values


def _options(commands: Sequence[click.Command]) -> dict[str, click.Option]:
    """Long option name without its dashes -> option; the first command that has it decides."""
    found: dict[str, click.Option] = {}
    taken: set[str | None] = set()
    for command in commands:
        options = [p for p in command.params if isinstance(p, click.Option) and p.name not in {*taken, "help"}]
        for option in options:
            long = [name for name in option.opts if name.startswith("--")]
            found.setdefault(long[0].removeprefix("--"), option)
        taken.update(option.name for option in options)
    return found


def _suggestion(key: str, options: Mapping[str, click.Option]) -> str:
    near = get_close_matches(key.replace("_", "-"), options, n=1, cutoff=0.5)
    return f" (did you mean {near[0]!r}?)" if near else f", expected one of {', '.join(sorted(options))}"


def _problem(option: click.Option, value: object) -> str | None:
    """What was expected in place of `value`; None when it fits."""
    if option.is_flag:
        return None if isinstance(value, bool) else "true or false"
    if option.multiple:
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return None if fits else "a list of strings"
    if isinstance(option.type, click.Choice):
        choices = [str(choice) for choice in option.type.choices]
        return None if value in choices else f"one of {', '.join(choices)}"
    if isinstance(option.type, click.types.IntParamType):
        return None if type(value) is int and value >= 1 else "a whole number from 1"
    return None if isinstance(value, str) else "a string"


def _resolved(option: click.Option, value: Any, folder: Path) -> Any:
    """Paths are relative to the pyproject.toml, whatever the working folder is."""
    if not isinstance(option.type, click.Path):
        return value
    return [str(folder / item) for item in value] if option.multiple else str(folder / value)


def _toml_type(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return names.get(type(value), "another type")
