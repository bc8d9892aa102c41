"""Layouts of torch's tensors, (N, C, *spatial), as the kernels for the CPU and for GPUs take and give them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def is_last(x: Tensor) -> bool:
    """Whether the channels are last in the memory of (N, C, *spatial), without gaps."""
    return not x.is_contiguous() and x.movedim(1, -1).is_contiguous()


def dense(x: Tensor) -> Tensor:
    """Itself where its memory is channels first or last without gaps, else a copy that is channels first."""
    return x if x.is_contiguous() or is_last(x) else x.contiguous()


def like(grad: Tensor, x: Tensor) -> Tensor:
    """`grad` in the layout of `x`, which is dense."""
    if grad.stride() == x.stride():
        return grad
    return grad.movedim(1, -1).contiguous().movedim(-1, 1) if is_last(x) else grad.contiguous()


def gradients_for(
    x: Tensor, weight: Any, of_input: bool, of_weight: bool, of_bias: bool, empty_like: Any = torch.empty_like
) -> tuple[Tensor, Tensor, Tensor]:
    """What a gradient goes to: an empty tensor where none is wanted, which an operation has to return."""
    parameters = x if weight is None else weight
    gradient = empty_like(x) if of_input else x.new_empty(0)
    vectors = [parameters.new_empty(x.shape[1] if wanted else 0) for wanted in (of_weight, of_bias)]
    return gradient, vectors[0], vectors[1]
