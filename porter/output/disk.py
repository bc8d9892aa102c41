"""One file, link or folder at a time: what lies there, and how it is written, copied and removed."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from porter.errors import SourceError

ABSENT = ""
FOLDER = "folder"
OTHER = "other"
CHUNK = 1 << 20
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""How a file is opened: a link is not followed, and a pipe that has taken its place does not hang."""


def file_print(content: bytes) -> str:
    """The fingerprint of a file that holds `content`."""
    return f"file:{hashlib.sha256(content).hexdigest()}"


def fingerprint(path: str | Path, *, folder: int | None = None) -> str:
    """What lies at a path: a file with its SHA-256, a link with its target, a folder, something else, or nothing.

    `folder` is the descriptor of the folder that `path` starts from. Nothing is followed, and no device is read.
    Raises OSError.
    """
    try:
        status = os.stat(path, dir_fd=folder, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    if stat.S_ISLNK(status.st_mode):
        return f"link:{os.readlink(path, dir_fd=folder)}"
    if stat.S_ISDIR(status.st_mode):
        return FOLDER
    return _digest(path, folder) if stat.S_ISREG(status.st_mode) else OTHER


def _digest(path: str | Path, folder: int | None) -> str:
    with os.fdopen(os.open(path, READ, dir_fd=folder), "rb") as file:
        return f"file:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def read_file(path: Path) -> bytes | None:
    """The content of a regular file; None for anything else. No link is followed. Raises OSError."""
    try:
        descriptor = os.open(path, READ)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None
        raise
    with os.fdopen(descriptor, "rb") as file:
        return file.read() if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


class UnreadableError(OSError):
    """What was to be copied cannot be read, while the place to copy it to has no fault."""


def copy(source: Path, target: Path) -> str:
    """Copy a file with its mode and times, or a link as it is; returns the fingerprint of what was copied.

    Raises UnreadableError where `source` cannot be read, or is no file or link: a device is never read. Raises OSError
    where `target` cannot be written.
    """
    with reading(source):
        link = os.fspath(source.readlink()) if source.is_symlink() else None
        descriptor = os.open(source, READ) if link is None else None
    if link is not None or descriptor is None:
        target.symlink_to(link or "")
        return f"link:{link}"
    digest = hashlib.sha256()
    with os.fdopen(descriptor, "rb") as file, target.open("xb") as written:
        for chunk in _chunks(file, source):
            digest.update(chunk)
            written.write(chunk)
    shutil.copystat(source, target, follow_symlinks=False)
    return f"file:{digest.hexdigest()}"


def _chunks(file: BinaryIO, source: Path) -> Iterator[bytes]:
    with reading(source):
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "is no file, folder or link any more")
    while True:
        with reading(source):
            chunk = file.read(CHUNK)
        if not chunk:
            return
        yield chunk


@contextlib.contextmanager
def reading(source: Path) -> Iterator[None]:
    """Turn an OSError into UnreadableError."""
    try:
        yield
    except OSError as error:
        raise UnreadableError(error.errno, error.strerror or str(error), str(source)) from error


def keep_owner_and_mode(path: Path, like: os.stat_result, attributes_of: Path) -> None:
    """Give a new file the owner, the permissions and the extended attributes of the one that it replaces.

    Raises OSError where the owner cannot be kept.
    """
    made = path.lstat()
    if (made.st_uid, made.st_gid) != (like.st_uid, like.st_gid):
        os.chown(path, like.st_uid, like.st_gid)
    path.chmod(stat.S_IMODE(like.st_mode))
    for name in _attributes(attributes_of):
        with contextlib.suppress(OSError):
            os.setxattr(path, name, os.getxattr(attributes_of, name))


def _attributes(path: Path) -> list[str]:
    try:
        return os.listxattr(path)
    except OSError:
        return []


def remove(path: Path) -> None:
    """Delete a file, a link, or a folder, which may hold read-only folders. What cannot be deleted is left."""
    if not path.is_dir() or path.is_symlink():
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        return
    for folder, _, _ in os.walk(path):
        with contextlib.suppress(OSError):
            os.chmod(folder, 0o700)  # noqa: PTH101  os.walk gives strings
    shutil.rmtree(path, ignore_errors=True)


def beside(path: Path) -> Path:
    """A new name in the same folder for what is made first and then renamed to `path`."""
    return path.with_name(f".{path.name}.porter-{secrets.token_hex(4)}")


def sweep(path: Path) -> None:
    """Remove what an earlier run, killed before it could rename it to `path`, left beside it."""
    pattern = re.compile(rf"\.{re.escape(path.name)}\.porter-[0-9a-f]{{8}}")
    try:
        left = [entry for entry in path.parent.iterdir() if pattern.fullmatch(entry.name)]
    except OSError:
        return
    for entry in left:
        with contextlib.suppress(OSError, SourceError), locked(entry, surely=True):
            remove(entry)


@contextlib.contextmanager
def locked(path: Path, *, surely: bool = False) -> Iterator[None]:
    """Hold the lock of a file or folder: it ends with the process, however that ends.

    Where the file system has no locks, there is none, or, with `surely`, OSError. Raises SourceError where another
    porter holds it, OSError where it cannot be opened.
    """
    descriptor = os.open(path, READ)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SourceError(f"{path}: another porter is writing there: wait for its end, then run again") from error
        except OSError:
            if surely:
                raise
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def told(place: Path) -> Iterator[None]:
    """Turn what the operating system says into one line that names the file, and the place that was not written."""
    try:
        yield
    except OSError as error:
        name = Path(os.fsdecode(error.filename)) if error.filename is not None else place
        raise SourceError(f"{name}: {error.strerror or error}; {place} was not written") from error
