"""What stands in the index is what the rules say: for every rule, every fact and every table."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from porter.rules.about import About
from porter.rules.differs import Difference
from porter.rules.facts import FACTS, claims, facts_of, packed, unpacked
from porter.rules.load import RuleBook, load_rules
from porter.rules.model import FRAMEWORKS, Framework, Rule, other
from porter.rules.tables import MEMBERS, OF_MEMBERS, TABLES, make_tables

RULES: dict[str, Rule] = dict(load_rules().rules)
MEMBERS_OF_CLASSES: dict[str, Rule] = dict(load_rules().of_classes)
ROWS = {key: facts_of(rule) for key, rule in (RULES | MEMBERS_OF_CLASSES).items()}
PARSED = list(RULES.values())


@pytest.mark.parametrize("rule", PARSED, ids=lambda rule: rule.name)
def test_facts_come_back_from_json_as_they_were(rule: Rule) -> None:
    facts = facts_of(rule)
    assert json.loads(json.dumps(facts)) == facts
    assert claims(rule).items() <= facts.items()


def test_every_fact_and_every_table_says_something() -> None:
    said = {name for row in ROWS.values() for name in row}
    assert set(FACTS) - said == set()
    assert [name for name, table in make_tables(ROWS).items() if not table] == []
    assert not [name for name in MEMBERS if name not in FACTS]


@pytest.mark.parametrize("name", [*TABLES, *OF_MEMBERS])
def test_a_table_comes_back_from_the_index_as_it_is_made_from_all_rules(name: str) -> None:
    made = RuleBook(RULES, MEMBERS_OF_CLASSES).table(name)
    assert load_rules().table(name) == made
    assert json.loads(json.dumps(made)) == made


def differences() -> list[Difference]:
    """All of the shipped rules, and one that says everything."""
    found = [d for rule in PARSED for names in rule.differs.values() for d in names.values()]
    whole = Difference("why", ("a",), ("b",), 1, True, True, 2, True, True, ("c",), "number", (Difference("more"),))
    assert [field.name for field in fields(whole) if getattr(whole, field.name) == field.default] == []
    return [*found, whole]


def test_differences_come_back_as_they_were() -> None:
    for difference in differences():
        assert unpacked(json.loads(json.dumps(packed(difference)))) == difference


def test_what_is_said_of_members_is_what_the_rules_say() -> None:
    about = {each.name: each for each in load_rules().about_members}
    assert list(about) == [rule.name for rule in PARSED if any(getattr(rule, name) for name in MEMBERS)]
    for rule in PARSED:
        found = about.get(rule.name, About(rule.name, rule.torch.name or ""))
        assert found.torch == (rule.torch.name or "")
        for name in ("methods", "base_init", "taken", "absent", "differs"):
            assert _filled(getattr(found, name)) == _filled(getattr(rule, name)), name
        for side in FRAMEWORKS:
            assert set(found.rare.get(side, ())) == rule.rare.get(side, frozenset())
            parts = {of: (why, tuple(names)) for of, (why, names) in found.parts.get(side, {}).items()}
            assert parts == rule.parts.get(side, {})


def _filled(table: Any) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value or isinstance(value, str)}


@pytest.mark.parametrize("side", FRAMEWORKS)
def test_sets_are_those_of_all_rules(side: Framework) -> None:
    book, changes = load_rules(), {rule.name: rule.attribute_changes(side) for rule in PARSED}
    weights = {name for rule in PARSED for pair in rule.weights.items() for name in pair}
    assert book.attributes[side] == weights.union(*changes.values())
    assert book.changes[side] == {name for rule in PARSED if rule.is_class for name in changes[rule.name]}
    assert book.paths[side] == {name for names in changes.values() for name in names if "." in name}
    inputs = [pair for rule in PARSED for pair in rule.forward.items()]
    assert book.inputs[side] == {pair[FRAMEWORKS.index(side)] for pair in inputs} - {""}
    assert book.live[side] == {n for rule in PARSED for names in rule.live_on(side).values() for n in names}
    assert book.methods == {name for rule in PARSED for pair in rule.methods.items() for name in pair}
    assert book.weights == {name for rule in PARSED for name in rule.weights}


@pytest.mark.parametrize("side", FRAMEWORKS)
def test_names_are_those_of_all_rules(side: Framework) -> None:
    book, chosen = load_rules(), dict[str, Rule]()
    for rule in PARSED:
        name = rule.side(side).name or (f"torch.{rule.name}" if side == "torch" else None)
        if name and (side == "torch" or rule.one_way != "mindspore"):
            chosen.setdefault(name, rule)
    assert {name: rule.name for name, rule in book.names(side).items()} == {n: r.name for n, r in chosen.items()}
    assert {rule.source for rule in book.names(side).values()} == {side}
    aliases = {alias: rule.name for rule in chosen.values() for alias in rule.side(side).aliases}
    found = {alias: book.find(alias, side) for alias in aliases}
    assert {alias: rule.name for alias, rule in found.items() if rule is not None} == aliases
    dotted = [name.split(".") for name in [*chosen, *aliases]]
    paths = {".".join(parts[:count]) for parts in dotted for count in range(1, len(parts))}
    assert book.modules(side) == paths | (book.families.modules if book.families and side == "mindspore" else set())


@pytest.mark.parametrize("side", FRAMEWORKS)
def test_tables_by_a_side_are_those_of_all_rules(side: Framework) -> None:
    book, to = load_rules(), other(side)
    seen = book.names(side)
    homes: dict[str, set[str]] = {}
    for name, rule in seen.items():
        if rule.side(to).name:
            homes.setdefault(name.rpartition(".")[0], set()).add(str(rule.side(to).name).rpartition(".")[0])
    assert {module: set(found) for module, found in book.table("homes")[side].items()} == homes
    kept = {m for r in seen.values() if r.is_class and r.side(to).name for m in r.attribute_changes(side)}
    assert set(book.table("kept")[side]) == kept
    for member, keys in book.table("kept")[side].items():
        having = [r.torch.name for r in seen.values() if r.is_class and member in r.attribute_changes(side)]
        assert keys == [name for name in having if RULES[str(name)].side(to).name]
    signatures = {rule.name: rule.side(side).signature for rule in PARSED if rule.is_class}
    parameters = {name: [p.name for p in found.parameters] for name, found in signatures.items() if found is not None}
    assert book.table("parameters")[side] == parameters
    renamed = [[r.name, *(str(r.side(s).name).rpartition(".")[2] for s in (side, to))] for r in PARSED if r.is_class]
    told = {r.name for r in PARSED if r.mindspore.name and r.torch.name and not (r.type_test or r.no_type_test)}
    assert book.table("renamed_classes")[side] == [row for row in renamed if row[0] in told and row[1] != row[2]]


def test_lists_of_names_are_those_of_all_rules() -> None:
    book = load_rules()
    assert book.known == tuple(sorted([*(r.name for r in PARSED), *(r.name for r in MEMBERS_OF_CLASSES.values())]))
    assert book.table("grows") == [rule.name for rule in PARSED if rule.grows]
    assert book.table("tied") == [rule.name for rule in PARSED if rule.tied]
    assert book.table("cautions") == {rule.name: rule.caution for rule in PARSED if rule.caution}
    assert book.table("inputless") == [rule.name for rule in PARSED if "" in rule.forward.values()]
    back = book.names("mindspore").values()
    assert book.table("collects") == [rule.name for rule in back if rule.collects]


def test_chosen_rules_come_in_the_order_of_all() -> None:
    names = ["nn.ReLU", "cat", "nowhere", "nn.Conv3d"]
    assert [rule.name for rule in load_rules().chosen(names)] == ["cat", "nn.Conv3d", "nn.ReLU"]


@pytest.mark.parametrize("side", FRAMEWORKS)
def test_members_are_found_by_what_each_framework_calls_them(side: Framework) -> None:
    book = load_rules()
    for owner in ("Tensor", "nn.Module"):
        found = book.members(owner, side)
        ours = [r for r in MEMBERS_OF_CLASSES.values() if r.owner == owner and r.side(side).name]
        home = book.rules[f"torch.{owner}"].side(side).name
        named = {n for r in ours for n in (str(r.side(side).name), *r.side(side).aliases)}
        assert set(found) == {name.rpartition(".")[2] for name in named if name.rpartition(".")[0] == home}
        assert all(rule.source == side for rule in found.values())
        assert all(owner in book.owners(member, side) for member in found)
