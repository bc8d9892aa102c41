"""What an object is known to be, and which places have to be converted for it to be that afterwards."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.classes.type_tests import place_of
from porter.rewrite.decide.decision import CONVERTED, SILENT, Need
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.either import some_of
from porter.rewrite.decide.tree import Kind, TreeFacts
from porter.source.things import NONE, Instance, OfTree, Thing, in_order


@dataclass(frozen=True, slots=True)
class Known:
    """What an object can be: `kinds` of the frameworks' classes, `entries` of the tree's, `other` things beside them.

    Nothing of the three: it is not known. `assumed`: what was taken for granted. `needs`: that the places which make
    it, or test for it, are converted.
    """

    kinds: tuple[Kind, ...] = ()
    entries: tuple[TreeClass, ...] = ()
    other: bool = False
    assumed: str = ""
    needs: tuple[Need, ...] = ()

    @property
    def unknown(self) -> bool:
        """Whether nothing is known of the object."""
        return not (self.kinds or self.entries or self.other)

    @property
    def some(self) -> tuple[Need, ...]:
        """That at least one of these places is converted: else the object is the source framework's in any case."""
        return some_of(self.needs)


NOT_KNOWN = Known()


class Objects:
    """Answers for one file."""

    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.tree = tree
        self.values = tree.values(file)

    def of(self, node: ast.expr) -> Known:
        """What is known of the object that an expression gives."""
        answer = self.values.of(node)
        if not answer.things:
            return NOT_KNOWN
        told = in_order(answer.things)
        things = [thing for thing in told if thing != NONE] or told
        instances = [thing for thing in things if isinstance(thing, Instance)]
        entries = tuple(self._entries(things))
        kinds = tuple(kind for thing in instances if (kind := self._kind(thing)) is not None)
        strange = len(kinds) < len(instances) or len(instances) + len(entries) < len(things)
        kinds += tuple(kind for entry in entries for kind in self.tree.kinds_of(entry))
        needs = tuple(dict.fromkeys([*self._made(instances), *self._moving(entries)]))
        return Known(kinds, entries, strange, answer.assumed, needs)

    def may_be_layer(self, node: ast.expr) -> bool:
        """Whether an object can be a layer that changes sides."""
        known = self.of(node)
        moving = any(self.tree.movers.may_move(entry) for entry in known.entries)
        return moving or any(kind.rule.is_class and kind.rule.name.startswith("nn.") for kind in known.kinds)

    def passed(self, name: ast.Name) -> tuple[TreeClass, ...]:
        """The classes of the tree whose objects callers pass for a parameter, whatever its annotation says."""
        return tuple(self._entries(self.values.passed(name).things))

    def _entries(self, things: Iterable[Thing]) -> Iterator[TreeClass]:
        for thing in things:
            entry = self.tree.hierarchy.by_node.get(thing.node) if isinstance(thing, OfTree) else None
            if entry is not None:
                yield entry

    def _kind(self, thing: Instance) -> Kind | None:
        made = thing.made_at
        earlier = self.tree.earlier
        generated = id(made.func) in earlier if made is not None else thing.name in earlier.values()
        return self.tree.kind(thing.name, generated)

    def _made(self, instances: Iterable[Instance]) -> Iterator[Need]:
        """The constructor of each object is converted; where it is not seen, all of its class are."""
        for thing in instances:
            made = self.tree.use_at.get(id(thing.made_at.func)) if thing.made_at is not None else None
            if made is not None:
                yield Need((made,), CONVERTED, SILENT)
                continue
            rule = self.tree.rules.find(thing.name, self.tree.options.source)
            if rule is not None and rule.name in self.tree.made and thing.made_at is None:
                yield Need((place_of(rule),), MOVES, SILENT)

    def _moving(self, entries: Iterable[TreeClass]) -> Iterator[Need]:
        for entry in entries:
            if self.tree.movers.may_move(entry):
                yield Need((entry.place,), MOVES, SILENT)
