"""Cells for the tests. In a file of their own: GRAPH mode reads the source of what it compiles."""

from __future__ import annotations

from typing import Any

from mindspore import Tensor, nn


class WithLoss(nn.Cell):  # type: ignore[misc]
    """sum(layer(x) * weights), whose gradient with respect to the output of `layer` is `weights`; and that output."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def construct(self, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and output."""
        y = self.layer(x)
        return (y * weights).sum(), y
