"""Find rule files: every problem of every file is told at once, before any source is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from porter.errors import RuleError
from porter.rules.about import About, read_about
from porter.rules.index import Reading, Table, TablesOf, find_tables
from porter.rules.lazy import LazyRules
from porter.rules.listing import list_files
from porter.rules.model import FRAMEWORKS, Framework, Rule, other
from porter.rules.parse import RuleParser


@dataclass(frozen=True)
class RuleBook:
    """All rules of a run: `rules` by torch name, in the order of their names, each read when it is asked for.

    What has to be known of all of them stands in tables, from which nothing has to be read.
    """

    rules: Mapping[str, Rule]
    _stored: Table | None = field(default=None, compare=False, repr=False)
    _found: dict[tuple[str, Framework], Rule | None] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def table(self) -> Table:
        """Gives a table of `porter.rules.tables` by its name."""
        return self._stored or TablesOf(self.rules)

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
            self._found[key] = names.get(qualified) or names.get(known) or self._aliases[side].get(known)
        return self._found[key]

    def of_either(self, qualified: str, first: Framework) -> Rule | None:
        """The rule of a name of either framework: text that an earlier run left still means the source framework."""
        return self.find(qualified, first) or self.find(qualified, other(first))

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
        return tuple(key.removeprefix("torch.") for key in self.rules)

    @cached_property
    def _order(self) -> dict[str, int]:
        return {name: count for count, name in enumerate(self.known)}

    def chosen(self, names: Iterable[str]) -> Iterator[Rule]:
        """The rules of these names, in the order of all."""
        for name in sorted({name for name in names if name in self._order}, key=self._order.__getitem__):
            yield self.rules[f"torch.{name}"]

    def modules(self, side: Framework) -> frozenset[str]:
        """Every module path that leads to a name with a rule."""
        return self._modules[side]

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

    def _sets(self, name: str) -> dict[Framework, frozenset[str]]:
        found = self.table(name)
        return {side: frozenset(found[side]) for side in FRAMEWORKS}


INNER_PATHS = (
    ("torch.nn.modules.", "torch.nn."),
    ("mindspore.nn.layer.", "mindspore.nn."),
    ("mindspore.nn.cell.", "mindspore.nn."),
    ("mindspore.ops.auto_generate.", "mindspore.ops."),
    ("mindspore.ops.functional.", "mindspore.ops."),
    ("mindspore.ops.function.", "mindspore.ops."),
    ("mindspore.common.dtype.", "mindspore."),
    ("mindspore.common.tensor.", "mindspore."),
    ("mindspore.common.", "mindspore."),
    ("mindspore.dtype.", "mindspore."),
)


@lru_cache(maxsize=4096)
def canonical(qualified: str) -> str:
    """`torch.nn.modules.instancenorm.InstanceNorm3d` -> `torch.nn.InstanceNorm3d`; a private name lives only inside."""
    last = qualified.rpartition(".")[2]
    outer = next((outer for inner, outer in INNER_PATHS if qualified.startswith(inner)), None)
    return qualified if outer is None or last.startswith("_") else outer + last


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
    if problems:
        raise RuleError(problems)
    return RuleBook(LazyRules(listing.keys, Reading(listing, read)), table)


def rule_from_data(name: str, data: dict[str, Any]) -> Rule:
    """Build one rule from what a TOML file would hold. Raises RuleError."""
    parser = RuleParser(name, data)
    rule = parser.rule()
    if rule is None or parser.problems:
        raise RuleError([f"{name}: {problem}" for problem in parser.problems])
    return rule
