"""What the kernel computes, by numpy alone, where no library was compiled. All is float64 until it is rounded."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from porter.runtime import reference

Array = NDArray[Any]


def forward(
    x: Array, affine: tuple[Any, Any], given: tuple[Any, Any], eps: float, last: bool
) -> tuple[Array, NDArray[np.float64]]:
    """x (N, C, *spatial), or with C `last` -> y, like x; mean and biased variance, (N, C, 2)."""
    values = _channels_first(x, last)
    n, c = values.shape[:2]
    if not values.size:
        return x.copy(), np.zeros((n, c, 2))
    y = reference.instance_norm(values, *given, *affine, use_input_stats=given[0] is None, eps=eps)
    rows = values.astype(np.float64).reshape(n, c, -1)
    statistics = np.stack((rows.mean(-1), rows.var(-1)), -1)
    return _like(y, x, last), statistics


def backward(
    grad: Array, x: Array, weight: Any, given: tuple[Any, Any], eps: float, last: bool
) -> tuple[Array, Array, Array]:
    """The gradients of x, like x, and of weight and bias, (C,) of the type of the weight, or else of x."""
    values, kind = _channels_first(x, last), x.dtype if weight is None else weight.dtype
    if not values.size:
        return x.copy(), np.zeros(values.shape[1], kind), np.zeros(values.shape[1], kind)
    result = reference.instance_norm_backward(_channels_first(grad, last), values, weight, eps, *given)
    return _like(result.input, x, last), result.weight.astype(kind), result.bias.astype(kind)


def _channels_first(array: Array, last: bool) -> Array:
    return np.moveaxis(array, -1, 1) if last else array


def _like(result: Array, x: Array, last: bool) -> Array:
    return np.ascontiguousarray(np.moveaxis(result, 1, -1) if last else result, x.dtype)
