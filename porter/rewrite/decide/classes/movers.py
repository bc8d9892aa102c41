"""Which classes of the tree change sides: those of the framework, and those that lend their methods to them."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.classes.hierarchy import Hierarchy
from porter.rewrite.decide.classes.interfaces import Interfaces, protocols
from porter.rewrite.decide.classes.layouts import layout_reasons
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts, canonical_name
from porter.rewrite.decide.settle import Choices

MOVES = frozenset({Form.MOVES})
BASE_STAYS = Reason(Code.BASE_STAYS, "a base class stays as it was")
CHANGED = CONVERTED | MOVES
STAYS = Way(Form.STAYS, level=Level.SAFE)


class Movers:
    """The classes that may change sides, and what has to hold for each."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self.hierarchy = hierarchy
        self.interfaces = Interfaces(hierarchy)

    def decide(self, file: FileFacts) -> Iterator[Decision]:
        """Decisions about the classes of one file; a class that has no part in it has none."""
        for node, _ in file.module.scopes.classes:
            entry = self.hierarchy.by_node[node]
            if entry in self.hierarchy.matter or entry in self.supporters:
                yield Decision(entry.place, tuple(self._ways(entry, file)), "nn.Module")

    def _ways(self, entry: TreeClass, file: FileFacts) -> Iterator[Way]:
        held = self.hierarchy.bases[entry].held or self._layouts.get(entry, SILENT)
        if held:
            yield Way(Form.STAYS, level=Level.MANUAL, why=held)
            return
        needs = [*self._decorators(entry, file), *self._bases(entry, file)]
        if entry not in self.hierarchy.derived and entry in self.supporters:
            needs.append(Need(tuple(e.place for e in self.supporters[entry]), MOVES, SILENT))
        yield Way(Form.MOVES, needs=tuple(needs))
        yield STAYS

    @cached_property
    def _layouts(self) -> dict[TreeClass, Reason]:
        return layout_reasons(self.hierarchy)

    def _decorators(self, entry: TreeClass, file: FileFacts) -> Iterator[Need]:
        """`@torch.jit.interface` takes only torch's classes."""
        for decorator in entry.node.decorator_list:
            use = file.by_node.get(id(decorator.func if isinstance(decorator, ast.Call) else decorator))
            if use is not None:
                text = f"the class is decorated by {canonical_name(use)}, which has no rule"
                yield Need((file.place(use),), CONVERTED, Reason(Code.CLASS_HELD, text))

    def _bases(self, entry: TreeClass, file: FileFacts) -> Iterator[Need]:
        for use in self.hierarchy.bases[entry].uses:
            yield Need((file.place(use),), CONVERTED, BASE_STAYS)
        for base in self.hierarchy.bases[entry].classes:
            if base in self.hierarchy.matter:
                yield Need((base.place,), MOVES)

    @cached_property
    def supporters(self) -> dict[TreeClass, list[TreeClass]]:
        """For each class without a framework's name among its bases: the layers for whose sake its methods are renamed.

        A mixin of a layer is called through it, so its `forward` is renamed; every other class that inherits it then
        has the new name too, and follows with all that it derives from.
        """
        found: dict[TreeClass, list[TreeClass]] = defaultdict(list)
        for entry in self.hierarchy.derived:
            for base in self.hierarchy.bases[entry].classes:
                # A layer further down only changes sides where the one that derives from the mixin does.
                for mixin in self.hierarchy.ancestry(base) if base not in self.hierarchy.derived else ():
                    found[mixin].append(entry)
        for protocol, fitting in protocols(self.hierarchy):
            found[protocol] = [*dict.fromkeys([*found[protocol], *fitting])]
        for mixin, layers in list(found.items()):
            if not self.speaks(mixin):
                continue
            for heir in self.plain_heirs(mixin):
                for plain in self.hierarchy.ancestry(heir):
                    found[plain] = [*dict.fromkeys([*found[plain], *layers])]
        return dict(found)

    def may_move(self, entry: TreeClass) -> bool:
        """Whether a class can change sides, or lend its methods to one that does."""
        return entry in self.hierarchy.derived or entry in self.supporters

    def plain_heirs(self, mixin: TreeClass) -> Iterator[TreeClass]:
        """Classes that inherit from a mixin and are no layers, nor held back."""
        for heir in self.hierarchy.below(self.hierarchy.heirs.get(mixin, ())):
            if heir not in self.hierarchy.derived and heir not in self.hierarchy.held:
                yield heir

    def speaks(self, entry: TreeClass) -> bool:
        """Whether a class defines or uses a method whose name changes."""
        names = self.hierarchy.words.methods.keys() | set(self.hierarchy.words.methods.values())
        for node in ast.walk(entry.node):
            if isinstance(node, ast.Attribute) and node.attr in names:
                return True
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in names:
                return True
        return False

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The places of all layers of the tree."""
        return tuple(entry.place for entry in self.hierarchy.classes if entry in self.hierarchy.derived)

    @cached_property
    def earlier(self) -> set[TreeClass]:
        """Classes that are the target framework's already, and what lends its methods to them."""
        found = set(self.hierarchy.targets)
        for entry in self.hierarchy.targets:
            for base in self.hierarchy.bases[entry].classes:
                if base not in self.hierarchy.derived and base not in found:
                    found.update(a for a in self.hierarchy.ancestry(base) if a not in self.hierarchy.derived)
        lenders = [entry for entry in found if entry not in self.hierarchy.derived and self.speaks(entry)]
        for mixin in lenders:
            for heir in self.plain_heirs(mixin):
                found.update(self.hierarchy.ancestry(heir))
        return found


class Moved:
    """What became of the classes, once everything is settled."""

    def __init__(self, movers: Movers, choices: Choices) -> None:
        self.movers = movers
        self.hierarchy = movers.hierarchy
        self.choices = choices

    def moves(self, entry: TreeClass) -> bool:
        """Whether a class changes sides in this run, or lends its methods to one that does."""
        part = entry in self.hierarchy.derived or entry in self.movers.supporters
        return part and self.choices.form(entry.place) is Form.MOVES

    def moved(self, entry: TreeClass) -> bool:
        """Whether it did in an earlier run."""
        return entry in self.movers.earlier and not self.moves(entry)

    @cached_property
    def anything(self) -> bool:
        """Whether anything in the tree has changed sides, in this run or in an earlier one."""
        return bool(self.movers.earlier) or any(choice.way.form in CHANGED for choice in self.choices)

    def torn(self, entry: TreeClass) -> str:
        """The name of a class that gives a class which stays the methods of classes that move; "" for none."""
        if self.moves(entry) or self.moved(entry) or not self.has_side(entry):
            return ""
        for mixin in self._mixins(entry):
            lent = mixin not in self.hierarchy.derived and (self.moves(mixin) or self.moved(mixin))
            if lent and self.movers.speaks(mixin):
                return mixin.name
        return ""

    def has_side(self, entry: TreeClass) -> bool:
        """Whether a class derives from one of the source framework, which stays where it does."""
        return entry in self.hierarchy.held or entry in self.hierarchy.derived

    def _mixins(self, entry: TreeClass) -> Iterator[TreeClass]:
        """Classes above one that lend their methods; all that derives from a torn class is told there."""
        for base in self.hierarchy.bases[entry].classes:
            if base in self.movers.supporters or base in self.movers.earlier:
                yield from self.hierarchy.ancestry(base)
