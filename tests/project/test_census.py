"""The census counts each use once, by what is known of its object, and sees one that nothing is said of."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from porter.rewrite import tree as rewriting
from porter.rewrite.decide.members import attributes, methods
from porter.rewrite.options import Options
from porter.rules.load import load_rules
from porter.source.walk import read_tree
from tests import census
from tests.census import Member, Names, Sort

FIXTURE = Path(__file__).parents[2] / "fixtures" / "census"


def counted() -> list[Member]:
    """All uses in the fixture."""
    rules = load_rules()
    return list(census.census(census.facts_of(read_tree(FIXTURE), rules, Options("mindspore"))))


def test_each_use_in_a_layer_is_of_one_sort() -> None:
    found = {member.text: member.sort for member in counted()}
    assert found == {
        "self.norm.weight": Sort.ASSUMED,
        "self.norm.running_mean": Sort.ASSUMED,
        "self.extra.weight": Sort.UNKNOWN,
        "self.parameters": Sort.FRAMEWORK,
        "self.extra.named_parameters": Sort.UNKNOWN,
        "weight.requires_grad": Sort.FRAMEWORK,
        "net.state_dict": Sort.ASSUMED,
        "self.norm": Sort.OTHER,
        "self.eps": Sort.OTHER,
        "Options().eps": Sort.OTHER,
    }


def test_nothing_is_silent() -> None:
    assert not [member for member in counted() if member.silent]


def test_what_nobody_decides_about_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    left = tuple(d for d in rewriting.DECIDERS if d not in (attributes.decide, methods.decide))
    monkeypatch.setattr(rewriting, "DECIDERS", left)
    silent = {member.text for member in counted() if member.silent}
    assert silent == {
        "self.norm.weight",
        "self.norm.running_mean",
        "self.parameters",
        "self.extra.named_parameters",
        "net.state_dict",
    }


def test_the_row_has_the_share_of_what_is_known() -> None:
    found = counted()
    sorts = Counter(member.sort for member in found)
    assert census.row(FIXTURE, found) == ["census", "14", "3", "6", "3", "2", "86 %", "0"]
    assert sum(sorts.values()) == len(found)


def test_the_most_frequent_unknown_names_come_first() -> None:
    assert [member.name for member in census.listed(counted(), "unknown")] == ["named_parameters", "weight"]
    assert census.listed(counted(), "") == []


@pytest.mark.parametrize(
    ("to", "there", "missing"),
    [("mindspore", "running_mean", "moving_mean"), ("torch", "moving_mean", "running_mean")],
)
def test_the_names_are_those_of_the_rules(to: str, there: str, missing: str) -> None:
    names = Names(load_rules(), Options(to))  # type: ignore[arg-type]
    assert there in names.all
    assert missing not in names.all


def test_tables_that_grow_are_counted() -> None:
    rules = load_rules()
    names = Names(rules, Options("mindspore"))
    tensor = rules.rules["torch.Tensor"]
    assert tensor.differs["mindspore"].keys() <= names.by_rule["Tensor"]
    assert tensor.absent.get("mindspore", {}).keys() <= names.by_rule["Tensor"]
