"""The kernel as operations of MindSpore (ops.Custom, AOT) for PyNative, ms.jit and GRAPH mode, with gradients.

Channels first only: MindSpore knows no other layout of memory. Where `available` is False nothing here may be called.
"""

from __future__ import annotations

from typing import Any

import mindspore
from mindspore import Tensor, ops

from porter.runtime.kernel import loader


def available() -> bool:
    """Whether there is a kernel, and it serves the device that MindSpore runs on."""
    return _target() == "CPU" and loader.available()


def _target() -> Any:
    """mindspore.get_context("device_target"), which takes as long as half of a small kernel."""
    try:
        return mindspore.context._context().get_param(mindspore.context.ms_ctx_param.device_target)
    except AttributeError:  # private, and gone
        return mindspore.get_context("device_target")


def _custom(entry: str, shapes: Any, dtypes: Any, bprop: Any = None) -> Any:
    return ops.Custom(f"{loader.LIBRARY}:porter_mindspore_{entry}", shapes, dtypes, func_type="aot", bprop=bprop)


def _gradient_shapes(grad: Any, x: Any, *vectors: Any) -> Any:
    return x, [x[1]], [x[1]]


backward = _custom("backward", _gradient_shapes, lambda grad, x, statistics, gamma, eps: (x, gamma, gamma))
given_backward = _custom(
    "given_backward", _gradient_shapes, lambda grad, x, gamma, mean, variance, eps: (x, gamma, gamma)
)


def _bprop(x: Tensor, gamma: Tensor, beta: Tensor, eps: Tensor, out: Any, dout: Any) -> Any:
    dx, dgamma, dbeta = backward(dout[0], x, out[1], gamma, eps)
    return dx, dgamma, dbeta, ops.zeros_like(eps)


def _given_bprop(
    x: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor, eps: Tensor, out: Any, dout: Any
) -> Any:
    dx, dgamma, dbeta = given_backward(dout, x, gamma, mean, variance, eps)
    return dx, dgamma, dbeta, ops.zeros_like(mean), ops.zeros_like(variance), ops.zeros_like(eps)


normalize = _custom(
    "forward",
    lambda x, gamma, beta, eps: (x, [x[0], x[1], 2]),
    lambda x, gamma, beta, eps: (x, mindspore.float64),
    _bprop,
)
"""x (N, C, *spatial), gamma and beta (C,), eps () float64 -> y, like x; mean and biased variance, (N, C, 2) float64."""

normalize_by = _custom(
    "given_forward",
    lambda x, gamma, beta, mean, variance, eps: x,
    lambda x, gamma, beta, mean, variance, eps: x,
    _given_bprop,
)
"""x, gamma, beta, mean and variance (C,), eps () float64 -> y, like x."""
