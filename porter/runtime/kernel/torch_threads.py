"""torch's own threads for the kernel.

After an operation of torch they look out for the next one for milliseconds, on every core that another thread needs:
beside them, a kernel with threads of its own took up to 1.8 times as long as alone.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path

import torch

from porter.runtime.kernel import loader


def threads() -> int:
    """How many the kernel may use, as loader.Job wants it: below 0, so many of torch's."""
    return _sign() * int(torch.get_num_threads())


@cache
def _sign() -> int:
    """-1 where torch's OpenMP is one that lends its threads. The kernel's own serve everywhere else."""
    library = loader.library()
    if library is None or (parallel := _parallel()) is None:
        return 1
    library.porter_lend_threads(parallel)
    return -1


def _parallel() -> int | None:
    """The address of the function that runs something on all of them, in the very runtime that torch is linked to."""
    try:
        loaded = ctypes.CDLL(
            str(Path(torch.__file__).with_name("lib") / "libtorch_cpu.so"), os.RTLD_NOLOAD | os.RTLD_LAZY
        )
        return ctypes.cast(loaded.GOMP_parallel, ctypes.c_void_p).value
    except (AttributeError, OSError):
        return None
