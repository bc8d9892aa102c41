"""Attributes and calls of objects whose class is known: `norm.weight`, `norm(input=t)`, `drop.p = 0.5`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.findings import Kind, Level
from porter.rewrite.decide import Decider
from porter.rewrite.extras import extras
from porter.rewrite.outcomes import NameEdit, Remark
from porter.rules.load import RuleBook
from porter.rules.model import Rule
from porter.source.index import enclosing_class
from porter.source.names import SourceModule
from porter.source.receivers import Receivers
from porter.source.scopes import Scope, parent


class Instances:
    """The edits and remarks about known objects in one file; `earlier` knows those of classes generated before."""

    def __init__(
        self, module: SourceModule, receivers: Receivers, earlier: Receivers, rules: RuleBook, decider: Decider
    ) -> None:
        self.module = module
        self.receivers = receivers
        self.earlier = earlier
        self.rules = rules
        self.decider = decider
        self.settings = decider.settings
        self.resolved = decider.resolved
        self.back = self.settings.source == "mindspore"

    def details(self) -> Iterator[NameEdit | Remark]:
        """All of them, in no order."""
        watched = self.rules.attributes[self.settings.source]
        for attribute, scope in self.module.scopes.attributes:
            if attribute.attr in watched and id(attribute) not in self.resolved:
                yield from self._attribute(attribute, scope)
        for call, scope in self.module.scopes.calls:
            if call.keywords:
                yield from self._keyword(call, scope)
            if len(call.args) + len(call.keywords) > 1:
                yield from self._extras(call, scope)

    def _weights(self, rule: Rule) -> set[str]:
        """Parameters of a layer by either framework's name: an earlier run may have renamed them."""
        return {*rule.weights, *rule.weights.values()}

    def _own(self, node: ast.Attribute) -> bool:
        """Whether the class around `self.weight` defines an attribute of that name itself."""
        inside = enclosing_class(node)
        if inside is None or not self.receivers.is_self(node.value):
            return False
        return any(getattr(n, "name", None) == node.attr for n in inside.body)

    def _changes(self, rule: Rule, generated: bool) -> dict[str, str]:
        """Attributes of an instance that the other framework calls differently ("": it has none).

        `generated`: the instance is of a class that porter generates, now or in an earlier run.
        """
        changes = rule.attribute_changes(self.settings.source)
        if rule.layer.get(self.settings.to) and generated:
            return {name: target for name, target in changes.items() if target}
        return changes

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Iterator[NameEdit | Remark]:
        names = self.receivers.types(node.value, scope)
        found = [(self.rules.find(n, self.settings.source), self.rules.find(n, self.settings.to)) for n in names]
        pairs = [(ours, rule) for ours, theirs in found if (rule := ours or theirs) is not None]
        known = [rule for _, rule in pairs]
        if not known or self._own(node):
            return
        _, end = self.module.text.span(node)
        start = end - len(node.attr.encode())
        generated = bool(self.earlier.types(node.value, scope))
        classes = [generated or (ours is not None and self.decider.prefers_class(ours)) for ours, _ in pairs]
        changed = {
            self._changes(r, made).get(node.attr, node.attr) for (_, r), made in zip(pairs, classes, strict=True)
        }
        if len(known) != len(names):
            if changed != {node.attr}:
                yield self._refused(start, node.attr, known, {*changed, node.attr})
            return
        if len(changed) > 1 or changed == {""}:
            yield self._refused(start, node.attr, known, changed)
            return
        name = changed.pop()
        if name != node.attr and all(ours for ours, _ in found):
            yield NameEdit(start, end, name, Kind.ATTRIBUTE, known[0].name)
        yield from self._used(node, start, name, known[0])

    def _refused(self, start: int, attr: str, rules: list[Rule], changed: set[str]) -> Remark:
        if changed == {""}:
            reason = next((r.attribute_notes[attr] for r in rules if attr in r.attribute_notes), "")
            message = reason or f"{self._framework}'s layer keeps {attr} in another form, or not at all"
        else:
            spelled = ", ".join(sorted(name or "absent" for name in changed))
            message = f"{attr} is called differently ({spelled}) in the classes that this object can be of"
        return Remark(start, Level.MANUAL, rules[0].name, message, message)

    @property
    def _framework(self) -> str:
        return "MindSpore" if self.settings.to == "mindspore" else "torch"

    def _used(self, node: ast.Attribute, start: int, name: str, rule: Rule) -> Iterator[Remark]:
        """What is done with a parameter: a test for None that has one answer now, a method that changes it in place."""
        if node.attr not in self._weights(rule):
            return
        if not self.back and node.attr in rule.present and _tests_for_none(node):
            message = f"{node.attr} {rule.present[node.attr]}; MindSpore's {name} is always there"
            yield Remark(start, Level.REVIEW, rule.name, message)
        method = _changing_method(node)
        if method is not None:
            _, end = self.module.text.span(method)
            message = f"{method.attr} of a parameter has no rule"
            yield Remark(end - len(method.attr.encode()), Level.MANUAL, rule.name, message, message)

    def _keyword(self, call: ast.Call, scope: Scope) -> Iterator[NameEdit | Remark]:
        """`norm(input=t)` becomes `norm(x=t)` where the class of `norm` is known."""
        keywords = [k for k in call.keywords if k.arg in self.rules.inputs[self.settings.source]]
        if not keywords or id(call.func) in self.resolved:
            return
        names = self.receivers.types(call.func, scope)
        rules = [rule for name in names if (rule := self.rules.find(name, self.settings.source))]
        for keyword in keywords:
            start = self.module.text.offset(keyword.lineno, keyword.col_offset)
            new = {self._forward(rule).get(str(keyword.arg)) for rule in rules}
            if len(new) == 1 and not new & {None, ""}:
                yield NameEdit(start, start + len(str(keyword.arg)), str(new.pop()), Kind.METHOD, rules[0].name)
            elif not names and self._is_layer(call.func) and not self.back:
                there = "call it x" if keyword.arg == "input" else "take none"
                message = f"the layer that gets {keyword.arg}= is not known; MindSpore's layers {there}"
                yield Remark(start, Level.MANUAL, "keyword", message, message)

    def _extras(self, call: ast.Call, scope: Scope) -> Iterator[Remark]:
        """`up(x, output_size=size)`, where the class of `up` is known."""
        if id(call.func) in self.resolved:
            return
        for name in self.receivers.types(call.func, scope):
            rule = self.rules.find(name, self.settings.source) or self.rules.find(name, self.settings.to)
            if rule is not None:
                start = self.module.text.span(call)[0]
                for message in extras(rule, self.settings.source, call):
                    yield Remark(start, Level.MANUAL, rule.name, message, message)

    def _is_layer(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Attribute) or not self.receivers.is_self(node.value):
            return False
        inside = enclosing_class(node)
        return inside is None or all(getattr(n, "name", None) != node.attr for n in inside.body)

    def _forward(self, rule: Rule) -> dict[str, str]:
        return {theirs: ours for ours, theirs in rule.forward.items() if theirs} if self.back else rule.forward


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
