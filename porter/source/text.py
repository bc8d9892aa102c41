"""A Python file's text between its bytes and its syntax tree: encoding, line ends, byte offsets."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from types import CodeType
from typing import Protocol

NEWLINE = re.compile(rb"\r\n|\r|\n")
MARK = "# porter: "
BOM = b"\xef\xbb\xbf"


class Unreadable(ValueError):
    """The bytes are no Python source: what is wrong, and on which line."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


class Spanned(Protocol):
    """An ast node that knows where it stands."""

    lineno: int
    col_offset: int
    end_lineno: int | None
    end_col_offset: int | None


@dataclass(frozen=True)
class SourceText:
    """A file as UTF-8 bytes (`data`), which is what `ast` counts columns in, and how to write it back."""

    data: bytes
    encoding: str
    bom: bool
    marks: Mapping[int, str] = field(default_factory=dict)
    """1-based line -> the mark that an earlier run left there, which `data` has no more."""

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree. Raises Unreadable."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.data.decode("utf-8"))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise _unreadable(error) from error

    def check(self) -> None:
        """Raise Unreadable for what parses but does not compile: `return` outside a function, say."""
        try:
            compiled(self.data)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise _unreadable(error) from error

    @cached_property
    def _starts(self) -> list[int]:
        starts = list(accumulate(map(len, self.data.splitlines(keepends=True)), initial=0))
        return starts if self.data.endswith((b"\n", b"\r")) or not self.data else starts[:-1]

    @cached_property
    def newline(self) -> str:
        """The file's line end: that of its first line."""
        match = NEWLINE.search(self.data)
        return match.group().decode() if match else "\n"

    def line_end(self, line: int) -> str:
        """What ends a 1-based line: the file's line end where the text just stops."""
        match = NEWLINE.match(self.data, self.line_span(line)[1])
        return match.group().decode() if match else self.newline

    def offset(self, line: int, column: int) -> int:
        """Byte offset of a 1-based line and a 0-based byte column, as ast counts them."""
        return self._starts[line - 1] + column

    def span(self, node: Spanned) -> tuple[int, int]:
        """Byte offsets of a node's first byte and of the byte after its last."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def slice(self, start: int, end: int) -> str:
        """Text between two byte offsets."""
        return self.data[start:end].decode("utf-8")

    def of(self, node: Spanned) -> str:
        """Text of a node."""
        return self.slice(*self.span(node))

    def position(self, offset: int) -> tuple[int, int]:
        """1-based line and 1-based column (in characters) of a byte offset."""
        line = bisect_right(self._starts, offset)
        return line, len(self.slice(self._starts[line - 1], offset)) + 1

    def line_span(self, line: int) -> tuple[int, int]:
        """Byte offsets of a 1-based line's first byte and of its line end."""
        start = self._starts[line - 1]
        match = NEWLINE.search(self.data, start)
        return start, match.start() if match else len(self.data)

    def encode(self, data: bytes) -> bytes:
        """Bytes to write for UTF-8 `data`, in the file's own encoding."""
        text = data.decode("utf-8")
        return (BOM if self.bom else b"") + (text.encode(self.encoding) if self.encoding != "utf-8" else data)


def compiled(data: bytes) -> CodeType:
    """The code of a UTF-8 file, whatever encoding its first lines name. Raises as `compile` does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(data.decode("utf-8"), "<converted>", "exec", dont_inherit=True)


def _unreadable(error: Exception) -> Unreadable:
    if isinstance(error, SyntaxError):
        return Unreadable(f"not Python {_python()}: {error.msg}", error.lineno or 1)
    return Unreadable(f"cannot be parsed: {error}")


def _python() -> str:
    import sys

    return f"{sys.version_info.major}.{sys.version_info.minor}"


def read_text(raw: bytes) -> SourceText:
    """Decode a file as Python does (BOM, coding line, UTF-8). Raises Unreadable."""
    if b"\0" in raw:
        raise Unreadable("holds null bytes", raw[: raw.index(b"\0")].count(b"\n") + 1)
    bom = raw.startswith(BOM)
    body = raw[len(BOM) if bom else 0 :]
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        encoding = "utf-8" if encoding in ("utf-8", "utf-8-sig") else encoding
        text = body.decode(encoding)
        is_same = encoding == "utf-8" or text.encode(encoding) == body
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise Unreadable(f"unknown encoding: {error}") from error
    except Exception as error:  # a codec may raise anything
        raise Unreadable(f"cannot be decoded: {error}") from error
    if not is_same:
        raise Unreadable(f"encoding {encoding} does not give the same bytes back: save it as UTF-8")
    text, marks = _without_marks(text)
    return SourceText(text.encode("utf-8"), encoding, bom, marks)


def comments(text: str) -> list[str]:
    """Comments of a piece of Python, in order; none when it cannot be read."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text, newline="").readline))
    except (tokenize.TokenError, SyntaxError):
        return []
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def _without_marks(text: str) -> tuple[str, dict[int, str]]:
    """Take porter's own marks away, so that a second run does not pile them up; they are returned by line."""
    marks: dict[int, str] = {}
    if MARK not in text:
        return text, marks
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            if token.type == tokenize.COMMENT and MARK in token.string:
                row, column = token.start[0] - 1, token.start[1]
                line = lines[row]
                end = line[len(line.rstrip("\r\n")) :]
                marks[row + 1] = token.string.partition(MARK)[2]
                # Two spaces came with the mark; what stands before them was there.
                lines[row] = line[: column + token.string.index(MARK)].removesuffix("  ") + end
    except (tokenize.TokenError, SyntaxError):
        return text, {}
    return "".join(lines), marks
