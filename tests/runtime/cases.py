"""Inputs that can show an error, and how far float32 may be from the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FACTOR = 4
"""How many times torch's own error, in the same type, another implementation may be off."""


@dataclass(frozen=True)
class Data:
    """Input and output gradient, (N, C, *spatial), weight and bias (C,): float64 numbers that `dtype` holds exactly."""

    input: NDArray[np.float64]
    grad: NDArray[np.float64]
    weight: NDArray[np.float64]
    bias: NDArray[np.float64]


def make(shape: tuple[int, ...], dtype: str = "float32", mean: float = 3.0, seed: int = 0) -> Data:
    """Means that differ from 0 and from each other, a nearly constant first channel, weights far from 1 and 0."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    x[:, 0] *= 0.05
    x += mean * (1 + rng.uniform(0, 0.5, (*shape[:2], *(1,) * (len(shape) - 2))))
    raw = (x, rng.standard_normal(shape), rng.uniform(0.5, 2, shape[1]), rng.standard_normal(shape[1]))
    return Data(*(part.astype(dtype).astype(np.float64) for part in raw))


def assert_close(name: str, actual: Any, truth: Any, torch_result: Any, dtype: str = "float32", terms: int = 1) -> None:
    """`actual` is as near to the float64 `truth` as torch is, but for FACTOR and a floor of rounding.

    Every number is a sum of `terms` rounded terms. Types and shapes are compared first.
    """
    actual, truth, torch_result = (np.asarray(value) for value in (actual, truth, torch_result))
    assert actual.shape == truth.shape, f"{name}: shape {actual.shape}, expected {truth.shape}"
    error = np.abs(actual.astype(np.float64) - truth)
    own = np.abs(torch_result.astype(np.float64) - truth).max()
    allowed = FACTOR * own + floor(truth, dtype, terms)
    worst = np.unravel_index(error.argmax(), error.shape)
    assert error.max() <= allowed, (
        f"{name}: {np.count_nonzero(error > allowed)} of {error.size} elements are off; {actual[worst]} at {worst}, "
        f"expected {truth[worst]}, off by {error.max():.3g}, allowed {allowed:.3g}, torch is off by {own:.3g}"
    )


def floor(truth: NDArray[np.float64], dtype: str, terms: int) -> float:
    """A sum of `terms` numbers, added one by one, carries the rounding of partial sums that grow like sqrt(terms)."""
    return float(np.finfo(dtype).eps * np.sqrt(terms) * max(np.abs(truth).max(), np.sqrt(terms)))
