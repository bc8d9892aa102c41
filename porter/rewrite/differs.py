"""Calls of methods that both frameworks' objects have, and that do something else on the other side."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from porter.findings import Level
from porter.rewrite.classes import Hierarchy
from porter.rewrite.outcomes import Remark
from porter.rewrite.plan import FilePlanner
from porter.rules.differs import Difference
from porter.rules.model import FRAMEWORKS, Rule
from porter.source.plain import Plain
from porter.source.scopes import Scope, parent


def differing(planner: FilePlanner, tree: Hierarchy) -> Iterator[Remark]:
    """A remark for each such method of a file, at the first of its calls: the text is left, and runs."""
    classes = (tree.by_node[node] for node, _ in planner.module.scopes.classes)
    if planner.references or any(entry.moves or entry.moved for entry in classes):
        for rule in planner.rules.rules.values():
            differs = rule.differs.get(planner.settings.to, {})
            for name, places in _Calls(rule, differs, planner, tree).places().items():
                count = "" if len(places) == 1 else f" ({len(places)} places in this file)"
                yield Remark(min(places), Level.REVIEW, f"{rule.name}.{name}", f"{differs[name].why}{count}")


class _Calls:
    """The calls of the methods of one rule's class in one file."""

    def __init__(self, rule: Rule, differs: Mapping[str, Difference], planner: FilePlanner, tree: Hierarchy) -> None:
        self.rule = rule
        self.differs = differs
        self.planner = planner
        self.tree = tree
        self.plain = Plain(planner.index, planner.receivers)

    def places(self) -> dict[str, list[int]]:
        """Where each method is called on what may be of the class."""
        found: dict[str, list[int]] = {}
        for call, scope in self.planner.module.scopes.calls if self.differs else ():
            method = call.func
            if not isinstance(method, ast.Attribute) or method.attr not in self.differs:
                continue
            if self._matters(call, method) and self._may_be(method.value, scope):
                _, end = self.planner.module.text.span(method)
                found.setdefault(method.attr, []).append(end - len(method.attr.encode()))
        return found

    def _matters(self, call: ast.Call, method: ast.Attribute) -> bool:
        """Whether the difference is one of this call, and something is done with what differs.

        The result of `names.sort()` goes nowhere, so it is a list's; `(a - b).mul_(c)` changes what nobody else has.
        """
        difference = self.differs[method.attr]
        if not difference.concerns(call):
            return False
        unused = isinstance(parent(call), ast.Expr)
        return unused or not self._is_new(method.value) if difference.in_place else not unused

    def _is_new(self, node: ast.expr) -> bool:
        """Whether an object is made where it stands, so that no other name leads to it."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            difference = self.differs.get(node.func.attr)
            return difference is not None and difference.in_place and self._is_new(node.func.value)
        return isinstance(node, (ast.BinOp, ast.UnaryOp))

    def _may_be(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an object can be of the rule's class: unless it is known to be something else."""
        names = self.planner.receivers.types(node, scope)
        found = [self.planner.rules.find(name, side) for name in names for side in FRAMEWORKS]
        if self.rule.name in {rule.name for rule in found if rule is not None}:
            return True
        if (names and all(map(self.tree.is_layer, names))) or (isinstance(node, ast.Name) and node.id == "cls"):
            return False
        makers = self.planner.receivers.makers(node, scope)
        if makers and all(self.tree.class_of(maker, self.planner.module, scope) for maker in makers):
            return False
        return not self.plain.is_plain(node, scope)
