# mypy: allow-subclassing-any
"""InstanceNorm with PyTorch's contract, as subclasses of MindSpore's native layers (GPU builds).

The native kernel does the work wherever it can; running statistics, and input that it refuses, go to standard
operations.
"""

from typing import Any

import mindspore
from mindspore import Tensor, nn

from .instance_norm import _TorchInstanceNorm


class _NativeInstanceNorm(_TorchInstanceNorm):
    """torch.nn.InstanceNorm over the native layer, whose parameters (gamma, beta, mean, variance, all (C,)) it keeps.

    gamma is trained when `affine`, beta when `affine` and `bias`. As in torch, momentum=None never updates the running
    statistics, and `track_running_stats` uses them in evaluation; as in MindSpore, a new layer evaluates until
    `set_train()`. `device` is accepted and ignored: MindSpore places the whole program. `dtype` None is float32.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-05,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        # The native layer takes floats only, a momentum in [0, 1] and an eps in (0, 1] at that. None of its outputs
        # depends on the momentum.
        dtype = mindspore.float32 if dtype is None else dtype
        takes_eps = bool(0 < eps <= 1)
        native_eps = float(eps) if takes_eps else 1.0
        super().__init__(num_features, eps=native_eps, affine=bool(affine), dtype=dtype)
        self.takes_eps = takes_eps
        self.eps = eps
        self.beta.requires_grad = bool(affine and bias)
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats

    def _apply_instance_norm(self, x: Tensor) -> Tensor:
        fits = self.takes_eps and x.shape[1] == self.num_features and x.dtype in (mindspore.float16, mindspore.float32)
        one_element = x.size == x.shape[0] * x.shape[1]
        if fits and not one_element and not self.track_running_stats:
            return self._native_construct(x)
        return _TorchInstanceNorm._apply_instance_norm(self, x)  # by name: GRAPH mode does not resolve super() here


class InstanceNorm1d(_NativeInstanceNorm, nn.InstanceNorm1d):
    """torch.nn.InstanceNorm1d: input (N, C, L) or (C, L)."""

    spatial_dims = 1

    def _native_construct(self, x: Tensor) -> Tensor:
        return nn.InstanceNorm1d.construct(self, x)


class InstanceNorm2d(_NativeInstanceNorm, nn.InstanceNorm2d):
    """torch.nn.InstanceNorm2d: input (N, C, H, W) or (C, H, W)."""

    spatial_dims = 2

    def _native_construct(self, x: Tensor) -> Tensor:
        return nn.InstanceNorm2d.construct(self, x)


class InstanceNorm3d(_NativeInstanceNorm, nn.InstanceNorm3d):
    """torch.nn.InstanceNorm3d: input (N, C, D, H, W) or (C, D, H, W)."""

    spatial_dims = 3

    def _native_construct(self, x: Tensor) -> Tensor:
        return nn.InstanceNorm3d.construct(self, x)
