"""Whether a size can be a list, which torch's layers take and MindSpore's refuse."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.source.things import NONE, NUMBER, SIZE, Sequence, Thing
from porter.source.values import Values

ARITHMETIC = (ast.Add, ast.Sub, ast.FloorDiv)
"""Of what has an int on one side, these raise for a list."""


def is_no_list(node: ast.expr, call: ast.Call, values: Values) -> bool:
    """Whether an argument is an int or a tuple, as far as the tree shows: by its default, or by what callers pass."""
    if isinstance(node, ast.Name) and node.id in set(_counted(call)):
        return True
    things = values.of(node).things
    return bool(things) and all(map(_is_taken, things))


def _is_taken(thing: Thing) -> bool:
    return thing in (NUMBER, NONE, SIZE) or (isinstance(thing, Sequence) and thing.kind == "tuple")


def _counted(call: ast.Call) -> Iterator[str]:
    """Names that the call reckons with in another argument, `padding=k // 2`: a list would raise there."""
    for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
        for node in ast.walk(argument) if isinstance(argument, ast.BinOp) else ():
            if isinstance(node, ast.BinOp) and isinstance(node.op, ARITHMETIC):
                sides = ((node.left, node.right), (node.right, node.left))
                yield from (a.id for a, b in sides if isinstance(a, ast.Name) and _is_whole(b))


def _is_whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int
