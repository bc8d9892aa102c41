"""Standard output and standard error that may be full, closed, or left by their reader.

What cannot be shown ends the run with one line and code 2. What cannot be told on standard error ends nothing: the
work is done, and the code is 2. That a reader has seen enough, as `head` has, is no error.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

from porter.errors import StreamError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

CLOSED = ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY))
"""How the null device stands in for a stream that is closed. Reading 0 and writing 1 stay errors; on 2, to be silent
was asked for."""


class _Errors(io.FileIO):
    """The descriptor of standard error: after the first error it takes everything and keeps nothing."""

    lost: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        while self.lost is None:
            try:
                return os.write(self.fileno(), data)
            except BlockingIOError:  # the other end of a terminal or a socket may have set it so
                select.select((), (self,), ())
            except OSError as error:
                self.lose(error)
        return memoryview(data).nbytes

    def lose(self, error: OSError) -> None:
        """Remember that nothing more can be written."""
        self.lost = error


class _Result(_Errors):
    """The descriptor of standard output, whose first error ends the run."""

    def lose(self, error: OSError) -> None:
        super().lose(error)
        if error.errno != errno.EPIPE:
            found = reason(error, "writing")
            what_to_do = "the result could not be shown whole: send it to another place"
            raise StreamError(f"standard output: {found}; {what_to_do}") from error


def prepare() -> None:
    """Take over both streams. A closed descriptor is filled, else the next file that is opened would take its place."""
    if os.name != "posix":
        return  # what stands behind a console of Windows is no file
    for number, flags in CLOSED:
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, flags), True)
    sys.stdout = _text(sys.stdout, _Result(1, "wb", closefd=False))
    sys.stderr = _text(sys.stderr, _Errors(2, "wb", closefd=False))


def flush() -> None:
    """Write out what waits. Raises StreamError when standard output does not take it."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def finish(code: int) -> int:
    """The exit code of a run that would end with `code`, once all that can be said is said."""
    with contextlib.suppress(StreamError):  # `run` has flushed, and told
        flush()
    descriptor = getattr(getattr(sys.stderr, "buffer", None), "raw", None)
    lost = descriptor.lost if isinstance(descriptor, _Errors) else None
    return code if lost is None or lost.errno == errno.EPIPE else StreamError.exit_code


def reason(error: OSError, use: str) -> str:
    """What the operating system says, in words that fit a stream."""
    return f"not open for {use}" if error.errno == errno.EBADF else error.strerror or str(error)


def _text(stream: TextIO | None, descriptor: io.FileIO) -> TextIO:
    """A text stream like the one that Python made; it made none where the descriptor was closed."""
    return io.TextIOWrapper(
        io.BufferedWriter(descriptor),
        encoding=stream.encoding if stream else "utf-8",
        errors=stream.errors if stream else "backslashreplace",
        newline="\n",
        line_buffering=getattr(stream, "line_buffering", False),
    )
