"""Whether numbers agree: dtype, then shape, then values, against the same layer in float64.

    allowed = FACTOR * E  +  FLOOR * u * sqrt(n) * max|truth|

`truth` is the torch layer in float64. `E` is the greatest error of the same torch layer in the dtype of the case: of
one run on the very inputs, and of a few on inputs whose last bit was moved at random. One run alone can be exact by
luck, for instance in the sum that is a norm's weight gradient; the moved inputs show how far rounding carries, since
any route through the same mathematics rounds at least once. `u` is the unit round-off of the dtype (2^-24 for float32,
2^-11 for float16) and `n` the largest number of elements that one number can be the sum of: the second term is the
error that n rounded additions make at random (Higham and Mary, "A new approach to probabilistic rounding error
analysis", 2019). It matters where torch is exact in all runs and another order of summation is as good.

Measured with MindSpore 2.10 on a CPU against torch 2.13, 20 layers (convolutions, norms, pools, activations, linear),
20 seeds each, every output, gradient and running statistic: the greatest error was 0.79 of what is allowed (a batch
norm's weight gradient), below 0.2 for 14 of the layers. Without the moved inputs that batch norm fails (1.16); E alone
would need a factor of 161. MindSpore's Tanh is 60 times outside: its kernel is an approximation good to 9e-5.

Every element of a tensor has to stay below `allowed`; means and norms of errors are not looked at, since a zero
output of a norm passes those.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from porter.proof.numbers import Array

FACTOR = 4.0
FLOOR = 2.0

_ROUND_OFF = {"float64": 2.0**-53, "float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}


@dataclass(frozen=True)
class Item:
    """One thing to compare. `owns` are the runs of torch in the case's dtype, the unmoved one first.

    `size` is the largest number of elements that may have been summed up for one number.
    """

    name: str
    truth: Array
    owns: tuple[Array, ...]
    found: Array
    own_dtype: str
    found_dtype: str
    size: int = 1


@dataclass(frozen=True)
class Difference:
    """A disagreement about one item; `kind` is dtype, shape, values, missing, extra or trainable."""

    item: str
    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.item}: {self.detail}"


def compare(item: Item) -> Difference | None:
    """The first disagreement of an item, or None."""
    if item.found_dtype != item.own_dtype:
        return Difference(item.name, "dtype", f"dtype {item.found_dtype}, expected {item.own_dtype}")
    if item.found.shape != item.truth.shape:
        return Difference(item.name, "shape", f"shape {item.found.shape}, expected {item.truth.shape}")
    if item.truth.dtype.kind not in "fc":
        return _compare_exact(item)
    return _compare_values(item)


def allowed(item: Item) -> float:
    """The greatest absolute difference from the truth that the item may have."""
    if item.truth.size == 0:
        return 0.0
    error = max(_greatest_error(item.truth, own) for own in item.owns)
    round_off = _ROUND_OFF.get(item.own_dtype, 0.0)
    scale = float(np.max(np.abs(np.where(np.isfinite(item.truth), item.truth, 0.0))))
    return FACTOR * error + FLOOR * round_off * math.sqrt(max(1, item.size)) * scale


def _greatest_error(truth: Array, own: Array) -> float:
    usable = np.isfinite(own) & np.isfinite(truth)
    return float(np.max(np.abs(np.where(usable, own, 0.0).astype(np.float64) - np.where(usable, truth, 0.0))))


def _compare_exact(item: Item) -> Difference | None:
    wrong = np.asarray(item.found != item.truth)
    if not wrong.any():
        return None
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    detail = f"{int(wrong.sum())} of {wrong.size} elements differ, first at {_index(first)}"
    return Difference(item.name, "values", f"{detail}: {item.found[first]} instead of {item.truth[first]}")


def _compare_values(item: Item) -> Difference | None:
    truth, found = item.truth.astype(np.float64), item.found.astype(np.float64)
    limit = allowed(item)
    special = ~np.isfinite(item.owns[0])  # what torch itself turns into inf or nan has to be the same inf or nan
    with np.errstate(invalid="ignore"):
        distance = np.abs(found - truth)
        same = np.where(special, _same_special(found, item.owns[0]), distance <= limit)
    if same.all():
        return None
    return Difference(item.name, "values", _describe(truth, found, distance, ~same, limit))


def _same_special(found: Array, own: Array) -> Array:
    return np.asarray((np.isnan(found) & np.isnan(own)) | (found == own))


def _describe(truth: Array, found: Array, distance: Array, wrong: Array, limit: float) -> str:
    ranked = np.where(wrong, np.where(np.isfinite(distance), distance, np.inf), -1.0)
    worst = np.unravel_index(int(np.argmax(ranked)), ranked.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(wrong, np.abs(distance / truth), -1.0)
    relative = np.where(np.isfinite(relative), relative, np.where(wrong, np.inf, -1.0))
    furthest = np.unravel_index(int(np.argmax(relative)), relative.shape)
    return (
        f"{int(wrong.sum())} of {wrong.size} elements differ; greatest absolute difference {distance[worst]:.3g} at"
        f" {_index(worst)} ({found[worst]:.6g} instead of {truth[worst]:.6g}), greatest relative difference"
        f" {relative[furthest]:.3g} at {_index(furthest)}; {limit:.3g} was allowed"
    )


def _index(index: tuple[int, ...] | tuple[np.intp, ...]) -> str:
    return "[" + ", ".join(str(int(i)) for i in index) + "]"
