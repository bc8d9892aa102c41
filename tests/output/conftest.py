"""Folders to write to, and a way to kill a process at each of its changes of the disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from porter.output import Wanted, Written

CHANGES = frozenset(
    {"os.rename", "os.link", "os.symlink", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.chown", "os.truncate"}
)
"""Audit events that tell of a change of the disk; an `open` for writing is one too."""
KILLED = 77


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A tree with a script, a data file, a link, a linked folder and a link to nowhere."""
    root = tmp_path / "src"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "a.py").write_bytes(b"import torch\r\n")
    (root / "run.py").write_bytes(b"#!/usr/bin/env python\n")
    (root / "run.py").chmod(0o755)
    (root / "data.bin").write_bytes(bytes(range(256)))
    (root / "data.bin").chmod(0o640)
    (root / "link.txt").symlink_to("data.bin")
    (root / "linked").symlink_to("pkg", target_is_directory=True)
    (root / "dangling").symlink_to("nowhere")
    return root


OTHERS = ("data.bin", "link.txt", "linked", "dangling")


def wanted(source: Path, **texts: bytes) -> dict[str, Wanted]:
    """What a conversion of `source` wants to write (a keyword `a__b` is the path `a/b.py`)."""
    files = {
        "pkg/a.py": Wanted(content=b"import mindspore\r\n", mode=0o644),
        "run.py": Wanted(content=b"#!/usr/bin/env python\n", mode=0o755),
    }
    files |= {f"{name.replace('__', '/')}.py": Wanted(content=text) for name, text in texts.items()}
    return files | {name: Wanted(source=source / name) for name in OTHERS}


def compose(written: Written, done: bool) -> bytes:
    """A manifest that tells whether all is done."""
    return f"{sorted(written.prints)} {'done' if done else 'writing'}".encode()


def shown(root: Path) -> dict[str, tuple[int, bytes | str | None]]:
    """Path -> (permissions, content or where a link points), for all that lies below."""
    found: dict[str, tuple[int, bytes | str | None]] = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            found[path.relative_to(root).as_posix()] = (0, str(path.readlink()))
        else:
            content = path.read_bytes() if path.is_file() else None
            found[path.relative_to(root).as_posix()] = (path.stat().st_mode & 0o7777, content)
    return found


def killed_at(count: int, call: Callable[[], object]) -> bool:
    """Run `call` in a child process that dies at its change number `count` of the disk; whether it did."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            sys.addaudithook(_Fuse(count))
            call()
            code = 0
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, KILLED), f"the child ended with {status} at change {count}"
    return status == KILLED


def kills(call: Callable[[], object]) -> Iterator[int]:
    """Kill `call` at its first change of the disk, then at its second, until it comes through; yields their number."""
    count = 0
    while killed_at(count, call):
        yield count
        count += 1


class _Fuse:
    """An audit hook that ends the process at a change of the disk, before it is made."""

    def __init__(self, left: int) -> None:
        self.left = left

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event not in CHANGES and not (event == "open" and _writes(arguments)):
            return
        if self.left == 0:
            os._exit(KILLED)
        self.left -= 1


def _writes(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR)) and "/dev/" not in str(arguments[0])
