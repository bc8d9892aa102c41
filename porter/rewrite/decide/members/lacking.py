"""Members of tensors that the other side's tensors have not, or mean otherwise; and rare names on what is not known."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.calls.provenance import Provenance, is_asked_weight
from porter.rewrite.decide.change import NameEdit, Write
from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.by_rule import Members
from porter.rewrite.decide.members.member_words import Word, is_called, is_given, path_of
from porter.rewrite.decide.members.objects import Known, Objects
from porter.rewrite.decide.members.switches import Switches
from porter.rewrite.decide.telling import QUIET, told, was_told
from porter.rewrite.decide.tree import ANY_CHANGE, TreeFacts
from porter.rules.members import METHODS_OF_BUILTINS
from porter.source.index import enclosing_class
from porter.source.names import dotted_parts
from porter.source.scopes import Scope, parent
from porter.source.tensors import LAYER_TENSORS

GIVE_BACK = frozenset(
    {"apply", "bfloat16", "cpu", "cuda", "double", "eval", "float", "half", "requires_grad_", "to", "train", "type"}
)
"""Methods of layers that give back the layer itself."""


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """What is said of the attributes and the methods of a file that objects do not have on the other side."""
    yield from _Members(file, tree).decisions()


class _Members:
    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.tree = tree
        self.hierarchy = tree.hierarchy
        self.words = tree.hierarchy.words.members
        self.objects = Objects(file, tree)
        self.provenance = Provenance(file, tree)
        self.switches = Switches(file, tree)
        self.by_rule = Members("Tensor", file, tree)
        self.of_layers = Members("nn.Module", file, tree)
        self.watched = self.words.watched | self.by_rule.rules.keys() | self.of_layers.rules.keys()

    def decisions(self) -> Iterator[Decision]:
        """One for each use: a report for people says each name once a file."""
        if not self._change and not self._changed:
            return
        for node, scope in self.file.module.scopes.attributes:
            if node.attr in self.watched and id(node) not in self.file.known:
                yield from self._use(node, scope)

    @cached_property
    def _change(self) -> tuple[Need, ...]:
        """That something of the tree, or a function that this file calls, changes sides; none where nothing may."""
        places = [ANY_CHANGE] if self.tree.makers or self.tree.changed_earlier else []
        for use in self.file.uses:
            if use.rule is not None and not use.rule.is_class:
                places.append(self.file.place(use))
        return (Need(tuple(places), CONVERTED | {Form.MOVES}, SILENT),) if places else ()

    @cached_property
    def _changed(self) -> bool:
        """Whether something did in an earlier run."""
        names = (name.partition(".")[0] for name in self.file.known.values())
        return bool(self.tree.movers.earlier) or self.tree.options.to in names

    def _use(self, node: ast.Attribute, scope: Scope) -> Iterator[Decision]:
        part = self._part(node)
        if part is not None:
            yield part
            return
        known = self.objects.of(node.value)
        again = self._told_again(node) if not self._is_own(node.attr, known) else None
        if again is not None and (known.kinds or known.assumed or not known.other):
            yield again
            return
        if (known.unknown and not self._is_weight(node)) or self._is_either(node.attr, known):
            yield from self._of_unknown(node, scope)
            return
        tensor = known.unknown or self._is_tensor(known, node.attr) or self._is_converted(node, known)
        if tensor and not self._is_own(node.attr, known):
            yield from self._of_tensor(node, known.assumed)

    def _part(self, node: ast.Attribute) -> Decision | None:
        """`x.max(1).values`, of which the other side knows only `[0]`; told where it is not always such a result."""
        methods = self.words.parts.get(node.attr, {})
        values = list(self._values(node.value)) if methods and not is_called(node) else []
        found = [self._gives_parts(value, methods) for value in values]
        known = [each for each in found if each is not None]
        if not known:
            return None
        word, needs = known[0][0], tuple(dict.fromkeys(need for _, all_needs in known for need in all_needs))
        sure = len(known) == len(found) and not any(map(self._is_unknown, values))
        edit = self._by_index(node, word.index) if sure else None
        if edit is None:
            return self._told(node, word.label, Level.CHANGED, word.reason, needs)
        ways = (Way(Form.WRITTEN, Write((edit,)), needs=needs), QUIET if needs else Way(Form.STAYS, level=Level.MANUAL))
        return Decision(Place(self.file.path, edit.start, edit.end, Kind.ATTRIBUTE), ways, word.label)

    def _values(self, node: ast.expr) -> Iterator[ast.expr]:
        """What a name can have been given, each side of a conditional expression by itself."""
        for value in self.provenance.values_of(node):
            yield from (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)

    def _gives_parts(self, value: ast.expr, methods: Mapping[str, Word]) -> tuple[Word, tuple[Need, ...]] | None:
        """What is said of the parts of what a call gives, and what has to change sides; None for another call."""
        method = value.func if isinstance(value, ast.Call) else None
        use = self.file.by_node.get(id(method))
        if use is not None and use.rule is not None and (name := use.rule.name.rpartition(".")[2]) in methods:
            return methods[name], (Need((self.file.place(use),), CONVERTED, SILENT),)
        if not isinstance(method, ast.Attribute) or method.attr not in methods or id(method) in self.file.known:
            return None
        known = self.objects.of(method.value)
        may_be = self._is_tensor(known, method.attr) or (known.unknown)
        needs = self._needs(method) if may_be else None
        return (methods[method.attr], needs) if needs is not None else None

    def _is_unknown(self, value: ast.expr) -> bool:
        """Whether it is a method of what is not known."""
        method = value.func if isinstance(value, ast.Call) else None
        known = id(method) in self.file.known or not isinstance(method, ast.Attribute)
        return not known and isinstance(method, ast.Attribute) and self.objects.of(method.value).unknown

    def _by_index(self, node: ast.Attribute, index: int) -> NameEdit | None:
        """`[0]` in the place of `.values`; None where more than a dot stands before that."""
        end = self.file.module.text.span(node)[1]
        start = end - len(node.attr.encode()) - 1
        plain = isinstance(node.ctx, ast.Load) and self.file.module.text.slice(start, end) == f".{node.attr}"
        return NameEdit(start, end, f"[{index}]") if plain else None

    def _is_tensor(self, known: Known, attr: str) -> bool:
        """Whether it can be a tensor that changes sides, or did so in an earlier run and lacks the member now."""
        tensors = [kind for kind in known.kinds if kind.rule.name in self.words.tensors]
        lacks = attr in self.by_rule.rules or (
            attr in self.words.of_tensors and not self.words.of_tensors[attr].differs
        )
        return any(kind.ours is not None or (lacks and self._changed) for kind in tensors)

    def _is_weight(self, node: ast.Attribute) -> bool:
        """`net.weight.grad`: what a layer calls so is a tensor, if only tensors have a member of the name."""
        owner = node.value
        if is_asked_weight(owner, self.file):
            return True
        is_absent = node.attr in self.words.of_tensors and not self.words.of_tensors[node.attr].differs
        return is_absent and isinstance(owner, ast.Attribute) and owner.attr in LAYER_TENSORS

    def _is_converted(self, node: ast.Attribute, known: Known) -> bool:
        """Whether the layer was converted in an earlier run, whose tensor has no such member then: it is told again."""
        return self._is_weight(node) and any(kind.rule.name in self.words.tensors for kind in known.kinds)

    def _is_either(self, attr: str, known: Known) -> bool:
        """Whether an object can be a layer, and one of a class of the tree that is none and has the member."""
        if attr not in self.words.of_layers:
            return False
        moving = [entry for entry in known.entries if self.tree.movers.may_move(entry)]
        others = [entry for entry in known.entries if entry not in moving and attr in self.hierarchy.methods[entry]]
        is_layer = any(kind.rule.name.startswith("nn.") for kind in known.kinds) or bool(moving)
        own = any(attr in self.hierarchy.methods[entry] for entry in moving)
        return is_layer and bool(others) and not own

    def _is_own(self, attr: str, known: Known) -> bool:
        """Whether a class of the tree that it can be of has the name, or a layer, of which `methods` speaks."""
        return any(attr in self.hierarchy.methods[entry] for entry in known.entries) or (
            attr in self.hierarchy.words.absent and any(kind.rule.name.startswith("nn.") for kind in known.kinds)
        )

    def _of_tensor(self, node: ast.Attribute, assumed: str) -> Iterator[Decision]:
        if node.attr in self.by_rule.rules:
            needs = self._needs(node) if not self.provenance.has(node.attr, node.value) else None
            if needs is not None and assumed and not self._is_inside(node):
                yield from self.by_rule.unknown(node, needs)
            elif needs is not None:
                yield from self.by_rule.known(node, needs, assumed)
            return
        word = self.words.of_tensors.get(node.attr)
        if word is None or not word.concerns(node) or self.provenance.has(node.attr, node.value):
            return
        needs = self._needs(node)
        if needs is not None:
            yield self._told(node, word.label, Level.CHANGED if word.differs else Level.MANUAL, word.reason, needs)

    def _is_inside(self, node: ast.Attribute) -> bool:
        """Whether it stands in a class that changes sides, which works on the other side's tensors."""
        inside = enclosing_class(node)
        entry = self.hierarchy.by_node.get(inside) if inside is not None else None
        return entry is not None and (self.tree.movers.may_move(entry) or entry in self.tree.movers.earlier)

    def _told_again(self, node: ast.Attribute) -> Decision | None:
        """What an earlier run said, which left the member and may have changed what shows of its object."""
        for words in (self.words.of_tensors, self.words.rare, self.words.of_layers):
            word = words.get(node.attr)
            for reason in (_unknown(node.attr, word), word.reason) if word is not None else ():
                if word is not None and was_told(self.file.module, self._start(node), reason.text):
                    return self._told(node, word.label, Level.MANUAL, reason, ())
        return None

    def _start(self, node: ast.Attribute) -> int:
        return self.file.module.text.span(node)[1] - len(node.attr.encode())

    def _needs(self, node: ast.Attribute) -> tuple[Need, ...] | None:
        """That the class around it changes sides; elsewhere that a tensor can come from something that does.

        A layer that stays works on the source framework's tensors.
        """
        inside = enclosing_class(node)
        entry = self.hierarchy.by_node.get(inside) if inside is not None else None
        if entry is not None and (self.tree.movers.may_move(entry) or entry in self.hierarchy.matter):
            return (Need((entry.place,), MOVES, SILENT),)
        if entry is not None and entry in self.tree.movers.earlier:
            return ()
        return None if self.provenance.stays(node.value) else () if self._changed else self._change

    def _of_unknown(self, node: ast.Attribute, scope: Scope) -> Iterator[Decision]:
        """A name that hardly anything else has; or any name of a layer's, on what is called as a layer is."""
        if node.attr in self.by_rule.rules or node.attr in self.of_layers.rules:
            yield from self._asked(node, scope)
            return
        rare = self.words.rare.get(node.attr)
        if rare is not None and not is_called(node) and "_" not in node.attr:
            rare = None  # a word that is not called may be a setting of the program: `args.cuda`
        word = rare or self.words.of_layers.get(node.attr)
        if word is None or self._is_imported(node, scope):
            return
        if rare is None and not self._is_of_layer(node, scope):
            return
        if self.provenance.has(node.attr, node.value):
            return
        level = Level.REVIEW if node.attr in self.tree.plain_methods else Level.MANUAL  # it may be of these
        if rare is not None and rare.differs and level is Level.MANUAL:
            level = Level.CHANGED if is_given(node) else Level.REVIEW  # a file or a window may have `size()`
        needs = self._needs(node)
        if needs is not None:
            yield self._told(node, word.label, level, _unknown(node.attr, word), needs)

    def _asked(self, node: ast.Attribute, scope: Scope) -> Iterator[Decision]:
        """What is not known: the program asks, unless much else has a member of the name."""
        members = (
            self.by_rule if self.by_rule.says(node.attr) or node.attr not in self.of_layers.rules else self.of_layers
        )
        layer = node.attr in self.of_layers.rules and (self._is_of_layer(node, scope) or self._is_behind(node, scope))
        needs = self._needs(node) if not self._is_imported(node, scope) else None
        if needs is None or self.provenance.has(node.attr, node.value):
            return
        used = members is self.by_rule and _may_be_of_tensor(node)
        asked = members.rules[node.attr].is_rare or layer or used
        yield from members.unknown(node, needs) if asked else members.doubted(node, needs)

    def _is_behind(self, node: ast.Attribute, scope: Scope) -> bool:
        """Whether it is asked of what another method of a layer gives back: `net.half().cpu()`."""
        method = node.value.func if isinstance(node.value, ast.Call) else None
        if not isinstance(method, ast.Attribute) or method.attr not in GIVE_BACK & self.of_layers.rules.keys():
            return False
        return self._is_of_layer(method, scope) or self._is_behind(method, scope)

    def _is_imported(self, node: ast.Attribute, scope: Scope) -> bool:
        """Whether it is a name of a module, or of what one gives."""
        parts = dotted_parts(node.value)
        return parts is not None and bool(parts) and self.tree.index.meaning(parts[0], scope) is not None

    def _is_of_layer(self, node: ast.Attribute, scope: Scope) -> bool:
        """Whether what has a member of a layer's is one: by the call itself, or since it is used as a layer nearby."""
        if is_called(node):
            sure = self.switches.is_one(node, scope) or self._is_used_as_layer(node)
            return sure or not self.objects.of(node.value).unknown
        handed = self.switches.is_handed(node)
        return handed and (self._is_used_as_layer(node) or self.switches.is_run_later(node, scope))

    def _is_used_as_layer(self, node: ast.Attribute) -> bool:
        """Whether the same name is called in the function around, or its parameters are asked for."""
        path = path_of(node.value)
        return bool(path) and path in self.words.layers_near(node, path)

    def _told(self, node: ast.Attribute, label: str, level: Level, reason: Reason, needs: tuple[Need, ...]) -> Decision:
        return told(self.file.path, self._start(node), level, label, reason, needs)


def _may_be_of_tensor(node: ast.Attribute) -> bool:
    """Whether a use of a name says that it may be a tensor's: it is called, or something is done with what it gives."""
    if is_called(node):
        call = parent(node)
        used = call is not None and not isinstance(parent(call), ast.Expr)
        return node.attr not in METHODS_OF_BUILTINS and used
    return isinstance(parent(node), (ast.Attribute, ast.Compare, ast.FormattedValue))


def _unknown(attr: str, word: Word) -> Reason:
    return Reason(Code.UNKNOWN_OBJECT, f"what has this {attr} is not known; {word.text}")
