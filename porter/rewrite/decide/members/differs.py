"""Calls of methods that both frameworks' objects have, and that do something else on the other side."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.calls.provenance import Provenance
from porter.rewrite.decide.classes.movers import Moved
from porter.rewrite.decide.decision import Decision, Form, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.in_place.in_place_calls import place_of
from porter.rewrite.decide.members.objects import Objects
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.rules.differs import Difference
from porter.rules.model import Rule
from porter.source.index import enclosing_class
from porter.source.scopes import parent


def tell(file: FileFacts, tree: TreeFacts, moved: Moved) -> Iterator[Decision]:
    """A remark for each such method of a file, at the first of its calls: the text is left, and runs."""
    classes = (moved.hierarchy.by_node[node] for node, _ in file.module.scopes.classes)
    if file.references or any(moved.moves(entry) or moved.moved(entry) for entry in classes):
        for rule in file.rules.rules.values():
            differs = {n: d for n, d in rule.differs.get(file.options.to, {}).items() if not d.anywhere}
            calls = _Calls(rule, differs, file, tree, moved)
            for name, places in calls.places().items():
                count = "" if len(places) == 1 else f" ({len(places)} places in this file)"
                reason = Reason(Code.METHOD_DIFFERS, f"{differs[name].why}{count}")
                certain = name in calls.certain and not differs[name].kernel
                level = Level.CHANGED if certain else Level.REVIEW
                yield told(file.path, min(places), level, f"{rule.name}.{name}", reason)


class _Calls:
    """The calls of the methods of one rule's class in a file. `certain`: methods that are called on such an object."""

    def __init__(
        self, rule: Rule, differs: Mapping[str, Difference], file: FileFacts, tree: TreeFacts, moved: Moved
    ) -> None:
        self.rule = rule
        self.moved = moved
        self.certain: set[str] = set()
        self.differs = differs
        self.file = file
        self.objects = Objects(file, tree)
        self.provenance = Provenance(file, tree)

    def places(self) -> dict[str, list[int]]:
        """Where each method is called on what may be of the class."""
        found: dict[str, list[int]] = {}
        for call, _ in self.file.module.scopes.calls if self.differs else ():
            method = call.func
            if not isinstance(method, ast.Attribute) or method.attr not in self.differs:
                continue
            rewritten = self.moved.choices.form(place_of(method, self.file)) is Form.WRITTEN
            if not rewritten and not self._stays(method) and self._matters(call, method) and self._may_be(method):
                _, end = self.file.module.text.span(method)
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

    def _stays(self, method: ast.Attribute) -> bool:
        """Whether the object is the source framework's in any case: in a layer that stays, or made by what stays."""
        inside = enclosing_class(method)
        entry = self.moved.hierarchy.by_node.get(inside) if inside is not None else None
        if entry is not None and (self.moved.moves(entry) or self.moved.moved(entry)):
            return False
        return (entry is not None and self.moved.has_side(entry)) or self.provenance.stays(method.value)

    def _is_new(self, node: ast.expr) -> bool:
        """Whether an object is made where it stands, so that no other name leads to it."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            difference = self.differs.get(node.func.attr)
            return difference is not None and difference.in_place and self._is_new(node.func.value)
        return isinstance(node, (ast.BinOp, ast.UnaryOp))

    def _may_be(self, method: ast.Attribute) -> bool:
        """Whether an object can be of the rule's class: unless it is known to be something else."""
        node = method.value
        if isinstance(node, ast.Name) and node.id == "cls":
            return False
        known = self.objects.of(node)
        if self.rule.name in {kind.rule.name for kind in known.kinds}:
            self.certain.add(method.attr)
            return True
        return known.unknown
