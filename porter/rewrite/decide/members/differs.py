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
from porter.rules.about import About
from porter.rules.differs import Difference
from porter.source.index import enclosing_class
from porter.source.scopes import parent
from porter.source.things import NUMBER, Sequence

AXES = frozenset({"dim", "axis", "d", "ax"})
"""What programs call the number of an axis."""


def tell(file: FileFacts, tree: TreeFacts, moved: Moved) -> Iterator[Decision]:
    """A remark for each such method of a file, at the first of its calls: the text is left, and runs."""
    classes = (moved.hierarchy.by_node[node] for node, _ in file.module.scopes.classes)
    named = bool(file.references) or any(moved.moves(entry) or moved.moved(entry) for entry in classes)
    if named or moved.anything:
        for rule in file.rules.about_members:
            differs = {n: d for n, d in rule.differs.get(file.options.to, {}).items() if not d.anywhere}
            calls = _Calls(rule, differs, file, tree, moved)
            for (name, difference), places in calls.places().items():
                certain = (name, difference) in calls.certain
                if not named and not certain:
                    continue  # a file that names no framework: only what converted code calls it with is told
                count = "" if len(places) == 1 else f" ({len(places)} places in this file)"
                reason = Reason(Code.METHOD_DIFFERS, f"{difference.why}{count}")
                level = Level.CHANGED if certain and not difference.kernel else Level.REVIEW
                yield told(file.path, min(places), level, f"{rule.name}.{name}", reason)


class _Calls:
    """The calls of the methods of one rule's class in a file. `certain`: methods that are called on such an object."""

    def __init__(
        self, rule: About, differs: Mapping[str, Difference], file: FileFacts, tree: TreeFacts, moved: Moved
    ) -> None:
        self.rule = rule
        self.moved = moved
        self.certain: set[tuple[str, Difference]] = set()
        self.differs = differs
        self.file = file
        self.objects = Objects(file, tree)
        self.provenance = Provenance(file, tree)
        choices = moved.choices.by_path.get(file.path, ())
        self.said = {each.place.start for each in choices if each.reason.code is Code.PARAMETER_METHOD}

    def places(self) -> dict[tuple[str, Difference], list[int]]:
        """Where each method is called on what may be of the class, in calls for which one of its differences holds."""
        found: dict[tuple[str, Difference], list[int]] = {}
        for call, _ in self.file.module.scopes.calls if self.differs else ():
            method = call.func
            if not isinstance(method, ast.Attribute) or method.attr not in self.differs:
                continue
            if self.moved.choices.form(place_of(method, self.file)) is Form.WRITTEN or self._stays(method):
                continue
            start = self.file.module.text.span(method)[1] - len(method.attr.encode())
            for difference, sure in self._matter(call, method):
                may_be, is_one = self._may_be(method)
                if may_be and not (difference.kernel and start in self.said):
                    found.setdefault((method.attr, difference), []).append(start)
                    self.certain |= {(method.attr, difference)} if is_one and sure else set()
        return found

    def _matter(self, call: ast.Call, method: ast.Attribute) -> Iterator[tuple[Difference, bool]]:
        """What differs in this call, if something is done with it; and whether that is sure by the call.

        The result of `names.sort()` goes nowhere, so it is a list's; `(a - b).mul_(c)` changes what nobody else has.
        """
        for difference in self.differs[method.attr].each:
            first = self._first(call, difference.first) if difference.first else True
            if first is False or not difference.concerns(call):
                continue
            unused = isinstance(parent(call), ast.Expr)
            fails = difference.kernel and method.attr.endswith("_")
            if fails or (unused or not self._is_new(method.value) if difference.in_place else not unused):
                yield difference, first is True

    def _first(self, call: ast.Call, kind: str) -> bool | None:
        """Whether the first argument is of a kind; None where it can be a tensor, for all that is known."""
        argument = call.args[0] if call.args else None
        if argument is None or isinstance(argument, ast.Starred):
            return False
        if kind == "text":
            return isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        if kind == "sequence":
            answer = self.objects.values.of(argument).things
            return bool(answer) and all(isinstance(thing, Sequence) for thing in answer)
        name = getattr(argument, "attr", getattr(argument, "id", ""))
        known, things = self.objects.of(argument), self.objects.values.of(argument).things
        number = things == {NUMBER} or name in AXES
        if kind == "number":
            return number
        is_one = self.rule.name in {each.rule.name for each in known.kinds}
        return True if is_one else None if known.unknown and not number else False

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

    def _may_be(self, method: ast.Attribute) -> tuple[bool, bool]:
        """Whether an object can be of the rule's class, unless it is known to be something else; whether it is."""
        node = method.value
        if isinstance(node, ast.Name) and node.id == "cls":
            return False, False
        known = self.objects.of(node)
        is_one = self.rule.name in {kind.rule.name for kind in known.kinds}
        return is_one or known.unknown, is_one
