"""Transforms: named pairs of pure functions that carry an argument's value across, and back.

A function here works on values, needs nothing but the language, and may be copied into a generated
`porter_layers.py`, where it runs on values that are known only then. It raises ValueError for a value
that has no counterpart.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


def complement(value: Any) -> Any:
    """MindSpore's momentum is 1 minus torch's; a float is subtracted in decimal, so that 0.1 gives 0.9."""
    return float(1 - Decimal(str(value))) if isinstance(value, float) else 1 - value


def complement_at_run_time(value: Any) -> Any:
    """1 minus the value."""
    return 1 - value


def pairs(value: Any) -> Any:
    """Padding of one number per axis, written once for the front and once for the back of each axis."""
    if isinstance(value, (tuple, list)):
        return tuple(side for axis in value for side in (axis, axis))
    return value


def unpairs(value: Any) -> Any:
    """Padding of two numbers per axis as one number per axis, where both are equal."""
    if not isinstance(value, (tuple, list)):
        return value
    if any(front != back for front, back in zip(value[::2], value[1::2], strict=True)):
        raise ValueError(f"padding {value} differs between the front and the back of an axis")
    return tuple(value[::2])


def as_float(value: Any) -> Any:
    """A whole number as a float, since MindSpore refuses an int here."""
    return float(value) if isinstance(value, int) else value


def unchanged(value: Any) -> Any:
    """The value itself."""
    return value


@dataclass(frozen=True, slots=True)
class Transform:
    """`forward` carries torch's value to MindSpore, `backward` the other way.

    `run_time_*` are the same for a generated class. `expression` writes an argument that is not a literal (None: the
    text alone does not tell, a class has to look at the value); `any_expression` says that it may stay as it is.
    """

    forward: Callable[[Any], Any]
    backward: Callable[[Any], Any]
    run_time_forward: Callable[[Any], Any] | None = None
    run_time_backward: Callable[[Any], Any] | None = None
    template: str | None = None
    keeps_whole_numbers: bool = False
    keeps_expressions: bool = False

    def apply(self, value: Any, *, back: bool) -> Any:
        """Carry a literal value across. Raises ValueError when it has no counterpart."""
        return (self.backward if back else self.forward)(value)

    def run_time(self, *, back: bool) -> Callable[[Any], Any]:
        """The function that a generated class calls."""
        if back:
            return self.run_time_backward or self.backward
        return self.run_time_forward or self.forward

    def source(self, *, back: bool) -> str:
        """Text of that function."""
        return inspect.getsource(self.run_time(back=back))

    def expression(self, text: str, *, whole_number: bool) -> str | None:
        """Write an argument that is not a literal; `whole_number`: its text shows that it can only be an int."""
        if self.keeps_expressions or (whole_number and self.keeps_whole_numbers):
            return text
        if self.template is None:
            return None
        inner = _unwrapped(self.template, text)
        return inner if inner is not None else self.template.format(_as_operand(text))


def _unwrapped(template: str, text: str) -> str | None:
    """`1 - x` for the template `1 - {}` gives `x`: a transform that is its own inverse comes back clean."""
    tree, shape = ast.parse(text, mode="eval").body, ast.parse(template.format("hole"), mode="eval").body
    if not isinstance(tree, ast.BinOp) or not isinstance(shape, ast.BinOp) or type(tree.op) is not type(shape.op):
        return None
    return ast.unparse(tree.right) if ast.dump(tree.left) == ast.dump(shape.left) else None


def _as_operand(text: str) -> str:
    atom = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant)
    return text if isinstance(ast.parse(text, mode="eval").body, atom) else f"({text})"


TRANSFORMS: dict[str, Transform] = {
    "complement": Transform(
        complement,
        complement,
        run_time_forward=complement_at_run_time,
        run_time_backward=complement_at_run_time,
        template="1 - {}",
    ),
    "pairs": Transform(pairs, unpairs, keeps_whole_numbers=True),
    "float": Transform(as_float, unchanged, keeps_expressions=True),
}
