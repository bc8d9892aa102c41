"""What a template writes of the pieces of a call, and what is said where it cannot."""

from __future__ import annotations

import pytest

from porter.convert import Options, convert_text
from tests.convert.harness import rules

NET = """import torch.nn as nn


class Net(nn.Module):
    def forward(self, x, d, keep):
        y = nn.Conv3d(4, 4, 1)(x)
        return {}
"""


def converted(expression: str, kinds: bool = False) -> tuple[str, list[str]]:
    """The expression after its conversion, and what is said."""
    result = convert_text(NET.format(expression), rules(), Options(to="mindspore", mark=False))
    return result.text.rstrip().rpartition("return ")[2], [finding.message for finding in result.findings]


WRITTEN = {
    "y.mean(1, keepdim=True)": "y.mean(1, keepdim=True)",
    "y.mean(axis=1, keepdims=True)": "y.mean(1, keepdim=True)",
    "y.repeat([1, 2])": "y.tile((1, 2))",
    "y.repeat(*x.shape)": "y.tile((*x.shape,))",
    "y.expand(y.size())": "y.broadcast_to(y.shape)",
    "y.flip(dims=[1])": "y.flip((1,))",
    "y.view(size=(2, 3))": "y.view((2, 3))",
    "y.max(1, keepdim=keep)": "mint.max(y, 1, keep)",
    "y.std(unbiased=False)": "y.std(ddof=0)",
    "y.std(1, unbiased=keep)": "porter_layers.tensor_std(y, 1, unbiased=keep)",
    "y.zero_()": "y.copy_(ops.zeros_like(y))",
    "(y * 2).zero_()": "porter_layers.tensor_zero_((y * 2))",
    "(y + 1).new_full((2,), 1, dtype=y.dtype)": "porter_layers.tensor_new_full((y + 1), (2,), 1, dtype=y.dtype)",
    "y.clone().new_full((2,), 1, dtype=y.dtype)": "porter_layers.tensor_new_full(y.copy(), (2,), 1, dtype=y.dtype)",
}


@pytest.mark.parametrize("before", WRITTEN)
def test_a_call_becomes_what_its_template_says(before: str) -> None:
    """In place where each piece stands once, or is a name; else by a function of the generated module."""
    assert converted(before)[0] == WRITTEN[before]


def test_what_would_be_the_same_text_is_not_told() -> None:
    """A call whose template gives the call again is left without a word."""
    assert not [text for text in converted("y.softmax(1), y.squeeze(1), y.view(2, 3)")[1] if "taken" in text]


def test_a_part_of_another_tensor_is_not_changed_by_a_copy() -> None:
    text, said = converted("y[0].zero_(), {'a': y}['a'].zero_()")
    assert text == "y[0].zero_(), porter_layers.tensor_zero_({'a': y}['a'])"
    why = "a part of another tensor is changed, which MindSpore makes a tensor of its own: assign to the part"
    assert f"zero_ has no counterpart of the same meaning: {why}" in said
