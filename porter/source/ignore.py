"""What version control says of a tree: what it ignores, and what it tracks whatever is ignored."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from porter import git
from porter.errors import SourceError
from porter.source.patterns import Patterns, prefix_of, read_patterns

IGNORE_FILE = ".gitignore"


class Ignore:
    """The ignore files that count for a tree, and the files that git tracks in it.

    These are the `.gitignore` files in the tree and, in a repository, those of the folders above it and
    `.git/info/exclude`. A user's own global file does not count: it must not change what a conversion reads. Where the
    tree lies in an ignored folder, what is above it does not count.
    """

    def __init__(self, root: Path, *, enabled: bool) -> None:
        self.root = root.resolve()
        self.enabled = enabled
        self.home = git.repository(self.root)
        self.notes: list[str] = []
        self._above = self._read_above() if enabled else []
        self._below: dict[str, Patterns | None] = {}

    def is_ignored(self, path: str) -> bool:
        """Whether an ignore file takes a path (relative; a folder's ends with a slash) whose folder is not ignored."""
        if not self.enabled:
            return False
        folder = path.rstrip("/").rpartition("/")[0]
        while True:
            patterns = self._in(folder)
            if patterns is not None:
                verdict = patterns.verdict(path[len(folder) + 1 if folder else 0 :])
                if verdict is not None:
                    return verdict
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        verdicts = (patterns.verdict(path, prefix_of(patterns.base, self.root)) for patterns in self._above)
        return next((verdict for verdict in verdicts if verdict is not None), False)

    def is_tracked(self, path: str) -> bool:
        """Whether git tracks a file, or something in a folder (whose path ends with a slash)."""
        return path.rstrip("/") in self._tracked

    @cached_property
    def _tracked(self) -> frozenset[str]:
        """Tracked files, and the folders that they are in."""
        if self.home is None:
            return frozenset()
        try:
            answer = git.ask(self.root, "ls-files", "-z")
        except SourceError as error:
            self.notes.append(f"{error}; what is ignored goes by the ignore files alone")
            return frozenset()
        found = {os.fsdecode(name) for name in answer.split(b"\0") if name}
        folders: set[str] = set()
        for name in found:
            folder = name.rpartition("/")[0]
            while folder and folder not in folders:
                folders.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(found | folders)

    def _in(self, folder: str) -> Patterns | None:
        if folder not in self._below:
            self._below[folder] = read_patterns(self.root / folder / IGNORE_FILE)
        return self._below[folder]

    def _read_above(self) -> list[Patterns]:
        """Those of the folders above the tree, the nearest first; none where one of them takes the tree itself."""
        home = self.home
        if home is None:
            return []
        folders = [folder for folder in self.root.parents if folder.is_relative_to(home)]
        found = [patterns for folder in folders if (patterns := read_patterns(folder / IGNORE_FILE)) is not None]
        exclude = read_patterns(_git_folder(home) / "info" / "exclude")
        if exclude is not None:
            found.append(Patterns(home, exclude.lines, exclude.told))
        for folder in (self.root, *folders):
            above = [patterns for patterns in found if folder != patterns.base and folder.is_relative_to(patterns.base)]
            verdicts = (patterns.verdict(prefix_of(patterns.base, folder)) for patterns in above)
            if folder != home and next((verdict for verdict in verdicts if verdict is not None), False):
                return []
        return found


def _git_folder(home: Path) -> Path:
    """Where a repository keeps what its working trees share."""
    place = home / ".git"
    if place.is_dir():
        return place
    try:
        answer = git.ask(home, "rev-parse", "--git-common-dir")
    except SourceError:
        return place
    return home / os.fsdecode(answer.rstrip(b"\n"))
