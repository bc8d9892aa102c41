# mypy: allow-subclassing-any
"""InstanceNorm for MindSpore: torch's contract as layers and a function, and native layers that run without a GPU."""

from __future__ import annotations

from typing import Any

import mindspore
from mindspore import Tensor, nn

from porter.runtime.standalone.mindspore.instance_norm import (
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    _center,
    _normalize,
    instance_norm,
)

__all__ = ["InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "disable", "enable", "instance_norm"]

_NATIVE_BASE = nn.InstanceNorm3d.__mro__[1]
_NATIVE_CONSTRUCT = _NATIVE_BASE.construct


class _Enabled:
    """What `enable` returns: leaving its `with` block undoes what that call has changed."""

    def __init__(self, changed: bool) -> None:
        self._changed = changed

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        if self._changed:
            disable()


def enable(force: bool = False) -> _Enabled:
    """Let unchanged `mindspore.nn.InstanceNorm1d`, `2d` and `3d` run where MindSpore has no kernel for them.

    All instances, old and new, then compute by standard operations, in PyNative and GRAPH mode, with gradients. Wrong
    input raises the native layer's own errors. Call it again as you like. Undo it with `disable()`, or by using it as a
    context manager: `with enable(): ...`; a block inside another one leaves the outer one in force. A graph that was
    compiled meanwhile stays compiled.

    On a GPU, where the native kernel exists, nothing is changed unless `force`.
    """
    if _NATIVE_BASE.construct is construct:
        return _Enabled(False)
    if mindspore.get_context("device_target") == "GPU" and not force:
        return _Enabled(False)
    _NATIVE_BASE.construct = construct
    return _Enabled(True)


def disable() -> None:
    """Undo `enable()`: the native layers use MindSpore's own kernel again."""
    _NATIVE_BASE.construct = _NATIVE_CONSTRUCT


def construct(self: Any, x: Tensor) -> Tensor:
    """Stands in for the native `construct`, with its checks: those of the layer, then those of its kernel.

    GRAPH mode finds a compiled method by its own name: under another one, a layer that has run cannot join a network.
    """
    self._check_input_dim(self.shape(x), self.cls_name)
    if x.dtype not in (mindspore.float16, mindspore.float32):
        raise TypeError(
            "For primitive[InstanceNorm], the input argument[input_x] must be a type of "
            f"{{Tensor[Float16], Tensor[Float32]}}, but got Tensor[{x.dtype}]."
        )
    if x.shape[1] != self.num_features:
        raise ValueError(
            "For primitive[InstanceNorm], the gamma shape must be equal to (C, ) which is "
            f"{x.shape[1]} , but got {self.num_features}."
        )
    if 0 in x.shape:
        return x
    centered, _ = _center(x.astype(mindspore.float32))
    gamma, beta = self.gamma.astype(mindspore.float32), self.beta.astype(mindspore.float32)
    return _normalize(centered, gamma, beta, self.eps).astype(x.dtype)
