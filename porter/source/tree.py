"""The files of a source tree. Nothing here writes."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from porter.errors import SourceError

SKIPPED_FOLDERS = frozenset({"__pycache__", ".git", ".hg", ".svn", ".mypy_cache", ".pytest_cache", ".ruff_cache"})


@dataclass(frozen=True, slots=True)
class LeftOut:
    path: str
    why: str


@dataclass(frozen=True)
class Tree:
    """A folder, or one file: Python files by their relative path, and the paths of everything else."""

    root: Path
    files: dict[str, bytes]
    others: tuple[str, ...] = ()
    unreadable: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    carried: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def is_package(self) -> bool:
        """Whether the folder itself is a package."""
        return "__init__.py" in self.files


def read_tree(path: Path, exclude: Sequence[str] = ()) -> Tree:
    """Read a folder or one `.py` file. Excluded Python files count as others: copied, not converted.

    Raises SourceError when the path is missing or cannot be listed.
    """
    if path.is_file():
        return Tree(path.parent, {path.name: _read(path)})
    if not path.is_dir():
        raise SourceError(f"{path}: no such file or folder; expected a folder, a .py file, or - for standard input")
    files: dict[str, bytes] = {}
    others: list[str] = []
    unreadable: dict[str, str] = {}
    for name in _walk(path):
        if not name.endswith(".py") or _excluded(name, exclude) or (path / name).is_symlink():
            others.append(name)
            continue
        if not (path / name).is_file():
            unreadable[name] = "not a regular file"
            continue
        try:
            files[name] = (path / name).read_bytes()
        except OSError as error:
            unreadable[name] = error.strerror or str(error)
    return Tree(path, files, tuple(others), unreadable)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}; check its permissions") from error


def _walk(root: Path) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise SourceError(f"{error.filename}: cannot be listed: {error.strerror}; check its permissions")

    for folder, folders, names in os.walk(root, onerror=refuse):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS)
        relative = Path(folder).relative_to(root)
        linked = [f for f in folders if (Path(folder) / f).is_symlink()]
        yield from sorted((relative / name).as_posix() for name in [*names, *linked])


def _excluded(name: str, patterns: Sequence[str]) -> bool:
    """Whether a glob names the file or a folder above it (`tests/*`, `*_test.py`, `build`)."""
    path = PurePosixPath(name)
    candidates = [name, path.name, *(p.as_posix() for p in path.parents), *(p.name for p in path.parents)]
    return any(fnmatch.fnmatch(candidate, pattern.rstrip("/")) for pattern in patterns for candidate in candidates)
