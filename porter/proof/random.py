"""Numbers that are random on purpose: a dropout's output, a fresh layer's weights, what a function draws.

Only what is certain is compared.

A dropout writes every element as 0 or as a fixed multiple of the input, so the multiples have to be the same ones, and
zeros have to fill the same axes (a whole channel, or single elements). The multiple is 1 / (1 - p), so it tells p.
"""

from __future__ import annotations

import numpy as np

from porter.proof.numbers import Array
from porter.proof.verdict import Difference, Item

_ALIKE = 2.2
"""What the distance of two samples of one distribution is beyond, in units of sqrt(2 / n), once in 8,000 times."""
_ENOUGH = 32
"""Fewer elements than this say nothing about the spread that an initialiser has."""


def compare_start(item: Item) -> Difference | None:
    """Initial values: constant or not, and within a factor of 2 of torch's spread."""
    if item.found.shape != item.truth.shape or item.truth.size < _ENOUGH:
        return None
    expected, found = float(np.std(item.truth)), float(np.std(item.found))
    if expected / 2 <= found <= expected * 2:
        return None
    return Difference(item.name, "values", f"starts with a spread of {found:.3g} instead of {expected:.3g}")


def compare_masked(item: Item, base: Array) -> Difference | None:
    """A random choice between multiples of `base` (the input, or the cotangent of a gradient)."""
    if item.found_dtype != item.own_dtype:
        return Difference(item.name, "dtype", f"dtype {item.found_dtype}, expected {item.own_dtype}")
    if item.found.shape != item.truth.shape:
        return Difference(item.name, "shape", f"shape {item.found.shape}, expected {item.truth.shape}")
    if base.shape != item.truth.shape:
        return None
    expected, found = _multiples(item.truth, base), _multiples(item.found, base)
    if expected != found:
        detail = f"is {_text(found)} times the input, instead of {_text(expected)} times"
        return Difference(item.name, "values", detail)
    axes, theirs = _whole_axes(item.truth), _whole_axes(item.found)
    if axes != theirs:
        return Difference(item.name, "values", f"zeros fill axes {theirs}, instead of axes {axes}")
    return None


def _multiples(values: Array, base: Array) -> list[float]:
    ratios = np.round(values.astype(np.float64) / base, 2)
    return [float(ratio) for ratio in np.unique(ratios + 0.0)]


def _text(multiples: list[float]) -> str:
    return " or ".join(f"{value:g}" for value in multiples[:4]) + (" ..." if len(multiples) > 4 else "")


def _whole_axes(values: Array) -> list[int]:
    """Axes along which an element is zero exactly when all its neighbours are."""
    zero = values == 0
    return [axis for axis in range(zero.ndim) if zero.shape[axis] > 1 and (zero.all(axis) | ~zero.any(axis)).all()]
