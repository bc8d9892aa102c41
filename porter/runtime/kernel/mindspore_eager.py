# mypy: allow-subclassing-any
"""The kernel in MindSpore's PyNative mode, on the memory of the tensors: an ops.Custom takes milliseconds to start, and
MindSpore's thread, which waits for it in a loop, takes the time of a core from it.

Here nothing may be compiled: ms.jit and GRAPH mode have the operations of porter/runtime/kernel/mindspore.py.
"""

from __future__ import annotations

from typing import Any

import mindspore
import numpy as np
from mindspore import Tensor, ops
from mindspore.common._grad_function import _Function

from porter.runtime.kernel import loader
from porter.runtime.kernel import mindspore as operations
from porter.runtime.kernel.mindspore_wait import executor, give_way, wait
from porter.runtime.kernel.pool import empty

_DTYPES = {mindspore.float32: (0, np.float32), mindspore.float64: (1, np.float64), mindspore.float16: (2, np.float16)}
# MindSpore gives float32 as the gradient of a parameter that became float16 by set_dtype.
_VECTORS = (mindspore.float32, mindspore.float64)


def serves(x: Tensor, vectors: tuple[Any, Any], given: tuple[Any, Any]) -> bool:
    """Whether `normalize` may be called: types that the kernel knows, sizes that fit, memory of the CPU's."""
    if x.dtype not in _DTYPES or x.ndim < 2 or not operations.available():
        return False
    if vectors[0] is None and vectors[1] is not None:
        return False
    for pair in (vectors, given):
        present = [vector for vector in pair if vector is not None]
        for vector in present:
            if vector.dtype not in _VECTORS or vector.dtype != present[0].dtype or vector.shape != x.shape[1:2]:
                return False
    return True


def normalize(x: Tensor, gamma: Any, beta: Any, mean: Any, variance: Any, eps: float) -> tuple[Tensor, Any]:
    """x (N, C, *spatial), gamma and beta (C,) or None -> y, like x; mean and biased variance, (N, C, 2) float64.

    Where `mean` and `variance` (C,) are given, they are used, nothing is differentiated by them, and the second result
    is None. Whoever differentiates the gradient gets the RuntimeError of MindSpore's operation.
    """
    if not executor.requires_grad():
        y, statistics = _forward(x, gamma, beta, mean, variance, eps)
        return Tensor.from_numpy(y), None if statistics is None else Tensor.from_numpy(statistics)
    kept: list[Any] = []  # a second output would have a gradient to be made
    output = _Normalize.apply(x, gamma, beta, mean, variance, eps, kept)
    give_way()
    return output, None if kept[0] is None else Tensor.from_numpy(kept[0])


class _Normalize(_Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, gamma: Any, beta: Any, mean: Any, variance: Any, eps: float, kept: Any) -> Any:
        y, statistics = _forward(x, gamma, beta, mean, variance, eps)
        kept.append(statistics)
        ctx.save_for_backward(x, gamma)
        ctx.given, ctx.statistics, ctx.eps = (mean, variance), statistics, eps
        ctx.vectors = sum(vector is not None for vector in (gamma, beta))
        return Tensor.from_numpy(y)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, gamma = ctx.saved_tensors
        if executor.requires_grad():
            # Someone may differentiate this too: an operation is recorded, and refuses when it comes to that.
            gradients = _recorded(grad, x, gamma, ctx)
        else:
            gradients = [Tensor.from_numpy(one) for one in _backward(grad, x, gamma, ctx)]
        absent = 2 - ctx.vectors  # MindSpore refuses the gradient of an argument that is None
        return (*gradients[: 1 + ctx.vectors], *(None,) * absent, None, None, None, None)


def _recorded(grad: Tensor, x: Tensor, gamma: Any, ctx: Any) -> Any:
    eps, scale = Tensor(ctx.eps, mindspore.float64), ops.ones(x.shape[1], x.dtype) if gamma is None else gamma
    if ctx.given[0] is None:
        return operations.backward(grad, x, Tensor.from_numpy(ctx.statistics), scale, eps)
    return operations.given_backward(grad, x, scale, *ctx.given, eps)


def _forward(x: Tensor, gamma: Any, beta: Any, mean: Any, variance: Any, eps: float) -> tuple[Any, Any]:
    shape, (kind, dtype) = x.shape, _DTYPES[x.dtype]
    y, statistics = empty(shape, dtype), np.empty((*shape[:2], 2)) if mean is None else None
    _run(x, kind, gamma, eps, (mean, variance), (beta, None, y, statistics, None, None))
    return y, statistics


def _backward(grad: Tensor, x: Tensor, gamma: Any, ctx: Any) -> list[Any]:
    """The gradient of x, and of each of gamma and beta that there is."""
    shape, (kind, dtype) = x.shape, _DTYPES[x.dtype]
    vectors = [np.empty(shape[1], _DTYPES[gamma.dtype][1]) for _ in range(ctx.vectors)]
    dx, grad = empty(shape, dtype), grad if grad.dtype == x.dtype else grad.astype(x.dtype)
    _run(x, kind, gamma, ctx.eps, ctx.given, (None, grad, dx, ctx.statistics, *vectors, *(None,) * (2 - len(vectors))))
    return [dx, *vectors]


def _run(x: Tensor, kind: int, gamma: Any, eps: float, given: tuple[Any, Any], arrays: tuple[Any, ...]) -> None:
    """`arrays`: beta, the output's gradient, the output, statistics, the gradients of gamma and of beta."""
    beta, grad, out, statistics, of_gamma, of_beta = arrays
    tensors = [t if t is None or t.is_contiguous() else t.contiguous() for t in (x, grad, gamma, beta, *given)]
    wait(x.size, grad is not None)  # whoever computes them may not be done
    at_x, at_grad, *vectors = (0 if tensor is None else tensor.data_ptr() for tensor in tensors)
    written = (0 if array is None else array.ctypes.data for array in (out, statistics, of_gamma, of_beta))
    at_out, *others = written
    n, c = x.shape[:2]
    kinds = (kind if vector is None else _DTYPES[vector.dtype][0] for vector in (gamma, given[0]))
    job = loader.PACKED.pack(
        n, c, x.size // (n * c), kind, False, loader.default_threads(), loader.limit(), *kinds,
        eps, at_x, at_grad, at_out, *vectors, *others,
    )  # fmt: skip
    loader.run(job, grad is not None)
