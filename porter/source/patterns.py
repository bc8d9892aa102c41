"""Patterns for paths, as `.gitignore` files, `--exclude` and `--include` hold them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pathspec import GitIgnoreSpec

ABOVE = "ps_d"
"""The group of the library's expressions that a path has matched up to when it lies below what the pattern names."""


@dataclass(frozen=True)
class Patterns:
    """Patterns in the order of a file, relative to the folder `base` (absolute); `told` is how a person knows them."""

    base: Path
    lines: tuple[str, ...]
    told: str = ""
    compiled: tuple[tuple[int, Any], ...] = field(init=False, compare=False)
    """Number of a line and the library's pattern for it; a comment has none."""
    used: set[int] = field(init=False, compare=False, default_factory=set)
    """Numbers of the patterns that have decided about something."""

    def __post_init__(self) -> None:
        patterns = [
            (n, p) for n, line in enumerate(self.lines) for p in GitIgnoreSpec.from_lines([_inside(line)]).patterns
        ]
        object.__setattr__(self, "compiled", tuple(each for each in patterns if each[1].include is not None))

    def verdict(self, path: str, prefix: str = "") -> bool | None:
        """Whether the last pattern that matches `prefix` + `path` takes it; None where none does.

        A folder's path ends with a slash. Paths are relative to `base`.
        """
        spelled = prefix + path
        for number, pattern in reversed(self.compiled):
            if _takes(pattern, spelled):
                self.used.add(number)
                return bool(pattern.include)
        return None

    @property
    def unused(self) -> list[str]:
        """Patterns that have decided about nothing."""
        return [line for number, line in enumerate(self.lines) if number not in self.used and line.strip()]


def _takes(pattern: Any, path: str) -> bool:
    """Whether a pattern matches a path itself, and not a folder above it, about which git has asked before."""
    return any(
        not found.groupdict().get(ABOVE) or found.end(ABOVE) == len(path) for found in pattern.regex.finditer(path)
    )


def read_patterns(path: Path) -> Patterns | None:
    """The patterns of an ignore file, relative to its folder; None where there is none, or it cannot be read."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None  # a pipe would be waited for without end
            text = file.read().decode("utf-8-sig", "surrogateescape")
    except OSError:
        return None
    return Patterns(path.parent, tuple(_valid(text.splitlines())), ".gitignore")


def prefix_of(base: Path, root: Path) -> str:
    """What stands between `base` and paths relative to `root`: empty, or folders that end with a slash."""
    between = root.relative_to(base).as_posix()
    return "" if between == "." else f"{between}/"


def _valid(lines: Iterable[str]) -> Iterable[str]:
    """Lines that are patterns; git passes over the others as well."""
    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            yield ""
        else:
            yield line


def _inside(line: str) -> str:
    """`data/**` is what lies in `data`, not the folder, which the library takes as well."""
    return f"{line.rstrip()}/*" if line.rstrip().endswith("/**") else line
