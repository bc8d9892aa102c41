"""Methods whose names change with their class: where they are defined, called, set, and spelled in strings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from porter.findings import Kind, Level
from porter.rewrite import added
from porter.rewrite.classes import Hierarchy, TreeClass
from porter.rewrite.outcomes import NameEdit, Remark
from porter.rules.model import Rule
from porter.source.index import enclosing_class
from porter.source.names import SourceModule, dotted_parts
from porter.source.receivers import Receivers
from porter.source.scopes import Scope, parent

DEF = re.compile(rb"(?:async\s+)?def\s+")
ACCESSORS = frozenset({"getattr", "setattr", "hasattr", "delattr"})


@dataclass(frozen=True, slots=True)
class Receiver:
    """An object's class: `now`: it changes sides in this run; its `own` methods, those `renamed`, its `rules`.

    `layer`: it derives from the class of all layers, so what that class lacks on the other side, it lacks.
    """

    now: bool
    own: frozenset[str]
    renamed: frozenset[str]
    rules: frozenset[str] = frozenset()
    layer: bool = True

    @property
    def rules_in_full(self) -> list[str]:
        """The rules by torch's names."""
        return [f"torch.{name}" for name in self.rules]


class Methods:
    """The method names of one file, by what is known of the classes of its tree."""

    def __init__(self, module: SourceModule, receivers: Receivers, tree: Hierarchy) -> None:
        self.module = module
        self.receivers = receivers
        self.tree = tree

    def edits(self) -> Iterator[NameEdit | Remark]:
        """Renamed methods of a file, their uses on objects whose class is known, and what cannot be followed."""
        for node, _ in self.module.scopes.classes:
            entry = self.tree.by_node[node]
            if entry.moves or entry.moved:
                yield from self._definitions(entry)
        watched = self.tree.methods.keys() | self.tree.absent.keys()
        for attribute, scope in self.module.scopes.attributes:
            if attribute.attr in watched:
                yield from self._use(attribute, scope)
        for call, _ in self.module.scopes.calls if self.tree.any_moves else ():
            if isinstance(call.func, ast.Name):
                yield from self._spelled(call, call.func.id)
            elif isinstance(call.func, ast.Attribute) and call.func.attr == "__init__":
                yield from self._base_init(call, call.func)

    def _base_init(self, call: ast.Call, method: ast.Attribute) -> Iterator[NameEdit | Remark]:
        """`super().__init__(auto_prefix=False)` of a class whose new base takes no such argument."""
        inside = enclosing_class(call)
        entry = self.tree.by_node.get(inside) if inside is not None else None
        if entry is None or not entry.moves or not call.keywords:
            return
        direct = all(o.rule is not None and o.rule.methods for o in entry.outcomes) and entry.outcomes
        names = [str(k.arg) for k in call.keywords]
        if not direct or not set(names) <= set(self.tree.base_init) or call.args:
            return
        _, start = self.module.text.span(method)
        end = self.module.text.span(call)[1]
        yield NameEdit(start, end, "()", Kind.METHOD, "nn.Module")
        for name in names:
            yield Remark(start, Level.REVIEW, "nn.Module", f"{name} is dropped: {self.tree.base_init[name]}")

    def _spelled(self, call: ast.Call, function: str) -> Iterator[Remark]:
        """`getattr(net, "forward")`: the method's name in a string."""
        if function not in ACCESSORS or len(call.args) < 2:
            return
        name = call.args[1]
        if isinstance(name, ast.Constant) and name.value in self.tree.methods:
            message = f"a string names {name.value}; a converted class calls it {self.tree.methods[name.value]}"
            yield Remark(self.module.text.span(name)[0], Level.MANUAL, "nn.Module", message, message)

    def _definitions(self, entry: TreeClass) -> Iterator[NameEdit]:
        """Methods that are renamed, and class attributes that stand for one (`forward = _run`)."""
        text = entry.module.text
        for statement in entry.node.body if not entry.moved else ():
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name in self.tree.methods:
                match = DEF.match(text.data, text.span(statement)[0])
                assert match is not None
                yield self._renamed(match.end(), statement.name)
            for target in statement.targets if isinstance(statement, ast.Assign) else ():
                if isinstance(target, ast.Name) and target.id in self.tree.methods:
                    yield self._renamed(text.span(target)[0], target.id)

    def _renamed(self, start: int, name: str) -> NameEdit:
        return NameEdit(start, start + len(name.encode()), self.tree.methods[name], Kind.METHOD, "nn.Module")

    def _use(self, node: ast.Attribute, scope: Scope) -> Iterator[NameEdit | Remark]:
        start = self.module.text.span(node)[1] - len(node.attr.encode())
        receiver = self._receiver(node.value, scope)
        if receiver is None:
            yield from self._unknown(node, scope, start)
        elif receiver.now and node.attr == added.METHOD in self.tree.methods and self._is_cell(node, receiver):
            yield from added.added_by_name(self.module, node, scope)
        elif receiver.now and node.attr in self.tree.methods and node.attr not in receiver.own - receiver.renamed:
            yield self._renamed(start, node.attr)
            if node.attr == added.METHOD and isinstance(node.value, ast.Call):
                yield Remark(start, Level.MANUAL, f"nn.Module.{node.attr}", added.NO_PREFIX, added.NO_PREFIX)
        elif node.attr in self.tree.absent and node.attr not in receiver.own:
            yield from self._absent(node.attr, receiver, start)

    def _is_cell(self, node: ast.Attribute, receiver: Receiver) -> bool:
        """Whether MindSpore's own method would add the layer: no override, and no container that names what it gets."""
        grows = any(rule.grows for rule in map(self.tree.rules.rules.get, receiver.rules_in_full) if rule is not None)
        return node.attr not in receiver.own and not grows and not isinstance(node.value, ast.Call)

    def _absent(self, attr: str, receiver: Receiver, start: int) -> Iterator[Remark]:
        """A method or an attribute that the object's class does not have on the other side."""
        known = {*receiver.rules, *([""] if receiver.layer else [])}
        whys = [(name, why) for name, why in self.tree.absent[attr].items() if name in known]
        for name, why in whys[:1]:
            message = f"{attr} has no counterpart of the same meaning: {why}"
            yield Remark(start, Level.MANUAL, f"{name or 'nn.Module'}.{attr}", message, message)

    def _unknown(self, node: ast.Attribute, scope: Scope, start: int) -> Iterator[Remark]:
        """`forward` of an object of unknown class, called or set, in a tree where classes lose the name."""
        call = parent(node)
        used = (isinstance(call, ast.Call) and call.func is node) or isinstance(node.ctx, ast.Store)
        if node.attr not in self.tree.methods or not used or not self.tree.any_moves:
            return
        parts = dotted_parts(node.value)
        if not parts or self.tree.index.meaning(parts[0], scope) is None:
            message = (
                f"what has this {node.attr} is not known; a converted class calls it {self.tree.methods[node.attr]}"
            )
            yield Remark(start, Level.MANUAL, "nn.Module", message, message)

    def _receiver(self, node: ast.expr, scope: Scope) -> Receiver | None:
        """What is known of the object, or class, whose attribute is used; None when nothing is."""
        inside = enclosing_class(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super":
            entry = self.tree.by_node.get(inside) if inside is not None else None
            return self._of_class(entry, beyond=True)
        if self.receivers.is_self(node) or (isinstance(node, ast.Name) and node.id == "cls"):
            return self._of_class(self.tree.by_node.get(inside) if inside is not None else None)
        if isinstance(node, (ast.Name, ast.Attribute)) and self.tree.class_of(node, self.module, scope) is not None:
            return self._of_class(self.tree.class_of(node, self.module, scope))
        makers = self.receivers.makers(node, scope)
        classes = [self.tree.class_of(maker, self.module, scope) for maker in makers]
        if makers and all(classes):
            found = [self._of_class(entry) for entry in classes]
            return found[0] if len({receiver.now for receiver in found if receiver}) == 1 else None
        names = self.receivers.types(node, scope)
        rules = [self._rule(name) for name in names]
        if rules and all(rule is not None and rule.is_class for rule in rules):
            layer = all(self.tree.is_layer(name) for name in names)
            return Receiver(layer, frozenset(), frozenset(), frozenset(rule.name for rule in rules if rule), layer)
        return None

    def _rule(self, qualified: str) -> Rule | None:
        """The rule of a name of either framework: an earlier run may have converted it."""
        rules, settings = self.tree.rules, self.tree.settings
        return rules.find(qualified, settings.source) or rules.find(qualified, settings.to)

    def _of_class(self, entry: TreeClass | None, *, beyond: bool = False) -> Receiver | None:
        """`beyond`: `super()`, which does not see the methods of the class itself."""
        if entry is None or not (entry.moves or entry.moved):
            return Receiver(False, frozenset(self.tree.absent), frozenset()) if entry is not None else None
        ancestors = [a for a in entry.ancestry() if not (beyond and a is entry)]
        own = {name for a in ancestors for name in a.methods}
        renamed = {name for a in ancestors if a.moves for name in a.methods}
        bases = frozenset(o.rule.name for o in entry.framework_bases() if o.rule is not None)
        return Receiver(entry.moves, frozenset(own), frozenset(renamed), bases)
