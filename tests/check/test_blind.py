"""A case that could not have noticed an error is told apart from one that has seen that there is none."""

from __future__ import annotations

from typing import Any

import pytest

from porter.check import converter
from porter.check.runner import Runner
from porter.convert import Options, convert_text
from porter.proof.cases import RuleCases
from porter.proof.sites import Tree, site_cases
from porter.results import Result, Verdict
from porter.rules.load import RuleBook, rule_from_data

pytestmark = pytest.mark.frameworks("torch", "mindspore")

POOL: dict[str, Any] = {
    "torch": {
        "name": "torch.nn.MaxPool3d",
        "docs": "x",
        "signature": "kernel_size, stride=None, padding=0, dilation=1",
    },
    "mindspore": {
        "name": "mindspore.nn.MaxPool3d",
        "docs": "x",
        "signature": "kernel_size=1, stride=1, pad_mode='valid', padding=0, dilation=1",
    },
    "param": {"stride": {"when": {"None": {"copy": "kernel_size"}}}},
    "write": {"mindspore": {"pad_mode": "pad"}},
    "forward": {"input": "x"},
}


def results(data: dict[str, Any], args: str, shape: Any, runner: Runner, book: RuleBook) -> list[Result]:
    """Check one case of a rule."""
    rule = rule_from_data(
        data["torch"]["name"].removeprefix("torch.").replace(".", "/"),
        {**data, "check": [{"args": args, "input": shape}]},
    )
    cases = RuleCases(rule, converter(RuleBook({**book.rules, str(rule.torch.name): rule})), ("PyNative",))
    found = [result for case in cases for result in runner.results(case)]
    return [result for result in found if "signature" not in result.form]


def blind(found: list[Result]) -> list[str]:
    return [result.detail for result in found if result.verdict is Verdict.BLIND]


def test_an_argument_that_changes_nothing_is_blind(runner: Runner, book: RuleBook) -> None:
    found = results(POOL, "1, stride=2, dilation=2", [2, 3, 4, 5, 6], runner, book)
    assert blind(found) == ["dilation at its default gives the same numbers: the case proves nothing about it"]
    assert {result.verdict for result in found} == {Verdict.OK, Verdict.BLIND}


def test_an_argument_that_matters_is_not(runner: Runner, book: RuleBook) -> None:
    assert blind(results(POOL, "2, stride=1, dilation=2", [2, 3, 4, 5, 6], runner, book)) == []


def test_what_a_default_stands_for_is_not_asked_about(runner: Runner, book: RuleBook) -> None:
    assert blind(results(POOL, "2, stride=2", [2, 3, 4, 5, 6], runner, book)) == []
    data = {**POOL, "param": {}}
    assert len(blind(results(data, "2, stride=2", [2, 3, 4, 5, 6], runner, book))) == 1


def test_an_argument_at_its_default_is_not_asked_about(runner: Runner, book: RuleBook) -> None:
    assert blind(results(POOL, "1, stride=None, dilation=1", [2, 3, 4, 5, 6], runner, book)) == []


def test_a_reason_makes_an_idle_argument_fine(runner: Runner, book: RuleBook) -> None:
    data = {**POOL, "param": {**POOL["param"], "dilation": {"inert": "a window of one element has no gaps"}}}
    assert blind(results(data, "1, stride=2, dilation=2", [2, 3, 4, 5, 6], runner, book)) == []


def test_a_constant_input_is_blind_to_eps(runner: Runner, book: RuleBook, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests of another tool feed ones to a norm: its output is 0 whatever eps is."""
    import numpy as np

    from porter.proof import inputs

    norm = {
        "torch": {
            "name": "torch.nn.GroupNorm",
            "docs": "x",
            "signature": "num_groups, num_channels, eps=1e-05, affine=True",
        },
        "mindspore": {
            "name": "mindspore.nn.GroupNorm",
            "docs": "x",
            "signature": "num_groups, num_channels, eps=1e-05, affine=True",
        },
        "weights": {"weight": "gamma", "bias": "beta"},
    }
    assert blind(results(norm, "3, 3, eps=0.5", [2, 3, 4, 5], runner, book)) == []
    monkeypatch.setattr(inputs, "_input", lambda random, shape, step: np.ones(shape))
    monkeypatch.setattr(
        inputs, "cotangents", lambda case, outputs, dtype: tuple((np.ones_like(outputs[0]),) for _ in range(3))
    )
    found = results(norm, "3, 3, eps=0.25", [2, 3, 4, 6], runner, book)
    assert any("eps at its default gives the same numbers" in text for text in blind(found))


IDLE = "changes nothing here: its default gives the same numbers (inputs of "
SITES = {
    "no input can show it": ("nn.MaxPool3d(1, stride=s, dilation=2)", "idle", f"dilation {IDLE}"),
    "another input shows it": ("nn.MaxPool3d(2, ceil_mode=True)", "ok", ""),
    "a sample": ("nn.MaxPool3d(1, stride=2, dilation=d)", "blind", "--set NAME=VALUE gives other values"),
    "too small to see, and not nothing": ("nn.InstanceNorm3d(4, 1e-5 + 1e-10)", "blind", "proves nothing about it"),
}


@pytest.mark.parametrize(("text", "verdict", "told"), SITES.values(), ids=SITES.keys())
def test_at_a_users_place_an_argument_may_be_idle(
    text: str, verdict: str, told: str, runner: Runner, book: RuleBook
) -> None:
    """The user did not choose the case: other inputs are tried, and what none of them shows is told apart."""
    convert = converter(book)
    source = f"import torch.nn as nn\nx = {text}\n"
    (found,) = convert_text(source, book, Options("mindspore", "any", mark=False)).sites[-1:]
    rule = next(rule for rule in book.rules.values() if rule.name == found.rule)
    layers = convert(source, "mindspore", "any").layers
    case, _ = site_cases(found, rule, Tree("mindspore", False, layers, {}, "porter check in out"), convert)
    first, last = runner.results(case)
    assert first.verdict is Verdict.OK
    assert (str(last.verdict), told in last.detail) == (verdict, True)


def test_two_weights_that_could_be_swapped_unseen_are_blind(
    runner: Runner, book: RuleBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    from porter.check import runner as module

    monkeypatch.setattr(module, "_alike", lambda truth: [("weight", "weight")])
    data = {
        "torch": {"name": "torch.nn.PReLU", "docs": "x", "signature": "num_parameters=1, init=0.25"},
        "mindspore": {"name": "mindspore.nn.PReLU", "docs": "x", "signature": "channel=1, w=0.25"},
        "param": {"num_parameters": {"mindspore": "channel"}, "init": {"mindspore": "w"}},
        "weights": {"weight": "w"},
    }
    found = results(data, "3", [2, 3, 4], runner, book)
    assert "weight and weight swapped give the same numbers" in blind(found)
