"""The kernel over numpy arrays: forward and backward, channels first or last."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from porter.runtime.kernel import loader, plain
from porter.runtime.kernel.pool import empty

Array = NDArray[Any]


class Result(NamedTuple):
    """The output, like the input; mean and biased variance of each sample's channel, (N, C, 2), float64."""

    output: Array
    statistics: NDArray[np.float64]


class Gradients(NamedTuple):
    """Of a loss with respect to the input (its shape and dtype), and to weight and bias, (C,) of the weight's dtype."""

    input: Array
    weight: Array
    bias: Array


def instance_norm(
    input: Array,
    running_mean: Array | None = None,
    running_var: Array | None = None,
    weight: Array | None = None,
    bias: Array | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-05,
    *,
    channels_last: bool = False,
    threads: int | None = None,
) -> Result:
    """What porter.runtime.reference.instance_norm computes, for `input` (N, C, *spatial) or, last, (N, *spatial, C).

    float32, float64, float16 or bfloat16 (of ml_dtypes); per-channel arrays (C,) of any of these.
    Running statistics are updated in place, or, without `use_input_stats`, take the place of the input's. `threads`
    defaults to OMP_NUM_THREADS, else to the processors there are; no bit of the result depends on it.

    Raises TypeError for another dtype; ValueError for a single spatial element, a wrong number of channels, one
    running statistic without the other, or absent ones that are needed. Where no library was compiled numpy does the
    work, to the same numbers, in several times the time.
    """
    x = _dense(input)
    n, c, s = _sizes(x, channels_last)
    _check(n, c, s, (running_mean, running_var), use_input_stats)
    given = (None, None) if use_input_stats else (running_mean, running_var)
    _check_vectors(c, gamma=weight, beta=bias)
    if loader.available():
        output, statistics = empty(x.shape, x.dtype), np.empty((n, c, 2))
        job = _Job(x, (weight, bias), given, eps, channels_last, threads)
        job.point(x=x, out=output, statistics=statistics)
        loader.run(job.job, backward=False)
    else:
        output, statistics = plain.forward(x, (weight, bias), given, eps, channels_last)
    if use_input_stats and running_mean is not None and running_var is not None and n * s:
        observed = statistics.mean(0)
        _blend(running_mean, observed[:, 0], momentum)
        _blend(running_var, observed[:, 1] * (s / (s - 1)), momentum)
    return Result(output, statistics)


def instance_norm_backward(
    grad_output: Array,
    input: Array,
    statistics: NDArray[np.float64],
    weight: Array | None = None,
    eps: float = 1e-05,
    running_mean: Array | None = None,
    running_var: Array | None = None,
    *,
    channels_last: bool = False,
    threads: int | None = None,
) -> Gradients:
    """What porter.runtime.reference.instance_norm_backward computes; `statistics` are those that the forward returned.

    `grad_output` is like `input`. Where running statistics are given, they were the ones used. Raises as the forward
    does, and ValueError for a gradient of another shape.
    """
    x, grad = _dense(input), _dense(np.asarray(grad_output, input.dtype))
    if grad.shape != x.shape:
        raise ValueError(f"the gradient has shape {grad.shape}, the input {x.shape}")
    n, c, _ = _sizes(x, channels_last)
    if statistics.shape != (n, c, 2):
        raise ValueError(f"statistics must have shape {(n, c, 2)}, got {statistics.shape}")
    _check_vectors(c, gamma=weight)
    if not loader.available():
        return Gradients(*plain.backward(grad, x, weight, (running_mean, running_var), eps, channels_last))
    like = np.empty(c, x.dtype) if weight is None else weight
    result = Gradients(empty(x.shape, x.dtype), np.empty(c, like.dtype), np.empty(c, like.dtype))
    job = _Job(x, (weight, None), (running_mean, running_var), eps, channels_last, threads)
    job.job.affine_dtype = loader.DTYPES[like.dtype.name]
    job.point(x=x, dy=grad, out=result.input, dgamma=result.weight, dbeta=result.bias)
    job.point(statistics=np.ascontiguousarray(statistics, np.float64))
    loader.run(job.job, backward=True)
    return result


class _Job:
    """A loader.Job, and the arrays whose addresses it holds."""

    def __init__(
        self, x: Array, affine: tuple[Any, Any], given: tuple[Any, Any], eps: float, last: bool, threads: int | None
    ) -> None:
        n, c, s = _sizes(x, last)
        self.arrays: list[Array] = []
        self.job = loader.Job(n=n, c=c, s=s, dtype=loader.DTYPES[x.dtype.name], channels_last=last, eps=eps)
        self.job.threads = threads or loader.default_threads()
        self.job.affine_dtype = self._vectors(gamma=affine[0], beta=affine[1])
        self.job.given_dtype = self._vectors(mean=given[0], variance=given[1])

    def point(self, **arrays: Array) -> None:
        for name, array in arrays.items():
            self.arrays.append(array)
            setattr(self.job, name, array.ctypes.data)

    def _vectors(self, **vectors: Array | None) -> int:
        present = {name: np.ascontiguousarray(vector) for name, vector in vectors.items() if vector is not None}
        kinds = {vector.dtype.name for vector in present.values()}
        shared = kinds.pop() if len(kinds) == 1 and kinds <= loader.DTYPES.keys() else "float64"
        self.point(**{name: vector.astype(shared, copy=False) for name, vector in present.items()})
        return loader.DTYPES[shared]


def _dense(array: Array) -> Array:
    if array.dtype.name not in loader.DTYPES:
        raise TypeError(f"instance_norm needs floating-point input, got {array.dtype}")
    return np.ascontiguousarray(array)


def _sizes(x: Array, last: bool) -> tuple[int, int, int]:
    if x.ndim < 2:
        raise ValueError(f"expected (N, C, *spatial), got shape {x.shape}")
    n, c = x.shape[0], x.shape[-1 if last else 1]
    return n, c, math.prod(x.shape[1:-1] if last else x.shape[2:])


def _check(n: int, c: int, s: int, running: tuple[Any, Any], use_input_stats: bool) -> None:
    if use_input_stats and s == 1:
        raise ValueError(f"expected more than 1 spatial element, got {n} samples of {c} channels with one each")
    if (running[0] is None) != (running[1] is None):
        raise ValueError("running_mean and running_var go together: one is None")
    if not use_input_stats and running[0] is None:
        raise ValueError("use_input_stats=False needs running_mean and running_var")
    for values in running:
        if values is not None and values.shape != (c,):
            raise ValueError(f"running statistics must have shape {(c,)}, got {values.shape}")


def _check_vectors(channels: int, **vectors: Array | None) -> None:
    for name, vector in vectors.items():
        if vector is not None and vector.shape != (channels,):
            raise ValueError(f"{name} must have shape {(channels,)}, got {vector.shape}")


def _blend(running: Array, observed: Array, momentum: float) -> None:
    running[...] = (1 - momentum) * running.astype(np.float64) + momentum * observed
