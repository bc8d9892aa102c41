"""Conditions: `stride == 1` or `kernel_size >= stride` in a rule file, compared axis by axis.

A condition is data: two operands and a comparison, read here and never run as code. The text of one is copied into a
generated class, where it looks at values that are known only then.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

COMPARISONS: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], bool]]] = {
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
}


def by_axis(left: Any, right: Any) -> Any:
    """Pairs of two sizes, one for each axis; a single number stands for every axis."""
    many = [side for side in (left, right) if isinstance(side, (tuple, list))]
    count = len(many[0]) if many else 1
    left, right = (side if isinstance(side, (tuple, list)) else [side] * count for side in (left, right))
    return list(zip(left, right, strict=True))


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a parameter (`left`) with another one or with a literal (`right`), which holds for all axes."""

    text: str
    left: str
    comparison: str
    right: object
    compare: Callable[[Any, Any], bool]
    right_is_name: bool

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read `NAME <comparison> NAME or literal`. Raises ValueError."""
        problem = ValueError(f"{text!r} is not a comparison of a parameter with another one or with a literal")
        try:
            tree = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise problem from None
        if not isinstance(tree, ast.Compare) or len(tree.ops) != 1 or type(tree.ops[0]) not in COMPARISONS:
            raise problem
        left, right = tree.left, tree.comparators[0]
        if not isinstance(left, ast.Name):
            raise problem
        sign, compare = COMPARISONS[type(tree.ops[0])]
        if isinstance(right, ast.Name):
            return cls(text, left.id, sign, right.id, compare, True)
        try:
            return cls(text, left.id, sign, ast.literal_eval(right), compare, False)
        except (ValueError, TypeError):
            raise problem from None

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that it looks at."""
        return (self.left, str(self.right)) if self.right_is_name else (self.left,)

    def holds(self, values: Mapping[str, object]) -> bool:
        """Whether it holds for these values; one that is missing, or cannot be compared, decides nothing: False."""
        if any(name not in values for name in self.names):
            return False
        right = values[str(self.right)] if self.right_is_name else self.right
        try:
            return all(self.compare(ours, theirs) for ours, theirs in by_axis(values[self.left], right))
        except (TypeError, ValueError):
            return False

    def source(self, function: str) -> str:
        """Its text for a generated class, where `by_axis` is called `function`."""
        right = self.right if self.right_is_name else repr(self.right)
        return f"all(a {self.comparison} b for a, b in {function}({self.left}, {right}))"
