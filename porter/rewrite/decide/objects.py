"""What an object is known to be, and which places have to be converted for it to be that afterwards."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from porter.findings import Kind as Role
from porter.rewrite.decide.classes import MOVES
from porter.rewrite.decide.decision import CONVERTED, SILENT, Need, Place
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.tree import Kind, TreeFacts
from porter.rewrite.decide.tree_class import TreeClass
from porter.rewrite.decide.type_tests import any_of, place_of
from porter.source.things import NONE, Instance, OfTree, Thing

ALREADY = Place("<already>", 0, 0, Role.CLASS)
"""What makes an object that is the target framework's in any case."""


@dataclass(frozen=True, slots=True)
class Known:
    """What an object can be: `kinds` of the frameworks' classes, `entries` of the tree's, `other` things beside them.

    Nothing of the three: it is not known. `assumed`: what was taken for granted. `needs`: that the places which make
    it, or test for it, are converted; `makers`: places of which one that is makes it possible.
    """

    kinds: tuple[Kind, ...] = ()
    entries: tuple[TreeClass, ...] = ()
    other: bool = False
    assumed: str = ""
    needs: tuple[Need, ...] = ()
    makers: tuple[Place, ...] = ()

    @property
    def unknown(self) -> bool:
        """Whether nothing is known of the object."""
        return not (self.kinds or self.entries or self.other)

    @property
    def divided(self) -> bool:
        """Whether it can be of either framework: it has several makers, or one that stands for several."""
        several = len({*self.makers}) > 1 and bool(self.needs)
        return several or any(need.places != self.makers for need in self.needs)

    @property
    def some(self) -> tuple[Need, ...]:
        """That at least one of these places is converted: else the object is the source framework's in any case."""
        made = self.makers and ALREADY not in self.makers
        return (Need(self.makers, CONVERTED | MOVES, SILENT),) if made else ()


class Objects:
    """Answers for one file."""

    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.tree = tree
        self.values = tree.values(file)

    def of(self, node: ast.expr) -> Known:
        """What is known of the object that an expression gives."""
        answer = self.values.of(node)
        told = sorted(answer.things, key=_order)
        things = [thing for thing in told if thing != NONE] or told
        instances = [thing for thing in things if isinstance(thing, Instance)]
        entries = tuple(self._entries(things))
        kinds = tuple(kind for thing in instances if (kind := self._kind(thing)) is not None)
        strange = len(kinds) < len(instances) or len(instances) + len(entries) < len(things)
        kinds += tuple(kind for entry in entries for kind in self.tree.kinds_of(entry))
        pairs = dict.fromkeys([*self._made(instances), *self._moving(entries)])
        needs, makers = tuple(need for need, _ in pairs if need is not None), tuple(maker for _, maker in pairs)
        return Known(kinds, entries, strange and bool(things), answer.assumed, needs, makers)

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

    def _made(self, instances: Iterable[Instance]) -> Iterator[tuple[Need | None, Place]]:
        """The constructor of each object is converted; where it is not seen, all of its class are, or one of them."""
        for thing in instances:
            made = self.tree.use_at.get(id(thing.made_at.func)) if thing.made_at is not None else None
            if made is not None:
                yield Need((made,), CONVERTED, SILENT), made
                continue
            if thing.made_at is not None and id(thing.made_at.func) in self.tree.earlier:
                yield None, ALREADY
            ours = self.tree.rules.find(thing.name, self.tree.options.source)
            rule = ours or self.tree.rules.find(thing.name, self.tree.options.to)
            if rule is not None and rule.name in self.tree.made and thing.made_at is None:
                yield Need((place_of(rule),), MOVES, SILENT), any_of(rule) if ours is not None else ALREADY

    def _moving(self, entries: Iterable[TreeClass]) -> Iterator[tuple[Need, Place]]:
        for entry in entries:
            if self.tree.movers.may_move(entry):
                yield Need((entry.place,), MOVES, SILENT), entry.place


def _order(thing: Thing) -> tuple[str, str, int, int]:
    """By class and place: a set has another order in each run, and findings name the first of several."""
    node = getattr(thing, "made_at", None) or getattr(thing, "node", None)
    name = str(getattr(thing, "name", ""))
    return type(thing).__name__, name, getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
