"""Sizes: what one framework takes in `*size`, or as one sequence, the other takes as one tuple."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from porter.rewrite.decide.calls.arguments import Value
from porter.rewrite.decide.calls.containers import is_list
from porter.rules.model import Framework, ParamRule, Rule
from porter.rules.signature import Signature

OF_SHAPES = frozenset({"shape"})
"""Attributes that are a tuple of numbers, whatever has them."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a call gives for a packed parameter.

    `first` and `last`: places of these arguments in the order of the text. `wrap`: they become one tuple. `bare`: the
    star before the only one goes. `text`: a new text. `known`: False where only a run tells what is meant.
    """

    first: int
    last: int
    wrap: bool = False
    bare: bool = False
    text: str | None = None
    known: bool = True


def hides_sizes(rule: Rule, source: Framework, signature: Signature, call: ast.Call) -> bool:
    """Whether stars of a call are there for more than its sizes, so that its arguments are known only at run time."""
    named = any(keyword.arg is None for keyword in call.keywords)
    before = call.args[: len(signature.positional)] if rule.packed(source) else call.args
    return named or any(isinstance(argument, ast.Starred) for argument in before)


def sizes(
    param: ParamRule, signature: Signature, call: ast.Call, order: list[ast.expr | ast.keyword], name: str
) -> Sizes | None:
    """What a call gives for `*name`; None where it gives nothing."""
    for index, argument in enumerate(order):
        if isinstance(argument, ast.keyword) and argument.arg == name:
            return Sizes(index, index)
    given = call.args[len(signature.positional) :]
    if not given:
        return None
    places = [order.index(argument) for argument in given]
    first, last = places[0], places[-1]
    if places != list(range(first, last + 1)):
        return Sizes(first, last, known=False)  # `f(2, dtype=d, *rest)`
    if len(given) > 1:
        return Sizes(first, last, wrap=param.pack != "star")
    return _single(param, given[0], first)


def _single(param: ParamRule, node: ast.expr, index: int) -> Sizes:
    """One argument: a sequence, a number, or a sequence behind a star."""
    if param.pack == "star":
        return Sizes(index, index)
    if isinstance(node, ast.Starred):
        bare = _is_shape(node.value)
        return Sizes(index, index, bare=bare, known=bare)
    sequence = isinstance(node, ast.Tuple) or is_list(node) or _is_shape(node)
    if param.pack == "tuple or int" or sequence:
        return Sizes(index, index)
    if isinstance(node, ast.Constant):
        return Sizes(index, index, text=f"({node.value!r},)")
    return Sizes(index, index, known=False)


def _is_shape(node: ast.expr) -> bool:
    """`x.shape`, and parts of it: a tuple of numbers."""
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Slice) and _is_shape(node.value)
    return isinstance(node, ast.Attribute) and node.attr in OF_SHAPES


def packed_value(order: list[ast.expr | ast.keyword], found: Sizes) -> Value:
    """The value that the sizes have together, where the text tells."""
    nodes = [n.value if isinstance(n, ast.keyword) else n for n in order[found.first : found.last + 1]]
    try:
        values = [ast.literal_eval(node) for node in nodes]
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return Value("open")
    one = len(values) == 1 and isinstance(values[0], (tuple, list))
    return Value("literal", tuple(values[0] if one else values))


def is_sequence(node: ast.expr) -> bool:
    """Whether an expression is evidently a tuple or a list."""
    return isinstance(node, ast.Tuple) or is_list(node) or _is_shape(node)


def is_behind_keyword(order: list[ast.expr | ast.keyword], index: int) -> bool:
    """Whether a keyword stands before an argument, so that it cannot be given by its place."""
    return any(isinstance(argument, ast.keyword) for argument in order[:index])
