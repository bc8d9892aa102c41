"""Folders below a root, opened one by one without following a link: a path cannot lead out of the root meanwhile."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Folders:
    """The folders of one root. `made` are those that did not exist; `unlocked` read-only ones that were opened."""

    def __init__(self, root: Path, *, unlock: bool) -> None:
        self.root = root
        self.unlock = unlock
        self.made: list[str] = []
        self.unlocked: dict[str, int] = {}

    @contextlib.contextmanager
    def holding(self, path: str, *, make: bool = False) -> Iterator[int]:
        """A descriptor of the folder that holds `path` (relative). Raises OSError: a link is no folder here."""
        with contextlib.ExitStack() as stack:
            descriptor = os.open(self.root, OPEN & ~os.O_NOFOLLOW)
            stack.callback(os.close, descriptor)
            spelled = ""
            for part in PurePosixPath(path).parts[:-1]:
                spelled = f"{spelled}/{part}" if spelled else part
                descriptor = self._into(descriptor, part, spelled, make=make)
                stack.callback(os.close, descriptor)
            self._unlock(descriptor, spelled)
            yield descriptor

    def prune(self, path: str) -> None:
        """Remove the folders above `path` (relative) that are empty now."""
        for parent in PurePosixPath(path).parents[:-1]:
            try:
                with self.holding(parent.as_posix()) as above:
                    os.rmdir(parent.name, dir_fd=above)
            except OSError:
                return

    def forget_made(self) -> None:
        """Remove the folders that were made, where they are empty."""
        for path in reversed(self.made):
            with contextlib.suppress(OSError), self.holding(path) as above:
                os.rmdir(PurePosixPath(path).name, dir_fd=above)

    def dress(self, like: Path | None) -> None:
        """Give the folders that were made the permissions of those of the same path below `like`."""
        for path in reversed(self.made):
            if like is not None and (like / path).is_dir():
                with contextlib.suppress(OSError):
                    shutil.copymode(like / path, self.root / path)

    def lock_again(self) -> None:
        """Give the folders that were opened their permissions back."""
        for path, mode in self.unlocked.items():
            with contextlib.suppress(OSError):
                (self.root / path).chmod(mode)

    def _into(self, above: int, name: str, spelled: str, *, make: bool) -> int:
        try:
            try:
                return os.open(name, OPEN, dir_fd=above)
            except FileNotFoundError:
                if not make:
                    raise
                self._unlock(above, spelled.rpartition("/")[0])
                os.mkdir(name, dir_fd=above)
                self.made.append(spelled)
                return os.open(name, OPEN, dir_fd=above)
        except OSError as error:
            error.filename = str(self.root / spelled)
            raise

    def _unlock(self, descriptor: int, spelled: str) -> None:
        status = os.fstat(descriptor)
        if self.unlock and not status.st_mode & stat.S_IWUSR and status.st_uid == os.geteuid():
            self.unlocked.setdefault(spelled, stat.S_IMODE(status.st_mode))
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode) | stat.S_IWUSR)
