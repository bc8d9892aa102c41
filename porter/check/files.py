"""Texts of source files, read once, and whether something still stands in them."""

from __future__ import annotations

import ast
import re
import tokenize
from functools import cache
from pathlib import Path

from porter.errors import SourceError


class Texts:
    """Files by their paths. Raises SourceError for one that cannot be read; `why` says why it should be there."""

    def __init__(self, why: str) -> None:
        self.why = why
        self.read = cache(self._read)
        self._normal = cache(self._in_one_spelling)

    def holds_at(self, path: Path, line: int, column: int, text: str) -> bool:
        """Whether a text stands at a place (counted from 1)."""
        lines = self.read(path).split("\n")
        here = (
            "\n".join([lines[line - 1][column - 1 :], *lines[line : line + text.count("\n")]])
            if line <= len(lines)
            else ""
        )
        return here.startswith(_plain(text))

    def count(self, path: Path, text: str) -> int:
        """How often a text, or an expression that reads the same, is in a file."""
        found = len(re.findall(_whole(_plain(text)), self.read(path)))
        try:
            normal = ast.unparse(ast.parse(text.strip(), mode="eval"))
            return max(found, self._normal(path).count(normal))
        except (SyntaxError, ValueError):
            return found

    def _read(self, path: Path) -> str:
        try:
            with tokenize.open(path) as file:
                return file.read()
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            raise SourceError(f"{path}: cannot be read ({error}), but {self.why}") from None

    def _in_one_spelling(self, path: Path) -> str:
        return ast.unparse(ast.parse(self.read(path)))


def _plain(text: str) -> str:
    """With the line ends that a file has when it is read."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _whole(text: str) -> str:
    """A pattern that finds a text, where a name at either end of it is no part of a longer one."""
    first, last = (r"\w" if re.match(r"\w", end) else "(?!)" for end in (text[:1], text[-1:]))
    return f"(?<!{first}){re.escape(text)}(?!{last})"
