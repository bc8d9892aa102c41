"""Methods that differ: what is wrong with their tables, and which calls an entry is for."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

import pytest

from porter.rules.differs import Difference
from porter.rules.load import rule_from_data

from .faulty import LAYER, Data, changed, problems

WHY = "a sentence that says why is expected, on one line"


def differs(**entry: Any) -> Data:
    """A method that differs in some calls."""
    return {"differs": {"max": entry}}


FAULTS: dict[str, tuple[Data, str]] = {
    "is a text": ({"differs": "in the result"}, "[differs] is 'in the result': a table is expected"),
    "without why": ({"differs": {"std": "n"}}, f"[differs] std is 'n': {WHY}"),
    "one way without why": ({"differs": {"torch": {"std": 1}}}, f"[differs.torch] std is 1: {WHY}"),
    "one way is a text": (
        {"differs": {"torch": "in the result"}},
        "[differs.torch] is 'in the result': a table is expected",
    ),
    "in no method": ({"differs": {"x.std": "n or n - 1"}}, "[differs] 'x.std' is no name of a method"),
    "in calls without why": (
        differs(given=["axis"]),
        "[differs] max why is missing: a sentence that says what differs is expected",
    ),
    "in short": (differs(why="no", arguments=0), f"[differs] max why is 'no': {WHY}"),
    "in all calls": (
        differs(why="values alone here"),
        "[differs] max has nothing beside why: write the sentence itself",
    ),
    "with an unknown key": (
        differs(why="values alone here", given=["axis"], when="always"),
        "unknown [differs] max key 'when'; "
        "known: above, anywhere, arguments, first, given, in_place, kernel, looked_at, on, unless, why",
    ),
    "for a keyword": (
        differs(why="values alone here", given="axis"),
        "[differs] max given is 'axis': a list of keywords is expected",
    ),
    "but for no keywords": (
        differs(why="values alone here", unless=["a b"]),
        "[differs] max unless is ['a b']: a list of keywords is expected",
    ),
    "for many arguments": (
        differs(why="values alone here", arguments="many"),
        "[differs] max arguments is 'many': the number of arguments is expected",
    ),
    "not in place": (
        differs(why="values alone here", in_place=False),
        "[differs] max in_place is False: true is expected, or no such key",
    ),
    "by a first argument of no kind": (
        differs(why="values alone here", first="list"),
        "[differs] max first is 'list': one of tensor, number, text, sequence is expected",
    ),
    "with one keyword on": (
        differs(why="values alone here", on="axis"),
        "[differs] max on is 'axis': a list of keywords is expected",
    ),
    "in a second way without why": (
        {"differs": {"max": [{"why": "values alone here", "given": ["axis"]}, {"first": "tensor"}]}},
        "[differs] max why is missing: a sentence that says what differs is expected",
    ),
    "in a list of one": (
        {"differs": {"max": [{"why": "values alone here", "given": ["axis"]}]}},
        f"[differs] max is [{{'why': 'values alone here', 'given': ['axis']}}]: {WHY}",
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_told(what: str) -> None:
    change, message = FAULTS[what]
    assert problems(change) == [message]


def test_what_is_said_for_one_way_goes_before_what_is_said_for_both() -> None:
    both = {"std": "n or n - 1", "max": {"given": ["axis"], "why": "the values alone here"}}
    change = {"differs": {**both, "torch": {"std": "n - 1 or n"}}}
    found = rule_from_data("nn/Layer", changed(LAYER, change)).differs
    assert found["mindspore"] == {
        "std": Difference("n or n - 1"),
        "max": Difference("the values alone here", given=("axis",)),
    }
    assert found["torch"] == found["mindspore"] | {"std": Difference("n - 1 or n")}


def test_a_method_can_differ_in_several_ways() -> None:
    entries = [{"why": "the values alone here", "given": ["axis"]}, {"why": "no other tensor", "first": "tensor"}]
    found = rule_from_data("nn/Layer", changed(LAYER, {"differs": {"max": entries}})).differs["torch"]["max"]
    first, second = Difference("the values alone here", given=("axis",)), Difference("no other tensor", first="tensor")
    assert found.each == (replace(first, also=(second,)), second)


@pytest.mark.parametrize(
    ("difference", "concerned", "others"),
    [
        (Difference("w"), ["f()", "f(1, a=2)", "f(*a, **b)"], []),
        (Difference("w", given=("axis",)), ["f(axis=1)", "f(2, axis=1)", "f(**a)"], ["f()", "f(1)", "f(dim=1)"]),
        (Difference("w", unless=("dim",)), ["f()", "f(1)", "f(**a)"], ["f(dim=1)", "f(1, dim=1)", "f(dim=1, **a)"]),
        (Difference("w", arguments=0), ["f()", "f(*a)", "f(**a)"], ["f(1)", "f(dim=1)"]),
        (Difference("w", above=1), ["f(1, 2)", "f(*a)"], ["f()", "f(1)", "f(1, dim=1)"]),
        (Difference("w", on=("t",)), ["f(t=True)", "f(t=t)", "f(**a)"], ["f()", "f(True)", "f(t=False)"]),
        (Difference("w", first="tensor"), ["f(1)", "f(1, a=2)"], ["f()", "f(a=1)", "f(**a)"]),
        (Difference("w", arguments=1, unless=("p",)), ["f(1)", "f(ord=1)"], ["f()", "f(1, 2)", "f(p=1)"]),
    ],
)
def test_the_calls_that_an_entry_is_for(difference: Difference, concerned: list[str], others: list[str]) -> None:
    for text in [*concerned, *others]:
        call = ast.parse(text, mode="eval").body
        assert isinstance(call, ast.Call)
        assert difference.concerns(call) is (text in concerned), text
