# mypy: allow-subclassing-any
"""torch.no_grad, as a context and as a decorator, with and without brackets.

Contract: https://docs.pytorch.org/docs/2.13/generated/torch.no_grad.html
"""

from __future__ import annotations

from typing import Any

from mindspore import _no_grad


class no_grad(_no_grad):
    """What is computed inside has no gradient. `@no_grad` stands for `@no_grad()`."""

    def __new__(cls, function: Any = None) -> Any:
        """An instance, or the decorated function."""
        made = super().__new__(cls)
        if function is None:
            return made
        made.__init__()
        return made(function)

    def __init__(self, function: Any = None) -> None:
        super().__init__()
