"""Every shipped rule says where it was read, and proves what it says; the page on rules names every key.

That every rule has a fixture each way is held in tests/convert, and that its cases are green in tests/check.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from porter.rules import checks, params, parse
from porter.rules.load import load_rules, rule_folder
from porter.rules.model import FRAMEWORKS, Rule

RULES = sorted(load_rules().rules.values(), key=lambda rule: rule.name)
PAGE = (Path(__file__).parents[2] / "rules" / "README.md").read_text(encoding="utf-8")

CONTAINERS = {
    "nn.ModuleList": "holds layers and computes nothing",
    "nn.Sequential": "computes what its layers compute, which a case would have to build",
}
"""Rules of layers that take layers: the arguments of a case are data, and cannot build one."""


NO_NUMBERS = {"Concat", "device", "no_grad", "jit.unused", "jit.export", "jit.script"}
"""Rules of values, contexts and marks, which give no numbers of their own: programs of fixtures/programs prove them."""


def is_provable(rule: Rule) -> bool:
    """Whether a case could run: a type or a constant has no call, what has no counterpart is left as it is."""
    left = rule.mindspore.name is None and not rule.layer and not rule.becomes
    return rule.torch.signature is not None and not left and rule.name not in {*CONTAINERS, *NO_NUMBERS}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_links_the_pages_that_it_was_read_from(rule: Rule) -> None:
    homes = {"torch": "https://docs.pytorch.org/docs/", "mindspore": "https://www.mindspore.cn/docs/"}
    for framework in FRAMEWORKS:
        side = rule.side(framework)
        assert side.docs.startswith(homes[framework]) or side.name is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_that_can_be_run_has_a_case(rule: Rule) -> None:
    assert bool(rule.checks) is is_provable(rule)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_opens_with_what_it_is(rule: Rule) -> None:
    first = (rule_folder() / f"{rule.name.replace('.', '/')}.toml").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith(f"# {rule.torch.name or rule.mindspore.name}")


def test_the_exempt_are_there() -> None:
    assert set(CONTAINERS) <= {rule.name for rule in RULES}


KEYS = {
    "top": parse.TOP,
    "side": set().union(*parse.SIDES.values()),
    "param": params.PARAM,
    "when": params.WHEN,
    "check": checks.CHECK,
    "version": parse.VERSION,
    "layer": parse.LAYERS,
}


def named(key: str) -> bool:
    """Whether the page writes a key as a rule file does: in a header or before an equals sign."""
    headers = rf"^\[+(?:[^\]\n]*\.)?{key}(?:\.[^\]\n]*)?\]"
    return bool(re.search(rf"{headers}|(?:^|[{{,.] *){key}(?:\.\w+)? *=", PAGE, re.MULTILINE))


@pytest.mark.parametrize(("table", "key"), [(table, key) for table, keys in KEYS.items() for key in sorted(keys)])
def test_the_page_on_rules_names_every_key(table: str, key: str) -> None:
    assert named(key), f"rules/README.md does not show the key {key} ({table})"


def test_a_key_that_is_not_on_the_page_is_missed() -> None:
    assert not named("nonsense")
    assert not named("found")  # a word of the page that is no key


def test_the_page_is_one_page() -> None:
    page, line, rest = PAGE.partition("\n---\n")
    assert line and len(page.splitlines()) <= 100
    assert len(rest.splitlines()) <= 90
