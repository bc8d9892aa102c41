"""Methods that both frameworks' objects have, and that do not mean the same: the tables `[differs]`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from porter.rules.data import is_name
from porter.rules.reader import Reader

ENTRY = {"why", "given", "unless", "arguments", "in_place"}


@dataclass(frozen=True, slots=True)
class Difference:
    """What a method does otherwise on the other side, and the calls of it that this holds for (default: all).

    `given`: calls with one of these keywords; `unless`: calls with none of these; `arguments`: calls with so many.
    `in_place`: what differs is what becomes of the object, not the result.
    """

    why: str
    given: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    arguments: int | None = None
    in_place: bool = False

    def concerns(self, call: ast.Call) -> bool:
        """Whether the difference is one of this call; for `*args` and `**kwargs`, whether it may be."""
        keywords = {keyword.arg for keyword in call.keywords}
        open_ended = None in keywords or any(isinstance(argument, ast.Starred) for argument in call.args)
        if keywords & set(self.unless):
            return False
        if open_ended:
            return True
        counted = self.arguments in (None, len(call.args) + len(call.keywords))
        return counted and (not self.given or bool(keywords & set(self.given)))


def read_differs(reader: Reader, where: str, data: Mapping[str, Any]) -> dict[str, Difference]:
    """One table: a sentence, or a table with `why` and the calls that it holds for."""
    found: dict[str, Difference] = {}
    for name, entry in data.items():
        if not is_name(name):
            reader.problem(f"{where} {name!r} is no name of a method")
        elif isinstance(entry, dict):
            found[name] = _entry(reader, f"{where} {name}", entry)
        elif why := reader.sentence(where, data, name):
            found[name] = Difference(why)
    return found


def _entry(reader: Reader, where: str, entry: dict[str, Any]) -> Difference:
    reader.unknown(entry, ENTRY, f"{where} key")
    if "why" not in entry:
        reader.problem(f"{where} why is missing: a sentence that says what differs is expected")
    if not entry.keys() & (ENTRY - {"why"}):
        reader.problem(f"{where} has nothing beside why: write the sentence itself")
    count = entry.get("arguments")
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 0):
        reader.problem(f"{where} arguments is {count!r}: the number of arguments is expected")
        count = None
    in_place = entry.get("in_place", True)
    if in_place is not True:
        reader.problem(f"{where} in_place is {in_place!r}: true is expected, or no such key")
    names = [_keywords(reader, where, entry, key) for key in ("given", "unless")]
    return Difference(reader.sentence(where, entry, "why"), names[0], names[1], count, "in_place" in entry)


def _keywords(reader: Reader, where: str, entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    if isinstance(value, list) and all(map(is_name, value)):
        return tuple(value)
    reader.problem(f"{where} {key} is {value!r}: a list of keywords is expected")
    return ()
