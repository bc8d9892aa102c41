"""Methods whose names change with their class: where they are defined, called, set, and spelled in strings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from porter.codes import Code
from porter.findings import Kind as Role
from porter.findings import Level
from porter.rewrite.decide.change import NameEdit, Write
from porter.rewrite.decide.classes.class_bodies import renames
from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.decision import SILENT, Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members import added
from porter.rewrite.decide.members.asking import Asker
from porter.rewrite.decide.members.by_rule import Members
from porter.rewrite.decide.members.class_receivers import classes_of, is_own_class
from porter.rewrite.decide.members.either import some_of, told_again, told_of_either, way_again
from porter.rewrite.decide.members.method_texts import Look, looks, name_in
from porter.rewrite.decide.members.objects import Known, Objects
from porter.rewrite.decide.members.patches import Patch, name_end, patches
from porter.rewrite.decide.members.receivers import Receiver, together
from porter.rewrite.decide.members.switches import Switches, is_mapping
from porter.rewrite.decide.telling import QUIET, told, was_told
from porter.rewrite.decide.tree import Kind, TreeFacts
from porter.rewrite.decide.vocabulary import ASKED_METHODS
from porter.source.index import enclosing_class, is_self
from porter.source.names import dotted_parts
from porter.source.scopes import Scope, parent
from porter.source.things import ClassOf

MODULE = "nn.Module"
Ways = tuple[Way, ...]


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """Decisions about the names of methods in a file: their definitions, their uses, and what cannot be followed."""
    return _Methods(file, tree).decisions()


class _Methods:
    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.module = file.module
        self.tree = tree
        self.hierarchy = tree.hierarchy
        self.words = tree.hierarchy.words
        self.objects = Objects(file, tree)
        self.asker = Asker(file, tree)
        self.switches = Switches(file, tree)
        self.asked = ASKED_METHODS[tree.options.to]
        self.by_rule = Members("nn.Module", file, tree)
        self.every = frozenset(self.words.absent) | self.asked | self.by_rule.rules.keys()

    def decisions(self) -> Iterator[Decision]:
        """All of them, in no order."""
        for node, _ in self.module.scopes.classes:
            yield from self._definitions(self.hierarchy.by_node[node])
        watched = self.words.methods.keys() | self.words.absent.keys() | self.asked | self.by_rule.rules.keys()
        for attribute, scope in self.module.scopes.attributes:
            if attribute.attr in watched and id(attribute) not in self.file.known:
                yield from self._use(attribute, scope)
        for call, _ in self.module.scopes.calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr == "__init__":
                yield from self._base_init(call, call.func)
        for look in looks(self.module):
            yield from self._spelled(look)

    @property
    def _some_class(self) -> tuple[Need, ...] | None:
        """That some class of the tree changes sides; nothing is needed where one has done so; None: there is none."""
        if self.tree.movers.earlier:
            return ()
        return (Need(self.tree.movers.places, MOVES, SILENT),) if self.tree.movers.places else None

    def _base_init(self, call: ast.Call, method: ast.Attribute) -> Iterator[Decision]:
        """`super().__init__(auto_prefix=False)`, or `(False)`, of a class whose new base takes no such argument."""
        inside = enclosing_class(call)
        entry = self.hierarchy.by_node.get(inside) if inside is not None else None
        if entry is None or not self.tree.movers.may_move(entry) or not (call.keywords or call.args):
            return
        uses = self.hierarchy.bases[entry].uses
        direct = all(use.rule is not None and use.rule.methods for use in uses) and uses
        by_name = 0 if isinstance(method.value, ast.Call) else 1  # `Cell.__init__(self, False)`
        given = call.args[by_name:]
        names = [*list(self.words.base_init)[: len(given)], *(str(k.arg) for k in call.keywords)]
        plain = all(isinstance(each, (ast.Constant, ast.Name)) for each in call.args)
        known = plain and set(names) <= set(self.words.base_init)
        if not direct or not names or not known or len(given) > len(names):
            return
        _, start = self.module.text.span(method)
        end = self.module.text.span(call)[1]
        kept = "".join(ast.unparse(each) for each in call.args[:by_name])
        yield self._written(entry, NameEdit(start, end, f"({kept})"))
        for name in names:
            reason = Reason(Code.CONDITION, f"{name} is dropped: {self.words.base_init[name]}")
            yield told(self.file.path, start, Level.REVIEW, MODULE, reason, (Need((entry.place,), MOVES, SILENT),))

    def _spelled(self, look: Look) -> Iterator[Decision]:
        """`getattr(net, "forward")`: a method's name in a text, which is another one where the object changes sides."""
        some, names = self._some_class, sorted(look.texts & self.words.methods.keys())
        patched = [patch for patch in self._patches if patch.text is look.name]
        if some is None or not names or any(name_end(patch, self.module.text) for patch in patched):
            return
        receiver = self._looked_in(look)
        place = name_in(self.module, look.name)
        if receiver is not None and (receiver.needs is None or place is not None):
            needs = (*(receiver.needs or ()), *self._renames(names[0], receiver))
            edit = NameEdit(*place, self.words.methods[names[0]]) if place is not None else None
            either = told_of_either(names[0], receiver.needs or ())
            if edit and receiver.needs is not None:
                yield self._renamed(edit, needs, receiver.assumed, either)
            return
        text = f"a string names {names[0]}; a converted class calls it {self.words.methods[names[0]]}"
        start = self.module.text.span(look.name)[0]
        again = told_again(self.file, start, names[0], MODULE)
        yield next(again, told(self.file.path, start, Level.MANUAL, MODULE, Reason(Code.METHOD_IN_TEXT, text), some))

    @cached_property
    def _patches(self) -> tuple[Patch, ...]:
        return tuple(patches(self.file, self.objects.values))

    def _looked_in(self, look: Look) -> Receiver | None:
        """What is known of an object whose method is looked up by a text; nothing where it is no class of the tree's.

        A class of the framework is told wherever its methods are looked up.
        """
        receiver = self._receiver(look.of, look.scope) if look.of is not None else None
        if receiver is None or look.of is None or receiver.needs is not None:
            return receiver
        own = isinstance(look.of, ast.Name) and look.of.id == "cls"
        own = own or self.hierarchy.class_of(look.of, self.module, look.scope) is not None
        return receiver if own or self.objects.of(look.of).entries else None

    def _definitions(self, entry: TreeClass) -> Iterator[Decision]:
        """Methods that are renamed, class attributes that stand for one (`forward = _run`), and where both are read."""
        if self.tree.movers.may_move(entry):
            for edit in renames(entry.module.text, entry.node, self.words.methods):
                yield self._written(entry, edit)

    def _new_name(self, start: int, name: str) -> NameEdit:
        return NameEdit(start, start + len(name.encode()), self.words.methods[name])

    def _written(self, entry: TreeClass, edit: NameEdit) -> Decision:
        return self._renamed(edit, (Need((entry.place,), MOVES, SILENT),))

    def _renamed(self, edit: NameEdit, needs: tuple[Need, ...], assumed: str = "", either: Ways = ()) -> Decision:
        place = Place(self.file.path, edit.start, edit.end, Role.METHOD)
        why = Reason(Code.ASSUMED, f"the method becomes {edit.text}, {assumed}") if assumed else SILENT
        level = Level.REVIEW if assumed else Level.SAFE
        written = Way(Form.WRITTEN, Write((edit,)), level, why, needs=needs)
        return Decision(place, (written, *either, QUIET), MODULE)

    def _use(self, node: ast.Attribute, scope: Scope) -> Iterator[Decision]:
        start = self.module.text.span(node)[1] - len(node.attr.encode())
        receiver = self._receiver(node.value, scope)
        if node.attr in self.asked and (receiver is None or node.attr not in receiver.own):
            yield from self._ask(node, receiver)
        elif receiver is None and node.attr in self.by_rule.rules and self.objects.may_be_layer(node.value):
            yield from self.by_rule.unknown(node, self._some_class or ())
        elif receiver is None:
            again = [*told_again(self.file, start, node.attr, MODULE)] if node.attr in self.words.methods else []
            yield from again or self._unknown(node, scope, start)
        elif node.attr in self.words.methods and receiver.needs is not None:
            yield from self._new_method(node, receiver, start, scope)
        elif node.attr in self.words.methods:
            yield from told_again(self.file, start, node.attr, MODULE)
        elif node.attr in self.by_rule.rules and node.attr not in receiver.own and not self._is_set(node):
            yield from self._ruled(node, receiver, start) if receiver.layer else ()
        elif node.attr in self.words.absent and node.attr not in receiver.own and not self._is_set(node):
            yield from self._absent(node, receiver, start)

    def _ruled(self, node: ast.Attribute, receiver: Receiver, start: int) -> Iterator[Decision]:
        """A member that has a rule; of a layer that stays, what an earlier run said."""
        if receiver.needs is None:
            return (yield from told_again(self.file, start, node.attr, MODULE))
        needs = dict.fromkeys([*receiver.needs, *self.objects.of(node.value).needs])
        yield from self.by_rule.known(node, tuple(needs), receiver.assumed)

    def _is_set(self, node: ast.Attribute) -> bool:
        """Whether the tree sets an attribute of the name, which is then that of a class of its own: `self.type = 2`."""
        return node.attr in self.objects.values.stores.sets and node.attr not in self.words.methods

    def _new_method(self, node: ast.Attribute, receiver: Receiver, start: int, scope: Scope) -> Iterator[Decision]:
        """A use of a method that is called differently; what MindSpore's own `add_module` would misname is set."""
        needs = (*receiver.needs, *self._renames(node.attr, receiver)) if receiver.needs is not None else ()
        grows = any(self._grows(name) for name in receiver.rules)
        if node.attr == added.METHOD and node.attr not in receiver.own and not grows:
            if not isinstance(node.value, ast.Call):
                yield added.added_by_name(self.module, node, scope, needs)
                return
            yield told(self.file.path, start, Level.MANUAL, f"{MODULE}.{node.attr}", added.NO_PREFIX, needs)
        either = told_of_either(node.attr, receiver.needs or ()) or way_again(self.file, start, node.attr)
        yield self._renamed(self._new_name(start, node.attr), needs, receiver.assumed, either)

    def _grows(self, name: str) -> bool:
        rule = self.tree.rules.rules.get(f"torch.{name}")
        return rule is not None and bool(rule.grows)

    def _ask(self, node: ast.Attribute, receiver: Receiver | None) -> Iterator[Decision]:
        """A method of all layers that a function of the generated module stands for."""
        label = f"{MODULE}.{node.attr}"
        if receiver is None:
            yield from () if is_mapping(node) else (self.asker.method(node, label, Level.REVIEW, self.asker.needs),)
        elif receiver.layer:
            needs = some_of(receiver.needs or ())
            yield self.asker.method(node, label, Level.REVIEW if receiver.assumed else Level.SAFE, needs)

    def _renames(self, attr: str, receiver: Receiver) -> Iterator[Need]:
        """A method of the tree's own has the new name only where a class that defines it changes sides."""
        if attr not in receiver.own:
            return
        found = [definer for entry in receiver.entries for definer in self.hierarchy.definers(entry, attr)]
        definers = [definer.place for definer in found if self.tree.movers.may_move(definer)]
        yield Need(tuple(definers) or (Place("", 0, 0, Role.CLASS),), MOVES, SILENT)

    def _absent(self, node: ast.Attribute, receiver: Receiver, start: int) -> Iterator[Decision]:
        """A method or an attribute that the object's class does not have on the other side."""
        if receiver.layer:
            text = f"{node.attr} has no counterpart of the same meaning: {self.words.absent[node.attr]}"
            made = [*(receiver.needs or ()), *self.objects.of(node.value).needs]
            needs = some_of(dict.fromkeys(made)) if not was_told(self.module, start, text) else ()
            reason, label = Reason(Code.METHOD_ABSENT, text), f"{MODULE}.{node.attr}"
            yield told(self.file.path, start, Level.MANUAL, label, reason, needs)

    def _unknown(self, node: ast.Attribute, scope: Scope, start: int) -> Iterator[Decision]:
        """`forward` of an object of unknown class, called, set or handed on, in a tree where classes lose the name."""
        call, needs = parent(node), self._some_class
        needs = self.asker.needs or None if needs is None else needs  # a layer of the framework has it too
        used = (isinstance(call, ast.Call) and call.func is node) or isinstance(node.ctx, ast.Store)
        used = used or self.switches.is_handed(node)
        if node.attr not in self.words.methods or not used or needs is None:
            return
        if any(isinstance(thing, ClassOf) for thing in self.objects.values.of(node.value).things):
            return  # of the framework's own class: `class_members` speaks of it
        parts = dotted_parts(node.value)
        if not parts or self.tree.index.meaning(parts[0], scope) is None:
            new = self.words.methods[node.attr]
            reason = Reason(
                Code.UNKNOWN_OBJECT, f"what has this {node.attr} is not known; a converted class calls it {new}"
            )
            yield told(self.file.path, start, Level.MANUAL, MODULE, reason, needs)

    def _receiver(self, node: ast.expr, scope: Scope) -> Receiver | None:
        """What is known of the object, or class, whose attribute is used; None when nothing is."""
        inside = enclosing_class(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super":
            entry = self.hierarchy.by_node.get(inside) if inside is not None else None
            named = self.hierarchy.class_of(node.args[0], self.module, scope) if node.args else None
            return self._of_class(named or entry, beyond=True)
        if is_own_class(node):
            return self._of_class(self.hierarchy.by_node.get(inside) if inside is not None else None)
        if isinstance(node, (ast.Name, ast.Attribute)):
            named = self.hierarchy.class_of(node, self.module, scope)
            if named is not None:
                return self._of_class(named)
        classes, assumed = classes_of(node, self.file, self.tree)
        known = Known((), classes, assumed=assumed) if classes else self.objects.of(node)
        if known.unknown or self._may_be_layer(node, known):
            return None
        found = [self._of_class(entry) for entry in known.entries]
        found += [self._of_kind(kind, known) for kind in known.kinds[: len(known.kinds) if not known.entries else 0]]
        found += [Receiver(None, self.every)] if known.other and not found else []
        joined = together([receiver for receiver in found if receiver is not None])
        return replace(joined, assumed=known.assumed) if joined is not None else None

    def _may_be_layer(self, node: ast.expr, known: Known) -> bool:
        """Whether what is taken for an object of a class that stays may be a layer, whose method has another name."""
        method = getattr(parent(node), "attr", "")
        if is_self(node) or method not in self.words.methods:
            return False
        stay = [entry for entry in known.entries if not self.tree.movers.may_move(entry)]
        given = self.objects.passed(node) if stay and isinstance(node, ast.Name) else ()
        layers = any(self.tree.movers.may_move(entry) for entry in given)
        return layers or any(self.tree.movers.interfaces.stands_for_layers(entry, method) for entry in stay)

    def _of_kind(self, kind: Kind, known: Known) -> Receiver:
        """An object of a class of the framework."""
        layer = kind.rule.is_class and kind.rule.name.startswith("nn.")
        needs = known.needs if layer and kind.ours is not None else None
        return Receiver(needs, rules=frozenset([kind.rule.name]), layer=layer)

    def _of_class(self, entry: TreeClass | None, *, beyond: bool = False) -> Receiver | None:
        """`beyond`: `super()`, which does not see the methods of the class itself."""
        if entry is None:
            return None
        if not self.tree.movers.may_move(entry) and entry not in self.tree.movers.earlier:
            return Receiver(None, self.every)
        entries = self.hierarchy.bases[entry].classes if beyond else (entry,)
        own = frozenset().union(*(self.hierarchy.methods[each] for each in entries))
        rules = self.hierarchy.rule_names[entry]
        needs = (Need((entry.place,), MOVES, SILENT),) if self.tree.movers.may_move(entry) else None
        kinds = rules | {kind.rule.name for kind in self.tree.kinds_of(entry)}
        layer = not kinds or any(name.startswith("nn.") for name in kinds)
        return Receiver(needs, own, entries, rules, layer)
