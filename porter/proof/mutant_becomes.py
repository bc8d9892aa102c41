"""Templates broken on purpose, for `mutants`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from porter.proof.mutation import Change, Data, Mutant, mutant
from porter.rules.becomes import Named, Template

HOLE = re.compile(r"\{\**(\w+)\}")


def templates(data: Data) -> Iterator[Mutant]:
    """An entry forgotten, a condition of it lost, and what it writes with other names and arguments."""
    for to, entries in data.get("becomes", {}).items():
        for index, entry in enumerate(entries):
            where = f"[[becomes.{to}]] {index + 1}"
            if len(entries) > 1:
                yield mutant(data, f"{where} forgotten", _forgetting(to, index))
            for key in ("given", "kinds", "keep"):
                if key in entry and len(entry) > 1:
                    yield mutant(data, f"{where} without {key}", _changing(to, index, key, None))
            if "write" in entry:
                yield from _written(data, to, index, entry["write"])


def _written(data: Data, to: str, index: int, text: str) -> Iterator[Mutant]:
    where = f"[[becomes.{to}]] {index + 1} write"
    for one, two in pairwise(dict.fromkeys(HOLE.findall(text))):
        swapped = HOLE.sub(lambda found: _swapped(found, one, two), text)  # noqa: B023 - used at once
        yield mutant(data, f"{where} with {one} and {two} swapped", _changing(to, index, "write", swapped))
    for part in Template(text).parts:
        if isinstance(part, Named):
            other = text.replace(part.qualified, f"{part.qualified}_other")
            yield mutant(data, f"{where} = {other}", _changing(to, index, "write", other))
    for name in dict.fromkeys(HOLE.findall(text)):
        if name != "self":
            constant = re.sub(rf"\{{\**{name}\}}", "None", text)
            yield mutant(data, f"{where} = {constant}", _changing(to, index, "write", constant))


def _swapped(found: re.Match[str], one: str, two: str) -> str:
    other = {one: two, two: one}.get(found[1], found[1])
    return found[0].replace(found[1], other)


def _forgetting(to: str, index: int) -> Change:
    def change(data: Data) -> None:
        del data["becomes"][to][index]

    return change


def _changing(to: str, index: int, key: str, value: Any) -> Change:
    def change(data: Data) -> None:
        entry = data["becomes"][to][index]
        entry.pop(key)
        if value is not None:
            entry[key] = value

    return change
