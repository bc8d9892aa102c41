"""What a whole tree says that decisions are made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from porter.findings import Kind as Role
from porter.rewrite.decide.classes.hierarchy import Hierarchy
from porter.rewrite.decide.classes.movers import Movers
from porter.rewrite.decide.classes.one_class import one_class
from porter.rewrite.decide.classes.one_list import given_lists
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.classes.type_tests import MAKING
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Form, Need, Place, Way
from porter.rewrite.decide.facts import FileFacts, canonical_name
from porter.rewrite.decide.knowledge import RuleKnowledge
from porter.rewrite.decide.mode.making import Making
from porter.rewrite.decide.names.compiled import Compiled
from porter.rewrite.decide.names.flows import Flows
from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.rules.model import Rule
from porter.source.index import TreeIndex
from porter.source.stores import Stores
from porter.source.values import Family, Values


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of either framework: its rule from the source side, if that has one, and that of either side.

    `generated`: the object is of a class that an earlier run generated.
    """

    ours: Rule | None
    rule: Rule
    generated: bool = False


ANY_CHANGE = Place("<tree>", 0, 0, Role.CLASS)
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
    def _family(self) -> Family:
        return Family(self.index)

    @cached_property
    def _stores(self) -> Stores:
        return Stores(self.index.modules.values())

    @cached_property
    def _knowledge(self) -> RuleKnowledge:
        return RuleKnowledge(self.files, self.rules, self.options)

    def values(self, file: FileFacts) -> Values:
        """The one who answers what the expressions of a file are."""
        known = self._family.members.get(file.path)
        return known or Values(file.module, self.index, self._knowledge, self._stores, self._family)

    @cached_property
    def use_at(self) -> Mapping[int, Place]:
        """The place of each name of the framework, by the identity of its node."""
        return {key: file.place(use) for file in self.files.values() for key, use in file.by_node.items()}

    @cached_property
    def earlier(self) -> Mapping[int, str]:
        """Names of what earlier runs generated, as the source framework's, by the identity of their nodes."""
        return {key: name for file in self.files.values() for key, name in file.earlier.items()}

    def kind(self, name: str, generated: bool) -> Kind | None:
        """A class of either framework by its qualified name; None where it has no rule."""
        ours, theirs = self.rules.find(name, self.options.source), self.rules.find(name, self.options.to)
        rule = ours or theirs
        return Kind(ours, rule, generated) if rule is not None else None

    def kinds_of(self, entry: TreeClass) -> Iterator[Kind]:
        """The classes of the frameworks that a class of the tree derives from."""
        for ancestor in self.hierarchy.ancestry(entry):
            file = self.files.get(ancestor.module.path)
            for base in ancestor.node.bases if file is not None else ():
                name = file.known.get(id(base)) if file is not None else None
                found = self.kind(name, id(base) in self.earlier) if name is not None else None
                if found is not None:
                    yield found

    @cached_property
    def flows(self) -> Flows:
        """Where values go."""
        return Flows(self.index, self.files)

    @cached_property
    def compiled(self) -> Compiled:
        """Code that the source framework compiles."""
        return Compiled(self.files, self.flows.reads)

    @cached_property
    def making(self) -> Making:
        """Where the tree builds layers, and where they go."""
        return Making(self.files, self.movers, self._stores, self.values)

    @cached_property
    def inner(self) -> Mapping[str, frozenset[str]]:
        """Attributes of layers inside layers, by their own names: `bn2d` for the gamma of `norm.bn2d.gamma`."""
        found: dict[str, frozenset[str]] = {}
        for path in self.rules.paths[self.options.source]:
            head, _, last = path.rpartition(".")
            found[last] = found.get(last, frozenset()) | {head}
        return found

    @cached_property
    def plain_methods(self) -> frozenset[str]:
        """Methods of the tree's classes that stay as they are."""
        movers = self.movers
        plain = (e for e in self.hierarchy.classes if not movers.may_move(e) and e not in movers.earlier)
        return frozenset(name for entry in plain for name in entry.methods)

    @cached_property
    def made(self) -> frozenset[str]:
        """Names of rules of which the tree makes objects."""
        uses = (use for file in self.files.values() for use in file.uses)
        return frozenset(use.rule.name for use in uses if use.rule is not None and use.kind in MAKING)

    @cached_property
    def used(self) -> dict[str, set[Role]]:
        """How the tree uses each name of the framework."""
        found: dict[str, set[Role]] = {}
        for use in (use for file in self.files.values() for use in file.uses):
            found.setdefault(canonical_name(use), set()).add(use.kind)
        return found

    @cached_property
    def named(self) -> frozenset[str]:
        """Names of rules of which the tree names what they speak of, in either framework."""
        names = {name for file in self.files.values() for name in file.known.values()}
        kinds = (self.kind(name, generated=False) for name in names)
        return frozenset(kind.rule.name for kind in kinds if kind is not None)

    @cached_property
    def makers(self) -> tuple[Place, ...]:
        """The places that can give objects of the target framework: calls of its classes, and classes of the tree."""
        uses = ((file, use) for file in self.files.values() for use in file.uses)
        made = [f.place(use) for f, use in uses if use.rule is not None and use.rule.is_class and use.kind in MAKING]
        return (*made, *self.movers.places)

    @cached_property
    def changed_earlier(self) -> bool:
        """Whether the tree makes objects of the target framework already."""
        found = (self.rules.find(name, self.options.to) for f in self.files.values() for name in f.known.values())
        return bool(self.movers.earlier) or any(rule is not None and rule.is_class for rule in found)

    def decide_any(self) -> Iterator[Decision]:
        """Whether anything changes sides: where nothing does, no object has to be asked what it is."""
        if self.changed_earlier:
            yield Decision(ANY_CHANGE, (Way(Form.MOVES),))
        elif self.makers:
            need = Need(self.makers, CONVERTED | {Form.MOVES}, SILENT)
            yield Decision(ANY_CHANGE, (Way(Form.MOVES, needs=(need,)), Way(Form.STAYS)))

    @cached_property
    def given_lists(self) -> frozenset[TreeClass]:
        """Classes over a container that may be given one list, which the other side's container does not take."""
        return given_lists(self.files, self.hierarchy)

    @cached_property
    def one_class(self) -> frozenset[str]:
        """Names of rules whose generated class stands for every use in the tree."""
        return frozenset(one_class(self.files.values(), self.hierarchy, self.rules, self.values))
