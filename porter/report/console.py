"""Where porter speaks: findings and tables on standard error, data on standard output; colour only on a terminal."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from porter.errors import StreamError
from porter.signals import cleaning

CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127, *range(128, 160)) if chr(code) not in "\t"}
"""What a source tree may hold but a terminal must not be sent: an escape in a file name could redraw the screen."""

WIPE = b"\r\x1b[2K\x1b[?25h"
"""To the start of the line, clear it, show the cursor."""


def make_console(file: TextIO | None = None, *, width: int | None = None) -> Console:
    """A console on `file` (default: standard error) that adds no colour of its own to numbers and paths."""
    return Console(file=file or sys.stderr, highlight=False, emoji=False, markup=False, width=width)


@contextlib.contextmanager
def reader_may_leave(kept: str = "") -> Iterator[None]:
    """Write to standard output in here. `kept` says what was written elsewhere before, and stays if this fails.

    Raises StreamError; that `head` has seen enough is no error, and no exit code tells of it.
    """
    try:
        yield
        sys.stdout.flush()
    except StreamError as error:
        raise StreamError(f"{error}; {kept}" if kept else str(error)) from error


def visible(text: str) -> str:
    """`text` with control characters spelled out; a tab stays."""
    return text.translate(CONTROL)


def write(console: Console, text: Text | str = "") -> None:
    """One line, never wrapped: a terminal wraps it itself, and a pipe gets it whole."""
    if console.color_system is None and not console.record:
        console.file.write(f"{text}\n")  # rich takes a millisecond for a line, which is most of a large report
    else:
        console.print(text, soft_wrap=True)


def say(console: Console, text: Text | str) -> None:
    """A sentence: on a terminal broken between words, in a pipe on one line, where `grep` finds it."""
    console.print(text, soft_wrap=not console.is_terminal)


def plain_table(**columns: str) -> Table:
    """A table without a frame. `columns`: heading = "fold" (text, wraps when it must) or "number" (never wraps)."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for heading, kind in columns.items():
        name = heading.replace("_", " ")
        if kind == "number":
            table.add_column(name, justify="right", no_wrap=True)
        else:
            table.add_column(name, overflow="fold")
    return table


def captured(speak: Callable[[Console], None], width: int = 120) -> str:
    """What `speak` prints, as plain text for a file."""
    file = StringIO()
    speak(Console(file=file, width=width, highlight=False, emoji=False, markup=False, color_system=None))
    return file.getvalue()


def show(console: Console, table: Table) -> None:
    """Print a table; in a pipe without the blanks that pad its last column."""
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        write(console, line.rstrip())


@contextlib.contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error that is fed with (done, total); None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn())
    console = make_console()
    with cleaning(lambda: _wipe(console)), Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _wipe(console: Console) -> None:
    """Clear the line of a bar and show the cursor, past rich, whose locks the interrupted code may hold."""
    if not console.is_dumb_terminal:
        os.write(2, WIPE)
