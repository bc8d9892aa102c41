# mypy: allow-subclassing-any, allow-untyped-decorators
"""InstanceNorm with PyTorch's contract, made of standard MindSpore operations.

The native layer of MindSpore runs on GPU builds only and keeps no running statistics; this one runs on CPU, GPU and
Ascend, in PyNative and GRAPH mode. Contract: https://docs.pytorch.org/docs/2.13/generated/torch.nn.InstanceNorm3d.html
"""

import warnings
from typing import Any

import mindspore
from mindspore import Parameter, Tensor, nn, ops
from mindspore.common.initializer import initializer


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
    result has the shape and the type of `input`; float16 is computed in float32. With `use_input_stats`, running
    statistics, where given, are updated in place; without it they replace the statistics of the input.

    Raises ValueError for a single spatial element, or one running statistic without the other; RuntimeError when
    running statistics are needed and absent, or do not fit C; TypeError when `input` holds no floating-point numbers.
    """
    _check_arguments(input, running_mean, running_var, use_input_stats)
    if 0 in input.shape:
        return input
    x = input.astype(mindspore.float64 if input.dtype == mindspore.float64 else mindspore.float32)
    gamma = ops.ones(x.shape[1], x.dtype) if weight is None else weight.astype(x.dtype)
    beta = ops.zeros(x.shape[1], x.dtype) if bias is None else bias.astype(x.dtype)
    if not use_input_stats:
        return _normalize_by(x, running_mean, running_var, gamma, beta, eps).astype(input.dtype)
    centered, mean = _center(x)
    if running_mean is not None:
        _update_running_statistics(running_mean, running_var, centered, mean, momentum)
    return _normalize(centered, gamma, beta, eps).astype(input.dtype)


def _check_arguments(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, use_input_stats: bool
) -> None:
    if not input.is_floating_point():
        raise TypeError(f"instance_norm needs floating-point input, got {input.dtype}")
    if use_input_stats and _elements(input.shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.shape}")
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    if running_mean is not None and running_mean.shape[0] != input.shape[1]:
        raise RuntimeError(f"running_mean should contain {input.shape[1]} elements not {running_mean.shape[0]}")


def _elements(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def _center(x: Tensor) -> tuple[Tensor, Tensor]:
    """(N, C, *spatial) less its means, and the means (N * C,).

    Far from 0, the differences inside a channel are lost in rounding, in the gradient of gamma above all, unless its
    mean goes first. No output depends on a shift, so no gradient has to pass through the mean.
    """
    rows = x.reshape(x.shape[0] * x.shape[1], -1)
    mean = ops.stop_gradient(rows.mean(-1))
    return _add_to_rows(rows, -mean).reshape(x.shape), mean


def _add_to_rows(rows: Tensor, values: Tensor) -> Tensor:
    """rows (R, S) + values (R,). On CPU, bias_add takes a tenth of the time of an addition that broadcasts."""
    return ops.bias_add(rows.reshape(1, rows.shape[0], rows.shape[1], 1), values).reshape(rows.shape)


def _normalize(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """Instance normalisation is group normalisation with a group for every channel."""
    if x.dtype != mindspore.float64 and eps != 0:
        return ops.group_norm(x, x.shape[1], gamma, beta, eps * 1.0)
    # In float64, group_norm still holds eps, and sums some gradients, in float32. With eps=0 it gives NaN for a
    # constant channel, which torch divides by nothing.
    maps = x.reshape(x.shape[0], x.shape[1], -1)
    maps = maps - ops.mean(maps, -1, True)
    spread = ops.mean(ops.square(maps), -1, True) + Tensor(eps, x.dtype)
    nothing = (spread == 0).astype(x.dtype)
    maps = maps * ops.rsqrt(spread + nothing) * (1 - nothing)
    return (maps * gamma.reshape(1, -1, 1) + beta.reshape(1, -1, 1)).reshape(x.shape)


def _normalize_by(x: Tensor, mean: Any, variance: Any, gamma: Tensor, beta: Tensor, eps: float) -> Tensor:
    """Normalise by statistics (C,) that are given: they are constants, no gradient reaches them."""
    mean = ops.stop_gradient(mean.astype(x.dtype))
    scale = gamma * ops.rsqrt(ops.stop_gradient(variance.astype(x.dtype)) + Tensor(eps, x.dtype))
    maps = x.reshape(x.shape[0], x.shape[1], -1, 1)
    maps = ops.bias_add(maps, -mean) * scale.reshape(1, -1, 1, 1)
    return ops.bias_add(maps, beta).reshape(x.shape)


def _update_running_statistics(
    running_mean: Any, running_var: Any, centered: Tensor, mean: Tensor, momentum: float
) -> None:
    """new = (1 - momentum) * old + momentum * observed: averaged over the samples, the variance unbiased."""
    rows = ops.stop_gradient(centered).reshape(mean.shape[0], -1)
    variance = ops.square(rows).sum(-1) / (rows.shape[1] - 1)
    _blend(running_mean, mean, momentum)
    _blend(running_var, variance, momentum)


def _blend(running: Any, observed: Tensor, momentum: float) -> None:
    share = Tensor(momentum, observed.dtype)  # a plain number would be rounded to float32
    observed = observed.reshape(-1, running.shape[0]).mean(0)
    ops.assign(running, (running * (1 - share) + observed * share).astype(running.dtype))


@ops.constexpr(check=False)
def _warn_channels(channels: int, num_features: int) -> None:
    # GRAPH mode cannot warn inside of construct: as a constant expression this runs once, when the graph is compiled.
    warnings.warn(
        f"the input has {channels} channels, not num_features={num_features}, which affine=False does not use",
        stacklevel=3,
    )


class _TorchInstanceNorm(nn.Cell):
    """What the three layers share: torch's checks, unbatched input, and the choice of statistics."""

    spatial_dims = 0

    def construct(self, x: Tensor) -> Tensor:
        batched = self.spatial_dims + 2
        if x.ndim != batched and x.ndim != batched - 1:
            raise ValueError(f"expected {batched - 1}D or {batched}D input (got {x.ndim}D input)")
        channels = x.shape[x.ndim - batched + 1]
        if channels != self.num_features:
            if self.affine:
                raise ValueError(f"expected {self.num_features} channels (num_features), but got {channels}")
            _warn_channels(channels, self.num_features)
        if x.ndim == batched:
            return self._apply_instance_norm(x)
        return self._apply_instance_norm(x.expand_dims(0)).reshape(x.shape)

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

    def extend_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.beta.requires_grad}, track_running_stats={self.track_running_stats}"
        )


