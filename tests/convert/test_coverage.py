"""The fixtures as a whole: every rule both ways, and enough cases that must not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.rules.model import Framework, Rule, other

from .harness import FIXTURES, GROUPS, cases, rules

RULES = sorted(rules().rules.values(), key=lambda rule: rule.name)


def test_four_in_ten_cases_must_not_change() -> None:
    every = cases()
    unchanged = [case for case in every if case.unchanged]
    assert len(unchanged) >= 0.4 * len(every)
    assert {case.to for case in unchanged} == {"mindspore", "torch"}


def rules_met(to: str) -> set[str]:
    """Names of the rules that a site or a finding of some case names."""
    results = [case.convert() for case in cases() if case.to == to]
    return {site.rule for r in results for site in r.sites} | {found.rule for r in results for found in r.findings}


@pytest.mark.parametrize("to", ["mindspore", "torch"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_a_case_each_way(rule: Rule, to: Framework) -> None:
    if rule.side(other(to)).name is None or (to == "torch" and rule.one_way):
        pytest.skip(f"one way: {rule.one_way or rule.mindspore.none or 'the counterpart is generated'}")
    assert rule.name in rules_met(to), f"no case of fixtures/**/to_{to} meets this rule"


def test_every_case_has_its_files_and_no_file_is_left_over() -> None:
    known = set()
    for case in cases():
        known |= {case.path, case.expected, case.notes}
        assert case.unchanged or case.expected.exists(), case.name
    found = {path for group in GROUPS for path in (FIXTURES / group).rglob("*") if path.is_file()}
    assert found <= known
    assert all(path.stat().st_size for path in found if path.suffix == ".txt")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_case_that_lies_with_a_rule_is_about_it(rule: Rule) -> None:
    for case in cases(f"{rule.name.replace('.', '/')}/to_*/*.in.py"):
        met = {site.rule for site in case.convert().sites} | {found.rule for found in case.convert().findings}
        assert any(name == rule.name or name.startswith(f"{rule.name}.") for name in met), case.name


def test_every_folder_of_cases_is_of_a_rule() -> None:
    folders = {path.parent.relative_to(FIXTURES / "rules").as_posix() for path in (FIXTURES / "rules").rglob("to_*")}
    names = {rule.name.replace(".", "/") for rule in RULES}
    assert folders <= {above for name in names for above in (name, *map(str, Path(name).parents))}
