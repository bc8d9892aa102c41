"""Attributes and calls of objects whose class is known: `norm.weight`, `norm(input=t)`, `drop.p = 0.5`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property

from porter.codes import Code
from porter.findings import Kind as Role
from porter.findings import Level
from porter.rewrite.decide.calls.extras import Extras
from porter.rewrite.decide.change import NameEdit, Write
from porter.rewrite.decide.decision import SILENT, Decision, Form, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.asking import Asker
from porter.rewrite.decide.members.either import can_be_either, told_of_either
from porter.rewrite.decide.members.member_words import is_called
from porter.rewrite.decide.members.objects import Known, Objects
from porter.rewrite.decide.names.ways import prefers_class
from porter.rewrite.decide.telling import QUIET, told, was_told
from porter.rewrite.decide.tree import Kind, TreeFacts
from porter.rewrite.decide.vocabulary import ASKED_METHODS
from porter.rules.model import Rule
from porter.source.index import enclosing_class, is_self
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
        self.inner = tree.inner
        self.back = self.options.source == "mindspore"

    def decisions(self) -> Iterator[Decision]:
        """All of them, in no order."""
        watched = self.tree.rules.attributes[self.options.source]
        for attribute, _ in self.module.scopes.attributes:
            if attribute.attr not in watched and attribute.attr not in self.inner:
                continue
            if id(attribute) in self.file.resolved:
                continue
            if attribute.attr in watched:
                yield from self._attribute(attribute)
            if attribute.attr in self.inner:
                yield from self._path(attribute)
        for call, scope in self.module.scopes.calls:
            if call.keywords:
                yield from self._keyword(call)
            if len(call.args) + len(call.keywords) > 1 and id(call.func) not in self.file.resolved:
                yield from self._extras(call, scope)

    def _path(self, node: ast.Attribute) -> Iterator[Decision]:
        """`norm.bn2d.gamma`, where the other framework's layer has no layer inside."""
        above = node.value
        if not isinstance(above, ast.Attribute) or above.attr not in self.inner[node.attr]:
            return
        known, path = self.objects.of(above.value), f"{above.attr}.{node.attr}"
        names = {kind.rule.attribute_changes(self.options.source).get(path, "") for kind in known.kinds if kind.ours}
        if len(names) != 1 or "" in names or known.other or known.assumed:
            if known.unknown:
                yield from self.asker.path(node, above, path, self.asker.needs)
            return
        end = self.module.text.span(node)[1]
        start = end - len(path.encode())
        if self.module.text.slice(start, end) == path:
            write = Write((NameEdit(start, end, names.pop()),))
            place = Place(self.file.path, start, end, Role.ATTRIBUTE)
            ways = (Way(Form.WRITTEN, write, needs=known.needs), *told_of_either(path, known.needs), QUIET)
            yield Decision(place, ways, known.kinds[0].rule.name)

    def _weights(self, rule: Rule) -> set[str]:
        """Parameters of a layer by either framework's name: an earlier run may have renamed them."""
        return {*rule.weights, *rule.weights.values()}

    def _own(self, node: ast.Attribute) -> bool:
        """Whether the class around `self.weight` defines an attribute of that name itself."""
        inside = enclosing_class(node)
        if inside is None or not is_self(node.value):
            return False
        return any(getattr(n, "name", None) == node.attr for n in inside.body)

    def _changes(self, kind: Kind) -> dict[str, str]:
        """Attributes of an instance that the other framework calls differently ("": it has none)."""
        changes = kind.rule.attribute_changes(self.options.source)
        generated = kind.generated or (kind.ours is not None and prefers_class(kind.ours, self.tree))
        if kind.rule.layer.get(self.options.to) and generated:
            return {name: target for name, target in changes.items() if target}
        return changes

    def _attribute(self, node: ast.Attribute) -> Iterator[Decision]:
        if self._own(node) or _is_inside(node, self.inner):
            return
        known = self.objects.of(node.value)
        label = f"attribute {node.attr}"
        if known.unknown:
            changes = self.tree.rules.changes[self.options.source] - ASKED_METHODS[self.options.to]
            if node.attr in changes and not is_called(node):  # no parameter can be called
                yield from self.asker.attribute(node, label, self.asker.needs)
            return
        names = {self._changes(kind).get(node.attr, node.attr) for kind in known.kinds}
        names |= {node.attr} if known.other or len(known.kinds) < len(known.entries) else set()
        if names == {""}:
            yield self._absent(node, known)
        elif names - {node.attr} and (known.assumed or len(names) > 1):
            yield from self.asker.attribute(node, label, known.some, known.assumed)
        elif known.kinds:
            yield from self._renamed(node, known, names.pop())

    def _start(self, node: ast.Attribute) -> int:
        return self.module.text.span(node)[1] - len(node.attr.encode())

    def _renamed(self, node: ast.Attribute, known: Known, name: str) -> Iterator[Decision]:
        """Where only some of the objects change sides, the program has to ask."""
        start, rule = self._start(node), known.kinds[0].rule
        if name != node.attr and all(kind.ours for kind in known.kinds):
            edit = NameEdit(start, start + len(node.attr.encode()), name)
            place = Place(self.file.path, edit.start, edit.end, Role.ATTRIBUTE)
            written = Way(Form.WRITTEN, Write((edit,)), needs=known.needs)
            asked = self.asker.either(node, known.some) if can_be_either(known.needs) else ()
            yield Decision(place, (written, *asked, QUIET), rule.name, rule)
        yield from self._used(node, start, name, known)

    def _absent(self, node: ast.Attribute, known: Known) -> Decision:
        rules = [kind.rule for kind in known.kinds]
        text = next((r.attribute_notes[node.attr] for r in rules if node.attr in r.attribute_notes), "")
        text = text or f"{self._framework}'s layer keeps {node.attr} in another form, or not at all"
        reason = Reason(Code.ATTRIBUTE_ABSENT, text)
        return told(self.file.path, self._start(node), Level.MANUAL, rules[0].name, reason, known.some)

    @property
    def _framework(self) -> str:
        return "MindSpore" if self.options.to == "mindspore" else "torch"

    def _used(self, node: ast.Attribute, start: int, name: str, known: Known) -> Iterator[Decision]:
        """What is done with a parameter: a test for None that has one answer now, a method that changes it in place."""
        rule = known.kinds[0].rule
        if node.attr not in self._weights(rule):
            return
        if not self.back and node.attr in rule.present and _tests_for_none(node):
            text = f"{node.attr} {rule.present[node.attr]}; MindSpore's {name} is always there"
            yield told(self.file.path, start, Level.REVIEW, rule.name, Reason(Code.NONE_TEST, text), known.some)
        method = _changing_method(node)
        if method is not None and not self._has_rule(method):
            _, end = self.module.text.span(method)
            reason = Reason(Code.PARAMETER_METHOD, f"{method.attr} of a parameter has no rule")
            place = end - len(method.attr.encode())
            yield told(self.file.path, place, Level.MANUAL, rule.name, reason, known.some)

    def _has_rule(self, method: ast.Attribute) -> bool:
        """Whether a rule of tensors' members says what becomes of it, in a tree of which something changes sides."""
        asked = bool(self.tree.makers or self.tree.changed_earlier)
        return asked and method.attr in self.tree.rules.members("Tensor", self.options.source)

    def _keyword(self, call: ast.Call) -> Iterator[Decision]:
        """`norm(input=t)` becomes `norm(x=t)` where the class of `norm` is known."""
        keywords = [k for k in call.keywords if k.arg in self.tree.rules.inputs[self.options.source]]
        if not keywords or id(call.func) in self.file.resolved:
            return
        known = self.objects.of(call.func)
        rules = [kind.ours for kind in known.kinds if kind.ours is not None]
        for keyword in keywords:
            start = self.module.text.offset(keyword.lineno, keyword.col_offset)
            new = {self._forward(rule).get(str(keyword.arg)) for rule in rules}
            if len(new) == 1 and not new & {None, ""} and not known.other:
                yield self._new_keyword(keyword, start, str(new.pop()), known, rules[0])
            elif known.unknown and self._is_layer(call.func) and not self.back:
                there = "call it x" if keyword.arg == "input" else "take none"
                text = f"the layer that gets {keyword.arg}= is not known; MindSpore's layers {there}"
                reason = Reason(Code.UNKNOWN_OBJECT, text)
                yield told(self.file.path, start, Level.MANUAL, "keyword", reason)

    def _is_named(self, node: ast.expr, scope: Scope) -> bool:
        """Whether what is called is a function or a class by its name, and no object."""
        root = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name) or root.id == "self":
            return False
        if scope.lookup(root.id) is None:
            return root is node
        callee = self.tree.making.callees.of(node, scope, self.file)
        return bool(callee.entries or callee.functions)

    def _extras(self, call: ast.Call, scope: Scope) -> Iterator[Decision]:
        """`up(x, output_size=size)`, where the class of `up` is known."""
        refused = {name: found for name, extra in self.extra.items() if (found := extra.given_in(call))}
        if not refused or not self.objects.values.may_hold(call.func):
            return
        known = self.objects.of(call.func)
        given = [(kind.rule.name, text) for kind in known.kinds for text in refused.get(kind.rule.name, ())]
        if given and not self._is_named(call.func, scope):
            start = self.module.text.span(call)[0]
            for name, text in given:
                if name in self.tree.made or was_told(self.module, start, text):
                    reason = Reason(Code.CALL_REFUSED, text)
                    yield told(self.file.path, start, Level.MANUAL, name, reason, known.some)

    @cached_property
    def extra(self) -> Mapping[str, Extras]:
        """Inputs that the other side does not take, of the layers that the file may call, by their rules."""
        names: list[str] = self.tree.rules.table("inputless") if not self.back else []
        made = [name for name in names if name in self.tree.made or self.module.text.marks]
        return {rule.name: Extras(rule, self.options.to) for rule in self.tree.rules.chosen(made)}

    def _new_keyword(self, keyword: ast.keyword, start: int, name: str, known: Known, rule: Rule) -> Decision:
        edit = NameEdit(start, start + len(str(keyword.arg).encode()), name)
        place = Place(self.file.path, edit.start, edit.end, Role.METHOD)
        assumed = Reason(Code.ASSUMED, f"{keyword.arg}= becomes {name}=, {known.assumed}") if known.assumed else SILENT
        level = Level.REVIEW if known.assumed else Level.SAFE
        text = f"{keyword.arg}= is spelled differently in the two frameworks, and this layer can be of either"
        either = Way(Form.TOLD, level=Level.MANUAL, why=Reason(Code.ATTRIBUTE_OF_TWO, text), needs=known.some)
        written = Way(Form.WRITTEN, Write((edit,)), level, assumed, needs=known.needs)
        return Decision(place, (written, *([either] if known.some else []), QUIET), rule.name, rule)

    def _is_layer(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Attribute) or not is_self(node.value):
            return False
        inside = enclosing_class(node)
        return inside is None or all(getattr(n, "name", None) != node.attr for n in inside.body)

    def _forward(self, rule: Rule) -> dict[str, str]:
        return {theirs: ours for ours, theirs in rule.forward.items() if theirs} if self.back else rule.forward


def _is_inside(node: ast.Attribute, inner: Mapping[str, frozenset[str]]) -> bool:
    """Whether an attribute is one of a layer inside a layer, which is looked at as a whole."""
    return isinstance(node.value, ast.Attribute) and node.value.attr in inner.get(node.attr, ())


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
