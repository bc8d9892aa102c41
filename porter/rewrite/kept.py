"""Constants among the arguments of a call that stays: they stay with it, or the two frameworks would meet inside it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from porter.findings import Kind
from porter.rewrite.outcomes import Outcome
from porter.source.scopes import parent

AROUND = (ast.keyword, ast.Tuple, ast.List, ast.Dict, ast.IfExp, ast.Starred)


def keep_arguments(outcomes: Iterable[Outcome]) -> None:
    """`torch.zeros(3, dtype=torch.float32)` is left whole where `zeros` is: the finding about the call says it."""
    decided = list(outcomes)
    left = {id(call) for outcome in decided if outcome.stays and (call := _call_of(outcome)) is not None}
    for outcome in decided:
        if outcome.kind is Kind.VALUE and _is_constant(outcome) and id(_call_around(outcome.reference.node)) in left:
            outcome.rule, outcome.target = None, None


def _call_of(outcome: Outcome) -> ast.Call | None:
    """The call whose function the name is."""
    above = parent(outcome.reference.node)
    return above if isinstance(above, ast.Call) and above.func is outcome.reference.node else None


def _is_constant(outcome: Outcome) -> bool:
    rule = outcome.rule
    return rule is not None and not outcome.stays and not rule.is_class and rule.torch.signature is None


def _call_around(node: ast.AST) -> ast.AST | None:
    """The call that takes an expression as an argument, or as an element of one."""
    above = parent(node)
    while isinstance(above, AROUND):
        above = parent(above)
    return above if isinstance(above, ast.Call) else None
