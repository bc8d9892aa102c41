"""Operations of MindSpore that are made once and called elsewhere.

Contract: https://www.mindspore.cn/docs/en/master/api_python/ops/mindspore.ops.Concat.html
"""

from __future__ import annotations

from typing import Any

import torch


class Concat:
    """Joins tensors along an axis: `Concat(axis)((a, b))`. Tensors are of one dtype and agree in all other axes."""

    def __init__(self, axis: int = 0) -> None:
        self.axis = axis

    def __call__(self, tensors: Any) -> Any:
        return torch.cat(tuple(tensors), dim=self.axis)
