"""Rules of the members of a class: `Tensor/size.toml` is torch.Tensor.size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from porter.rules.model import FRAMEWORKS, Framework, Rule

Tables = Mapping[Framework, Mapping[str, Mapping[str, Rule]]]
"""By framework to convert from, by the name of the class's rule: rules by the member's name there."""


def function_of(owners: Sequence[str], member: str) -> str:
    """What the generated module calls the function that stands for a member of one class, or of any of several."""
    what = owners[0].rpartition(".")[2].lower() if len(owners) == 1 else "any"
    return f"{what}_{member}"


def function_of_base(member: str) -> str:
    """The same for what `super()` gives: whether the object's class has a method of its own does not matter."""
    return f"base_{member}"


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
