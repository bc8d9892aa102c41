"""Writing over SRC: only what still holds what was read, all or nothing, and never over what no commit holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from porter import git
from porter.errors import SourceError
from porter.output import disk
from porter.output.journal import transaction
from porter.output.manifest import MANIFEST, Manifest

NAMED = 5
"""Files that a message names; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file as it was read and as it is to be; None: there is none."""

    before: bytes | None
    after: bytes | None


def check_clean(root: Path, changes: Mapping[str, Change], earlier: Manifest | None) -> None:
    """Refuse to write over changes that no commit holds, unless porter made them. Raises SourceError."""
    ours = earlier.made if earlier is not None else {}
    asked = [name for name, change in changes.items() if change.before is not None and not _is_ours(name, change, ours)]
    try:
        changed = sorted(git.changed(root, asked))
    except SourceError as error:
        raise SourceError(f"{error}; nothing was written: mend that, or add --allow-dirty") from error
    if changed:
        raise SourceError(
            f"{root}: git has no commit of what {_listed(changed)} hold{'s' * (len(changed) == 1)} now, "
            "and --in-place would write over it; nothing was written: commit first, or add --allow-dirty"
        )


def write_in_place(root: Path, changes: Mapping[str, Change], compose: Callable[[bool], bytes]) -> None:
    """Make all changes (relative path -> Change), or none. `compose` makes the manifest; its flag: all is done.

    Owner, permissions and extended attributes stay. Raises SourceError, also when a file no longer holds what was read.
    """
    root = root.resolve()
    with disk.told(root), transaction(root) as work:
        for name, change in changes.items():
            before = disk.ABSENT if change.before is None else disk.file_print(change.before)
            if disk.fingerprint(root / name) != before:
                raise SourceError(
                    f"{root / name}: was changed since porter read it; nothing was written: run porter again"
                )
            if change.after is None:
                work.remove(name, before)
            else:
                work.write(name, change.after, before)
        work.commit(MANIFEST, compose(False), compose(True))


def _is_ours(name: str, change: Change, ours: Mapping[str, str]) -> bool:
    return change.before is not None and ours.get(name) == disk.file_print(change.before)


def _listed(names: Iterable[str]) -> str:
    named = list(names)
    rest = len(named) - NAMED
    return ", ".join(named[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
