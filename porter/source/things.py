"""What an expression can be: an instance, a class, a module, a function, a sequence, or a plain value."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a framework's class, by the class's qualified name; a tensor is one of `torch.Tensor`."""

    name: str
    made_at: ast.Call | None = None


@dataclass(frozen=True, slots=True)
class ClassOf:
    """A framework's class, or function, itself."""

    name: str


@dataclass(frozen=True, slots=True)
class Module:
    """A module, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class OfTree:
    """An instance of a class of the tree, or of a class that derives from it."""

    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class TreeClass:
    """A class of the tree itself."""

    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class Function:
    """A function, a method or a lambda of the tree."""

    node: FunctionNode


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, a tuple, or another object that holds some. Empty `items`: what is inside is not known.

    `kind`: list, tuple, dict, set or iterator. `places`: what stands at each place, where that is known; an empty set
    there is a place of which nothing is known.
    """

    items: frozenset[Thing]
    kind: str = "list"
    places: tuple[frozenset[Thing], ...] = ()


@dataclass(frozen=True, slots=True)
class Plain:
    """No object of a framework: a number, a text, an array, None, a size, a file."""

    kind: str


Thing: TypeAlias = Instance | ClassOf | Module | OfTree | TreeClass | Function | Sequence | Plain


@dataclass(frozen=True, slots=True)
class Answer:
    """All that an expression can be. No things: not known. `assumed`: what was taken for granted ("" is nothing)."""

    things: frozenset[Thing]
    assumed: str = ""

    @property
    def is_known(self) -> bool:
        """Whether every value that can reach the place is among the things, and nothing was assumed."""
        return bool(self.things) and not self.assumed


UNKNOWN = Answer(frozenset())
NOTHING = Answer(frozenset(), "no value reaches this place")
"""What a circle starts from: a value that is made of itself is what else it is made of."""
NUMBER, TEXT, NONE, ARRAY, SIZE = Plain("number"), Plain("text"), Plain("none"), Plain("array"), Plain("size")
OBJECT = Plain("object")
"""Of a class of Python's standard library."""
MOST = 64
"""More things than this are as good as unknown."""


def known(*things: Thing) -> Answer:
    """An answer without an assumption."""
    return Answer(frozenset(things))


def assume(answer: Answer, why: str) -> Answer:
    """The same answer under an assumption; the first one is kept, since it is nearest to the cause."""
    if not answer.things or answer.assumed or not why:
        return answer
    return Answer(answer.things, why)


def union(answers: Iterable[Answer]) -> Answer:
    """What reaches a place by several ways: not known as soon as one of them is not."""
    things: frozenset[Thing] = frozenset()
    assumed = ""
    met = False
    for answer in answers:
        if answer is NOTHING:
            continue
        if not answer.things:
            return UNKNOWN
        met = True
        things = things | answer.things if things else answer.things
        assumed = assumed or answer.assumed
    if not met:
        return NOTHING
    return Answer(things, assumed) if len(things) <= MOST else UNKNOWN


def in_order(things: Iterable[Thing]) -> list[Thing]:
    """By class, name and place: a set has another order in each run."""
    return sorted(things, key=_order)


def _order(thing: Thing) -> tuple[str, str, int, int]:
    node = getattr(thing, "made_at", None) or getattr(thing, "node", None)
    name = str(getattr(thing, "name", getattr(node, "name", "")))
    return type(thing).__name__, name, getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def without(answer: Answer, *things: Thing) -> Answer:
    """The answer less some things; nothing where none is left."""
    left = answer.things - set(things)
    if len(left) == len(answer.things):
        return answer
    return Answer(left, answer.assumed) if left else NOTHING
