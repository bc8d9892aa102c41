"""Where what was found out about rule files is kept: in the user's cache, which may be missing, old, full or spoiled.

Nothing depends on it but time: what cannot be read is made anew, and what cannot be written is left.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import porter

PACKAGE = Path(porter.__file__).parent
READ_BY = ("rules/**/*.py", "runtime/standalone/**/*.py", "findings.py", "codes.py", "errors.py")
"""Files of porter that reading a rule depends on."""
MOST = 60
"""So many files are kept; the oldest go first."""


def digest(data: bytes) -> str:
    """What tells contents apart."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


@cache
def code_key() -> str:
    """What stands for the code that reads rules: another porter finds what this one kept to be none of its own."""
    found = hashlib.blake2b(porter.__version__.encode(), digest_size=16)
    files = [file for pattern in READ_BY for file in sorted(PACKAGE.glob(pattern))]
    try:
        if not files:
            raise FileNotFoundError(PACKAGE)
        for file in files:
            found.update(b"\0" + file.relative_to(PACKAGE).as_posix().encode() + b"\0" + file.read_bytes())
    except OSError:
        return secrets.token_hex(16)  # without its text, no code is known to be the same as any other
    return found.hexdigest()


def cache_folder() -> Path | None:
    """The folder of the user's cache for rules; None where the system tells of none."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        below = "Library/Caches" if sys.platform == "darwin" else ".cache"
        root = Path(base) if base and Path(base).is_absolute() else Path.home() / below
    except RuntimeError:
        return None
    return root / "porter" / "rules"


def entry(folders: Iterable[Path]) -> Path | None:
    """What the names of the files about these folders begin with."""
    root = cache_folder()
    if root is None:
        return None
    names = [f"{sys.version_info.major}.{sys.version_info.minor}", *(str(folder.absolute()) for folder in folders)]
    return root / digest("\0".join(names).encode(errors="surrogateescape"))


def packed_parts(parts: Mapping[str, Any]) -> bytes:
    """Parts of plain data as one file: a line that names the code and a digest, then a line for each part."""
    lines = [json.dumps(list(parts)), *(json.dumps(part, separators=(",", ":")) for part in parts.values())]
    body = "\n".join(lines).encode()
    return f"{code_key()} {digest(body)}\n".encode() + body


def read_parts(path: Path) -> Mapping[str, Any] | None:
    """The parts of a file by name; None where there is no file, or it is spoiled, or another porter's.

    A part is taken apart when it is asked for.
    """
    try:
        head, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if head != f"{code_key()} {digest(body)}".encode():
        return None
    names, *lines = body.split(b"\n")
    return _Parts(dict(zip(json.loads(names), lines, strict=True)))


class _Parts(dict[str, Any]):
    """Lines of JSON, each taken apart once."""

    def __init__(self, lines: Mapping[str, bytes]) -> None:
        super().__init__()
        self.lines = lines

    def __missing__(self, name: str) -> Any:
        found = self[name] = json.loads(self.lines[name])
        return found


def write_parts(path: Path, parts: Mapping[str, Any]) -> None:
    """Put a file in its place as a whole, so that whoever reads meanwhile finds the old one or the new one."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(packed_parts(parts))
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        return
    with contextlib.suppress(OSError):
        _make_room(path.parent)


def _make_room(folder: Path) -> None:
    files = sorted(((file.stat().st_mtime_ns, file) for file in folder.iterdir()), reverse=True)
    for _, file in files[MOST:]:
        file.unlink(missing_ok=True)
