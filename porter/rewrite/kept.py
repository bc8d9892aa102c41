"""What stays because something around it does: two frameworks must not meet in one call or one decorated signature."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from porter.findings import Kind
from porter.rewrite.outcomes import Outcome
from porter.source.scopes import ancestors, parent

AROUND = (ast.keyword, ast.Tuple, ast.List, ast.Dict, ast.IfExp, ast.Starred)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def keep_with_what_stays(outcomes: Iterable[Outcome]) -> None:
    """Leave the constants of calls that are left, and the signatures of definitions whose decorator is.

    `torch.zeros(3, dtype=torch.float32)` is left whole where `zeros` is, and so is the signature below
    `@torch.jit.script`, which torch reads. The finding about the call or the decorator says it.
    """
    decided = list(outcomes)
    stays = [outcome for outcome in decided if outcome.stays]
    calls = {id(call) for outcome in stays if (call := _call_of(outcome)) is not None}
    decorated = {id(node) for outcome in stays if (node := _decorated_by(outcome)) is not None}
    for outcome in decided:
        node, constant = outcome.reference.node, _is_constant(outcome)
        annotation = outcome.kind is Kind.ANNOTATION and not outcome.stays
        with_call = constant and id(_call_around(node)) in calls
        if with_call or (decorated and (constant or annotation) and not decorated.isdisjoint(_signatures(node))):
            _leave(outcome)


def _leave(outcome: Outcome) -> None:
    outcome.rule, outcome.target = None, None


def _call_of(outcome: Outcome) -> ast.Call | None:
    """The call whose function the name is."""
    above = parent(outcome.reference.node)
    return above if isinstance(above, ast.Call) and above.func is outcome.reference.node else None


def _decorated_by(outcome: Outcome) -> ast.AST | None:
    """The definition that the name, or a call of it, decorates."""
    node = _call_of(outcome) or outcome.reference.node
    above = parent(node)
    return above if isinstance(above, DEFINITIONS) and node in above.decorator_list else None


def _is_constant(outcome: Outcome) -> bool:
    rule = outcome.rule if outcome.kind is Kind.VALUE else None
    return rule is not None and not outcome.stays and not rule.is_class and rule.torch.signature is None


def _signatures(node: ast.AST) -> Iterator[int]:
    """The definitions in whose signature a node stands, and the classes around them."""
    below = node
    for above in ancestors(node):
        signature = isinstance(below, ast.arguments) or below is getattr(above, "returns", None)
        if isinstance(above, DEFINITIONS) and (signature or isinstance(above, ast.ClassDef)):
            yield id(above)
        elif isinstance(above, DEFINITIONS):
            return
        below = above


def _call_around(node: ast.AST) -> ast.AST | None:
    """The call that takes an expression as an argument, or as an element of one."""
    above = parent(node)
    while isinstance(above, AROUND):
        above = parent(above)
    return above if isinstance(above, ast.Call) else None
