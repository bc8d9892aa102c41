"""What a case says of its inputs and of the modes that it runs in, and where a member's name is rare."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from porter.proof.inputs import inputs
from porter.rules.load import rule_from_data

from .faulty import problems

CASE = {"args": "", "input": [[2, 3], [4]]}
MEMBER: dict[str, Any] = {
    "torch": {"name": "torch.Tensor.odd", "signature": "dim=None", "docs": "x"},
    "becomes": {"mindspore": [{"write": "{self}.even({dim})"}]},
}
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "an input that is not there": (
        {"check": [{**CASE, "holds": {"x2": 3}}]},
        "[[check]] 1 holds 'x2': one of the inputs x0, x1 is expected",
    ),
    "no number": (
        {"check": [{**CASE, "holds": {"x1": "int"}}]},
        "[[check]] 1 holds x1 is 'int': a whole number above 1 is expected, or 'bool'",
    ),
    "one number alone": (
        {"check": [{**CASE, "holds": {"x1": 1}}]},
        "[[check]] 1 holds x1 is 1: a whole number above 1 is expected, or 'bool'",
    ),
    "no mode": (
        {"check": [{**CASE, "modes": ["eager"]}]},
        "[[check]] 1 modes is ['eager']; expected a list of 'PyNative', 'GRAPH'",
    ),
    "rare somewhere": (
        {"rare": "jax"},
        "rare is 'jax': true, torch or mindspore is expected; in the rule of a class, a table",
    ),
    "takes beside a template": (
        {"becomes": {"mindspore": [{"write": "mindspore.ops.cat({x})", "takes": ["x"]}]}},
        "[[becomes.mindspore]] 1 takes changes nothing: a template takes what has a hole in it",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_told(fault: str) -> None:
    data, message = FAULTS[fault]
    assert message in problems(data)


def test_inputs_hold_what_the_case_says() -> None:
    """In every step: whole numbers that are all below the number, and truths of both kinds."""
    for floats, whole, truths in inputs("case", [(2, 3), (40,), (4, 5)], "float32", {"x1": 3, "x2": "bool"}):
        assert floats.dtype == np.float64
        assert whole.dtype == np.int64 and set(whole.tolist()) == {0, 1, 2}
        assert truths.dtype == np.bool_ and truths.any() and not truths.all()


def test_a_name_is_rare_on_the_side_that_says_so() -> None:
    for rare, sides in ((True, {"torch", "mindspore"}), ("torch", {"torch"}), ("mindspore", {"mindspore"})):
        rule = rule_from_data("Tensor/odd", {**MEMBER, "rare": rare})
        assert rule.rare_on == sides
        assert rule.seen_from("mindspore").is_rare is ("mindspore" in sides)
    assert not rule_from_data("Tensor/odd", MEMBER).is_rare


def test_another_keyword_is_a_condition_of_how_a_call_is_spelled() -> None:
    """It need not be in the signature: it is another name of one that is."""
    entries = [{"given": ["axis"], "write": "{self}.even({dim})"}, {"keep": True, "takes": ["dim"]}]
    data = {**MEMBER, "param": {"dim": {"alias": ["axis"]}}, "becomes": {"mindspore": entries}}
    spelled, kept = rule_from_data("Tensor/odd", data).forms
    assert spelled.given == ("axis",) and kept.template is None and kept.names == {"dim"}
