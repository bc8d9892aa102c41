"""Large outputs for numpy from memory that earlier outputs have left: pool.cpp says why."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porter.runtime.kernel import loader


class _Block:
    """A block while some array shows it: the `base` of them all, so it outlives every view."""

    def __init__(self, library: ctypes.CDLL, address: int, size: int) -> None:
        self._give, self._address = library.porter_give, address
        self.__array_interface__ = {"version": 3, "shape": (size,), "typestr": "|u1", "data": (address, False)}

    def __del__(self) -> None:
        self._give(self._address)


def empty(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """A C-contiguous array with any content.

    A large one does not own its memory, as a view does not: `resize` refuses it.
    """
    library, kind = loader.library(), np.dtype(dtype)
    size = math.prod(shape) * kind.itemsize
    address = library.porter_take(size) if library and size >= loader.POOL_FROM else None
    if library is None or address is None:
        return np.empty(shape, kind)
    return np.asarray(_Block(library, address, size)).view(kind).reshape(shape)
