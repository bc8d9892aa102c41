"""Templates of rules: what they are made of, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from porter.errors import RuleError
from porter.rules.becomes import Hole, Named, Template
from porter.rules.load import rule_from_data

PARTS = {
    "{self}.shape[{dim}]": (Hole("self", operand=True), ".shape[", Hole("dim"), "]"),
    "mindspore.ops.tile({self}, {repeats})": (
        Named("mindspore.ops.tile"),
        "(",
        Hole("self"),
        ", ",
        Hole("repeats"),
        ")",
    ),
    "{self}.flip({*dims})": (Hole("self", operand=True), ".flip(", Hole("dims", starred=True), ")"),
    "{function}({*args}, {**kwargs})": (
        Hole("function", operand=True),
        "(",
        Hole("args", starred=True),
        ", ",
        Hole("kwargs", starred=True),
        ")",
    ),
    "{a} * {b}": (Hole("a", operand=True), " * ", Hole("b", operand=True)),
    "{self}": (Hole("self"),),
    "False": ("False",),
    "porter_layers.device_of({self})": (Named("porter_layers.device_of"), "(", Hole("self"), ")"),
    "{self}.sum(axis={dim})": (Hole("self", operand=True), ".sum(axis=", Hole("dim"), ")"),
}


@pytest.mark.parametrize("text", PARTS)
def test_a_template_is_text_with_holes_and_names(text: str) -> None:
    assert Template(text).parts == PARTS[text]


REFUSED = {
    "{self}.shape[": "it is no expression",
    "x = {self}": "it is no expression",
    "lambda: {self}": "Lambda has no place in a template",
    "[a for a in {self}]": "ListComp has no place in a template",
    "({self} := 1)": "NamedExpr has no place in a template",
    "open({self})": "open is no parameter in braces, no framework and no builtin of a template",
    "{self!r}": "{self} holds more than the name of a parameter",
    "{self:3}": "{self} holds more than the name of a parameter",
    "{0}": "{0} is no parameter",
    "{***a}": "{***a} is no parameter",
    "{a.b}": "{a.b} is no parameter",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_template_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as raised:
        Template(text)
    assert str(raised.value) == REFUSED[text]


SIDE = {"name": "torch.Tensor.size", "signature": "dim=None", "docs": "https://a"}
MISFITS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "no such parameter": (
        [{"write": "{self}.shape[{axis}]"}],
        "[[becomes.mindspore]] 1 names 'axis', which is not in the signature of the side that it is written for",
    ),
    "another framework's name": (
        [{"write": "torch.numel({self})", "given": ["dim"]}],
        "[[becomes.mindspore]] 1 write names torch.numel: a name of mindspore is expected",
    ),
    "never reached": (
        [{"write": "{self}.shape[{dim}]"}, {"write": "{self}.shape"}],
        "[[becomes.mindspore]] 2 changes nothing: every call goes to an entry before it",
    ),
    "neither write nor keep": (
        [{"given": ["dim"]}],
        "[[becomes.mindspore]] 1 needs one of write, a template, and keep, for a call that stays as it is",
    ),
    "both": (
        [{"write": "{self}", "keep": True}],
        "[[becomes.mindspore]] 1 needs one of write, a template, and keep, for a call that stays as it is",
    ),
    "keep that is common": (
        [{"keep": True, "common": True}],
        "[[becomes.mindspore]] 1 common changes nothing: the call stays as it is",
    ),
    "no truth": ([{"keep": "yes"}], "[[becomes.mindspore]] 1 keep is 'yes': true is expected, or no such key"),
    "no text": (
        [{"write": 3}],
        "[[becomes.mindspore]] 1 write is 3: an expression on one line is expected, as text",
    ),
    "no expression": (
        [{"write": "{self"}],
        "[[becomes.mindspore]] 1 write is '{self': expected '}' before end of string",
    ),
    "no kind": (
        [{"write": "{self}", "kinds": {"dim": "int"}}],
        "[[becomes.mindspore]] 1 kinds dim is 'int': one of tensor, number, text, bool, sequence, dtype, none, device, "
        "function is expected",
    ),
    "unknown key": (
        [{"write": "{self}", "when": "x"}],
        "unknown [[becomes.mindspore]] 1 key 'when'; known: common, given, keep, kinds, note, write",
    ),
    "not of this file": (
        [{"write": "porter_layers.size({self})"}],
        "[[becomes.mindspore]] 1 write names porter_layers.size, "
        "which the file of [layer.mindspore] any does not define",
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_template_that_does_not_fit_is_told(name: str) -> None:
    entries, message = MISFITS[name]
    with pytest.raises(RuleError) as raised:
        rule_from_data("Tensor/size", {"torch": SIDE, "becomes": {"mindspore": entries}})
    assert f"Tensor/size: {message}" in raised.value.problems


def test_what_every_call_gives_is_no_condition() -> None:
    side = {**SIDE, "name": "torch.Tensor.item", "signature": "a"}
    with pytest.raises(RuleError) as raised:
        rule_from_data("Tensor/item", {"torch": side, "becomes": {"mindspore": [{"write": "{a}", "given": ["a"]}]}})
    message = "Tensor/item: [[becomes.mindspore]] 1 given a changes nothing: every call gives it"
    assert raised.value.problems == (message,)


def test_a_setting_can_go_only_where_a_template_says_what_it_is() -> None:
    with pytest.raises(RuleError) as raised:
        rule_from_data(
            "a",
            {
                "torch": {"name": "torch.a", "docs": "b"},
                "mindspore": {"none": "there is none"},
                "assigned": "it is of no use",
            },
        )
    message = "a: assigned changes nothing: only of what is read, by a template, can an assignment go"
    assert raised.value.problems == (message,)
