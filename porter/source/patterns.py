"""Patterns for paths, as `.gitignore` files, `--exclude` and `--include` hold them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pathspec import GitIgnoreSpec


@dataclass(frozen=True)
class Patterns:
    """Patterns in the order of a file, relative to the folder `base` (absolute); `told` is how a person knows them."""

    base: Path
    lines: tuple[str, ...]
    told: str = ""
    spec: GitIgnoreSpec = field(init=False, compare=False)
    used: set[int] = field(init=False, compare=False, default_factory=set)
    """Numbers of the patterns that have decided about something."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "spec", GitIgnoreSpec.from_lines([_inside(line) for line in self.lines]))

    def verdict(self, path: str, prefix: str = "") -> bool | None:
        """Whether the last pattern that matches `prefix` + `path` takes it; None where none does.

        A folder's path ends with a slash. Paths are relative to `base`.
        """
        found = self.spec.check_file(prefix + path)
        if found.index is not None:
            self.used.add(found.index)
        return found.include

    @property
    def unused(self) -> list[str]:
        """Patterns that have decided about nothing."""
        return [line for number, line in enumerate(self.lines) if number not in self.used and line.strip()]


def read_patterns(path: Path) -> Patterns | None:
    """The patterns of an ignore file, relative to its folder; None where there is none, or it cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
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
