"""A unified diff of bytes, as `patch` and `git apply` take it; coloured on a terminal."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from rich.console import Console
from rich.text import Text

from porter.report.console import visible, write

STYLES = {"+": "green", "-": "red", "@": "cyan"}
NO_NEWLINE = b"\n\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class Change:
    """One file before and after, None where there is none; `path` is relative, with forward slashes."""

    path: str
    before: bytes | None
    after: bytes | None


def diff(change: Change) -> Iterator[bytes]:
    """Lines of the diff with their line ends, which are those of the file; nothing when both sides are the same."""
    name = os.fsencode(change.path)
    lines = difflib.diff_bytes(
        difflib.unified_diff,
        _lines(change.before),
        _lines(change.after),
        b"/dev/null" if change.before is None else b"a/" + name,
        b"/dev/null" if change.after is None else b"b/" + name,
    )
    for line in lines:
        yield line if line.endswith(b"\n") else line + NO_NEWLINE


def write_diff(changes: Iterable[Change], file: BinaryIO) -> None:
    """The diff, byte for byte, for a pipe or a file."""
    for change in changes:
        file.writelines(diff(change))
    file.flush()


def print_diff(changes: Iterable[Change], console: Console) -> None:
    """The diff in colour, for a terminal; bytes that are not UTF-8 show as replacement characters."""
    for change in changes:
        for line in diff(change):
            text = visible(line.decode("utf-8", errors="replace").rstrip("\r\n"))
            header = text.startswith(("+++ ", "--- "))
            write(console, Text(text, style="bold" if header else STYLES.get(text[:1], "")))


def _lines(content: bytes | None) -> list[bytes]:
    """Split at newlines only: a lone carriage return is part of its line, for `patch` and for git."""
    if not content:
        return []
    lines = [line + b"\n" for line in content.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]
