"""What a whole tree says that decisions are made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from porter.findings import Kind
from porter.rewrite.decide.classes import Movers
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Form, Need, Place, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.hierarchy import Hierarchy
from porter.rewrite.decide.one_class import one_class
from porter.rewrite.decide.type_tests import MAKING
from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.source.index import TreeIndex

ANY_CHANGE = Place("<tree>", 0, 0, Kind.CLASS)
"""The key of the decision whether anything in the tree gives objects of the target framework."""


@dataclass(frozen=True)
class TreeFacts:
    """The facts of all files that a conversion concerns, and of their classes."""

    index: TreeIndex
    files: Mapping[str, FileFacts]
    rules: RuleBook
    options: Options

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """Every class of the tree."""
        return Hierarchy(self.index, self.files, self.rules, self.options)

    @cached_property
    def movers(self) -> Movers:
        """Which classes may change sides."""
        return Movers(self.hierarchy)

    @cached_property
    def made(self) -> frozenset[str]:
        """Names of rules of which the tree makes objects."""
        uses = (use for file in self.files.values() for use in file.uses)
        return frozenset(use.rule.name for use in uses if use.rule is not None and use.kind in MAKING)

    @cached_property
    def makers(self) -> tuple[Place, ...]:
        """The places that can give objects of the target framework: calls of its classes, and classes of the tree."""
        uses = ((file, use) for file in self.files.values() for use in file.uses)
        made = [f.place(use) for f, use in uses if use.rule is not None and use.rule.is_class and use.kind in MAKING]
        return (*made, *self.movers.places)

    def decide_any(self) -> Iterator[Decision]:
        """Whether anything changes sides: where nothing does, no object has to be asked what it is."""
        if self.makers:
            need = Need(self.makers, CONVERTED | {Form.MOVES}, SILENT)
            yield Decision(ANY_CHANGE, (Way(Form.MOVES, needs=(need,)), Way(Form.STAYS)))

    @cached_property
    def one_class(self) -> frozenset[str]:
        """Names of rules whose generated class stands for every use in the tree."""
        return frozenset(one_class(self.files.values(), self.hierarchy, self.rules))
