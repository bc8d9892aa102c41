# mypy: allow-subclassing-any, allow-untyped-decorators
"""InstanceNorm for MindSpore: torch's contract as layers and a function, and native layers that run without a GPU.

On the CPU the kernel does the work where it was compiled; standard operations do it everywhere else.
"""

from __future__ import annotations

from typing import Any

import mindspore
from mindspore import Tensor, nn, ops

from porter.runtime.kernel import mindspore as kernel
from porter.runtime.kernel import mindspore_eager as eager
from porter.runtime.standalone.mindspore import instance_norm as standard
from porter.runtime.standalone.mindspore.instance_norm import (
    _blend,
    _center,
    _check_arguments,
    _elements,
    _normalize,
    _TorchInstanceNorm,
)

__all__ = ["InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "disable", "enable", "instance_norm"]

_NATIVE_BASE = nn.InstanceNorm3d.__mro__[1]
_NATIVE_CONSTRUCT = _NATIVE_BASE.construct


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Tensor:
    """Normalise every channel of every sample, as torch.nn.functional.instance_norm does.

    `input` is (N, C, *spatial), a floating-point type; `running_mean`, `running_var`, `weight` and `bias` are (C,). The
    result has the shape and the type of `input`. With `use_input_stats`, running statistics, where given, are updated
    in place; without it they replace the statistics of the input. The gradient can be differentiated again only where
    standard operations do the work.

    Raises ValueError for a single spatial element, or one running statistic without the other; RuntimeError when
    running statistics are needed and absent, or do not fit C; TypeError when `input` holds no floating-point numbers.
    """
    given = (None, None) if use_input_stats else (running_mean, running_var)
    if not _is_compiled() and eager.serves(input, (weight, bias), given):
        return _eager(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)
    if not _kernel_serves(input.dtype) or not _fit(input, weight, bias):
        return standard.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)
    _check_arguments(input, running_mean, running_var, use_input_stats)
    if 0 in input.shape:
        return input
    gamma = ops.ones(input.shape[1], mindspore.float32) if weight is None else weight
    beta = ops.zeros(input.shape[1], gamma.dtype) if bias is None else bias.astype(gamma.dtype)
    if not use_input_stats:
        mean, variance = ops.stop_gradient(running_mean), ops.stop_gradient(running_var)
        return kernel.normalize_by(input, gamma, beta, mean, variance, Tensor(eps, mindspore.float64))
    output, statistics = kernel.normalize(input, gamma, beta, Tensor(eps, mindspore.float64))
    if running_mean is not None:
        _update(running_mean, running_var, ops.stop_gradient(statistics), _elements(input.shape[2:]), momentum)
    return output


def _eager(
    input: Tensor, running_mean: Any, running_var: Any, weight: Any, bias: Any, use_input_stats: bool, momentum: float,
    eps: float,
) -> Tensor:  # fmt: skip
    """`instance_norm` where nothing is compiled and the input is small."""
    _check_arguments(input, running_mean, running_var, use_input_stats)
    if 0 in input.shape:
        return input
    given = (None, None) if use_input_stats else (running_mean, running_var)
    output, statistics = eager.normalize(input, weight, bias, given[0], given[1], eps)
    if use_input_stats and running_mean is not None:
        _update(running_mean, running_var, statistics, _elements(input.shape[2:]), momentum)
    return output


@ops.constexpr(check=False)
def _is_none(value: Any) -> bool:
    return value is None


def _is_compiled() -> bool:
    """A compiler hands a function of its own on as None, PyNative as it is."""

    def probe() -> int:
        return 0

    return bool(_is_none(probe))


@ops.constexpr(check=False)
def _kernel_serves(dtype: Any) -> bool:
    return kernel.available() and dtype in (mindspore.float32, mindspore.float64, mindspore.float16)


def _fit(input: Tensor, weight: Any, bias: Any) -> bool:
    """What does not is refused by standard operations; the kernel would read beyond its end."""
    if weight is not None and weight.shape != input.shape[1:2]:
        return False
    return bias is None or bias.shape == input.shape[1:2]


def _update(running_mean: Any, running_var: Any, statistics: Tensor, elements: int, momentum: float) -> None:
    _blend(running_mean, statistics[:, :, 0], momentum)
    unbiased = Tensor(elements / (elements - 1), mindspore.float64)  # a plain number would be rounded to float32
    _blend(running_var, statistics[:, :, 1] * unbiased, momentum)


class _KernelInstanceNorm(_TorchInstanceNorm):
    """The standard layers, by the function above."""

    def _apply_instance_norm(self, x: Tensor) -> Tensor:
        return instance_norm(
            x,
            self.moving_mean if self.track_running_stats else None,
            self.moving_variance if self.track_running_stats else None,
            self.gamma if self.affine else None,
            self.beta if self.affine else None,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )


class InstanceNorm1d(_KernelInstanceNorm, standard.InstanceNorm1d):
    """torch.nn.InstanceNorm1d: input (N, C, L) or (C, L)."""


class InstanceNorm2d(_KernelInstanceNorm, standard.InstanceNorm2d):
    """torch.nn.InstanceNorm2d: input (N, C, H, W) or (C, H, W)."""


class InstanceNorm3d(_KernelInstanceNorm, standard.InstanceNorm3d):
    """torch.nn.InstanceNorm3d: input (N, C, D, H, W) or (C, D, H, W)."""


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

    All instances, old and new, then compute by the kernel or by standard operations, in PyNative and GRAPH mode, with
    gradients. Wrong input raises the native layer's own errors. Call it again as you like. Undo it with `disable()`, or
    by using it as a context manager: `with enable(): ...`; a block inside another one leaves the outer one in force. A
    graph that was compiled meanwhile stays compiled.

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
    if not _is_compiled() and eager.serves(x, (self.gamma, self.beta), (None, None)):
        return eager.normalize(x, self.gamma, self.beta, None, None, self.eps)[0]
    if _kernel_serves(x.dtype):
        return kernel.normalize(x, self.gamma, self.beta, Tensor(self.eps, mindspore.float64))[0]
    centered, _ = _center(x.astype(mindspore.float32))
    gamma, beta = self.gamma.astype(mindspore.float32), self.beta.astype(mindspore.float32)
    return _normalize(centered, gamma, beta, self.eps).astype(x.dtype)