class _InstanceNorm(_TorchInstanceNorm):
    """torch.nn.InstanceNorm with the parameters of MindSpore's layer: gamma, beta, mean, variance, all (C,).

    They exist whatever the arguments are, so that a checkpoint of either layer fits; gamma is trained when `affine`,
    beta when `affine` and `bias`. As in torch, affine=False neither scales nor shifts, momentum=None never updates the
    running statistics, and `track_running_stats` uses them in evaluation; as in MindSpore, a new layer evaluates until
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
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        dtype = mindspore.float32 if dtype is None else dtype
        self.moving_mean = Parameter(initializer("zeros", num_features, dtype), name="mean", requires_grad=False)
        self.moving_variance = Parameter(initializer("ones", num_features, dtype), name="variance", requires_grad=False)
        self.gamma = Parameter(initializer("ones", num_features, dtype), name="gamma", requires_grad=bool(affine))
        shifts = bool(affine and bias)
        self.beta = Parameter(initializer("zeros", num_features, dtype), name="beta", requires_grad=shifts)


class InstanceNorm1d(_InstanceNorm):
    """torch.nn.InstanceNorm1d: input (N, C, L) or (C, L)."""

    spatial_dims = 1


class InstanceNorm2d(_InstanceNorm):
    """torch.nn.InstanceNorm2d: input (N, C, H, W) or (C, H, W)."""

    spatial_dims = 2


class InstanceNorm3d(_InstanceNorm):
    """torch.nn.InstanceNorm3d: input (N, C, D, H, W) or (C, D, H, W)."""

    spatial_dims = 3
