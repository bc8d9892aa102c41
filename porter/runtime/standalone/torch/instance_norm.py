# mypy: allow-subclassing-any, allow-untyped-decorators
"""InstanceNorm with MindSpore's contract, as subclasses of PyTorch's layers.

MindSpore's layer always has a scale and a shift, with initial values of the caller's choice; affine=False only keeps
them from being trained. Contract: https://www.mindspore.cn/docs/en/r2.7.0/api_python/nn/mindspore.nn.InstanceNorm3d.html
"""

from numbers import Number
from typing import Any

import torch
from torch import Tensor, nn


class _MindSporeInstanceNorm(nn.modules.instancenorm._InstanceNorm):
    """mindspore.nn.InstanceNorm: weight is MindSpore's gamma, bias its beta, both (C,).

    `gamma_init` and `beta_init` are a number, a tensor or array of shape (C,), or the name of an initializer.
    The statistics are those of the input, in training and in evaluation, so that no output depends on `momentum`.
    `dtype` is that of the parameters; None is float32, as in MindSpore. Unlike MindSpore's layer, torch's raises
    ValueError for a single spatial element and takes unbatched input.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-05,
        momentum: float = 0.1,
        affine: bool = True,
        gamma_init: Any = "ones",
        beta_init: Any = "zeros",
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine=True, dtype=torch.float32 if dtype is None else dtype)
        self.affine = affine
        for parameter, value in ((self.weight, gamma_init), (self.bias, beta_init)):
            _initialize(parameter, value)
            parameter.requires_grad_(affine)


@torch.no_grad()
def _initialize(parameter: Tensor, value: Any) -> None:
    """Fill `parameter` as mindspore.common.initializer.initializer(value) would. Raises ValueError."""
    if isinstance(value, str):
        _initialize_by_name(parameter, value)
    elif isinstance(value, Number):
        parameter.fill_(value)
    else:
        values = torch.as_tensor(value)
        if values.shape != parameter.shape:
            raise ValueError(f"initial values must have shape {tuple(parameter.shape)}, got {tuple(values.shape)}")
        parameter.copy_(values)


def _initialize_by_name(parameter: Tensor, name: str) -> None:
    match name.lower():
        case "one" | "ones":
            parameter.fill_(1)
        case "zero" | "zeros":
            parameter.fill_(0)
        case "normal":  # Normal(sigma=0.01, mean=0.0)
            parameter.normal_(0.0, 0.01)
        case "uniform":  # Uniform(scale=0.07)
            parameter.uniform_(-0.07, 0.07)
        case "truncatednormal":  # TruncatedNormal(sigma=0.01, mean=0.0, a=-2.0, b=2.0): the bounds are values
            nn.init.trunc_normal_(parameter, 0.0, 0.01, -2.0, 2.0)
        case _:
            raise ValueError(f"no initializer of a vector is called {name!r}")


class InstanceNorm1d(_MindSporeInstanceNorm, nn.InstanceNorm1d):
    """mindspore.nn.InstanceNorm1d: input (N, C, L)."""


class InstanceNorm2d(_MindSporeInstanceNorm, nn.InstanceNorm2d):
    """mindspore.nn.InstanceNorm2d: input (N, C, H, W)."""


class InstanceNorm3d(_MindSporeInstanceNorm, nn.InstanceNorm3d):
    """mindspore.nn.InstanceNorm3d: input (N, C, D, H, W)."""
