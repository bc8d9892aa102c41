"""What a runner does with answers that child processes give: no framework is needed to see it."""

from __future__ import annotations

from typing import Any

import pytest

from porter.check.runner import Runner
from porter.frameworks.job import Job, Reply
from porter.proof.cases import Case, Trial
from porter.proof.names import Snippet
from porter.results import Result
from porter.rules.load import RuleBook

TRUTH, FOUND = Snippet("torch", "t", "build"), Snippet("mindspore", "m", "build")
TRIALS = tuple(Trial(TRUTH, FOUND, ((2, 3, size),), (("c", "3"),)) for size in (4, 8, 16))


class Child:
    """Gives every job the same answer."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.jobs: list[Job] = []

    def start(self) -> None: ...

    def run(self, job: Job) -> Reply:
        self.jobs.append(job)
        return self.reply


def answered(book: RuleBook, reply: Reply, **place: Any) -> tuple[Result, int]:
    """The verdict on a case whose torch side gives this answer, and how often it was asked."""
    child = Child(reply)
    with Runner() as runner:
        runner.children = {"torch": child, "mindspore": child}  # type: ignore[dict-item]
        (result,) = runner.results(Case("f(c)", book.rules["torch.nn.ReLU"], TRIALS, **place))
    return result, len(child.jobs)


@pytest.mark.parametrize("where", ["crash", "timeout"])
def test_what_ends_its_process_is_not_tried_with_other_inputs(book: RuleBook, where: str) -> None:
    result, asked = answered(book, Reply("no answer within 120 s", where))
    assert (str(result.verdict), result.detail, asked) == (
        "error",
        "the torch side did not run: no answer within 120 s",
        1,
    )


def test_what_only_raises_is_tried_with_every_input(book: RuleBook) -> None:
    result, asked = answered(book, Reply("ValueError: too small", "train 1"))
    told = "the torch side did not run: ValueError: too small (at train 1)"
    assert (str(result.verdict), result.detail, asked) == ("error", told, len(TRIALS))


def test_samples_that_do_not_suit_a_users_place_prove_nothing_against_it(book: RuleBook) -> None:
    result, _ = answered(book, Reply("ValueError: too small", "train 1"), path="a.py", line=3)
    assert str(result.verdict) == "not run"
    assert result.detail.endswith("ValueError: too small (at train 1); --set NAME=VALUE gives other values")


def test_an_equal_case_at_another_place_does_not_run_again(book: RuleBook) -> None:
    child = Child(Reply("ValueError: too small", "train 1"))
    case = Case("f(c)", book.rules["torch.nn.ReLU"], TRIALS[:1])
    with Runner() as runner:
        runner.children = {"torch": child, "mindspore": child}  # type: ignore[dict-item]
        found = [list(runner.results(case)), list(runner.results(Case(**{**vars(case), "path": "b.py", "line": 7})))]
    assert len(child.jobs) == 1 and [(r.path, r.line) for results in found for r in results] == [("", 0), ("b.py", 7)]
