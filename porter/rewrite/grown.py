"""Containers of layers that a tree treats as lists: MindSpore's own lack operators, and misname what they are given."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.rewrite.classes import Hierarchy
from porter.rewrite.plan import FilePlanner
from porter.rules.load import RuleBook
from porter.source.scopes import Scope, parent

METHODS = frozenset({"append", "extend", "insert", "pop"})
OPERATORS = (ast.Add, ast.Mult)


def grown_as_lists(planner: FilePlanner, rules: RuleBook, hierarchy: Hierarchy) -> Iterator[str]:
    """Names of the rules of containers that a file adds to, takes from, cuts, joins or repeats."""
    if not any(rule.grows for rule in rules.rules.values()):
        return
    for node, scope in _treated_as_lists(planner):
        names = planner.receivers.types(node, scope)
        found = [rule for name in names if (rule := rules.find(name, planner.settings.source)) is not None]
        makers = planner.receivers.makers(node, scope) if not found else []
        for entry in (hierarchy.class_of(maker, planner.module, scope) for maker in makers):
            found += [o.rule for o in entry.framework_bases() if o.rule is not None] if entry is not None else []
        yield from (rule.name for rule in found if rule.grows)


def _treated_as_lists(planner: FilePlanner) -> Iterator[tuple[ast.expr, Scope]]:
    scopes = planner.module.scopes
    for found in (scopes.reads, scopes.attributes, scopes.calls):
        yield from ((node, scope) for node, scope in found if _is_treated_as_list(node))
    yield from ((statement.target, scope) for statement, scope in scopes.augmented if _joins(statement))


def _joins(node: ast.AST | None) -> bool:
    return isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, OPERATORS)


def _is_treated_as_list(node: ast.expr) -> bool:
    """`layers.append`, `layers[1:]`, `del layers[0]`, `layers + more`, `2 * layers`."""
    above = parent(node)
    if isinstance(above, ast.Attribute):
        call = parent(above)
        return above.attr in METHODS and isinstance(call, ast.Call) and call.func is above
    if isinstance(above, ast.Subscript) and above.value is node:
        return isinstance(above.slice, ast.Slice) or isinstance(above.ctx, ast.Del)
    return _joins(above)
