"""Methods that both frameworks' objects have, and that do not mean the same: the tables `[differs]`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from porter.rules.data import is_name
from porter.rules.reader import Reader

ENTRY = {"why", "given", "unless", "on", "arguments", "in_place", "anywhere", "above", "kernel", "looked_at", "first"}
KINDS = ("tensor", "number", "text", "sequence")


@dataclass(frozen=True, slots=True)
class Difference:
    """What a method does otherwise on the other side, and the calls of it that this holds for (default: all).

    `given`: calls with one of these keywords; `unless`: calls with none of these; `arguments`: calls with so many.
    `above`: calls with more positional arguments than so many. `in_place`: what differs is what becomes of the object,
    not the result. `anywhere`: it differs wherever it is read, called or not. `kernel`: it does the same where it runs.
    `looked_at`: of uses anywhere, those that read from it, or compare it, and do not just hand it on. `on`: calls with
    one of these keywords, but for a plain False. `first`: calls whose first argument is of a kind of KINDS.
    `also`: differences of other calls of the method.
    """

    why: str
    given: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    arguments: int | None = None
    in_place: bool = False
    anywhere: bool = False
    above: int = 0
    kernel: bool = False
    looked_at: bool = False
    on: tuple[str, ...] = ()
    first: str = ""
    also: tuple[Difference, ...] = ()

    @property
    def each(self) -> tuple[Difference, ...]:
        """All that differs, each for the calls that it holds for."""
        return (self, *self.also)

    def concerns(self, call: ast.Call) -> bool:
        """Whether the difference is one of this call; for `*args` and `**kwargs`, whether it may be.

        What the first argument is, is left to who knows it: here it has to be there.
        """
        keywords = {keyword.arg for keyword in call.keywords}
        open_ended = None in keywords or any(isinstance(argument, ast.Starred) for argument in call.args)
        if keywords & set(self.unless):
            return False
        if open_ended:
            return not self.first
        if (len(call.args) <= self.above and self.above) or (self.first and not call.args):
            return False
        if self.on and not any(keyword.arg in self.on and not _is_off(keyword.value) for keyword in call.keywords):
            return False
        counted = self.arguments in (None, len(call.args) + len(call.keywords))
        return counted and (not self.given or bool(keywords & set(self.given)))


def _is_off(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def read_differs(reader: Reader, where: str, data: Mapping[str, Any]) -> dict[str, Difference]:
    """One table: a sentence, or a table with `why` and the calls that it holds for, or a list of such tables."""
    found: dict[str, Difference] = {}
    for name, entry in data.items():
        if not is_name(name):
            reader.problem(f"{where} {name!r} is no name of a method")
        elif isinstance(entry, dict):
            found[name] = _entry(reader, f"{where} {name}", entry)
        elif isinstance(entry, list) and len(entry) > 1 and all(isinstance(each, dict) for each in entry):
            first, *more = (_entry(reader, f"{where} {name}", each) for each in entry)
            found[name] = replace(first, also=tuple(more))
        elif why := reader.sentence(where, data, name):
            found[name] = Difference(why)
    return found


def _entry(reader: Reader, where: str, entry: dict[str, Any]) -> Difference:
    reader.unknown(entry, ENTRY, f"{where} key")
    if "why" not in entry:
        reader.problem(f"{where} why is missing: a sentence that says what differs is expected")
    if not entry.keys() & (ENTRY - {"why"}):
        reader.problem(f"{where} has nothing beside why: write the sentence itself")
    count, above = (_count(reader, where, entry, key) for key in ("arguments", "above"))
    for key in ("in_place", "anywhere", "kernel", "looked_at"):
        if entry.get(key, True) is not True:
            reader.problem(f"{where} {key} is {entry[key]!r}: true is expected, or no such key")
    given, unless, on = (_keywords(reader, where, entry, key) for key in ("given", "unless", "on"))
    why, first = reader.sentence(where, entry, "why"), entry.get("first", "")
    if "first" in entry and first not in KINDS:
        reader.problem(f"{where} first is {first!r}: one of {', '.join(KINDS)} is expected")
    flags = ("in_place" in entry, "anywhere" in entry)
    more = ("kernel" in entry, "looked_at" in entry)
    return Difference(why, given, unless, count, *flags, above or 0, *more, on, first)


def _count(reader: Reader, where: str, entry: Mapping[str, Any], key: str) -> int | None:
    count = entry.get(key)
    if count is None or (isinstance(count, int) and not isinstance(count, bool) and count >= 0):
        return count
    reader.problem(f"{where} {key} is {count!r}: the number of arguments is expected")
    return None


def _keywords(reader: Reader, where: str, entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    if isinstance(value, list) and all(map(is_name, value)):
        return tuple(value)
    reader.problem(f"{where} {key} is {value!r}: a list of keywords is expected")
    return ()
