"""Ranges: the values of a parameter that the other side takes, `0 < eps <= 1` in a rule file.

A range is data: numbers, comparisons and one name, read here and never run as code. Its text is copied into a generated
class, where it looks at values that are known only then.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from porter.rules.conditions import COMPARISONS
from porter.rules.reader import Reader

RANGE = {"within", "write", "note"}
Number = int | float


@dataclass(frozen=True, slots=True)
class Range:
    """What one side takes of the other's values: `text` is a chain of comparisons with the parameter `name`.

    What is outside goes to the generated class (`write` "class"), or stays as it is ("keep"). A size of several
    numbers is inside when each of them is, or the `first` of them where the text says so: `dilation[0] == 1`.
    """

    text: str
    name: str
    terms: tuple[Number | None, ...]
    signs: tuple[str, ...]
    first: bool
    write: Literal["class", "keep"]
    note: str

    def holds(self, value: object) -> bool:
        """Whether a value is inside; of one that is no number this says nothing, so it is."""
        if isinstance(value, (tuple, list)):
            return all(map(self.holds, value[:1] if self.first else value))
        if not isinstance(value, (int, float)):
            return True
        compare = dict(COMPARISONS.values())
        chain = [value if term is None else term for term in self.terms]
        return all(compare[sign](a, b) for sign, (a, b) in zip(self.signs, pairwise(chain), strict=True))

    def source(self, *, by_axis: str = "") -> str:
        """Its text for a generated class; `by_axis`: the function that takes a size of several numbers apart."""
        if not by_axis:
            return self.text
        shown = ["a" if term is None else repr(term) for term in self.terms]
        chain = " ".join([shown[0], *(f"{sign} {term}" for sign, term in zip(self.signs, shown[1:], strict=True))])
        return f"all({chain} for a, _ in {by_axis}({self.name}, 0){'[:1]' if self.first else ''})"


def read_range(reader: Reader, where: str, name: str, data: object) -> Range | None:
    """One entry `range.SIDE`; None when there is no range to be read."""
    if not isinstance(data, dict):
        reader.problem(f"{where} is {data!r}: a table with within, write and note is expected")
        return None
    reader.unknown(data, RANGE, f"{where} key")
    if "note" not in data:
        reader.problem(f"{where} note is missing: a sentence that says what the other side does not take is expected")
    write: Any = reader.choice(f"{where} write", data.get("write"), ("class", "keep"))
    chain = _chain(name, data.get("within"))
    if chain is None:
        example = f"0 < {name} <= 1"
        reader.problem(f"{where} within is {data.get('within')!r}: numbers compared with {name} as in {example!r}")
        return None
    terms, signs, first = chain
    return Range(str(data["within"]), name, terms, signs, first, write, reader.sentence(where, data, "note"))


def _chain(name: str, text: object) -> tuple[tuple[Number | None, ...], tuple[str, ...], bool] | None:
    """The numbers (None: the parameter), the comparisons between them, and whether only the first axis counts."""
    try:
        tree = ast.parse(str(text), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(tree, ast.Compare) or any(type(sign) not in COMPARISONS for sign in tree.ops):
        return None
    nodes = [tree.left, *tree.comparators]
    found = [node for node in nodes if isinstance(node, (ast.Name, ast.Subscript))]
    if [ast.unparse(node).removesuffix("[0]") for node in found] != [name]:
        return None
    try:
        terms = [None if node is found[0] else ast.literal_eval(node) for node in nodes]
    except (ValueError, TypeError):
        return None
    if any(isinstance(term, bool) or not isinstance(term, (int, float, type(None))) for term in terms):
        return None
    return tuple(terms), tuple(COMPARISONS[type(sign)][0] for sign in tree.ops), isinstance(found[0], ast.Subscript)


def read_ranges(reader: Reader, where: str, names: Mapping[str, str], data: Mapping[str, Any]) -> dict[Any, Range]:
    """`range.mindspore`: what MindSpore takes of torch's values; `range.torch`: the other way round.

    `names`: what the side that gives the value calls the parameter.
    """
    table = reader.table(f"{where} range", data, "range")
    reader.unknown(table, names, f"side of {where} range")
    sides = [side for side in names if side in table]
    found = {side: read_range(reader, f"{where} range.{side}", names[side], table[side]) for side in sides}
    return {side: limit for side, limit in found.items() if limit is not None}
