"""Parts of a tree that keep what others put into them, such as a registry of classes: who uses one meets the others."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.rewrite.decide.graph import Division, Unit, UnitGraph
from porter.source.index import enclosing_function
from porter.source.kinds import DEFINITIONS
from porter.source.scopes import parent

ADDERS = frozenset({"add", "append", "appendleft", "extend", "insert", "push", "put", "register", "set", "setdefault"})
ADDERS |= {"update", "__setitem__"}
STORES = (ast.Assign, ast.AnnAssign, ast.NamedExpr)
NUMBERS = (ast.Constant, ast.Compare, ast.JoinedStr, ast.UnaryOp)


def holders(graph: UnitGraph) -> Iterator[Unit]:
    """Units of a tree that others put things into: by a store, a method such as `append`, as a decorator, by `global`.

    What is a number, or a text, is nothing that a framework makes.
    """
    for division in graph.divisions.values():
        yield from _globals(division)
        for name, scope in division.module.scopes.reads:
            if _is_put_into(name):
                yield from graph.named(division, name, scope)


def _globals(division: Division) -> Iterator[Unit]:
    """Functions that give a name of the module its value."""
    for name, bindings in division.module.scopes.module.bindings.items():
        for binding in bindings:
            within = not binding.is_import and enclosing_function(binding.node) is not None
            unit = division.of(binding.node) if within else None
            if unit is not None and unit.name != name:
                yield unit


def _is_put_into(name: ast.Name) -> bool:
    """`NETS["gate"] = net`, `box.net = net`, `NETS.append(net)`, `@NETS.register`, `setattr(box, "net", net)`."""
    node: ast.expr = name
    above = parent(node)
    while isinstance(above, (ast.Attribute, ast.Subscript)) and above.value is node:
        node, above = above, parent(above)
    if node is name:
        return isinstance(above, ast.Call) and _is_setattr(above, name)
    if isinstance(getattr(node, "ctx", None), ast.Store):
        value = getattr(above, "value", None)
        return not (isinstance(above, STORES) and value is not None and _is_number(value))
    if isinstance(above, ast.Call) and above.func is node:
        values = [*above.args, *(keyword.value for keyword in above.keywords)]
        adds = isinstance(node, ast.Attribute) and node.attr in ADDERS
        return _decorates(above) or (adds and not all(map(_is_number, values)))
    return _decorates(node)


def _is_setattr(call: ast.Call, name: ast.Name) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "setattr" and call.args[:1] == [name]


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_number(node.left) or _is_number(node.right)
    return isinstance(node, NUMBERS)


def _decorates(node: ast.expr) -> bool:
    above = parent(node)
    return isinstance(above, DEFINITIONS) and node in above.decorator_list
