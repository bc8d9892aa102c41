"""The two shapes of data that the proof works on, without knowing where they come from."""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

Array = NDArray[Any]


class Tensor(Protocol):
    """One parameter or buffer of a layer, as a framework describes it."""

    @property
    def name(self) -> str:
        """Its name in the layer."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its size along each axis."""

    @property
    def dtype(self) -> str:
        """`float32`, `int64` ..."""

    @property
    def trainable(self) -> bool:
        """Whether an optimizer would change it."""

    @property
    def saved(self) -> str:
        """What a checkpoint calls it, where that is another name."""
