"""Ctrl-C and its relatives: one line, the right exit code, and nothing left behind, whatever was being done.

A handler does not raise: an exception can come up where nobody expects it, in an import or in a callback, and there
be swallowed or become a traceback. It runs the clean-ups that are registered, and ends the process.

Loaded before anything else of porter, so it imports nothing that takes time. All of it is for the main thread.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # as typing has it, whose import would be half of the time in which there is no handler yet
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import NoReturn

NUMBERS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
PARENT_DEATH = 1
"""PR_SET_PDEATHSIG of Linux' prctl."""


class Interrupted(BaseException):
    """A signal that came while `held` was on, raised where the work allows it; printed like one that was not held."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(told(number))


class _State:
    """What the handler has to know."""

    def __init__(self) -> None:
        self.owner = 0  # the process that installed the handlers: one that it forks has nothing to clean
        self.cleanups: list[Callable[[], object]] = []
        self.depth = 0
        self.pending = 0


_state = _State()


class Held:
    """Says whether a signal has come in the meantime."""

    def check(self) -> None:
        """Raise Interrupted if one has: for a place where what was begun can still be taken back."""
        if _state.pending:
            raise Interrupted(_state.pending)


def install() -> None:
    """Answer signals from now on; one that is ignored, as under `nohup`, stays ignored."""
    _state.owner = os.getpid()
    for number in NUMBERS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _answer)


def ignore() -> None:
    """The work is done, or is being ended: no signal changes the outcome."""
    if _state.owner == os.getpid():
        for number in NUMBERS:
            with contextlib.suppress(ValueError):  # only the main thread may
                signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def cleaning(callback: Callable[[], object]) -> Iterator[None]:
    """Have the handler call this before it ends the process; entered before there is anything to clean up.

    The callback must not wait for a lock, which the interrupted code may hold.
    """
    _state.cleanups.append(callback)
    try:
        yield
    finally:
        _state.cleanups.remove(callback)


@contextlib.contextmanager
def held() -> Iterator[Held]:
    """Only remember signals in here; the first one ends the process at the end of the outermost `held`.

    When an exception leaves it, the exception is told instead: it ends the run as well, and says more.
    """
    _state.depth += 1
    done = False
    try:
        yield Held()
        done = True
    finally:
        _state.depth -= 1
        if done and _state.pending and not _state.depth:
            _end(_state.pending)


def told(number: int) -> str:
    """What a person reads."""
    return f"{'interrupted' if number == signal.SIGINT else 'terminated'}; nothing was written half"


def become_worker(parent: int) -> None:
    """In a process that `parent` forked: Ctrl-C is for the parent to answer, and the parent's end is its own."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PARENT_DEATH, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before it could be asked to tell
        os._exit(128 + signal.SIGTERM)


def _answer(number: int, _frame: FrameType | None) -> None:
    if os.getpid() != _state.owner:
        os._exit(128 + number)
    if _state.depth:
        _state.pending = _state.pending or number
    else:
        _end(number)


def _end(number: int) -> NoReturn:
    """Clean up, the newest first, say so, and end, without what an orderly end of Python would still run."""
    failed = ""
    try:
        ignore()
        for clean in reversed(_state.cleanups):
            try:
                clean()
            except Exception as error:  # noqa: BLE001  the others are to be called as well
                failed = failed or f"; cleaning up failed: {error}"
        os.write(2, f"porter: {told(number)}{failed}\n".encode(errors="backslashreplace"))
    finally:
        os._exit(128 + number)
