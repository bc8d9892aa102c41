"""What a conversion wants to have in a folder: path by path, and what became of it."""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from porter.findings import Finding, Level
from porter.output import disk
from porter.output.journal import HOME
from porter.output.merge import is_text

LAST = f"{HOME}/last"
README = f"{HOME}/README.md"
ABOUT = b"""# .porter

`last/` holds what `porter convert` wrote here last: of each text a copy, with `.last` behind its name. By it the next
`porter convert SRC -o OUT` knows your edits from its own text and merges the two, so keep it beside them under version
control. `porter convert` looks after it.
"""
KEPT_BYTES = 1 << 20
"""Texts up to this size can be merged; of larger ones only the fingerprint is kept."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One path: a `content` to write, a `source` to copy (a file, or a link as it is), or a `link` to make.

    `mode`: permissions of what is written; None for those of a new file.
    """

    content: bytes | None = None
    source: Path | None = None
    link: str | None = None
    mode: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What lies in the folder after a run, for the manifest, and what there is to say about it.

    `prints`: path -> fingerprint of what porter wants there, also where a hand edit stands now. `asides`: path ->
    fingerprint of a conversion that was written to a name beside it. `failed`: paths that could not be read.
    `merged`, `edited`: paths with hand edits that were merged, or that stay since porter's text is the old one.
    """

    prints: Mapping[str, str]
    asides: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    failed: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    """Paths of which this run does not speak: what an earlier manifest says of them holds on."""


Compose = Callable[[Written, bool], bytes]
"""Makes the text of the manifest; the flag says whether all is done."""


def last_path(path: str) -> str:
    """Where what porter wrote last at `path` is kept, by a name that no tool takes for a module or a `.gitignore`."""
    return f"{LAST}/{path}.last"


def kept(want: Wanted) -> bytes | None:
    """The text by which a later run can merge, None for what is too large or no text. Raises UnreadableError."""
    content = want.content
    if content is None and want.source is not None:
        with disk.reading(want.source):
            status = want.source.lstat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > KEPT_BYTES:
                return None
            content = disk.read_file(want.source)
    return content if content is not None and len(content) <= KEPT_BYTES and is_text(content) else None


def print_of(want: Wanted) -> str:
    """The fingerprint of what is wanted. Raises UnreadableError."""
    if want.source is not None:
        with disk.reading(want.source):
            return disk.fingerprint(want.source)
    return f"link:{want.link}" if want.link is not None else disk.file_print(want.content or b"")


def unreadable(path: str, error: OSError) -> Finding:
    """A file that was to be copied and cannot be read."""
    return Finding(path, 1, 1, Level.MANUAL, "file", f"cannot be read: {error.strerror}; it was not copied")


def mode_of(path: Path) -> int | None:
    """Permissions of a file; None where there is none."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return stat.S_IMODE(status.st_mode) if stat.S_ISREG(status.st_mode) else None
