"""Expressions that a rule file may hold. `check` runs them as part of a call, so nothing in them may act."""

from __future__ import annotations

import ast
import keyword
import math
from collections.abc import Collection

ROOTS = frozenset({"torch", "mindspore"})


def is_data(node: ast.expr, names: Collection[str] = ROOTS) -> bool:
    """Whether an expression is made of literals, `names`, and public attributes of `names`: no call, no arithmetic."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return all(is_data(element, names) for element in node.elts)
    if isinstance(node, ast.Dict):
        return all(key is not None and is_data(key, names) for key in node.keys) and all(
            is_data(value, names) for value in node.values
        )
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.operand, ast.Constant)
    if isinstance(node, ast.Attribute):
        public = not node.attr.startswith("_")
        return public and isinstance(node.value, (ast.Name, ast.Attribute)) and is_data(node.value, names)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in names)


def is_constant(value: object) -> bool:
    """Whether a TOML value has a text in Python that any program reads: no date, no table, no nan."""
    if isinstance(value, list):
        return all(is_constant(element) for element in value)
    if isinstance(value, str):
        return is_line(value) or not value
    return isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value))


def is_line(text: object) -> bool:
    """Whether this is a text on one line: it becomes part of a comment, or of a message."""
    return isinstance(text, str) and len(text.splitlines()) == 1


def is_name(text: object, *, dotted: bool = False) -> bool:
    """Whether this is a name in Python, or a path of them (`bn2d.gamma`, `0.weight`)."""
    if not isinstance(text, str):
        return False
    if dotted:
        return all(part.isdecimal() or is_name(part) for part in text.split("."))
    return text.isidentifier() and not keyword.iskeyword(text)


def literal(text: str) -> object:
    """A key such as `True`, `None` or `'same'`; a bare word is a string."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
