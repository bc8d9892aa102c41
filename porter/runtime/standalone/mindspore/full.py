"""torch.full in MindSpore, whose `full` makes whole numbers of a fraction where no dtype is given."""

from __future__ import annotations

from typing import Any

import mindspore
from mindspore import ops


def dtype_of(value: Any) -> Any:
    """The dtype that torch gives to a tensor made of a value."""
    if isinstance(value, mindspore.Tensor):
        return value.dtype
    if isinstance(value, bool):
        return mindspore.bool_
    return mindspore.int64 if isinstance(value, int) else mindspore.float32


def full(
    size: Any,
    fill_value: Any,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """torch.full, by mindspore.ops.full with a dtype; device is ignored."""
    if out is not None or layout is not None or requires_grad:
        raise ValueError("MindSpore has no counterpart for out, layout and requires_grad")
    return ops.full(size, fill_value, dtype=dtype_of(fill_value) if dtype is None else dtype)
