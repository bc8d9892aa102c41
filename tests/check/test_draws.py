"""Numbers that are drawn anew: another mean, spread, shape of distribution or share of zeros is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from porter.proof.draws import are_draws, compare_draws
from porter.proof.numbers import Array
from porter.proof.verdict import Item

COUNT = 60000


def normal(seed: int) -> Array:
    return np.asarray(np.random.default_rng(seed).normal(size=COUNT))


def told(found: Array, **changes: Any) -> str:
    truth = normal(1)
    item = Item("output 0", truth, (truth,), found, "float32", changes.get("dtype", "float32"), COUNT)
    return str(compare_draws(item) or "")


@pytest.mark.parametrize("seed", range(2, 12))
def test_the_same_distribution_passes(seed: int) -> None:
    assert told(normal(seed)) == ""


def test_another_one_is_told() -> None:
    uniform = np.random.default_rng(3).uniform(-(3**0.5), 3**0.5, COUNT)
    sparse = normal(4) * (np.random.default_rng(5).random(COUNT) > 0.01)
    assert "the mean 0.0" in told(normal(2) + 0.06)
    assert "the variance 1.2" in told(normal(2) * 1.1)
    assert "another distribution" in told(uniform / uniform.std() * normal(1).std())
    assert "a share of zeros of 0.0108 instead of 0" in told(sparse)
    assert "dtype float64, expected float32" in told(normal(2), dtype="float64")
    assert "shape (30000,), expected (60000,)" in told(normal(2)[: COUNT // 2])


def test_a_dropout_is_no_draw() -> None:
    base = normal(1)
    masks = [np.random.default_rng(seed).random(COUNT) > 0.5 for seed in (6, 7)]
    assert are_draws(normal(1), normal(2))
    assert not are_draws(base * masks[0] * 2, base * masks[1] * 2)
    assert not are_draws(base, base)
