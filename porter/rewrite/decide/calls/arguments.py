"""What the text of an argument tells about its value, and a value's own text."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from porter.rewrite.decide.calls.containers import is_list
from porter.rewrite.decide.calls.truth import is_truth
from porter.rules.signature import Signature
from porter.rules.transforms import Known


@dataclass(frozen=True, slots=True)
class Value:
    """What an argument's text tells about its value.

    `literal`: `value` is known. `whole`: an int, whatever the names in it stand for. `list` and `tuple`: that, whatever
    is in it. `truth`: True or False. `name`: a name of the framework, which is converted by its own rule. `open`: known
    only at run time.
    """

    kind: Known
    value: object = None


def read_value(node: ast.expr, is_framework_name: Callable[[ast.expr], bool]) -> Value:
    """Tell what an argument's text says about its value."""
    try:
        return Value("literal", ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        pass
    if _is_whole(node):
        return Value("whole")
    if is_list(node):
        return Value("list")
    if isinstance(node, ast.Tuple):
        return Value("tuple")
    if is_truth(node):
        return Value("truth")
    return Value("name") if is_framework_name(node) else Value("open")


def _is_whole(node: ast.expr) -> bool:
    """`k // 2`, `2 * (k // 2)`: arithmetic that raises unless all of it are numbers."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv):
        return any(isinstance(side, ast.Constant) and type(side.value) is int for side in (node.left, node.right))
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)):
        sides = [
            _is_whole(s) or (isinstance(s, ast.Constant) and type(s.value) is int) for s in (node.left, node.right)
        ]
        return all(sides) if isinstance(node.op, ast.Mult) else any(sides)
    return False


def ordered_arguments(call: ast.Call) -> list[ast.expr | ast.keyword]:
    """Arguments in the order of their text."""
    return sorted([*call.args, *call.keywords], key=lambda a: (a.lineno, a.col_offset))


def place_of(node: ast.expr | None, order: list[ast.expr | ast.keyword]) -> int | None:
    """Place of an argument's expression among the arguments."""
    for index, argument in enumerate(order):
        if argument is node or (isinstance(argument, ast.keyword) and argument.value is node):
            return index
    return None


def literal_text(value: object) -> str:
    """Source text of a literal, strings in double quotes."""
    if isinstance(value, str) and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return repr(value)


def same(left: object, right: object) -> bool:
    """Equal in type and value, so that 1 is not True; 0 and 0.0 are the same number."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right


def default_value(signature: Signature, name: str) -> Value:
    """A parameter's default as a value; `open` when its text is no literal."""
    text = signature.default(name)
    try:
        return Value("literal", ast.literal_eval(text)) if text is not None else Value("open")
    except (ValueError, SyntaxError):
        return Value("open", text)


def same_text(left: object, right: object) -> bool:
    """Whether a literal can stay as it is written: equal in value and in type, all the way down."""
    return repr(left) == repr(right)
