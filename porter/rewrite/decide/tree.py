"""What a whole tree says that decisions are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from porter.rewrite.decide.classes import Movers
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.hierarchy import Hierarchy
from porter.rewrite.decide.making import Making
from porter.rewrite.decide.one_class import one_class
from porter.rewrite.decide.type_tests import MAKING
from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.source.index import TreeIndex


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
    def making(self) -> Making:
        """Where the tree builds layers, and where they go."""
        return Making(self.index, self.files, self.movers)

    @cached_property
    def made(self) -> frozenset[str]:
        """Names of rules of which the tree makes objects."""
        uses = (use for file in self.files.values() for use in file.uses)
        return frozenset(use.rule.name for use in uses if use.rule is not None and use.kind in MAKING)

    @cached_property
    def one_class(self) -> frozenset[str]:
        """Names of rules whose generated class stands for every use in the tree."""
        return frozenset(one_class(self.files.values(), self.hierarchy, self.rules))
