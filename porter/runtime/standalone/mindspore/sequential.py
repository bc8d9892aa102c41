# mypy: allow-subclassing-any
"""A SequentialCell that also runs the layers which are added to it by name, as torch's container does."""

from __future__ import annotations

from typing import Any

from mindspore import nn


class Sequential(nn.SequentialCell):
    """torch.nn.Sequential: runs its layers in the order in which they were added, by whatever means."""

    _is_dynamic_name: list[bool]

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if isinstance(value, nn.Cell):
            self._run_all()

    def insert_child_to_cell(self, child_name: str, child_cell: nn.Cell) -> None:
        """Add a layer under a name, behind those that are there."""
        super().insert_child_to_cell(child_name, child_cell)
        self._run_all()

    def __delitem__(self, index: Any) -> None:
        numbered = [*self._is_dynamic_name, *[False] * len(self._cells)]
        self._is_dynamic_name = numbered[: len(self._cells)]  # the native container counts only what it was given
        super().__delitem__(index)

    def _run_all(self) -> None:
        self.cell_list = list(self._cells.values())
