"""Tensors keep their names in a checkpoint: what would be lost there is told, though every number is right."""

from __future__ import annotations

import pytest

from porter.check.runner import Runner
from porter.frameworks.job import Tensor
from porter.proof import audit
from porter.proof.cases import Case, Trial
from porter.proof.names import Snippet
from porter.results import Result, Verdict
from porter.rules.load import RuleBook

TWICE = "3 tensors have this name: a checkpoint would keep one of them"
ELSEWHERE = "a checkpoint calls it weight: its layer was added without a prefix"


def tensor(name: str, saved: str = "") -> Tensor:
    return Tensor(name, (3,), "float32", True, saved)


SAVED = {
    "each by its own name": ([tensor("weight"), tensor("bias")], []),
    "a layer inside": ([tensor("bn2d.gamma"), tensor("bn2d.beta")], []),
    "another last name, as MindSpore's layers have": ([tensor("moving_mean", "mean"), tensor("a.mean", "a.m")], []),
    "nothing": ([], []),
    "one without its prefix": ([tensor("first.weight", "weight")], [f"first.weight: {ELSEWHERE}"]),
    "another prefix": (
        [tensor("first.weight", "second.weight")],
        ["first.weight: a checkpoint calls it second.weight: its layer was added without a prefix"],
    ),
    "three by one name": (
        [tensor("weight"), tensor("a.weight", "weight"), tensor("b.weight", "weight")],
        [f"weight: {TWICE}", f"a.weight: {ELSEWHERE}", f"b.weight: {ELSEWHERE}"],
    ),
}


@pytest.mark.parametrize(("found", "told"), SAVED.values(), ids=SAVED)
def test_names_in_a_checkpoint(found: list[Tensor], told: list[str]) -> None:
    assert [str(difference) for difference in audit.saved(found)] == told


TORCH = """\
import torch
from torch import nn


class Act(nn.LeakyReLU):
    def __init__(self):
        super().__init__(0.3)
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4)

    def forward(self, x):
        return super().forward(self.second(self.first(x)))


def build():
    return Act()
"""
MINDSPORE = """\
from mindspore import nn


class Act(nn.LeakyReLU):
    def __init__(self):
        super().__init__(0.3)
        {first}
        {second}

    def construct(self, x):
        return super().construct(self.second(self.first(x)))


def build():
    return Act()
"""
ASSIGNED = "self.{0} = nn.Dense(4, 4)"
WITHOUT = "self.insert_child_to_cell('{0}', nn.Dense(4, 4))"
BY_NAME = "setattr(self, '{0}', nn.Dense(4, 4))"


def built(how: str, runner: Runner, book: RuleBook) -> Result:
    """The verdict on a layer with two others inside, which `how` puts there."""
    text = MINDSPORE.format(first=how.format("first"), second=how.format("second"))
    truth, found = (
        Snippet("torch", TORCH, "build"),
        Snippet("mindspore", text, "build", instance_of="mindspore.nn.Cell"),
    )
    case = Case("Act()", book.rules["torch.nn.LeakyReLU"], (Trial(truth, found, ((2, 4),)),))
    (result,) = runner.results(case)
    return result


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.parametrize("how", [ASSIGNED, BY_NAME])
def test_a_layer_that_prefixes_those_inside_is_ok(how: str, runner: Runner, book: RuleBook) -> None:
    result = built(how, runner, book)
    assert (result.verdict, result.detail) == (Verdict.OK, "")


@pytest.mark.frameworks("torch", "mindspore")
def test_a_layer_that_is_added_without_a_prefix_is_a_mismatch(runner: Runner, book: RuleBook) -> None:
    result = built(WITHOUT, runner, book)
    assert result.verdict is Verdict.MISMATCH
    assert result.detail == f"bias: {TWICE.replace('3', '2')} (and 5 more)"
