"""Find rule files: every problem of every file is told at once, before any source is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from porter.errors import RuleError
from porter.rules.about import About, read_about
from porter.rules.families import FOLDER, Families
from porter.rules.files import read_rule
from porter.rules.index import Reading, Table, TablesOf, find_tables
from porter.rules.lazy import LazyRules
from porter.rules.listing import Listing, list_files
from porter.rules.model import FRAMEWORKS, Framework, Rule, other, owner_of
from porter.rules.parse import RuleParser
from porter.rules.paths import canonical


@dataclass(frozen=True)
class RuleBook:
    """All rules of a run: `rules` by torch name, in the order of their names, each read when it is asked for.

    `of_classes`: those of the members of classes, which are no names by themselves. What has to be known of all of
    them stands in tables, from which nothing has to be read.
    """

    rules: Mapping[str, Rule]
    of_classes: Mapping[str, Rule] = field(default_factory=dict)
    families: Families | None = None
    _stored: Table | None = field(default=None, compare=False, repr=False)
    _found: dict[tuple[str, Framework], Rule | None] = field(default_factory=dict, compare=False, repr=False)
    _members: dict[tuple[str, Framework], Mapping[str, Rule]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def table(self) -> Table:
        """Gives a table of `porter.rules.tables` by its name."""
        return self._stored or TablesOf({**self.rules, **self.of_classes})

    @cached_property
    def _by_mindspore(self) -> Mapping[str, Rule]:
        return LazyRules(self.table("counterparts"), lambda key: self.rules[key].seen_from("mindspore"))

    def names(self, side: Framework) -> Mapping[str, Rule]:
        """Rules by the name that `side` gives them."""
        return self.rules if side == "torch" else self._by_mindspore

    def find(self, qualified: str, side: Framework = "torch") -> Rule | None:
        """The rule for a qualified name of `side`, also where it is spelled by an inner module's path."""
        key = (qualified, side)
        if key not in self._found:
            names = self.names(side)
            known = canonical(qualified)
            rule = names.get(qualified) or names.get(known) or self._aliases[side].get(known)
            ours = rule is None and known.startswith("mindspore.")
            family = self.families if ours and side == "mindspore" else None
            in_family = family is not None and known.rpartition(".")[0] in family.modules
            self._found[key] = family.find(known) if family is not None and in_family else rule
        return self._found[key]

    @property
    def every(self) -> tuple[Rule, ...]:
        """All rules, those of members and of families too; this reads them."""
        families = self.families.rules() if self.families is not None else ()
        return (*self.rules.values(), *self.of_classes.values(), *families)

    def named(self, name: str) -> Rule | None:
        """The rule of a name of either framework, as a person writes it: `nn.Conv3d`, `torch.Tensor.size`."""
        member = self.of_classes.get(name) or self.of_classes.get(f"torch.{name}")
        back = self.table("members_by_name").get(name)
        member = member or (self.of_classes[back] if back is not None else None)
        for each in (name, f"torch.{name}"):
            member = member or self.find(each)
        return member or self.find(name, "mindspore") or self.find(f"mindspore.{name}", "mindspore")

    def with_rule(self, rule: Rule) -> RuleBook:
        """The same rules with another one in the place of that of its name."""
        key = f"torch.{rule.name}"
        if rule.owner:
            return RuleBook(self.rules, {**self.of_classes, key: rule}, self.families)
        return RuleBook({**self.rules, key: rule}, self.of_classes, self.families)

    def members(self, owner: str, side: Framework) -> Mapping[str, Rule]:
        """The rules of a class's members, by what `side` calls them. `owner`: the name of the class's rule."""
        return self._members.setdefault((owner, side), self._members_of(owner, side))

    def _members_of(self, owner: str, side: Framework) -> Mapping[str, Rule]:
        keys = self.table("members_of")[side].get(owner, {})
        return LazyRules(keys, lambda key: self.of_classes[key].seen_from(side))

    def owners(self, member: str, side: Framework) -> tuple[str, ...]:
        """The classes of which a member of this name has a rule."""
        return tuple(owner for owner, found in self.table("members_of")[side].items() if member in found)

    def of_either(self, qualified: str, first: Framework) -> Rule | None:
        """The rule of a name of either framework: text that an earlier run left still means the source framework."""
        return self.find(qualified, first) or self.find(qualified, other(first))

    def derived(self, rule: Rule) -> list[Rule]:
        """The rules of what derives from an abstract class."""
        found = (self.find(name) for name in rule.type_test)
        return [each for each in found if each is not None]

    @cached_property
    def _aliases(self) -> dict[Framework, Mapping[str, Rule]]:
        """By framework: rules by the other names of what they speak of."""
        found = self.table("aliases")
        return {
            "torch": LazyRules(found["torch"], self.rules.__getitem__),
            "mindspore": LazyRules(found["mindspore"], lambda key: self.rules[key].seen_from("mindspore")),
        }

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Names of all rules, in their order."""
        return tuple(sorted(key.removeprefix("torch.") for key in (*self.rules, *self.of_classes)))

    @cached_property
    def _order(self) -> dict[str, int]:
        return {name: count for count, name in enumerate(self.known)}

    def chosen(self, names: Iterable[str]) -> Iterator[Rule]:
        """The rules of these names, in the order of all."""
        for name in sorted({name for name in names if name in self._order}, key=self._order.__getitem__):
            key = f"torch.{name}"
            yield self.rules[key] if key in self.rules else self.of_classes[key]

    def modules(self, side: Framework) -> frozenset[str]:
        """Every module path that leads to a name with a rule."""
        return self._of_families if side == "mindspore" else self._modules[side]

    @cached_property
    def attributes(self) -> dict[Framework, frozenset[str]]:
        """By framework: attributes of layers that the other side may call differently, and layers' parameters."""
        return self._sets("attributes")

    @cached_property
    def changes(self) -> dict[Framework, frozenset[str]]:
        """By framework: attributes of layers that the other side calls differently, or does not have."""
        return self._sets("changes")

    @cached_property
    def paths(self) -> dict[Framework, frozenset[str]]:
        """By framework: attributes of layers inside layers, `bn2d.gamma`, that the other side calls differently."""
        return self._sets("paths")

    @cached_property
    def inputs(self) -> dict[Framework, frozenset[str]]:
        """By framework: names of the inputs of layers that the other side calls differently."""
        return self._sets("inputs")

    @cached_property
    def live(self) -> dict[Framework, frozenset[str]]:
        """By framework: attributes, as it calls them, that the layers of one side alone look at in every call."""
        return self._sets("live")

    @cached_property
    def about_members(self) -> tuple[About, ...]:
        """The rules that say something of members, as far as they do."""
        return read_about(self.table("members"))

    @cached_property
    def methods(self) -> frozenset[str]:
        """Methods of base classes that the two frameworks call differently, by both names."""
        return frozenset(self.table("methods"))

    @cached_property
    def weights(self) -> frozenset[str]:
        """Torch's names of the parameters of layers."""
        return frozenset(self.table("weights"))

    @cached_property
    def _modules(self) -> dict[Framework, frozenset[str]]:
        return self._sets("modules")

    @cached_property
    def _of_families(self) -> frozenset[str]:
        return self._modules["mindspore"].union(self.families.modules if self.families is not None else ())

    def _sets(self, name: str) -> dict[Framework, frozenset[str]]:
        found = self.table(name)
        return {side: frozenset(found[side]) for side in FRAMEWORKS}


