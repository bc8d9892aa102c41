"""Read rule files: every problem of every file is told at once, before any source is looked at."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from porter.errors import RuleError
from porter.rules.members import Tables, orphans, said_twice, tables
from porter.rules.model import FRAMEWORKS, Framework, Rule, other
from porter.rules.parse import RuleParser


@dataclass(frozen=True)
class RuleBook:
    """All rules of a run: `rules` by torch name, in the order of their names. `of_classes`: those of members."""

    rules: dict[str, Rule]
    of_classes: tuple[Rule, ...] = ()
    _found: dict[tuple[str, Framework], Rule | None] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def _by_mindspore(self) -> dict[str, Rule]:
        found: dict[str, Rule] = {}
        for rule in self.rules.values():
            if rule.mindspore.name and rule.one_way != "mindspore":
                found.setdefault(rule.mindspore.name, rule.seen_from("mindspore"))
        return found

    def names(self, side: Framework) -> dict[str, Rule]:
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

    def with_rule(self, rule: Rule) -> RuleBook:
        """The same rules with another one in the place of that of its name."""
        if rule.owner:
            return RuleBook(self.rules, (*(each for each in self.of_classes if each.name != rule.name), rule))
        return RuleBook({**self.rules, str(rule.torch.name): rule}, self.of_classes)

    @property
    def every(self) -> tuple[Rule, ...]:
        """All rules, those of members too."""
        return (*self.rules.values(), *self.of_classes)

    def named(self, name: str) -> Rule | None:
        """The rule of a name of either framework, as a person writes it: `nn.Conv3d`, `torch.Tensor.size`."""
        wanted = name.removeprefix("torch.")
        member = next((rule for rule in self.of_classes if rule.name == wanted or rule.mindspore.name == name), None)
        for each in (name, f"torch.{name}"):
            member = member or self.find(each)
        return member or self.find(name, "mindspore") or self.find(f"mindspore.{name}", "mindspore")

    def members(self, owner: str, side: Framework) -> Mapping[str, Rule]:
        """The rules of a class's members, by what `side` calls them. `owner`: the name of the class's rule."""
        return self._members[side].get(owner, {})

    def owners(self, member: str, side: Framework) -> tuple[str, ...]:
        """The classes of which a member of this name has a rule."""
        return tuple(owner for owner, found in self._members[side].items() if member in found)

    @cached_property
    def _members(self) -> Tables:
        return tables(self.of_classes, {rule.name: rule for rule in self.rules.values()})

    def of_either(self, qualified: str, first: Framework) -> Rule | None:
        """The rule of a name of either framework: text that an earlier run left still means the source framework."""
        return self.find(qualified, first) or self.find(qualified, other(first))

    @cached_property
    def _aliases(self) -> dict[Framework, dict[str, Rule]]:
        """By framework: rules by the other names of what they speak of."""
        return {
            side: {name: rule for rule in self.names(side).values() for name in rule.side(side).aliases}
            for side in FRAMEWORKS
        }

    def modules(self, side: Framework) -> frozenset[str]:
        """Every module path that leads to a name with a rule."""
        return self._modules[side]

    @cached_property
    def attributes(self) -> dict[Framework, frozenset[str]]:
        """By framework: attributes of layers that the other side may call differently, and layers' parameters."""
        rules = self.rules.values()
        weights = {name for rule in rules for pair in rule.weights.items() for name in pair}
        return {side: frozenset(weights.union(*(r.attribute_changes(side) for r in rules))) for side in FRAMEWORKS}

    @cached_property
    def changes(self) -> dict[Framework, frozenset[str]]:
        """By framework: attributes of layers that the other side calls differently, or does not have."""
        rules = [rule for rule in self.rules.values() if rule.is_class]
        return {side: frozenset(name for r in rules for name in r.attribute_changes(side)) for side in FRAMEWORKS}

    @cached_property
    def inputs(self) -> dict[Framework, frozenset[str]]:
        """By framework: names of the inputs of layers that the other side calls differently."""
        pairs = [pair for rule in self.rules.values() for pair in rule.forward.items()]
        theirs = frozenset(theirs for _, theirs in pairs if theirs)
        return {"torch": frozenset(ours for ours, _ in pairs), "mindspore": theirs}

    @cached_property
    def _modules(self) -> dict[Framework, frozenset[str]]:
        return {side: frozenset(_parents([*self.names(side), *self._aliases[side]])) for side in FRAMEWORKS}


