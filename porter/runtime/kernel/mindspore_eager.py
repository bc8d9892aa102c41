# mypy: allow-subclassing-any
"""The kernel in MindSpore's PyNative mode, on the memory of the tensors: an ops.Custom takes milliseconds to start.

Here nothing may be compiled: ms.jit and GRAPH mode have the operations of porter/runtime/kernel/mindspore.py. So have
large inputs: to look at memory is to wait for whoever writes it, and MindSpore waits by spinning, which takes a core
from the convolution before. In a 3D U-Net that doubled the time of a forward; small inputs alone made no difference.
"""

from __future__ import annotations

from typing import Any

import mindspore
import numpy as np
from mindspore import Tensor, ops
from mindspore.common._grad_function import _Function

from porter.runtime.kernel import loader
from porter.runtime.kernel import mindspore as operations
from porter.runtime.kernel.pool import empty

try:
    from mindspore.graph.api import _pynative_executor
except ImportError:  # before MindSpore 2.9
    from mindspore.common.api import _pynative_executor

LARGEST = 1 << 18
"""Elements up to which starting an operation takes longer than the kernel."""
_DTYPES = {mindspore.float32: (0, np.float32), mindspore.float64: (1, np.float64)}


def serves(x: Tensor, vectors: tuple[Any, Any], given: tuple[Any, Any]) -> bool:
    """Whether `normalize` may be called: a small input on the CPU, types that the kernel knows, sizes that fit."""
    if x.dtype not in _DTYPES or x.ndim < 2 or x.size > LARGEST or not loader.available() or x.device != "CPU":
        return False
    if vectors[0] is None and vectors[1] is not None:
        return False
    for pair in (vectors, given):
        present = [vector for vector in pair if vector is not None]
        for vector in present:
            if vector.dtype not in _DTYPES or vector.dtype != present[0].dtype or vector.shape != x.shape[1:2]:
                return False
    return True


def normalize(x: Tensor, gamma: Any, beta: Any, mean: Any, variance: Any, eps: float) -> tuple[Tensor, Any]:
    """x (N, C, *spatial), gamma and beta (C,) or None -> y, like x; mean and biased variance, (N, C, 2) float64.

    Where `mean` and `variance` (C,) are given, they are used, nothing is differentiated by them, and the second result
    is None. Whoever differentiates the gradient gets the RuntimeError of MindSpore's operation.
    """
    if _pynative_executor.requires_grad():
        y, statistics = _Normalize.apply(x, gamma, beta, mean, variance, eps)
        return y, statistics if mean is None else None
    y, statistics = _forward(x, gamma, beta, mean, variance, eps)
    return Tensor.from_numpy(y), None if statistics is None else Tensor.from_numpy(statistics)


class _Normalize(_Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, gamma: Any, beta: Any, mean: Any, variance: Any, eps: float) -> Any:
        y, statistics = _forward(x, gamma, beta, mean, variance, eps)
        ctx.save_for_backward(x, gamma)
        ctx.given, ctx.statistics, ctx.eps = (mean, variance), statistics, eps
        second = Tensor.from_numpy(np.empty(0) if statistics is None else statistics)
        ctx.mark_non_differentiable(second)
        return Tensor.from_numpy(y), second

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> Any:
        x, gamma = ctx.saved_tensors
        if _pynative_executor.requires_grad():
            # Someone may differentiate this too: an operation is recorded, and refuses when it comes to that.
            return _recorded(grad, x, gamma, ctx)
        gradients = _backward(grad, x, ctx.statistics, gamma, ctx.given, ctx.eps)
        return (*(None if one is None else Tensor.from_numpy(one) for one in gradients), None, None, None)


def _recorded(grad: Tensor, x: Tensor, gamma: Any, ctx: Any) -> Any:
    eps, scale = Tensor(ctx.eps, mindspore.float64), ops.ones(x.shape[1], x.dtype) if gamma is None else gamma
    if ctx.given[0] is None:
        gradients = operations.backward(grad, x, Tensor.from_numpy(ctx.statistics), scale, eps)
    else:
        gradients = operations.given_backward(grad, x, scale, *ctx.given, eps)
    return (*(gradients if gamma is not None else (gradients[0], None, None)), None, None, None)


def _forward(x: Tensor, gamma: Any, beta: Any, mean: Any, variance: Any, eps: float) -> tuple[Any, Any]:
    shape, (kind, dtype) = x.shape, _DTYPES[x.dtype]
    y, statistics = empty(shape, dtype), np.empty((*shape[:2], 2)) if mean is None else None
    _run(x, kind, gamma, eps, (mean, variance), (beta, None, y, statistics, None, None))
    return y, statistics


def _backward(grad: Tensor, x: Tensor, statistics: Any, gamma: Any, given: tuple[Any, Any], eps: float) -> Any:
    shape, (kind, dtype) = x.shape, _DTYPES[x.dtype]
    of_gamma, of_beta = (None if gamma is None else np.empty(shape[1], _DTYPES[gamma.dtype][1]) for _ in range(2))
    dx, grad = empty(shape, dtype), grad if grad.dtype == x.dtype else grad.astype(x.dtype)
    _run(x, kind, gamma, eps, given, (None, grad, dx, statistics, of_gamma, of_beta))
    return dx, of_gamma, of_beta


def _run(x: Tensor, kind: int, gamma: Any, eps: float, given: tuple[Any, Any], arrays: tuple[Any, ...]) -> None:
    """`arrays`: beta, the output's gradient, the output, statistics, the gradients of gamma and of beta."""
    beta, grad, out, statistics, of_gamma, of_beta = arrays
    tensors = [t if t is None or t.is_contiguous() else t.contiguous() for t in (x, grad, gamma, beta, *given)]
    _pynative_executor.sync()  # whoever computes them may not be done
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
