"""Ranges of versions: `"<2.13"`, `">=2.1,<2.7"`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from itertools import takewhile

COMPARISON = re.compile(r"(<=|>=|==|!=|<|>)\s*(\d+(?:\.\d+)*)")
OPERATORS: dict[str, Callable[[list[int], list[int]], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def is_range(text: str) -> bool:
    """Whether this is one comparison with a version, or several with commas between them."""
    return all(COMPARISON.fullmatch(part.strip()) for part in text.split(","))


def covers(text: str, version: str) -> bool:
    """Whether a range holds a version (`"2.13.0+cpu"`); what follows the numbers counts for nothing."""
    parts = [COMPARISON.fullmatch(part.strip()) for part in text.split(",")]
    found = _numbers(version)
    return version[:1].isdecimal() and all(
        part is not None and OPERATORS[part[1]](found, _numbers(part[2])) for part in parts
    )


def _numbers(version: str) -> list[int]:
    """`2.13.0+cpu` -> [2, 13]: trailing zeros do not count, so that 2.13 is 2.13.0."""
    parts = [re.match(r"\d*", part) for part in version.split("+")[0].split(".")]
    numbers = [int(part[0]) for part in takewhile(lambda part: part is not None and part[0], parts) if part]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers
