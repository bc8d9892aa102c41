"""What stays keeps what needs it, and nothing else stays."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.change import NameEdit, Write
from porter.rewrite.decide.decision import SILENT, Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.settle import Choices, settle

CHANGE = Write((NameEdit(0, 1, "x"),))
WRITTEN = frozenset({Form.WRITTEN})
WHY = Reason(Code.NO_RULE, "no rule for it")
STAYS = Way(Form.STAYS, level=Level.MANUAL)


def place(number: int) -> Place:
    """The place of a decision, by its number."""
    return Place("a.py", number, number + 1, Kind.CALL)


def need(*numbers: int, why: Reason | None = None) -> Need:
    """That one of these is written."""
    return Need(tuple(map(place, numbers)), WRITTEN, why)


def written(number: int, *needs: Need, level: Level = Level.SAFE) -> Decision:
    """A decision with one change and what that needs."""
    return Decision(place(number), (Way(Form.WRITTEN, CHANGE, level, needs=needs), STAYS))


def stays(number: int) -> Decision:
    """A decision that has no change."""
    return Decision(place(number), (Way(Form.STAYS, level=Level.MANUAL, why=WHY),))


def forms(choices: Choices, count: int) -> list[bool]:
    """Which of the first places are written."""
    return [choices.form(place(number)) is Form.WRITTEN for number in range(count)]


def test_a_change_without_needs_is_made() -> None:
    assert forms(settle([written(0)], Level.REVIEW), 1) == [True]


def test_what_stays_keeps_what_needs_it_over_any_number_of_steps() -> None:
    chain = [stays(0), *(written(number, need(number - 1)) for number in range(1, 6)), written(6)]
    choices = settle(chain, Level.REVIEW)
    assert forms(choices, 7) == [False] * 6 + [True]
    assert {choice.reason for choice in choices if choice.place.start in range(6)} == {WHY}


def test_the_reason_is_that_of_the_need_where_it_has_one() -> None:
    own = Reason(Code.BASE_STAYS, "a base class stays as it was")
    choices = settle([stays(0), written(1, need(0, why=own)), written(2, need(0, why=SILENT))], Level.REVIEW)
    assert [choices.by_place[place(number)].reason for number in range(3)] == [WHY, own, SILENT]
    assert [choices.by_place[place(number)].level for number in range(3)] == [Level.MANUAL] * 3


def test_decisions_that_need_each_other_all_go() -> None:
    circle = [written(0, need(1)), written(1, need(2)), written(2, need(0))]
    assert forms(settle(circle, Level.REVIEW), 3) == [True] * 3


def test_decisions_that_need_each_other_all_stay_when_one_must() -> None:
    circle = [written(0, need(1)), written(1, need(2), need(3)), written(2, need(0)), stays(3)]
    assert forms(settle(circle, Level.REVIEW), 3) == [False] * 3


def test_one_of_several_places_is_enough() -> None:
    assert forms(settle([stays(0), written(1), written(2, need(0, 1))], Level.REVIEW), 3) == [False, True, True]
    assert forms(settle([stays(0), stays(1), written(2, need(0, 1))], Level.REVIEW), 3) == [False] * 3


def test_a_place_that_nobody_decided_about_stays() -> None:
    assert forms(settle([written(0, need(7))], Level.REVIEW), 1) == [False]


def test_the_second_way_is_taken_when_the_first_is_not_open() -> None:
    ways = (Way(Form.WRITTEN, CHANGE, needs=(need(0),)), Way(Form.TOLD, level=Level.REVIEW, why=WHY), STAYS)
    choice = settle([stays(0), Decision(place(1), ways)], Level.REVIEW).by_place[place(1)]
    assert (choice.way.form, choice.level, choice.reason) == (Form.TOLD, Level.REVIEW, WHY)


@pytest.mark.parametrize(("level", "limit", "made"), [
    (Level.SAFE, Level.SAFE, True), (Level.REVIEW, Level.SAFE, False), (Level.REVIEW, Level.REVIEW, True),
])  # fmt: skip
def test_an_edit_above_the_level_is_not_made_nor_what_needs_it(level: Level, limit: Level, made: bool) -> None:
    choices = settle([written(0, level=level), written(1, need(0))], limit)
    assert forms(choices, 2) == [made, made]


def test_the_reason_of_an_edit_above_the_level_says_both() -> None:
    condition = Reason(Code.CONDITION, "device is dropped")
    way = Way(Form.WRITTEN, CHANGE, Level.REVIEW, WHY, (condition,))
    (choice,) = settle([Decision(place(0), (way, STAYS))], Level.SAFE)
    assert choice.reason == Reason(Code.NO_RULE, "no rule for it; device is dropped (left, since the level is safe)")


def test_a_refused_place_stays_and_says_why() -> None:
    fault = Reason(Code.FAULT, "the result does not compile")
    choices = settle([written(0), written(1, need(0)), written(2)], Level.REVIEW, {place(0): fault})
    assert forms(choices, 3) == [False, False, True]
    assert choices.by_place[place(0)].reason == choices.by_place[place(1)].reason == fault


@given(st.data())
def test_it_is_the_greatest_of_all_sets_that_hold(data: st.DataObject) -> None:
    """Against all sets of up to six decisions with any needs among them."""
    count = data.draw(st.integers(1, 6))
    numbers = st.lists(st.integers(0, count - 1), min_size=1, max_size=2, unique=True)
    needs = [data.draw(st.lists(numbers, max_size=2)) for _ in range(count)]
    fixed = [data.draw(st.booleans()) for _ in range(count)]
    decided = [
        stays(number) if fixed[number] else written(number, *(need(*each) for each in needs[number]))
        for number in range(count)
    ]
    holding = [
        made
        for made in product([False, True], repeat=count)
        if all(
            not made[n] or (not fixed[n] and all(any(made[m] for m in each) for each in needs[n])) for n in range(count)
        )
    ]
    greatest = [any(made[number] for made in holding) for number in range(count)]
    assert forms(settle(decided, Level.REVIEW), count) == greatest
    shuffled = data.draw(st.permutations(decided))
    assert forms(settle(shuffled, Level.REVIEW), count) == greatest


def test_nothing_is_changed_by_settling() -> None:
    decided = [stays(0), written(1, need(0))]
    before = [replace(decision) for decision in decided]
    settle(decided, Level.REVIEW)
    assert [(d.place, d.ways) for d in decided] == [(d.place, d.ways) for d in before]
