"""The steps that a value goes, from one expression to the next."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from porter.rewrite.decide.decision import Place
from porter.rewrite.decide.names.reads import FileReads

Spot = tuple[ast.expr, FileReads]
"""An expression, and the file that it stands in."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A call or a comparison that gets the value: `places` decide, of which one has to be converted, about `what`."""

    at: ast.AST
    places: tuple[Place, ...]
    what: str


@dataclass(frozen=True, slots=True)
class Step:
    """Where a value goes from one expression: to others, into something of the framework, or out of sight.

    `beside`: what it is compared with, which has to be of the same framework wherever that goes.
    """

    onward: tuple[Spot, ...] = ()
    reached: tuple[Reached, ...] = ()
    is_open: bool = False
    beside: tuple[Spot, ...] = ()


ENDS, OPEN = Step(), Step(is_open=True)


def joined(steps: Iterable[Step]) -> Step:
    """All the ways together."""
    found = list(steps)
    onward = tuple(spot for step in found for spot in step.onward)
    reached = tuple(each for step in found for each in step.reached)
    beside = tuple(spot for step in found for spot in step.beside)
    return Step(onward, reached, any(step.is_open for step in found), beside)
