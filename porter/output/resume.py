"""A run that was killed while it wrote: the next one finishes its work, by the journal that it left."""

from __future__ import annotations

import json
from pathlib import Path

from porter.errors import SourceError
from porter.output import disk
from porter.output.journal import HOME, JOURNAL, PENDING, Step, Transaction


def is_unfinished(root: Path) -> bool:
    """Whether a run was killed while it wrote here."""
    return (root / PENDING / JOURNAL).is_file()


def finish(root: Path) -> list[str] | None:
    """Finish what a killed run had begun, or clear away what it had prepared; None where there is nothing of the kind.

    Returns the paths that somebody changed since then, which stay so. Raises SourceError where another porter is at
    work here, or the journal is damaged.
    """
    home = root / HOME
    if not home.is_dir() or home.is_symlink():
        return None
    work = Transaction(root, unlock=True)
    with disk.told(root), disk.locked(root):
        left = work.resume(_read_journal(root)) if is_unfinished(root) else None
        work.discard()
    return left


def _read_journal(root: Path) -> list[Step]:
    path = root / PENDING / JOURNAL
    try:
        steps = [Step(**entry) for entry in json.loads(path.read_bytes())]
        if not all(_is_inside(step.path) for step in steps):
            raise ValueError("a path leads out of the folder")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise SourceError(f"{path}: is damaged ({error}): look at the files, then remove {root / PENDING}") from error
    return steps


def _is_inside(path: object) -> bool:
    return isinstance(path, str) and bool(path) and not path.startswith("/") and ".." not in path.split("/")
