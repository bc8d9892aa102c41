"""Finds the compiled kernel and speaks its C interface; nothing here knows an array type."""

from __future__ import annotations

import ctypes
import os
import struct
import warnings
from functools import cache
from pathlib import Path
from typing import Any

ABI_VERSION = 4
LIBRARY = Path(__file__).with_name("_instance_norm.so")
ISAS = ("best", "baseline", "avx2", "avx512")
"""Instruction sets; the index is the number that the library knows each by."""
DTYPES = {"float32": 0, "float64": 1, "float16": 2, "bfloat16": 3}
PACKED = struct.Struct("3q6id10P")
"""A Job as bytes, field by field: to fill it by position takes a third of the time."""
POOL_FROM = 1 << 20
"""Bytes from which on an output comes from the pool of pool.cpp: the allocator keeps what is smaller itself."""
_ERRORS = {1: ValueError("the kernel refused its arguments"), 2: MemoryError("the kernel found no memory")}


class Job(ctypes.Structure):
    """One call, as kernel.h describes it: sizes, then addresses of dense arrays, 0 where there is none."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in ("n", "c", "s")),
        *((name, ctypes.c_int32) for name in ("dtype", "channels_last", "threads", "isa")),
        *((name, ctypes.c_int32) for name in ("affine_dtype", "given_dtype")),
        ("eps", ctypes.c_double),
        *((name, ctypes.c_void_p) for name in ("x", "dy", "out", "gamma", "beta", "mean", "variance")),
        *((name, ctypes.c_void_p) for name in ("statistics", "dgamma", "dbeta")),
    ]


@cache
def library() -> ctypes.CDLL | None:
    """The kernel, or None: switched off by PORTER_KERNEL=0, not compiled, or not loadable, which is said once."""
    if os.environ.get("PORTER_KERNEL") == "0":
        return None
    try:
        loaded = ctypes.CDLL(str(LIBRARY))
        version = loaded.porter_abi_version()
    except (OSError, AttributeError) as error:
        reason = "it was not compiled" if not LIBRARY.exists() else str(error)
        _say(reason)
        return None
    if version != ABI_VERSION:
        _say(f"the compiled library is of version {version}, not {ABI_VERSION}: install porter again")
        return None
    _declare(loaded)
    loaded.porter_configure(default_threads(), limit())
    loaded.porter_limit_pool(pool_limit())
    return loaded


def _declare(loaded: ctypes.CDLL) -> None:
    """Without it, every number and address would be passed as a C int."""
    for function in (loaded.porter_forward, loaded.porter_backward):
        function.argtypes = [ctypes.c_char_p]  # a job as bytes
    sizes, number, address = ctypes.c_int64, ctypes.c_int32, ctypes.c_void_p
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "limit_pool": (None, [sizes]),
        "idle_bytes": (sizes, []),
        "take": (address, [sizes]),
        "give": (None, [address]),
        "lend_threads": (None, [address]),
        "take_tensor": (address, [number, number, address, address]),
        "arrivals": (sizes, []),
        "await": (number, [sizes, sizes]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(loaded, f"porter_{name}")
        function.restype, function.argtypes = result, arguments


def _say(reason: str) -> None:
    warnings.warn(
        f"porter's InstanceNorm kernel is not used ({reason}); standard operations do its work, more slowly",
        stacklevel=4,
    )


def available() -> bool:
    """Whether calls of `run` will work."""
    return library() is not None


@cache
def limit() -> int:
    """The number of the widest instruction set that PORTER_KERNEL_ISA allows. Raises ValueError for an unknown one."""
    name = os.environ.get("PORTER_KERNEL_ISA", "best")
    if name not in ISAS:
        raise ValueError(f"PORTER_KERNEL_ISA must be one of {', '.join(ISAS)}, got {name!r}")
    return ISAS.index(name)


def pool_limit() -> int:
    """How many bytes of dead outputs are kept for new ones: PORTER_KERNEL_POOL, in MiB. Raises ValueError."""
    text = os.environ.get("PORTER_KERNEL_POOL", "512")
    if not text.isdecimal():
        raise ValueError(f"PORTER_KERNEL_POOL must be a number of MiB, 0 for none, got {text!r}")
    return int(text) << 20


def isa() -> str:
    """The instruction set that calls use here."""
    loaded = library()
    return "none" if loaded is None else ISAS[loaded.porter_isa(limit())]


def default_threads() -> int:
    """OMP_NUM_THREADS, as everywhere, or the processors that this process may use."""
    wanted = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return int(wanted) if wanted.isdigit() and int(wanted) else len(os.sched_getaffinity(0))


def run(job: Job | bytes, backward: bool) -> None:
    """Do the job; a packed one says which instruction set it allows. The interpreter is free meanwhile.

    Raises RuntimeError where there is no kernel, MemoryError, and ValueError for impossible arguments.
    """
    loaded = library()
    if loaded is None:
        raise RuntimeError("the kernel is not available")
    if isinstance(job, Job):
        job.isa = job.isa or limit()
        job = bytes(job)
    if status := (loaded.porter_backward if backward else loaded.porter_forward)(job):
        raise _ERRORS[status]
