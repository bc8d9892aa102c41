# mypy: allow-subclassing-any
"""BatchNorm3d with PyTorch's contract, as a subclass of MindSpore's layer.

MindSpore's layer does the work wherever it can; what it refuses goes to standard operations: an eps or a momentum
outside its range, and the cumulative average. Contract:
https://docs.pytorch.org/docs/2.13/generated/torch.nn.BatchNorm3d.html
"""

from typing import Any

import mindspore
from mindspore import Parameter, Tensor, nn, ops


class BatchNorm3d(nn.BatchNorm3d):
    """torch.nn.BatchNorm3d over MindSpore's layer, whose parameters (bn2d.gamma, bn2d.beta, ..., all (C,)) it keeps.

    gamma is trained when `affine`, beta when `affine` and `bias`. `device` is accepted and ignored: MindSpore places
    the whole program. `dtype` None is float32. As in MindSpore, a new layer evaluates until `set_train()`.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-05,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        fits = bool(momentum is not None and 0 <= momentum <= 1 and 0 < eps <= 1)
        super().__init__(
            num_features,
            eps=float(eps) if fits else 1.0,
            momentum=1.0 - momentum if fits and momentum is not None else 1.0,
            affine=bool(affine),
            use_batch_statistics=None if track_running_stats else True,
            dtype=mindspore.float32 if dtype is None else dtype,
        )
        self.fits = fits
        self.eps = eps
        self.momentum = momentum
        self.affine = bool(affine)
        self.track_running_stats = bool(track_running_stats)
        self.bn2d.beta.requires_grad = bool(affine and bias)
        self.cumulative = momentum is None and self.track_running_stats
        if self.cumulative:
            batches = Tensor(0, mindspore.int64)
            self.num_batches_tracked = Parameter(batches, name="num_batches_tracked", requires_grad=False)

    def construct(self, x: Tensor) -> Tensor:
        if self.fits:
            return nn.BatchNorm3d.construct(self, x)  # by name: GRAPH mode does not resolve super() here
        if x.ndim != 5:
            raise ValueError(f"expected 5D input (got {x.ndim}D input)")
        return self._normalize(x.reshape(x.shape[0], x.shape[1], -1).astype(mindspore.float32), x)

    def _normalize(self, maps: Tensor, x: Tensor) -> Tensor:
        if self.training or not self.track_running_stats:
            mean = maps.mean((0, 2))
            maps = maps - mean.reshape(1, -1, 1)
            variance = ops.square(maps).mean((0, 2))
            if self.track_running_stats:
                self._update(ops.stop_gradient(mean), ops.stop_gradient(variance), maps.size // maps.shape[1])
        else:
            maps = maps - ops.stop_gradient(self.bn2d.moving_mean).reshape(1, -1, 1)
            variance = ops.stop_gradient(self.bn2d.moving_variance)
        scale = ops.rsqrt(variance + self.eps) * self.bn2d.gamma
        return (maps * scale.reshape(1, -1, 1) + self.bn2d.beta.reshape(1, -1, 1)).reshape(x.shape).astype(x.dtype)

    def _update(self, mean: Tensor, variance: Tensor, values: int) -> None:
        """new = (1 - momentum) * old + momentum * observed, the variance unbiased; without one all count alike."""
        if values == 1:
            raise ValueError("Expected more than 1 value per channel when training")
        share = self.momentum
        if self.cumulative:
            ops.assign(self.num_batches_tracked, self.num_batches_tracked + 1)
            share = 1 / self.num_batches_tracked.astype(mean.dtype)
        self._blend(self.bn2d.moving_mean, mean, share)
        self._blend(self.bn2d.moving_variance, variance * values / (values - 1), share)

    def _blend(self, running: Any, observed: Tensor, share: Any) -> None:
        ops.assign(running, (running * (1 - share) + observed * share).astype(running.dtype))
