"""The order in which the parts of one statement run, for names that are bound in the middle of it."""

from __future__ import annotations

import ast
from typing import Literal

from porter.source.kinds import COMPREHENSIONS, position
from porter.source.scopes import ancestors, parent

Order = Literal["always", "perhaps", "never"]


def always_met(node: ast.AST, within: ast.AST) -> bool:
    """Whether a binding inside an expression runs whenever the expression does."""
    below: ast.AST = node
    while below is not within:
        above = parent(below)
        if above is None or not _runs_with(above, below):
            return False
        below = above
    return True


def _runs_with(above: ast.AST, below: ast.AST) -> bool:
    """Whether a part runs whenever the whole does."""
    if isinstance(above, ast.BoolOp):
        return above.values[0] is below
    if isinstance(above, ast.IfExp):
        return above.test is below
    if isinstance(above, ast.Compare):
        return below is above.left or below is above.comparators[0]
    return not isinstance(above, (*COMPREHENSIONS, ast.Lambda, ast.comprehension, ast.pattern, ast.match_case))


def comes_before(binding: ast.AST, read: ast.AST) -> Order:
    """Whether a binding in a statement has run when a read in the same statement does."""
    around = {id(a): a for a in (binding, *ancestors(binding))}
    below: ast.AST = read
    for above in ancestors(read):
        if id(above) in around:
            first = next(a for a in around.values() if parent(a) is above)
            return _order(above, first, below, binding)
        below = above
    return "perhaps"


def _order(above: ast.AST, first: ast.AST, second: ast.AST, binding: ast.AST) -> Order:
    """The order of two parts of a node: the one with the binding, and the one with the read."""
    if isinstance(above, ast.NamedExpr):
        return "never"  # a read in the value of the walrus
    if isinstance(above, ast.IfExp):
        if first is above.test:
            return "always" if always_met(binding, first) else "perhaps"
        return "never"
    if isinstance(above, ast.withitem):
        return "never"  # a read in the expression whose result gets the name
    if isinstance(above, COMPREHENSIONS):
        return _in_comprehension(above, first, second, binding)
    if isinstance(above, (ast.BoolOp, ast.BinOp, ast.Compare, ast.Call, ast.Tuple, ast.List, ast.Dict, ast.Subscript)):
        if position(second) < position(first):
            return "never" if not _in_loop(above) else "perhaps"
        if isinstance(above, ast.BoolOp) and isinstance(above.op, ast.And) and _met_when_true(binding, first):
            return "always"
        return "always" if always_met(binding, first) else "perhaps"
    if isinstance(above, ast.Attribute):
        return "always" if always_met(binding, first) else "perhaps"
    return "perhaps"


def _met_when_true(binding: ast.AST, operand: ast.AST) -> bool:
    """Whether a binding in an operand of `and` has run when the next operand runs."""
    below: ast.AST | None = binding
    while below is not None and below is not operand:
        above = parent(below)
        whole = isinstance(above, ast.BoolOp) and isinstance(above.op, ast.And)
        if above is None or not (whole or _runs_with(above, below)):
            return False
        below = above
    return below is operand


def _in_comprehension(above: ast.AST, first: ast.AST, second: ast.AST, binding: ast.AST) -> Order:
    """A condition of a comprehension has run when its element does."""
    if not isinstance(first, ast.comprehension) or isinstance(second, ast.comprehension):
        return "perhaps"
    test = next((t for t in first.ifs if t is binding or t in ancestors(binding)), None)
    return "always" if test is not None and _met_when_true(binding, test) else "perhaps"


def _in_loop(node: ast.AST) -> bool:
    """Whether an expression runs more than once in its statement."""
    for above in ancestors(node):
        if isinstance(above, ast.stmt):
            return False
        if isinstance(above, COMPREHENSIONS):
            return True
    return False


def met_when_true(node: ast.AST, test: ast.expr) -> bool:
    """Whether a walrus in a test has run when the test is true: `if a and (m := f()):`."""
    below = parent(node)
    if not isinstance(below, ast.NamedExpr):
        return False
    while below is not test:
        above = parent(below) if below is not None else None
        whole = isinstance(above, ast.BoolOp) and isinstance(above.op, ast.And)
        if not (whole or (isinstance(above, (ast.Compare, ast.UnaryOp, ast.Call)) and not _is_not(above))):
            return False
        below = above
    return True


def _is_not(node: ast.AST | None) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
