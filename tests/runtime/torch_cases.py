"""Tensors of torch for the kernel, and what a step of training makes of them."""

from __future__ import annotations

from typing import Any

from .cases import make


def tensors(shape: tuple[int, ...], dtype: str = "float32", channels_last: bool = False, mean: float = 3.0) -> Any:
    """Input, output gradient, weight and bias."""
    import torch

    data = make(shape, "float64", mean)
    x, grad, weight, bias = (
        torch.tensor(values).to(getattr(torch, dtype)) for values in (data.input, data.grad, data.weight, data.bias)
    )
    if channels_last:
        x = x.movedim(1, -1).contiguous().movedim(-1, 1)
    return x, grad, weight, bias


def train(function: Any, x: Any, grad: Any, weight: Any, bias: Any, **kwargs: Any) -> list[Any]:
    """Output, and the gradients of input, weight and bias."""
    leaves = [tensor.detach().clone().requires_grad_() for tensor in (x, weight, bias)]
    y = function(leaves[0], weight=leaves[1], bias=leaves[2], **kwargs)
    y.backward(grad)
    return [y.detach(), *(leaf.grad for leaf in leaves)]
