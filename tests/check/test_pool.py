"""Many cases, several runners: the order, the progress, and what happens when something goes wrong."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from porter.check import pool
from porter.errors import FrameworkError
from porter.proof.cases import AnyCase, Skipped
from porter.results import Result, Verdict

CASES = [Skipped(f"case {number % 5}", "rule", str(number)) for number in range(20)]


class Runner:
    """Answers at once; at `fails` it raises, and waits for its end at `hangs`."""

    def __init__(self, fails: str = "", hangs: str = "", error: BaseException | None = None) -> None:
        self.fails, self.hangs, self.error = fails, hangs, error or FrameworkError("torch is gone")
        self.ended = threading.Event()
        self.closed = False

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def abort(self) -> None:
        self.ended.set()

    def results(self, case: AnyCase) -> Iterator[Result]:
        assert isinstance(case, Skipped)
        if case.name == self.fails:
            raise self.error
        if case.name == self.hangs:
            assert self.ended.wait(30)
            raise FrameworkError("ended before its work was done")
        yield Result(case.name, case.rule, Verdict.NOT_RUN, case.reason)


@pytest.fixture
def runners(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Whatever is put in here runs the cases."""
    found: list[Any] = []
    monkeypatch.setattr(pool, "make_runners", lambda cases: found)
    return found


@pytest.mark.parametrize("count", [1, 3])
def test_results_keep_the_order_and_every_case_is_counted(runners: list[Any], count: int) -> None:
    runners += [Runner() for _ in range(count)]
    seen: list[tuple[int, int]] = []
    results = pool.run_all(CASES, lambda done, total: seen.append((done, total)))
    assert [result.detail for result in results] == [case.reason for case in CASES]
    assert [total for _, total in seen] == [20] * 20 and seen[-1] == (20, 20)
    assert all(runner.closed for runner in runners)


@pytest.mark.parametrize("error", [FrameworkError("torch is gone"), KeyboardInterrupt()], ids=["missing", "Ctrl-C"])
def test_a_failure_ends_the_other_runners_too(runners: list[Any], error: BaseException) -> None:
    runners += [Runner(fails="case 1", hangs="case 0", error=error) for _ in range(2)]
    with pytest.raises(type(error)):
        pool.run_all(CASES)
    assert all(runner.closed and runner.ended.is_set() for runner in runners)


def test_a_second_pair_of_processes_has_to_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert [len(pool.make_runners(cases)) for cases in (0, 23, 24, 1000)] == [1, 1, 2, 4]
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert len(pool.make_runners(1000)) == 1
