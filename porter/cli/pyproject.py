"""`[tool.porter]` in pyproject.toml: options of the command line that a project sets once.

The nearest file that has the table counts, from SRC upwards to the root of the repository. The keys are a closed list:
what writes is said on the command line alone. A wrong table is an error that names every wrong key at once, so that a
typing error never turns into a silent default.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from porter.errors import SourceError, UsageError

NAME = "pyproject.toml"
TABLE = "[tool.porter]"
ROOTS = (".git", ".hg")
"""What the root of a repository holds."""

WRITING = frozenset({"output", "in-place", "force", "allow-dirty", "report", "data"})
ABOUT_A_RUN = frozenset({"diff", "format", "site", "set", "missing"})

Check = Callable[[object], bool]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a key takes, in words and as a test."""

    expected: str
    fits: Check


def _choice(*values: str) -> Kind:
    return Kind(f"one of {', '.join(values)}" if len(values) > 1 else repr(values[0]), lambda value: value in values)


FLAG = Kind("true or false", lambda value: isinstance(value, bool))
NUMBER = Kind("a whole number from 1", lambda value: type(value) is int and value >= 1)
STRINGS = Kind(
    "a list of strings", lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value)
)
TABLES = Kind(
    "a table of tables",
    lambda value: isinstance(value, dict) and all(isinstance(item, dict) for item in value.values()),
)
KEYS = {
    "to": _choice("mindspore", "torch"),
    "platform": _choice("gpu", "any"),
    "level": _choice("safe", "review"),
    "whole": _choice("site", "class", "file"),
    "mark": FLAG,
    "exclude": STRINGS,
    "extend-exclude": STRINGS,
    "include": STRINGS,
    "gitignore": FLAG,
    "rules": STRINGS,
    "jobs": NUMBER,
    "models": TABLES,
}


@dataclass(frozen=True, slots=True)
class Table:
    """The settings of a project: `path` of the file (None where there is none), and key -> value, checked."""

    path: Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """What paths and patterns in it are relative to."""
        return (self.path or Path.cwd()).resolve().parent

    def strings(self, key: str) -> tuple[str, ...]:
        """A list; empty where the key is not set."""
        return tuple(self.values.get(key, ()))


def find_table(source: Path) -> Table:
    """The settings that hold for a folder or a file.

    Raises SourceError for a file on the way that cannot be read or is not TOML, UsageError for a wrong table.
    """
    start = source if source.is_dir() else source.parent
    for folder in _upwards(start):
        values = _read(folder / NAME)
        if values is not None:
            path = folder / NAME
            _check(values, path)
            return Table(path, values)
    return Table()


def _upwards(start: Path) -> list[Path]:
    """A folder and those above it, up to the root of the repository; the first is spelled as it was given."""
    found = [start]
    for folder in (start.resolve(), *start.resolve().parents):
        if folder != start.resolve():
            found.append(folder)
        if any((folder / name).exists() for name in ROOTS):
            break
    return found


def _read(path: Path) -> Mapping[str, Any] | None:
    """The table of a file; None where there is none."""
    if not path.is_file():
        return None
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}; settings are looked for here") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: is not valid TOML: {error}; mend it, since settings are looked for here") from error
    tool = document.get("tool", {})
    table = tool.get("porter") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{path}: tool.porter is {_toml_type(table)}, expected a table {TABLE} of options")
    return table


def _check(values: Mapping[str, Any], path: Path) -> None:
    problems = [problem for key, value in values.items() if (problem := _problem(key, value))]
    if problems:
        raise UsageError(f"{path}: {TABLE}: {'; '.join(problems)}")


def _problem(key: str, value: object) -> str:
    """What is wrong with a key, or with its value; empty when nothing is."""
    if key in WRITING:
        return f"{key!r} is not set here: what is written, and where, is said on the command line alone"
    if key in ABOUT_A_RUN:
        return f"{key!r} is not set here: it is about one run, and said on the command line"
    kind = KEYS.get(key)
    if kind is None:
        return f"unknown key {key!r}{_suggestion(key)}"
    return "" if kind.fits(value) else f"{key} = {value!r}, expected {kind.expected}"


def _suggestion(key: str) -> str:
    if key == "no-mark":
        return " (say mark = false)"
    near = get_close_matches(key.replace("_", "-"), KEYS, n=1, cutoff=0.5)
    return f" (did you mean {near[0]!r}?)" if near else f", expected one of {', '.join(sorted(KEYS))}"


def _toml_type(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return names.get(type(value), "another type")
