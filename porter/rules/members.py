"""Rules of the members of a class: `Tensor/size.toml` is torch.Tensor.size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import TextIOWrapper

from porter.rules.model import FRAMEWORKS, Framework, Rule, other

Tables = Mapping[Framework, Mapping[str, Mapping[str, Rule]]]
"""By framework to convert from, by the name of the class's rule: rules by the member's name there."""


METHODS_OF_BUILTINS = frozenset(
    name for kind in (list, dict, str, bytes, set, tuple, int, float, TextIOWrapper) for name in dir(kind)
)
"""What lists, texts, numbers and files have: a method of this name says nothing of what has it."""


def function_of(owners: Sequence[str], member: str) -> str:
    """What the generated module calls the function that stands for a member of one class, or of any of several."""
    what = owners[0].rpartition(".")[2].lower() if len(owners) == 1 else "any"
    return f"{what}_{member}"


def tables(rules: Iterable[Rule], classes: Mapping[str, Rule]) -> Tables:
    """The members of all classes; `classes`: their rules by name."""
    found: dict[Framework, dict[str, dict[str, Rule]]] = {side: {} for side in FRAMEWORKS}
    for rule in rules:
        for side in FRAMEWORKS:
            for member in _names(rule, side, classes[rule.owner]):
                found[side].setdefault(rule.owner, {})[member] = rule.seen_from(side)
    return found


def _names(rule: Rule, side: Framework, owner: Rule) -> Iterator[str]:
    """The member's names in a framework. A name outside of the class is a function, and no member."""
    half = rule.side(side)
    for name in (half.name, *half.aliases):
        if name is not None and name.rpartition(".")[0] == owner.side(side).name:
            yield name.rpartition(".")[2]


def orphans(members: Iterable[Rule], classes: Mapping[str, Rule]) -> Iterator[Rule]:
    """Members of a class that has no rule."""
    yield from (rule for rule in members if rule.owner not in classes or not classes[rule.owner].is_class)


def said_twice(members: Iterable[Rule], classes: Iterable[Rule], shown: Mapping[str, str]) -> Iterator[str]:
    """Members of which a table of the class says something, while a file says it."""
    owners = {rule.name: rule for rule in classes}
    for rule in (rule for rule in members if rule.owner in owners):
        owner = owners[rule.owner]
        for side in FRAMEWORKS:
            said: dict[str, Mapping[str, object]] = {"absent": owner.absent.get(other(side), {})}
            said["differs"] = owner.differs.get(other(side), {})
            for member in _names(rule, side, owner):
                for table in (name for name, data in said.items() if member in data):
                    where = f"{shown[owner.name]}: [{table}.{other(side)}]"
                    yield f"{where} {member} changes nothing: {shown[rule.name]} is its rule"
