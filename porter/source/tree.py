"""The files of a source tree, as they were read. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

IGNORED, EXCLUDED = "ignored", "excluded"
ENVIRONMENT, PACKAGE, BUILD, CACHE = "a virtual environment", "installed packages", "a build folder", "a cache"
"""Why something was left out."""


@dataclass(frozen=True, slots=True, order=True)
class LeftOut:
    """A file, or a folder (its path ends with a slash), that was not read, and why."""

    path: str
    why: str


@dataclass(frozen=True)
class Tree:
    """A folder, or one file. All paths are relative to `root`, with forward slashes.

    `files`: Python files that are converted, with their content. `others`: what else is copied, links as links.
    `unreadable`: what could not be read or listed. `skipped`: devices, sockets and pipes. `carried`: ignored modules
    that are copied since a file imports them (module -> that file); they are among `others`. `notes`: what a person
    should know about the reading. `mentions`: the content of those `others` that may name a framework.
    """

    root: Path
    files: dict[str, bytes]
    others: tuple[str, ...] = ()
    unreadable: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    carried: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    mentions: dict[str, bytes] = field(default_factory=dict)

    @property
    def is_package(self) -> bool:
        """Whether the folder itself is a package."""
        return "__init__.py" in self.files
