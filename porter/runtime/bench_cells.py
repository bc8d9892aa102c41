"""The Cells that the benchmark times. In a file of their own: GRAPH mode reads the source of what it compiles."""
# mypy: allow-subclassing-any

from __future__ import annotations

from mindspore import Tensor, nn, ops

from porter.runtime.mindspore import instance_norm


class Kernel(nn.Cell):
    """porter's function, which uses the kernel."""

    def construct(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """(N, C, *spatial) and two (C,) -> (N, C, *spatial)."""
        return instance_norm(x, None, None, weight, bias)


class Group(nn.Cell):
    """A group for every channel."""

    def construct(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """(N, C, *spatial) and two (C,) -> (N, C, *spatial)."""
        return ops.group_norm(x, x.shape[1], weight, bias, 1e-5)


class Batch(nn.Cell):
    """Every channel of every sample as a channel of one sample."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = ops.BatchNorm(is_training=True, epsilon=1e-5)

    def construct(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """(N, C, *spatial) and two (C,) -> (N, C, *spatial)."""
        rows = x.shape[0] * x.shape[1]
        weight, bias = ops.tile(weight, (x.shape[0],)), ops.tile(bias, (x.shape[0],))
        maps = x.reshape(1, rows, -1, 1)
        return self.norm(maps, weight, bias, ops.zeros_like(bias), ops.ones_like(bias))[0].reshape(x.shape)
