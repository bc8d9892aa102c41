"""What a rule says for people reaches them: a note on a parameter is a finding wherever the parameter is given."""

from __future__ import annotations

import pytest

from porter.convert import Options, convert_text
from porter.findings import Level
from porter.rules.load import RuleBook, rule_from_data
from porter.rules.model import Framework

from .faulty import LAYER, changed

NOTE = "the rate is counted for each step"


def findings(text: str, to: Framework) -> list[tuple[Level, str]]:
    """Levels and messages for a text, by the rule of a layer whose `bias` has a note."""
    rule = rule_from_data("nn/Layer", changed(LAYER, {"param": {"bias": {"note": NOTE}}}))
    result = convert_text(text, RuleBook({"torch.nn.Layer": rule}), Options(to=to))
    return [(found.level, found.message) for found in result.findings]


def test_a_note_is_told_where_the_parameter_is_given() -> None:
    text = "import torch.nn as nn\na = nn.Layer(3, bias=False)\n"
    assert findings(text, "mindspore") == [(Level.REVIEW, f"bias: {NOTE}")]


def test_a_note_is_told_on_the_way_back() -> None:
    text = "import mindspore.nn as nn\na = nn.Layer(3, has_bias=False)\n"
    assert findings(text, "torch") == [(Level.REVIEW, f"has_bias: {NOTE}")]


@pytest.mark.parametrize("call", ["nn.Layer(3)", "nn.Layer(3, rate=0.5)"])
def test_a_note_is_not_told_where_it_says_nothing(call: str) -> None:
    assert findings(f"import torch.nn as nn\na = {call}\n", "mindspore") == []
