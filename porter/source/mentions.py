"""Which of the files that are no Python modules may name a framework: notebooks, stubs, programs, data."""

from __future__ import annotations

from pathlib import Path

ENDINGS = {
    ".ipynb": "notebook",
    ".pyi": "stub",
    ".pyw": "program",
    ".pyx": "program",
    "": "program",
    ".json": "data",
    ".yaml": "data",
    ".yml": "data",
    ".toml": "data",
    ".ini": "data",
    ".cfg": "data",
}
FRAMEWORKS = (b"torch", b"mindspore")
OWN = b'{\n  "porter": '
"""What a manifest or a report of an earlier run begins with."""
MOST = 4 * 1024 * 1024
"""Larger files are results, not settings."""


def kind_of_file(path: str) -> str:
    """notebook, stub, program or data, by the ending; "" for what is looked into by nobody."""
    name = path.rpartition("/")[2]
    return ENDINGS.get(Path(name).suffix.lower() if not name.startswith(".") else "?", "")


def mention(path: Path) -> bytes | None:
    """The content of a file that may name a framework; None for any other, and where it cannot be read."""
    try:
        if path.is_symlink() or path.stat().st_size > MOST:
            return None
        data = path.read_bytes()
    except OSError:
        return None  # what cannot be copied is told when that is tried
    named = any(name in data for name in FRAMEWORKS) and b"\0" not in data
    return data if named and not data.startswith(OWN) else None