def rule_folder() -> Path:
    """Where the shipped rules lie: inside an installed package, or at the top of a checkout."""
    installed = Path(__file__).parent.parent / "_rules"
    return installed if installed.is_dir() else Path(__file__).parent.parent.parent / "rules"


def load_rules(extra: Sequence[Path] = ()) -> RuleBook:
    """Find the shipped rules and those of the folders `extra`, whose files win over files of the same name.

    Files are checked if they have changed since they were. Raises RuleError with every problem of every file.
    """
    listing = list_files((rule_folder(), *extra), rule_folder())
    problems, read = list(listing.problems), dict[str, Rule]()
    table = find_tables(listing, problems, read)
    problems += _faults_of_code(listing, read, extra) if listing.beside and (read or problems) else []
    if problems:
        raise RuleError(problems)
    keys: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for key, name in listing.keys.items():
        keys[bool(owner_of(key.removeprefix("torch.")))][key] = name
    reading = Reading(listing, read)
    book = RuleBook(LazyRules(keys[0], reading), LazyRules(keys[1], reading), Families(rule_folder() / FOLDER), table)
    return book


def _faults_of_code(listing: Listing, read: Mapping[str, Rule], extra: Sequence[Path]) -> list[str]:
    """What is wrong with code of one's own, which is looked at again where a file has changed."""
    from porter.rules.code import faults_of_code  # only a run with code of one's own needs it

    files = [(key, listing.file(name)) for key, name in listing.keys.items()]
    rules = [read.get(key) or read_rule(file, []) for key, file in files]
    return faults_of_code([rule for rule in rules if rule is not None], extra)


def rule_from_data(name: str, data: dict[str, Any]) -> Rule:
    """Build one rule from what a TOML file would hold. Raises RuleError."""
    parser = RuleParser(name, data)
    rule = parser.rule()
    if rule is None or parser.problems:
        raise RuleError([f"{name}: {problem}" for problem in parser.problems])
    return rule
