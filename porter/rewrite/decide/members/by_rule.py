"""Members of a class that have rules of their own: what becomes of each use, and what asks where it is not known."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.calls.dropping import dropped
from porter.rewrite.decide.calls.filling import Owner, filled
from porter.rewrite.decide.calls.forms import Fits, Open, Unfit, choose
from porter.rewrite.decide.calls.kinds import Kinds
from porter.rewrite.decide.change import Ask, Drop, Fill, Target
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.either import can_be_either, some_of, told_of_either
from porter.rewrite.decide.telling import QUIET, told
from porter.rewrite.decide.tree import TreeFacts
from porter.rules.becomes import SELF
from porter.rules.members import function_of, function_of_base
from porter.rules.model import Rule
from porter.source.names import dotted_parts
from porter.source.scopes import parent
from porter.source.tensors import is_tensor
from porter.source.things import Instance

OF_PART = "a part of another tensor is changed, which MindSpore makes a tensor of its own: assign to the part"

LAYER = "nn.Module"
RUN = ("forward", "construct")
"""The methods that run when a layer is called."""


class Members:
    """The rules of the members of one class (`Tensor`), in one file."""

    def __init__(self, owner: str, file: FileFacts, tree: TreeFacts) -> None:
        self.owner = owner
        self.file = file
        self.tree = tree
        self.text = file.module.text
        self.options = tree.options
        self.rules: Mapping[str, Rule] = tree.rules.members(owner, tree.options.source)

    @cached_property
    def kinds(self) -> Kinds:
        """What arguments are."""
        return Kinds(self.file, self.tree)

    def known(self, node: ast.Attribute, needs: tuple[Need, ...], assumed: str = "") -> Iterator[Decision]:
        """What becomes of a member of an object that is of the class; `assumed`: what was taken for granted."""
        rule = self.rules[node.attr]
        if self._is_the_same(rule):
            return
        found = self._choice(rule, node)
        if isinstance(found, Unfit):
            yield from (self._told(rule, node, found.why, needs),) if not self._is_done(rule, node) else ()
        elif isinstance(found, Fits) and (found.entry.template is None or self._same_text(rule, node, found)):
            yield from (self._note(rule, node, note, needs) for note in found.notes)
        elif self._is_of_part(node):
            yield self._told(rule, node, OF_PART, needs)
        else:
            yield self._changed(rule, node, found, needs, assumed)

    def _changed(
        self, rule: Rule, node: ast.Attribute, found: Fits | Open, needs: tuple[Need, ...], assumed: str
    ) -> Decision:
        """The template, or the function that takes every call as it stands."""
        fill = self._fill(rule, node, found) if isinstance(found, Fits) else None
        if fill is not None and fill.target is not None and _self_of(node.value):
            fill = None  # a function of its own stands for what super() gives, so that the way back knows it again
        conditions = tuple(Reason(Code.CONDITION, note) for note in getattr(found, "notes", ()))
        level = Level.REVIEW if assumed or conditions else Level.SAFE
        why = Reason(Code.ASSUMED, f"{node.attr} is taken for that of {rule.owner}, {assumed}") if assumed else SILENT
        if rule.graph and not assumed and self._may_be_compiled(node):
            level, why = Level.REVIEW, Reason(Code.RULE_NOTE, rule.graph)
        change: Fill | Ask | Drop | None = fill or self._ask(rule, node)
        if fill is not None:
            change = dropped(fill, self._whole(rule, node), self.text) or fill
        if change is None:
            return self._told(rule, node, "a line break or a comment stands before it, so it is not rewritten", needs)
        more, needs = self._of_two(rule, node, needs), (*needs, *self._of_arguments(node))
        way = Way(Form.ASKED if isinstance(change, Ask) else Form.WRITTEN, change, level, why, conditions, needs)
        return self._decision(rule, change, way, more)

    def unknown(self, node: ast.Attribute, needs: tuple[Need, ...]) -> Iterator[Decision]:
        """The same of an object that is not known: what means the same on both sides, or the program asks."""
        rule = self.rules[node.attr]
        found = self._choice(rule, node)
        if self._is_the_same(rule) or (isinstance(found, Unfit) and found.foreign):
            return
        if isinstance(found, Unfit):
            text = f"what has this {node.attr} is not known; {found.why}"
            reason = Reason(Code.UNKNOWN_OBJECT, text)
            yield told(self.file.path, self._start(node), Level.REVIEW, rule.name, reason, needs)
            return
        common = isinstance(found, Fits) and (found.entry.common or found.entry.template is None)
        change: Fill | Ask | None = None
        if common and isinstance(found, Fits):
            if found.entry.template is None:
                return
            change = self._fill(rule, node, found)
        if isinstance(found, Fits) and self._same_text(rule, node, found):
            return
        text = f"what has this {node.attr} is not known: "
        text += "what is written means the same in both frameworks" if change else ""
        text += "" if change else f"{self.options.layers} looks when the program runs"
        change = change or self._ask(rule, node)
        if change is not None:
            form = Form.ASKED if isinstance(change, Ask) else Form.WRITTEN
            yield self._decision(rule, change, Way(form, change, Level.REVIEW, Reason(Code.ASKED, text), needs=needs))

    def doubted(self, node: ast.Attribute, needs: tuple[Need, ...]) -> Iterator[Decision]:
        """What is said of an object that is not known, where both sides' tensors have the name and mean otherwise."""
        rule = self.rules[node.attr]
        here, there = (rule.side(side) for side in (self.options.source, self.options.to))
        both = (there.name or "").rpartition(".")[2] == node.attr and here.signature is not None
        call = self._call(node)
        if not both or call is None or isinstance(parent(call), ast.Expr):
            return
        found = self._choice(rule, node)
        kept = isinstance(found, Fits) and (found.entry.template is None or self._same_text(rule, node, found))
        if kept or (isinstance(found, Unfit) and found.foreign) or self._is_the_same(rule):
            return
        text = f"what has this {node.attr} is not known: that of a tensor does not mean the same there"
        yield told(self.file.path, self._start(node), Level.REVIEW, rule.name, Reason(Code.UNKNOWN_OBJECT, text), needs)

    def _same_text(self, rule: Rule, node: ast.Attribute, fits: Fits) -> bool:
        fill = self._fill(rule, node, fits) if fits.entry.template is not None else None
        return fill is not None and self._changes_nothing(fill)

    def _changes_nothing(self, fill: Fill) -> bool:
        """Whether what is written is what stands there."""
        texts = [part if isinstance(part, str) else self.text.slice(*part) for part in fill.parts if part is not None]
        return fill.target is None and "".join(texts) == self.text.slice(fill.start, fill.end)

    def _is_of_part(self, node: ast.Attribute) -> bool:
        """Whether a method that changes its object is called on a part of another tensor: `x[0].zero_()`."""
        if not node.attr.endswith("_") or not isinstance(node.value, ast.Subscript):
            return False
        things = self.kinds.values.of(node.value.value).things
        return not things or any(isinstance(thing, Instance) and is_tensor(thing.name) for thing in things)

    def _is_done(self, rule: Rule, node: ast.Attribute) -> bool:
        """Whether an earlier run has written a call: its keywords are the other side's."""
        call, signature = self._call(node), rule.side(rule.source).signature
        if call is None or signature is None or not self.tree.changed_earlier:
            return False
        strange = [str(k.arg) for k in call.keywords if k.arg not in signature and k.arg not in signature.aliases]
        texts = [entry.template.text for entry in rule.forms if entry.template is not None]
        return bool(strange) and all(any(f"{name}=" in text for text in texts) for name in strange)

    def says(self, member: str) -> bool:
        """Whether something becomes of a member, or is said of it."""
        return member in self.rules and not self._is_the_same(self.rules[member])

    def _is_the_same(self, rule: Rule) -> bool:
        """Whether the rule says nothing but that the other side has it too."""
        return not rule.forms and not rule.side(self.options.to).none

    def _choice(self, rule: Rule, node: ast.Attribute) -> Fits | Open | Unfit:
        """The template for a use."""
        if not rule.forms:
            return Unfit(rule.side(self.options.to).none)
        if not isinstance(node.ctx, ast.Load):
            return Unfit(rule.side(self.options.to).none or f"{node.attr} is set, or deleted, and not read")
        call = self._call(node)
        if call is None and rule.side(rule.source).signature is not None:
            return Unfit(f"the method {node.attr} is handed around as it is")
        return choose(rule, call if rule.side(rule.source).signature is not None else None, self.kinds.of)

    def _call(self, node: ast.Attribute) -> ast.Call | None:
        call = parent(node)
        return call if isinstance(call, ast.Call) and call.func is node else None

    def _whole(self, rule: Rule, node: ast.Attribute) -> ast.expr:
        call = self._call(node) if rule.side(rule.source).signature is not None else None
        return call if call is not None else node

    def _owner(self, node: ast.Attribute) -> Owner | None:
        """The object's own text; None where more than the dot stands between it and the member."""
        start, last = self.text.span(node)
        end = last - len(node.attr.encode()) - 1
        plain = self.text.data[end : end + 1] == b"." and not self.text.data[end - 1 : end].isspace()
        return Owner(start, end, node.value, _self_of(node.value)) if plain else None

    def _fill(self, rule: Rule, node: ast.Attribute, fits: Fits) -> Fill | None:
        owner = self._owner(node)
        assert fits.entry.template is not None
        lost = SELF not in fits.entry.template.holes and dotted_parts(node.value) is None
        if owner is None or lost:
            return None
        return filled(rule, fits, self._whole(rule, node), owner, self.file, self.kinds.of)

    def _ask(self, rule: Rule, node: ast.Attribute) -> Ask | None:
        owner, whole = self._owner(node), self._whole(rule, node)
        if owner is None:
            return None
        start, end = self.text.span(whole)
        given = isinstance(whole, ast.Call) and bool(whole.args or whole.keywords)
        opening = self.text.data.index(b"(", self.text.span(node)[1], end) + 1 if given else end
        arguments = (", ", (opening, end - 1)) if given else ()
        name = function_of(self.tree.rules.owners(node.attr, self.options.source), node.attr)
        name = function_of_base(node.attr) if owner.instead else name
        given_to = owner.instead or (start, owner.end)
        return Ask(start, end, Target(self.options.layers, name), ("(", given_to, *arguments, ")"))

    def _of_arguments(self, node: ast.Attribute) -> Iterator[Need]:
        """That names of the framework among the arguments are converted: a dtype that stays is a staying tensor's."""
        call = self._call(node)
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)) if call is not None else ():
            use = self.file.by_node.get(id(argument))
            if use is not None and use.rule is not None:
                yield Need((self.file.place(use),), CONVERTED, SILENT)

    def _of_two(self, rule: Rule, node: ast.Attribute, needs: tuple[Need, ...]) -> tuple[Way, ...]:
        """The way where only some of the objects that it can be change sides."""
        ask = self._ask(rule, node) if can_be_either(needs) else None
        if ask is None:
            return told_of_either(node.attr, needs)
        text = f"this object can be of either framework: {self.options.layers} looks when the program runs"
        return (Way(Form.ASKED, ask, Level.REVIEW, Reason(Code.ATTRIBUTE_OF_TWO, text), needs=some_of(needs)),)

    def _decision(self, rule: Rule, change: Fill | Ask | Drop, way: Way, more: tuple[Way, ...] = ()) -> Decision:
        place = Place(self.file.path, change.start, change.end, Kind.ATTRIBUTE)
        stays = QUIET if way.needs else Way(Form.STAYS, level=Level.MANUAL)
        return Decision(place, (way, *more, stays), rule.name, rule)

    def _told(self, rule: Rule, node: ast.Attribute, why: str, needs: tuple[Need, ...]) -> Decision:
        text = f"{node.attr} has no counterpart of the same meaning: {why}"
        return told(self.file.path, self._start(node), Level.MANUAL, rule.name, Reason(Code.METHOD_ABSENT, text), needs)

    def _note(self, rule: Rule, node: ast.Attribute, note: str, needs: tuple[Need, ...]) -> Decision:
        return told(self.file.path, self._start(node), Level.REVIEW, rule.name, Reason(Code.CONDITION, note), needs)

    def _may_be_compiled(self, node: ast.Attribute) -> bool:
        """Whether a use may be part of what GRAPH mode compiles; a layer's own methods are, where forward has them."""
        return self.owner != LAYER or any(name in RUN for name in _functions_around(node))

    def _start(self, node: ast.Attribute) -> int:
        return self.text.span(node)[1] - len(node.attr.encode())


def _self_of(node: ast.expr) -> str:
    """What a method calls its object, where an expression is `super()` in it."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "super":
        return ""
    above = parent(node)
    while above is not None and not isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
        above = parent(above)
    arguments = [*above.args.posonlyargs, *above.args.args] if above is not None else []
    return arguments[0].arg if arguments else ""


def _functions_around(node: ast.AST) -> Iterator[str]:
    """The names of the functions that a node stands in."""
    above = parent(node)
    while above is not None:
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield above.name
        above = parent(above)
