"""Attributes that only one side's finished layer looks at: the table `[live]`; names that a parameter does not take."""

from __future__ import annotations

from .faulty import problems


def test_a_live_attribute_is_an_argument_of_its_side() -> None:
    text = "[live] torch names 'stripe', which is not in the signature of [torch]"
    assert problems({"live": {"torch": ["stripe"]}}) == [text]


def test_an_attribute_that_both_sides_look_at_needs_no_entry() -> None:
    text = "[live] {} size changes nothing: the other side looks at it as well"
    assert problems({"live": {"torch": ["size"], "mindspore": ["size"]}}) == [*map(text.format, ("torch", "mindspore"))]


def test_a_name_that_is_not_taken_needs_a_sentence() -> None:
    found = problems({"param": {"size": {"names": {"float64": 1}}}})
    assert any("[param.size] names" in problem for problem in found), found
