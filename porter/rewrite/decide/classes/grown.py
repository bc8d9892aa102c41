"""Containers of layers that a tree treats as lists: MindSpore's own lack operators, and misname what they are given."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from porter.rewrite.decide.classes.hierarchy import Hierarchy
from porter.rewrite.decide.facts import FileFacts
from porter.rules.load import RuleBook
from porter.source.scopes import parent
from porter.source.things import Instance, OfTree
from porter.source.values import Values

METHODS = frozenset({"append", "extend", "insert", "pop"})
OPERATORS = (ast.Add, ast.Mult)


def grown_as_lists(
    file: FileFacts, rules: RuleBook, hierarchy: Hierarchy, values: Values, wanted: Set[str]
) -> Iterator[str]:
    """Those of some rules of containers that a file adds to, takes from, cuts, joins or repeats."""
    left = set(wanted)
    for node in _treated_as_lists(file) if left else ():
        for thing in values.of(node).things:
            found: Set[str] = frozenset()
            if isinstance(thing, Instance):
                rule = rules.find(thing.name, file.options.source)
                found = {rule.name} if rule is not None else frozenset()
            elif isinstance(thing, OfTree) and thing.node in hierarchy.by_node:
                found = hierarchy.rule_names[hierarchy.by_node[thing.node]]
            yield from left & found
            left -= found
        if not left:
            return


def _treated_as_lists(file: FileFacts) -> Iterator[ast.expr]:
    scopes = file.module.scopes
    for found in (scopes.reads, scopes.attributes, scopes.calls):
        yield from (node for node, _ in found if _is_treated_as_list(node))
    yield from (statement.target for statement, _ in scopes.augmented if _joins(statement))


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
