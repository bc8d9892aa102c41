"""The comparer is fed wrong numbers: each kind of wrong has to be told, and torch's own rounding has to pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from porter.proof import inputs
from porter.proof.draws import compare_draws
from porter.proof.numbers import Array
from porter.proof.random import compare_masked, compare_start
from porter.proof.verdict import Item, allowed, compare

SHAPE = (2, 4, 5, 6, 3)
SPATIAL = (2, 3, 4)


def norm(x: Array, eps: float = 1e-5, axes: tuple[int, ...] = SPATIAL, dtype: Any = np.float64) -> Array:
    """An instance norm in numpy."""
    x = x.astype(dtype)
    centred = x - x.mean(axes, keepdims=True, dtype=dtype)
    variance = (centred * centred).mean(axes, keepdims=True, dtype=dtype)
    return np.asarray(centred / np.sqrt(variance + dtype(eps)))


X = inputs.inputs("test", [SHAPE], "float32")[0][0]


def item(found: Array, found_dtype: str = "float32") -> Item:
    """An instance norm's output to compare."""
    return Item("output 0", norm(X), (norm(X, dtype=np.float32),), found, "float32", found_dtype, X.size)


RIGHT = {
    "torch's own rounding": norm(X, dtype=np.float32),
    "another order of summation": norm(X.transpose(0, 1, 4, 3, 2), dtype=np.float32).transpose(0, 1, 4, 3, 2),
    "one pass over the squares, shifted": ((X - 1) - (X - 1).mean(SPATIAL, keepdims=True))
    / np.sqrt(((X - 1) ** 2).mean(SPATIAL, keepdims=True) - (X - 1).mean(SPATIAL, keepdims=True) ** 2 + 1e-5),
}


@pytest.mark.parametrize("found", RIGHT.values(), ids=RIGHT.keys())
def test_rounding_passes(found: Array) -> None:
    assert compare(item(found.astype(np.float32))) is None


WRONG: dict[str, Array] = {
    "zeros": np.zeros(SHAPE),
    "shifted by 1e-4": norm(X) + 1e-4,
    "scaled by 1e-4": norm(X) * (1 + 1e-4),
    "one element off": norm(X) + 1e-3 * (np.arange(X.size).reshape(SHAPE) == 77),
    "samples swapped": norm(X)[::-1],
    "channels swapped": norm(X)[:, ::-1],
    "sign": -norm(X),
    "eps 1e-5 -> 1e-3": norm(X, eps=1e-3),
    "eps 1e-5 -> 2e-5": norm(X, eps=2e-5),
    "eps forgotten": norm(X, eps=0.0),
    "normalised over the batch too": norm(X, axes=(0, *SPATIAL)),
    "normalised over the channels too": norm(X, axes=(1, *SPATIAL)),
    "unbiased variance": norm(X) * np.sqrt(89 / 90),
    "not a number": np.where(np.arange(X.size).reshape(SHAPE) == 5, np.nan, norm(X)),
    "infinite": np.where(np.arange(X.size).reshape(SHAPE) == 5, np.inf, norm(X)),
}


@pytest.mark.parametrize("found", WRONG.values(), ids=WRONG.keys())
def test_wrong_numbers_are_told(found: Array) -> None:
    difference = compare(item(found.astype(np.float32)))
    assert difference is not None and difference.kind == "values"


def test_dtype_is_looked_at_before_shape_and_shape_before_values() -> None:
    wrong = np.zeros((2, 2))
    assert str(compare(item(wrong, "float16"))) == "output 0: dtype float16, expected float32"
    assert str(compare(item(wrong))) == "output 0: shape (2, 2), expected (2, 4, 5, 6, 3)"
    assert compare(item(norm(X), "float64")) is not None


def test_same_numbers_in_another_shape_are_a_mismatch() -> None:
    assert compare(item(norm(X).reshape(2, 4, 6, 5, 3).astype(np.float32))) is not None


def test_a_mismatch_says_what_a_person_needs() -> None:
    found = norm(X)
    found[1, 2, 3, 4, 1] += 0.5
    found[0, 0, 0, 0, 0] += 0.25
    text = str(compare(item(found)))
    assert text.startswith("output 0: 2 of 720 elements differ; greatest absolute difference 0.5 at [1, 2, 3, 4, 1] (")
    assert "instead of" in text and "greatest relative difference" in text and text.endswith("was allowed")


