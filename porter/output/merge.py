"""Hand edits and a new conversion of one file, merged three ways, with conflict marks where both changed a line."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from merge3 import Merge3

MINE = b"<<<<<<< edited by hand"
BETWEEN = b"======="
THEIRS = b">>>>>>> converted by porter"


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged text; `conflicts` are the 1-based lines of its conflict marks."""

    content: bytes
    conflicts: tuple[int, ...]


def merge(base: bytes, mine: bytes, theirs: bytes) -> Merged:
    """What `mine` and `theirs` both made of `base`."""
    lines: list[bytes] = []
    conflicts: list[int] = []
    newline = b"\r\n" if mine.partition(b"\n")[0].endswith(b"\r") else b"\n"
    for group in Merge3(_lines(base), _lines(mine), _lines(theirs)).merge_groups():
        if group[0] != "conflict":
            lines += group[1]
            continue
        conflicts.append(len(lines) + 1)
        for mark, side in ((MINE, group[2]), (BETWEEN, group[3]), (THEIRS, ())):
            if lines and not lines[-1].endswith(b"\n"):
                lines[-1] += newline
            lines += [mark + newline, *side]
    return Merged(b"".join(lines), tuple(conflicts))


def marks(content: bytes) -> Iterator[int]:
    """1-based lines of the conflict marks of an earlier merge that nobody has settled."""
    return (number for number, line in enumerate(content.split(b"\n"), 1) if line.rstrip(b"\r") == MINE)


def is_text(content: bytes) -> bool:
    """Whether a file has lines that can be merged."""
    return b"\0" not in content


def is_python(content: bytes) -> bool:
    """Whether a file compiles."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(content, "<merged>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _lines(content: bytes) -> list[bytes]:
    """Split at newlines only, which are kept."""
    lines = [line + b"\n" for line in content.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]
