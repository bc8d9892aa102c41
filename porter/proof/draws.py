"""Numbers that both sides draw anew: of their distributions, nothing may differ by more than chance makes it."""

from __future__ import annotations

import numpy as np

from porter.proof.numbers import Array
from porter.proof.verdict import Difference, Item

ERRORS = 5.0
"""Standard errors that a mean, or a spread, may be off by: chance alone does that once in a million times."""
APART = 2.6
"""The greatest distance of two distributions, in units of sqrt(2 / count); as rare as the others."""


def are_draws(truth: Array, again: Array) -> bool:
    """Whether nearly every number of two runs is another one: these are no choices between multiples of an input."""
    values = truth.ravel()
    return len(np.unique(values)) > 0.5 * values.size and float(np.mean(values == again.ravel())) < 0.5


def compare_draws(item: Item) -> Difference | None:
    """Mean, spread, share of zeros and the whole distribution of as many numbers."""
    if item.found_dtype != item.own_dtype:
        return Difference(item.name, "dtype", f"dtype {item.found_dtype}, expected {item.own_dtype}")
    if item.found.shape != item.truth.shape:
        return Difference(item.name, "shape", f"shape {item.found.shape}, expected {item.truth.shape}")
    truth, found = (values.astype(np.float64).ravel() for values in (item.truth, item.found))
    for what, one, two, error in _statistics(truth, found):
        if not abs(one - two) <= ERRORS * error:
            return Difference(item.name, "values", f"are drawn with {what} {two:.4g} instead of {one:.4g}")
    apart = distance(truth, found) / np.sqrt(2 / truth.size)
    if apart > APART:
        return Difference(item.name, "values", f"are drawn from another distribution ({apart:.2g}, at most {APART})")
    return None


def _statistics(truth: Array, found: Array) -> list[tuple[str, float, float, float]]:
    """What is compared, of both, and the standard error of the difference."""
    count, zeros = truth.size, (float(np.mean(truth == 0)), float(np.mean(found == 0)))
    spread, share = float(np.var(truth)), sum(zeros) / 2
    fourth = float(np.mean((truth - np.mean(truth)) ** 4))
    return [
        ("the mean", float(np.mean(truth)), float(np.mean(found)), (2 * spread / count) ** 0.5),
        ("the variance", spread, float(np.var(found)), (2 * max(fourth - spread**2, 0.0) / count) ** 0.5),
        ("a share of zeros of", *zeros, (2 * share * (1 - share) / count) ** 0.5),
    ]


def distance(one: Array, two: Array) -> float:
    """The greatest difference between two cumulative distributions (Kolmogorov and Smirnov)."""
    points = np.concatenate([one, two])
    shares = [np.searchsorted(np.sort(values), points, side="right") / values.size for values in (one, two)]
    return float(np.max(np.abs(shares[0] - shares[1])))
