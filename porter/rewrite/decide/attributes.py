"""Attributes and calls of objects whose class is known: `norm.weight`, `norm(input=t)`, `drop.p = 0.5`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.asking import Asker
from porter.rewrite.decide.change import NameEdit, Write
from porter.rewrite.decide.decision import Decision, Place, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.names import prefers_class
from porter.rewrite.decide.objects import Known, Objects
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.rules.model import Rule
from porter.source.index import enclosing_class
from porter.source.scopes import Scope, parent


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """Decisions about the attributes and the keywords of a file whose object a rule speaks of."""
    return _Attributes(file, tree).decisions()


class _Attributes:
    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.module = file.module
        self.tree = tree
        self.options = tree.options
        self.objects = Objects(file, tree)
        self.asker = Asker(file, tree)
        self.back = self.options.source == "mindspore"

    def decisions(self) -> Iterator[Decision]:
        """All of them, in no order."""
        watched = self.tree.rules.attributes[self.options.source]
        for attribute, scope in self.module.scopes.attributes:
            if attribute.attr in watched and id(attribute) not in self.file.resolved:
                yield from self._attribute(attribute, scope)
        for call, scope in self.module.scopes.calls:
            if call.keywords:
                yield from self._keyword(call, scope)

    def _weights(self, rule: Rule) -> set[str]:
        """Parameters of a layer by either framework's name: an earlier run may have renamed them."""
        return {*rule.weights, *rule.weights.values()}

    def _own(self, node: ast.Attribute) -> bool:
        """Whether the class around `self.weight` defines an attribute of that name itself."""
        inside = enclosing_class(node)
        if inside is None or not self.file.receivers.is_self(node.value):
            return False
        return any(getattr(n, "name", None) == node.attr for n in inside.body)

    def _changes(self, rule: Rule, generated: bool) -> dict[str, str]:
        """Attributes of an instance that the other framework calls differently ("": it has none).

        `generated`: the instance is of a class that porter generates, now or in an earlier run.
        """
        changes = rule.attribute_changes(self.options.source)
        if rule.layer.get(self.options.to) and generated:
            return {name: target for name, target in changes.items() if target}
        return changes

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Iterator[Decision]:
        known = self.objects.of(node.value, scope)
        if self._own(node) or known.other:
            return
        if not known.rules and _is_called(node):
            return  # no parameter can be called
        if not known.rules:
            yield from self.asker.attribute(node, f"attribute {node.attr}")
            return
        names = {
            self._changes(rule, known.generated or (ours is not None and prefers_class(ours, self.tree))).get(
                node.attr, node.attr
            )
            for ours, rule in known.rules
        }
        if len(known.rules) != len(known.names) and names != {node.attr}:
            yield self._refused(node, known, {*names, node.attr})
        elif len(known.rules) == len(known.names) and (len(names) > 1 or names == {""}):
            yield self._refused(node, known, names)
        elif len(known.rules) == len(known.names):
            yield from self._renamed(node, known, names.pop())

    def _start(self, node: ast.Attribute) -> int:
        return self.module.text.span(node)[1] - len(node.attr.encode())

    def _renamed(self, node: ast.Attribute, known: Known, name: str) -> Iterator[Decision]:
        start, rule = self._start(node), known.rules[0][1]
        if name != node.attr and all(ours for ours, _ in known.rules):
            edit = NameEdit(start, start + len(node.attr.encode()), name)
            place = Place(self.file.path, edit.start, edit.end, Kind.ATTRIBUTE)
            yield Decision(place, tuple(known.ways(Write((edit,)), node.attr)), rule.name, rule)
        yield from self._used(node, start, name, known)

    def _refused(self, node: ast.Attribute, known: Known, names: set[str]) -> Decision:
        rules = [rule for _, rule in known.rules]
        if names == {""}:
            text = next((r.attribute_notes[node.attr] for r in rules if node.attr in r.attribute_notes), "")
            text = text or f"{self._framework}'s layer keeps {node.attr} in another form, or not at all"
            reason = Reason(Code.ATTRIBUTE_ABSENT, text)
        else:
            spelled = ", ".join(sorted(name or "absent" for name in names))
            text = f"{node.attr} is called differently ({spelled}) in the classes that this object can be of"
            reason = Reason(Code.ATTRIBUTE_OF_TWO, text)
        return told(self.file.path, self._start(node), Level.MANUAL, rules[0].name, reason, known.some)

    @property
    def _framework(self) -> str:
        return "MindSpore" if self.options.to == "mindspore" else "torch"

    def _used(self, node: ast.Attribute, start: int, name: str, known: Known) -> Iterator[Decision]:
        """What is done with a parameter: a test for None that has one answer now, a method that changes it in place."""
        rule = known.rules[0][1]
        if node.attr not in self._weights(rule):
            return
        if not self.back and node.attr in rule.present and _tests_for_none(node):
            text = f"{node.attr} {rule.present[node.attr]}; MindSpore's {name} is always there"
            yield told(self.file.path, start, Level.REVIEW, rule.name, Reason(Code.NONE_TEST, text), known.needs)
        method = _changing_method(node)
        if method is not None:
            _, end = self.module.text.span(method)
            reason = Reason(Code.PARAMETER_METHOD, f"{method.attr} of a parameter has no rule")
            place = end - len(method.attr.encode())
            yield told(self.file.path, place, Level.MANUAL, rule.name, reason, known.needs)

    def _keyword(self, call: ast.Call, scope: Scope) -> Iterator[Decision]:
        """`norm(input=t)` becomes `norm(x=t)` where the class of `norm` is known."""
        keywords = [k for k in call.keywords if k.arg in self.tree.rules.inputs[self.options.source]]
        if not keywords or id(call.func) in self.file.resolved:
            return
        known = self.objects.of(call.func, scope)
        rules = [ours for ours, _ in known.rules if ours is not None]
        for keyword in keywords:
            start = self.module.text.offset(keyword.lineno, keyword.col_offset)
            new = {self._forward(rule).get(str(keyword.arg)) for rule in rules}
            if len(new) == 1 and None not in new:
                edit = NameEdit(start, start + len(str(keyword.arg)), str(new.pop()))
                place = Place(self.file.path, edit.start, edit.end, Kind.METHOD)
                ways = known.ways(Write((edit,)), f"{keyword.arg}=")
                yield Decision(place, tuple(ways), rules[0].name, rules[0])
            elif not known.names and self._is_layer(call.func) and not self.back:
                text = f"the layer that gets {keyword.arg}= is not known; MindSpore's layers call it x"
                reason = Reason(Code.UNKNOWN_OBJECT, text)
                yield told(self.file.path, start, Level.MANUAL, "keyword", reason)

    def _is_layer(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Attribute) or not self.file.receivers.is_self(node.value):
            return False
        inside = enclosing_class(node)
        return inside is None or all(getattr(n, "name", None) != node.attr for n in inside.body)

    def _forward(self, rule: Rule) -> dict[str, str]:
        return {theirs: ours for ours, theirs in rule.forward.items()} if self.back else rule.forward


def _is_called(node: ast.Attribute) -> bool:
    call = parent(node)
    return isinstance(call, ast.Call) and call.func is node


def _tests_for_none(node: ast.Attribute) -> bool:
    above = parent(node)
    if isinstance(above, ast.Compare):
        return any(isinstance(c, ast.Constant) and c.value is None for c in above.comparators)
    return isinstance(above, (ast.If, ast.IfExp, ast.While)) and above.test is node


def _changing_method(node: ast.Attribute) -> ast.Attribute | None:
    """The method that changes a tensor in place: `w.fill_(1)`, `w.data.zero_()`, `w.set_data(t)`."""
    above = parent(node)
    if isinstance(above, ast.Attribute) and above.attr == "data":
        above = parent(above)
    if not isinstance(above, ast.Attribute) or not isinstance(parent(above), ast.Call):
        return None
    return above if above.attr == "set_data" or (above.attr.endswith("_") and above.attr[:1] != "_") else None
