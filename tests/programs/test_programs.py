"""Every program does the same after its conversion, or somebody is told where it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from .conftest import OUTCOME
from .harness import Bench, Program, programs

ALL = programs()


def _parameter(program: Program) -> object:
    today = program.note("today")
    # strict: once it is mended the test is red until the line is gone; so is it where something else goes wrong
    marks = [pytest.mark.xfail(strict=True, raises=AssertionError, reason=today)] if today else []
    return pytest.param(program, id=program.name, marks=marks)


@pytest.mark.frameworks("torch", "mindspore", "numpy")
@pytest.mark.parametrize("program", ALL, ids=lambda program: program.name)
def test_runs_before(program: Program, bench: Bench) -> None:
    assert "error" not in bench.before(program)


@pytest.mark.frameworks("torch", "mindspore", "numpy")
@pytest.mark.parametrize("program", [_parameter(program) for program in ALL])
def test_is_right_or_told(program: Program, bench: Bench, record_property: Callable[[str, object], None]) -> None:
    outcome = bench.outcome(program)
    record_property(OUTCOME, outcome.kind)
    assert outcome.kind != "wrong", outcome.detail


def test_four_in_ten_must_stay_as_they_are() -> None:
    counts = Counter(program.expected for program in ALL)
    assert counts.total() >= 110
    assert counts["unchanged"] >= 0.4 * counts.total()


def test_every_program_says_what_it_is_about() -> None:
    assert [program.name for program in ALL if not program.note("why")] == []
    assert [program.name for program in ALL if program.note("today", "wrong ")[:6] != "wrong "] == []
