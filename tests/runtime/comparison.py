"""The kernel over numpy arrays held against the reference in float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from porter.runtime import reference
from porter.runtime.kernel.numpy import instance_norm, instance_norm_backward

from .cases import make


def assert_rounded_once(
    name: str, actual: Any, truth: Any, dtype: str, condition: float = 1.0, roundings: float = 1, terms: int = 0
) -> None:
    """No number is off by more than a rounding to `dtype`, or several, of the greatest of them.

    Where `terms` numbers near 1 were added in `dtype`, eight at a time, their roundings add up like a random walk.

    float64 is the type of the truth itself: both carry the rounding of every step, and of a mean `condition` times as
    large as the deviation.
    """
    assert actual.dtype == np.dtype(dtype) and actual.shape == truth.shape, name
    of_each = 64 * condition if dtype == "float64" else 0.51 * roundings
    allowed = np.finfo(dtype).eps * (np.abs(truth).max() * of_each + np.sqrt(terms))
    error = np.abs(actual.astype(np.float64) - truth).max()
    assert error <= allowed, f"{name}: off by {error:.3g}, allowed {allowed:.3g}"


def last(array: Any) -> Any:
    return np.ascontiguousarray(np.moveaxis(array, 1, -1))


def compare(
    isa: str, shape: tuple[int, ...], dtype: str, channels_last: bool, affine: bool, given: bool, mean: float
) -> None:
    # The gradients of long channels of float32 are computed in float: the difference to the mean, what is added to it,
    # and the result are rounded. A baseline processor has no fused multiplication, and computes them in double.
    size = int(np.prod(shape[2:]))
    single = dtype == "float32" and isa != "baseline" and size >= 512
    roundings = 3 if single else 1
    data = make(shape, dtype, mean)
    weight, bias = (data.weight, data.bias) if affine else (None, None)
    other = make(shape, mean=mean, seed=5)
    statistics: Any = {"running_mean": other.bias + mean, "running_var": other.weight} if given else {}
    order = last if channels_last else np.asarray
    kwargs = {**statistics, "weight": weight, "use_input_stats": not given}
    truth = reference.instance_norm(data.input, bias=bias, **kwargs)
    gradients = reference.instance_norm_backward(data.grad, data.input, weight, **statistics)
    x, grad = (order(values).astype(dtype) for values in (data.input, data.grad))
    y, measured = instance_norm(x, bias=bias, **kwargs, channels_last=channels_last)
    actual = instance_norm_backward(grad, x, measured, weight, **statistics, channels_last=channels_last)
    condition = 1 + 40 * mean  # the first channel spreads by a twentieth
    assert_rounded_once("output", y, order(truth), dtype, condition, 1.02 if single else 1)
    assert_rounded_once("input gradient", actual.input, order(gradients.input), dtype, condition**2, roundings)
    of_vectors = "float64" if affine else dtype
    terms = size * shape[0] if single and size >= 32768 and not affine else 0
    assert_rounded_once("weight gradient", actual.weight, gradients.weight, of_vectors, condition**2, 1, terms)
    assert_rounded_once("bias gradient", actual.bias, gradients.bias, of_vectors, 1, 1, terms)
