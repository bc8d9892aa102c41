"""A report file, written in one step."""

from __future__ import annotations

from pathlib import Path

from porter import signals
from porter.output import disk


def write_report(path: Path, text: str) -> None:
    """Write a report file; it keeps the permissions of one that is there. Raises SourceError."""
    path = path.resolve()
    made = disk.beside(path)
    with disk.told(path), signals.cleaning(lambda: disk.remove(made)):
        disk.sweep(path)
        try:
            made.write_bytes(text.encode(errors="backslashreplace"))
            if path.is_file():
                made.chmod(path.stat().st_mode & 0o7777)
            made.replace(path)
        finally:
            disk.remove(made)
