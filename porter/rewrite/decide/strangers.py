"""Calls of other packages that are given what moves: they may be made for the framework that it moves from."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator

from porter.findings import Kind, Level
from porter.rewrite.classes import Hierarchy
from porter.rewrite.outcomes import Outcome, Remark
from porter.rewrite.outsiders import FRAMEWORK
from porter.rewrite.plan import FilePlanner
from porter.rules.model import FRAMEWORKS
from porter.source.index import enclosing_class, enclosing_function
from porter.source.names import dotted_parts
from porter.source.scopes import Scope

EITHER = (sys.stdlib_module_names | {"numpy", *FRAMEWORKS}) - {""}
"""Packages that are made for no framework; the two themselves have rules."""
HOLDING = (ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Starred, ast.IfExp)
FORWARD = frozenset({"forward", "construct"})


def strangers(planner: FilePlanner, outcomes: Iterable[Outcome], tree: Hierarchy) -> Iterator[Remark]:
    """A remark for each function of another package that is given something of the framework, at its first call."""
    search = _Search(planner, outcomes, tree)
    places: dict[str, list[int]] = {}
    for call, scope in planner.module.scopes.calls:
        callee = search.stranger(call.func, scope)
        given = (*call.args, *(keyword.value for keyword in call.keywords)) if callee else ()
        if any(search.moves(value, scope) for each in given for value in _values(each)):
            places.setdefault(callee, []).append(planner.module.text.span(call)[0])
    theirs, ours = FRAMEWORK[planner.settings.source], FRAMEWORK[planner.settings.to]
    for callee, found in places.items():
        count = "" if len(found) == 1 else f" ({len(found)} places in this file)"
        message = f"{callee} is not part of this tree: if it is made for {theirs}, it does not go with {ours}'s{count}"
        yield Remark(min(found), Level.REVIEW, "outside", message)


class _Search:
    """What the calls of one file are, and are given."""

    def __init__(self, planner: FilePlanner, outcomes: Iterable[Outcome], tree: Hierarchy) -> None:
        self.planner = planner
        self.tree = tree
        moving = (o for o in outcomes if not o.stays and o.reference.root is not None and o.kind is not Kind.ANNOTATION)
        self.moving = {id(o.reference.node): o for o in moving}

    def stranger(self, node: ast.expr, scope: Scope) -> str:
        """The qualified name of what is called, where it is imported from neither the tree nor a known package."""
        parts = dotted_parts(node)
        named = bool(parts) and parts is not None and parts[0] in self.planner.module.scopes.named
        meaning = self.planner.index.meaning(parts[0], scope) if parts and named else None
        if not parts or meaning is None:
            return ""
        root = meaning[1].partition(".")[0]
        own = not root or root in EITHER or self.planner.index.in_tree(root)
        known = own or self.planner.index.shadows(self.planner.module, root)
        return "" if known else ".".join([meaning[1], *parts[1:]])

    def moves(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an expression is of the framework, and moves: a class, a layer, a dtype, a class of the tree."""
        if id(node) in self.moving:
            return True
        if isinstance(node, ast.Call):
            made = self.moving.get(id(node.func))
            return made is not None or self._is_moving_class(node.func, scope)
        if isinstance(node, ast.Name) and (self._is_self(node) or self._is_input(node, scope)):
            return True
        makers = self.planner.receivers.makers(node, scope)
        made_of = [id(maker) in self.moving or self._is_moving_class(maker, scope) for maker in makers]
        return (bool(made_of) and all(made_of)) or self._is_moving_class(node, scope)

    def _is_moving_class(self, node: ast.expr, scope: Scope) -> bool:
        entry = self.tree.class_of(node, self.planner.module, scope)
        return entry is not None and entry.moves

    def _is_self(self, node: ast.Name) -> bool:
        inside = enclosing_class(node)
        entry = self.tree.by_node.get(inside) if inside is not None else None
        return entry is not None and entry.moves and self.planner.receivers.is_self(node)

    def _is_input(self, node: ast.Name, scope: Scope) -> bool:
        """A parameter of the `forward` of a class that moves."""
        function, inside = enclosing_function(node), enclosing_class(node)
        entry = self.tree.by_node.get(inside) if inside is not None else None
        if entry is None or not entry.moves or function is None or function.name not in FORWARD:
            return False
        found = scope.lookup(node.id)
        return found is not None and isinstance(found[1][0].node, ast.arg) and found[0].node is function


def _values(node: ast.expr) -> Iterator[ast.expr]:
    """What an argument holds: itself, or the elements of what is written out."""
    if not isinstance(node, HOLDING):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) and child is not getattr(node, "test", None):
            yield from _values(child)