def test_what_torch_turns_into_inf_or_nan_has_to_be_the_same() -> None:
    truth = np.array([1.0, np.inf, -np.inf, np.nan])
    same = Item("x", truth, (truth,), truth.copy(), "float32", "float32")
    assert compare(same) is None
    for wrong in ([1, np.inf, np.inf, np.nan], [1, 2, -np.inf, np.nan], [1, np.inf, -np.inf, 0]):
        assert compare(replace(same, found=np.array(wrong, dtype=float))) is not None


def test_integers_are_compared_exactly() -> None:
    truth = np.array([[3, 4], [5, 6]])
    same = Item("indices", truth, (truth,), truth.copy(), "int64", "int64")
    assert compare(same) is None
    other = np.array([[3, 4], [7, 6]])
    expected = "indices: 1 of 4 elements differ, first at [1, 0]: 7 instead of 5"
    assert str(compare(replace(same, found=other))) == expected


def test_float16_is_allowed_more_than_float32_and_float64_less() -> None:
    exact = norm(X)
    limits = [allowed(Item("x", exact, (exact,), exact, d, d, X.size)) for d in ("float16", "float32", "float64")]
    assert limits[0] > 1000 * limits[1] > 1000 * limits[2] > 0


def test_an_empty_output_equals_an_empty_output() -> None:
    empty = np.zeros((0, 3))
    assert compare(Item("x", empty, (empty,), empty, "float32", "float32")) is None
    assert compare(Item("x", empty, (empty,), np.zeros((1, 3)), "float32", "float32")) is not None


def dropped(p: float, whole: bool, seed: int = 0, scale: float | None = None) -> Array:
    """What a dropout writes for X, single elements or whole channels."""
    shape = (*SHAPE[:2], 1, 1, 1) if whole else SHAPE
    kept = np.random.default_rng(seed).random(shape) >= p
    kept.flat[0], kept.flat[-1] = True, False
    return np.asarray(X * kept * (1 / (1 - p) if scale is None else scale))


def masked(found: Array, truth: Array | None = None) -> str:
    truth = dropped(0.25, whole=True, seed=1) if truth is None else truth
    return str(compare_masked(Item("output 0", truth, (truth,), found, "float32", "float32"), X))


RANDOM: dict[str, tuple[Callable[[], Array], str]] = {
    "keep_prob for p": (lambda: dropped(0.75, whole=True), "is 0 or 4 times the input, instead of 0 or 1.33 times"),
    "not scaled": (lambda: dropped(0.25, whole=True, scale=1.0), "is 0 or 1 times the input"),
    "elements for channels": (lambda: dropped(0.25, whole=False), "zeros fill axes [], instead of axes [2, 3, 4]"),
    "nothing dropped": (lambda: X, "is 1 times the input"),
}


@pytest.mark.parametrize(("found", "told"), RANDOM.values(), ids=RANDOM.keys())
def test_a_wrong_dropout_is_told(found: Callable[[], Array], told: str) -> None:
    assert told in masked(found())


def test_a_dropout_may_choose_other_channels() -> None:
    assert masked(dropped(0.25, whole=True, seed=2)) == "None"


def test_random_initial_values_are_compared_by_their_spread() -> None:
    random = np.random.default_rng(0)
    truth, same, narrow = random.normal(size=100), random.normal(size=100), random.normal(size=100) / 100
    start = Item("weight", truth, (truth,), same, "float32", "float32")
    assert compare_start(start) is None
    assert compare_start(replace(start, found=narrow)) is not None
    assert compare_start(replace(start, found=np.ones(100))) is not None


def drawn(found: Array, dtype: str = "float32") -> str:
    """What is said of numbers that should be drawn evenly from [0, 1)."""
    truth = np.random.default_rng(1).random((60, 70))
    return str(compare_draws(Item("output 0", truth, (truth,), found, "float32", dtype)) or "")


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (lambda random: random.random((60, 70)), ""),
        (lambda random: random.random((70, 60)), "shape (70, 60), expected (60, 70)"),
        (lambda random: random.normal(size=(60, 70)), "are drawn"),
        (lambda random: random.random((60, 70)) * 0.9, "are drawn"),
        (lambda random: random.random((60, 70)) + 0.1, "are drawn"),
        (lambda random: np.full((60, 70), 0.5), "are drawn"),
    ],
)
def test_what_is_drawn_is_compared_by_its_distribution(
    found: Callable[[np.random.Generator], Array], told: str
) -> None:
    said = drawn(found(np.random.default_rng(2)))
    assert said.startswith(f"output 0: {told}") if told else not said


def test_what_is_drawn_has_its_dtype() -> None:
    assert drawn(np.zeros((60, 70)), "float16") == "output 0: dtype float16, expected float32"