def _parents(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        parts = name.split(".")
        yield from (".".join(parts[:count]) for count in range(1, len(parts)))


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
    """Read the shipped rules and those of the folders `extra`, whose files win over files of the same name.

    Raises RuleError with every problem of every file.
    """
    files: dict[str, _RuleFile] = {}
    problems: list[str] = []
    for folder in (rule_folder(), *extra):
        found = {file.name: file for file in _files(folder, shipped=folder == rule_folder())}
        if not folder.is_dir():
            problems.append(f"{folder}: not a folder; a folder of rule files is expected")
        elif not found:
            problems.append(f"{folder}: holds no rule file; files such as nn/ReLU.toml are expected")
        files |= found
    rules: dict[str, Rule] = {}
    for name, file in sorted(files.items()):
        rule = _read(file, problems)
        if rule is not None:
            rules[f"torch.{name.replace('/', '.')}"] = rule
    shown = {file.rule: file.shown for file in files.values()}
    members = {name: rule for name, rule in rules.items() if rule.owner}
    rules = {name: rule for name, rule in rules.items() if name not in members}
    problems += _collisions(rules, shown)
    for rule in orphans(members.values(), {rule.name: rule for rule in rules.values()}):
        problems.append(f"{shown[rule.name]}: {rule.owner.replace('.', '/')}.toml, the rule of the class, is missing")
    problems += said_twice(members.values(), rules.values(), shown)
    if problems:
        raise RuleError(problems)
    return RuleBook(rules, tuple(members.values()))


def rule_from_data(name: str, data: dict[str, Any]) -> Rule:
    """Build one rule from what a TOML file would hold. Raises RuleError."""
    parser = RuleParser(name, data)
    rule = parser.rule()
    if rule is None or parser.problems:
        raise RuleError([f"{name}: {problem}" for problem in parser.problems])
    return rule


@dataclass(frozen=True)
class _RuleFile:
    """`name`: the path below its folder, without the ending; `shown`: the path as messages name it."""

    name: str
    path: Path
    shown: str

    @property
    def rule(self) -> str:
        return self.name.replace("/", ".")


def _files(folder: Path, *, shipped: bool) -> Iterator[_RuleFile]:
    for path in sorted(folder.rglob("*.toml")):
        inner = path.relative_to(folder)
        yield _RuleFile(inner.with_suffix("").as_posix(), path, inner.as_posix() if shipped else str(path))


def _read(file: _RuleFile, problems: list[str]) -> Rule | None:
    try:
        data = tomllib.loads(file.path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{file.shown}: cannot be read: {error}")
        return None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problems.append(f"{file.shown}: not TOML: {error}")
        return None
    parser = RuleParser(file.name, data)
    rule = parser.rule()
    problems += [f"{file.shown}: {problem}" for problem in parser.problems]
    return rule


def _collisions(rules: dict[str, Rule], shown: dict[str, str]) -> Iterator[str]:
    seen: dict[str, Rule] = {}
    for rule in rules.values():
        name = rule.mindspore.name
        if not name or rule.one_way == "mindspore":
            continue
        if name in seen:
            yield (
                f"{shown[rule.name]}: {name} is also the counterpart of {seen[name].torch.name}; "
                'all but one need one_way = "mindspore", or the way back is ambiguous'
            )
        seen.setdefault(name, rule)
    yield from _second_names(rules, shown)


def _second_names(rules: dict[str, Rule], shown: dict[str, str]) -> Iterator[str]:
    """Aliases that another rule has as well, as its name or as an alias."""
    for side in FRAMEWORKS:
        owners = {str(rule.side(side).name): rule.name for rule in rules.values()}
        for rule in rules.values():
            for name in rule.side(side).aliases:
                if owners.setdefault(name, rule.name) != rule.name:
                    yield f"{shown[rule.name]}: the alias {name} belongs to the rule of {owners[name]} already"
