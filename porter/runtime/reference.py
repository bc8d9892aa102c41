"""InstanceNorm in numpy and float64: the truth that every backend and every rule is measured against.

Forward: Ulyanov, Vedaldi, Lempitsky, "Instance Normalization: The Missing Ingredient for Fast Stylization",
https://arxiv.org/abs/1607.08022. Backward: Ioffe, Szegedy, "Batch Normalization", https://arxiv.org/abs/1502.03167,
section 3, with one sample's channel in the place of the mini-batch. Running statistics: the documentation of torch,
https://docs.pytorch.org/docs/2.13/generated/torch.nn.InstanceNorm3d.html; that momentum=None freezes them was measured.

Arrays are (N, C, *spatial), or (C, *spatial) where the layer's `spatial_dims` says so; per-channel arrays are (C,).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


class Gradients(NamedTuple):
    """Of a loss with respect to the input (its shape), and to weight and bias (C,)."""

    input: Array
    weight: Array
    bias: Array


class _Normalized(NamedTuple):
    """The input before scale and shift, and 1 / sqrt(variance + eps), which broadcasts against it."""

    values: Array
    inverse_deviation: Array


def instance_norm(
    input: ArrayLike,
    running_mean: Array | None = None,
    running_var: Array | None = None,
    weight: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Array:
    """y = (x - E[x]) / sqrt(Var[x] + eps) * weight + bias, over the spatial axes of `input` (N, C, *spatial).

    Var is the biased variance. `running_mean` and `running_var`, float64 (C,), are updated in place, or, when
    `use_input_stats` is False, take the place of E[x] and Var[x]. Raises ValueError for a single spatial element, one
    running statistic without the other, and absent running statistics that are needed.
    """
    x = np.asarray(input, np.float64)
    _check(x, running_mean, running_var, use_input_stats)
    statistics = None if use_input_stats else (running_mean, running_var)
    values = _normalize(x, statistics, eps).values
    if use_input_stats and running_mean is not None and running_var is not None and x.size:
        update_running_statistics(x, running_mean, running_var, momentum)
    scale = 1.0 if weight is None else _per_channel(weight, x.ndim)
    shift = 0.0 if bias is None else _per_channel(bias, x.ndim)
    result: Array = values * scale + shift
    return result


def instance_norm_backward(
    grad_output: ArrayLike,
    input: ArrayLike,
    weight: ArrayLike | None = None,
    eps: float = 1e-05,
    running_mean: Array | None = None,
    running_var: Array | None = None,
) -> Gradients:
    """The gradients, given `grad_output` = dL/dy of the shape of `input` (N, C, *spatial).

    With h the normalised input, r = 1 / sqrt(Var + eps) and g = dL/dh = dL/dy * weight:
    dL/dx = r * (g - mean(g) - h * mean(g * h)), the means over the spatial axes; dL/dweight = sum(dL/dy * h) and
    dL/dbias = sum(dL/dy) over samples and spatial axes. Where running statistics are given they were the ones used:
    being constants they leave dL/dx = r * g.
    """
    x, grad = np.asarray(input, np.float64), np.asarray(grad_output, np.float64)
    statistics = None if running_mean is None else (running_mean, running_var)
    h, r = _normalize(x, statistics, eps)
    g = grad if weight is None else grad * _per_channel(weight, x.ndim)
    through = g if statistics is not None else g - _spatial_mean(g) - h * _spatial_mean(g * h)
    axes = (0, *range(2, x.ndim))
    return Gradients(r * through, (grad * h).sum(axis=axes), grad.sum(axis=axes))


def update_running_statistics(input: ArrayLike, running_mean: Array, running_var: Array, momentum: float) -> None:
    """running = (1 - momentum) * running + momentum * observed, in place; all float64, (C,).

    Observed are the mean and the unbiased variance (ddof=1) of each sample's channel, averaged over the samples.
    """
    x = np.asarray(input, np.float64)
    rows = x.reshape(*x.shape[:2], -1)
    for running, observed in ((running_mean, rows.mean(-1)), (running_var, rows.var(-1, ddof=1))):
        running[...] = (1 - momentum) * running + momentum * observed.mean(0)


@dataclass
class InstanceNorm:
    """torch.nn.InstanceNorm1d, 2d or 3d (`spatial_dims`), whose arrays are plain attributes, float64 (C,).

    `momentum=None` keeps the running statistics as they are. `training` starts True, as in torch.
    """

    spatial_dims: int
    num_features: int
    eps: float = 1e-05
    momentum: float | None = 0.1
    affine: bool = False
    track_running_stats: bool = False
    bias: bool = True
    training: bool = True

    def __post_init__(self) -> None:
        self.weight_values: Array | None = np.ones(self.num_features) if self.affine else None
        self.bias_values: Array | None = np.zeros(self.num_features) if self.affine and self.bias else None
        self.running_mean: Array | None = np.zeros(self.num_features) if self.track_running_stats else None
        self.running_var: Array | None = np.ones(self.num_features) if self.track_running_stats else None

    def forward(self, input: ArrayLike) -> Array:
        """Normalise (N, C, *spatial) or (C, *spatial). Raises ValueError for other shapes, and as the function does."""
        x = self._batched(input)
        y = instance_norm(
            x, self.running_mean, self.running_var, self.weight_values, self.bias_values,
            self._uses_input(), self.momentum or 0.0, self.eps,
        )  # fmt: skip
        return y.reshape(np.shape(input))

    def backward(self, grad_output: ArrayLike, input: ArrayLike) -> Gradients:
        """The gradients at `input`, with the statistics that `forward` would use now."""
        x = self._batched(input)
        given: dict[str, Any] = {} if self._uses_input() else {
            "running_mean": self.running_mean, "running_var": self.running_var,
        }  # fmt: skip
        gradients = instance_norm_backward(np.reshape(grad_output, x.shape), x, self.weight_values, self.eps, **given)
        return gradients._replace(input=gradients.input.reshape(np.shape(input)))

    def _uses_input(self) -> bool:
        return self.training or not self.track_running_stats

    def _batched(self, input: ArrayLike) -> Array:
        x = np.asarray(input, np.float64)
        if x.ndim not in (self.spatial_dims + 1, self.spatial_dims + 2):
            raise ValueError(f"expected {self.spatial_dims + 1}D or {self.spatial_dims + 2}D input, got {x.ndim}D")
        batched = x if x.ndim == self.spatial_dims + 2 else x[None]
        if self.affine and batched.shape[1] != self.num_features:
            raise ValueError(f"expected {self.num_features} channels (num_features), got {batched.shape[1]}")
        return batched


def _check(x: Array, mean: Array | None, variance: Array | None, use_input_stats: bool) -> None:
    if use_input_stats and np.prod(x.shape[2:]) == 1:
        raise ValueError(f"expected more than 1 spatial element, got input of shape {x.shape}")
    if (mean is None) != (variance is None):
        raise ValueError("running_mean and running_var go together: one is None")
    if not use_input_stats and mean is None:
        raise ValueError("use_input_stats=False needs running_mean and running_var")


def _normalize(x: Array, statistics: tuple[Any, Any] | None, eps: float) -> _Normalized:
    if statistics is None:
        centered = x - _spatial_mean(x)
        variance = _spatial_mean(centered**2)
        variance[variance + eps == 0] = np.inf  # as in torch, a constant channel is divided by nothing
    else:
        centered = x - _per_channel(statistics[0], x.ndim)
        variance = _per_channel(statistics[1], x.ndim)
    inverse_deviation = 1 / np.sqrt(variance + eps)
    return _Normalized(centered * inverse_deviation, inverse_deviation)


def _spatial_mean(x: Array) -> Array:
    mean: Array = x.mean(axis=tuple(range(2, x.ndim)), keepdims=True)
    return mean


def _per_channel(values: ArrayLike, ndim: int) -> Array:
    return np.asarray(values, np.float64).reshape(1, -1, *(1,) * (ndim - 2))
