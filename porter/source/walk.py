"""Read a source tree: which files and folders are entered, and what is left out for which reason."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from porter.errors import SourceError
from porter.source.carried import carried_modules
from porter.source.ignore import Ignore
from porter.source.mentions import kind_of_file, mention
from porter.source.patterns import Patterns, prefix_of
from porter.source.tree import BUILD, CACHE, ENVIRONMENT, EXCLUDED, IGNORED, PACKAGE, LeftOut, Tree

NEVER = frozenset({".git", ".hg", ".svn", "__pycache__", ".porter"})
CACHES = frozenset(
    {".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox", ".ipynb_checkpoints", ".hypothesis", ".cache"}
    | {".eggs"}
)
BUILT = frozenset({"build", "dist"})
ENVIRONMENTS = frozenset({"venv", ".venv"})
PACKAGES = frozenset({"node_modules"})
MARKERS = ("pyvenv.cfg", "conda-meta")
"""What a virtual environment holds, whatever it is called."""

SPECIAL = ((stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"), (stat.S_ISBLK, "a device"))
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Reading:
    """What of a tree is read. `exclude` wins over `include`, which wins over what is ignored or never entered."""

    exclude: tuple[Patterns, ...] = ()
    include: tuple[Patterns, ...] = ()
    gitignore: bool = True


def read_tree(path: Path, reading: Reading | None = None) -> Tree:
    """Read a folder or one `.py` file. Raises SourceError when the path is missing or cannot be read."""
    if path.is_file():
        return Tree(path.parent, {path.name: _read_given(path)})
    if not path.is_dir():
        raise SourceError(f"{path}: no such file or folder; expected a folder, a .py file, or - for standard input")
    return _Walker(path, reading or Reading()).tree()


def _read_given(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}; check its permissions") from error


@dataclass
class _Walker:
    """One walk, and what it has found."""

    root: Path
    reading: Reading
    files: dict[str, bytes] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    mentions: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ignore = Ignore(self.root, enabled=self.reading.gitignore)
        home = self.root.resolve()
        self._prefixes = {id(p): prefix_of(p.base, home) for p in (*self.reading.exclude, *self.reading.include)}

    def tree(self) -> Tree:
        """Walk, and close the account."""
        try:
            entries = _entries(self.root)
        except OSError as error:
            raise SourceError(f"{self.root}: cannot be listed: {error.strerror}; check its permissions") from error
        self._folder("", entries, hidden=False)
        carried, notes = carried_modules(self.root, self.files, self.left_out)
        left = [each for each in self.left_out if each.path not in carried]
        return Tree(
            self.root,
            self.files,
            tuple(sorted([*self.others, *carried])),
            self.unreadable,
            self.skipped,
            tuple(sorted(left)),
            carried,
            (*self.ignore.notes, *notes, *self._unused()),
            self.mentions,
        )

    def _folder(self, prefix: str, entries: list[os.DirEntry[str]], *, hidden: bool) -> None:
        """What a folder holds. `hidden`: it is ignored, and only what is tracked or included counts."""
        for entry in entries:
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in NEVER:
                    self._enter(entry, f"{path}/", hidden=hidden)
            elif entry.name in NEVER:  # a working tree or a submodule has a file of that name
                continue
            elif self._matches(self.reading.exclude, path):
                self.left_out.append(LeftOut(path, EXCLUDED))
            elif self._is_taken(path, hidden=hidden):
                self._take(entry, path)
            elif not hidden:
                self.left_out.append(LeftOut(path, IGNORED))

    def _is_taken(self, path: str, *, hidden: bool) -> bool:
        if self._matches(self.reading.include, path):
            return True
        if not hidden and not self.ignore.is_ignored(path):
            return True
        return self.ignore.is_tracked(path)

    def _enter(self, entry: os.DirEntry[str], path: str, *, hidden: bool) -> None:
        if self._matches(self.reading.exclude, path):
            self.left_out.append(LeftOut(path, EXCLUDED))
            return
        try:
            entries = _entries(entry)
        except OSError as error:
            self.unreadable[path.rstrip("/")] = error.strerror or str(error)
            return
        why = self._why_not(path, entry.name, {each.name for each in entries}, hidden=hidden)
        if why is None:
            self._folder(path, entries, hidden=False)
        elif self.reading.include or self.ignore.is_tracked(path):
            self._look_into(path, entries, why, hidden=hidden)
        elif not hidden:
            self.left_out.append(LeftOut(path, why))

    def _look_into(self, path: str, entries: list[os.DirEntry[str]], why: str, *, hidden: bool) -> None:
        """Take what is tracked or included in a folder that is left out otherwise."""
        count = len(self.files) + len(self.others)
        self._folder(path, entries, hidden=True)
        if count == len(self.files) + len(self.others) and not hidden:
            self.left_out.append(LeftOut(path, why))

    def _why_not(self, path: str, name: str, names: set[str], *, hidden: bool) -> str | None:
        """Why a folder is not entered; None where it is."""
        if self._matches(self.reading.include, path):
            return None
        if hidden or (self.ignore.is_ignored(path) and not _is_environment(names)):
            return IGNORED
        why = _kind(name, names, gitignore=self.reading.gitignore)
        return None if why == BUILD and self.ignore.is_tracked(path) else why

    def _take(self, entry: os.DirEntry[str], path: str) -> None:
        """Read a Python file, note another one."""
        status = _status(entry)
        if status is not None and not stat.S_ISREG(status.st_mode) and not stat.S_ISLNK(status.st_mode):
            what = next((what for test, what in SPECIAL if test(status.st_mode)), "a device")
            if path.endswith(".py"):
                self.unreadable[path] = f"is {what}, expected a regular file"
            else:
                self.skipped[path] = what
        elif not path.endswith(".py") or entry.is_symlink():
            self.others.append(path)
            self._note(entry, path)
        else:
            try:
                self.files[path] = _read(entry)
            except OSError as error:
                self.unreadable[path] = error.strerror or str(error)

    def _note(self, entry: os.DirEntry[str], path: str) -> None:
        """Keep what a file says that is copied as it is, if that may be about a framework."""
        data = mention(Path(entry.path)) if kind_of_file(path) and entry.is_file(follow_symlinks=False) else None
        if data is not None:
            self.mentions[path] = data

    def _matches(self, patterns: tuple[Patterns, ...], path: str) -> bool:
        return any(each.verdict(path, self._prefixes[id(each)]) for each in patterns)

    def _unused(self) -> Iterator[str]:
        for each in (*self.reading.exclude, *self.reading.include):
            yield from (f"{each.told} {line!r}: matches nothing in {self.root}" for line in each.unused if each.told)


def _entries(folder: Path | os.DirEntry[str]) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    """What an entry is, where it is no plain file."""
    return None if entry.is_file(follow_symlinks=False) else entry.stat(follow_symlinks=False)


def _read(entry: os.DirEntry[str]) -> bytes:
    """The content of a regular file. It was one a moment ago; a pipe or link in its place is not waited for."""
    with os.fdopen(os.open(entry.path, READ), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "is no regular file")
        return file.read()


def _is_environment(names: set[str]) -> bool:
    return any(marker in names for marker in MARKERS)


def _kind(name: str, names: set[str], *, gitignore: bool) -> str | None:
    """Why a folder of that name and content is no part of a tree; None where it may be."""
    if _is_environment(names):
        return ENVIRONMENT
    if name in CACHES:
        return CACHE
    if name in PACKAGES:
        return PACKAGE
    if not gitignore or "__init__.py" in names:
        return None
    return ENVIRONMENT if name in ENVIRONMENTS else BUILD if name in BUILT else None
