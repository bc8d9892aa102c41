"""Which rule files there are, and whether they have changed: no file is opened for it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from porter.rules.cache import digest
from porter.rules.families import FOLDER
from porter.rules.files import RuleFile

ENDING = ".toml"
CODE, BESIDE = ".py", "standalone"
"""Code in folders of this name: rules beside it may speak of it, so what is known of any of them depends on it."""
NO_RULES = {"hints.toml", FOLDER}
"""Shipped files among the rules that are none, and a folder of them."""
YOUNG_NS = 2_000_000_000
"""No clock of a file system is coarser than two seconds."""

Stamp = list[int]
"""Size, times and inode of a file: what changes when it does. Nothing where it cannot be told."""


@dataclass(frozen=True)
class Listing:
    """The rule files of some folders. `paths`: by name, the files, of which the last one counts.

    `stamps`: by path, also of the code `beside` them; `problems`: what is wrong with the folders.
    """

    folders: tuple[Path, ...]
    shipped: Path
    paths: dict[str, list[str]] = field(default_factory=dict)
    beside: list[str] = field(default_factory=list)
    stamps: dict[str, Stamp] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @cached_property
    def keys(self) -> dict[str, str]:
        """Torch's name of each rule -> the name of its file, in the order of the rules."""
        return {key_of(name): name for name in sorted(self.paths)}

    def file(self, name: str) -> RuleFile:
        """The file that counts, of those of a name."""
        found: RuleFile | None = None
        for text in self.paths[name]:
            path, ours = Path(text), text.startswith(_inside(self.shipped))
            shown = path.relative_to(self.shipped).as_posix() if ours else str(path)
            found = RuleFile(name, path, shown, found, () if ours else self._until(text))
        assert found is not None
        return found

    def _until(self, path: str) -> tuple[Path, ...]:
        """The folder of a user's file and those of users before it, the last one first."""
        users = [folder for folder in self.folders if folder != self.shipped]
        last = max(i for i, folder in enumerate(users) if path.startswith(_inside(folder)))
        return tuple(reversed(users[: last + 1]))

    def shown(self, rule: str) -> str:
        """The file of a rule as messages name it."""
        return self.file(self.keys[f"torch.{rule}"]).shown

    def digest(self) -> str:
        """What stands for all files, unchanged."""
        return digest(repr(self.stamps).encode())

    def has_changed(self, name: str) -> bool:
        """Whether the files of a name are no longer what was listed."""
        return any(stamp_of(Path(path)) != self.stamps[path] for path in self.paths[name])


def key_of(name: str) -> str:
    """Torch's name of the rule of a file."""
    return f"torch.{name.replace('/', '.')}"


def list_files(folders: Sequence[Path], shipped: Path) -> Listing:
    """The files of the folders."""
    listing = Listing(tuple(folders), shipped)
    for folder in folders:
        start, is_empty = len(_inside(folder)), True
        for path, stamp in _paths(_inside(folder)):
            if path.endswith(CODE):
                if f"{os.sep}{BESIDE}{os.sep}" in path[start - 1 :]:
                    listing.beside.append(path)
                    listing.stamps[path] = stamp
                continue
            if folder == shipped and path[start:].partition(os.sep)[0] in NO_RULES:
                continue
            listing.stamps[path], is_empty = stamp, False
            name = path[start:] if path.endswith(f"{os.sep}{ENDING}") else path[start : -len(ENDING)]
            listing.paths.setdefault(name.replace(os.sep, "/"), []).append(path)
        if not folder.is_dir():
            listing.problems.append(f"{folder}: not a folder; a folder of rule files is expected")
        elif is_empty:
            listing.problems.append(f"{folder}: holds no rule file; files such as nn/ReLU.toml are expected")
    return listing


def _inside(folder: Path) -> str:
    """What the paths of a folder's files begin with."""
    text = str(folder)
    return text if text.endswith(os.sep) else f"{text}{os.sep}"


def _paths(folder: str) -> Iterator[tuple[str, Stamp]]:
    """All that is called like a rule file, or code, with its stamp; links to folders are not followed."""
    try:
        found = sorted(os.scandir(folder), key=lambda each: each.name)
    except OSError:
        return
    for each in found:
        if each.name.endswith((ENDING, CODE)):
            yield each.path, stamp_of(each)
        if each.is_dir(follow_symlinks=False):
            yield from _paths(each.path)


def stamp_of(path: os.DirEntry[str] | Path) -> Stamp:
    """The stamp of a file, or of what a link to one leads to."""
    try:
        found = path.stat()
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def is_settled(stamp: Stamp, now: int) -> bool:
    """Whether a file that changes from now on gets another stamp."""
    return bool(stamp) and max(stamp[1], stamp[2]) < now - YOUNG_NS
