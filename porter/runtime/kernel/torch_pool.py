"""Large outputs for torch from memory that earlier outputs have left: pool.cpp says why."""

from __future__ import annotations

import ctypes

import torch
import torch.utils.dlpack
from torch import Tensor

from porter.runtime.kernel import loader

DTYPES = {torch.float32: 0, torch.float64: 1, torch.float16: 2, torch.bfloat16: 3}
"""The library's number of each type."""

_capsule = ctypes.pythonapi.PyCapsule_New
_capsule.restype, _capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


def empty_like(x: Tensor) -> Tensor:
    """torch.empty_like of a dense tensor; a large one from the pool: resize_ cannot enlarge that, and says so."""
    library = loader.library() if x.numel() * x.element_size() >= loader.POOL_FROM else None
    if library is None:
        return torch.empty_like(x)
    sizes = ctypes.c_int64 * x.dim()
    tensor = library.porter_take_tensor(DTYPES[x.dtype], x.dim(), sizes(*x.shape), sizes(*x.stride()))
    if tensor is None:
        return torch.empty_like(x)
    return torch.utils.dlpack.from_dlpack(_capsule(tensor, b"dltensor", None))
