"""Cells for the tests. In a file of their own: GRAPH mode reads the source of what it compiles."""

from __future__ import annotations

from typing import Any

from mindspore import Tensor, nn

from porter.runtime.mindspore import instance_norm


class WithLoss(nn.Cell):  # type: ignore[misc]
    """sum(layer(x) * weights), whose gradient with respect to the output of `layer` is `weights`; and that output."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def construct(self, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and output."""
        y = self.layer(x)
        return (y * weights).sum(), y


class Function(nn.Cell):  # type: ignore[misc]
    """instance_norm, by running statistics where they are given."""

    def __init__(self, running_mean: Tensor | None, running_var: Tensor | None) -> None:
        super().__init__()
        self.running_mean = running_mean
        self.running_var = running_var

    def construct(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """The output."""
        given = self.running_mean is not None
        return instance_norm(x, self.running_mean, self.running_var, weight, bias, not given)
