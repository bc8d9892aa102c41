"""Classes whose methods are called with the object: `type(net).forward(net, x)`, `net.__class__`, `__class__`."""

from __future__ import annotations

import ast

from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.mode.callees import OWN
from porter.rewrite.decide.tree import TreeFacts
from porter.source.things import OfTree
from porter.source.things import TreeClass as ClassThing


def is_own_class(node: ast.expr) -> bool:
    """`cls`, or `__class__` in a method: the class around."""
    return isinstance(node, ast.Name) and node.id in OWN


def classes_of(node: ast.expr, file: FileFacts, tree: TreeFacts) -> tuple[tuple[TreeClass, ...], str]:
    """The classes of the tree that an expression gives, and what is assumed; none where it can give another thing.

    That a class may derive from the one which is found is no assumption here: its methods have the same names.
    """
    held = _object_of(node)
    answer = tree.values(file).of(held or node)
    kind = ClassThing if held is None else OfTree
    nodes = [thing.node for thing in answer.things if isinstance(thing, kind)]
    found = [entry for each in nodes if (entry := tree.hierarchy.by_node.get(each)) is not None]
    if len(found) < len(answer.things):
        return (), ""
    ordered = sorted(found, key=lambda entry: (entry.module.path, entry.node.lineno))
    return tuple(ordered), answer.assumed if held is not None else ""


def _object_of(node: ast.expr) -> ast.expr | None:
    """The object whose class an expression reads."""
    if isinstance(node, ast.Attribute):
        return node.value if node.attr == "__class__" else None
    of_type = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "type" and len(node.args) == 1
    return node.args[0] if of_type and isinstance(node, ast.Call) else None
