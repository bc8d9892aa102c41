"""Waits for what MindSpore's PyNative mode has been told to do, without taking a core from it.

MindSpore's own wait looks out for the end in a loop: beside a convolution that is one core less, and on a machine with
one core it takes half of the time. Here the thread sleeps, unless the last wait for an input of about that size was
short: to fall asleep takes a tenth of a millisecond, and up to a whole one where there is one core.
"""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

import mindspore
import numpy as np
from mindspore import Tensor, ops

from porter.runtime.kernel import loader

try:
    from mindspore.graph.api import _pynative_executor
except ImportError:  # before MindSpore 2.9
    from mindspore.common.api import _pynative_executor

executor: Any = _pynative_executor
"""What MindSpore hands operations to in PyNative mode."""
SHORT = 5e-4
"""Seconds of a wait that is not worth sleeping."""
PATIENCE = 5000
"""Milliseconds of sleep at most: an operation that fails takes along those behind it. MindSpore's wait tells of it."""
_yield = getattr(os, "sched_yield", lambda: time.sleep(0))
_last = [0.0] * 128
"""Seconds that the last wait took, by the binary digits of the input's size, forward and backward."""


def give_way() -> None:
    """Let MindSpore's threads run first that have something to do, where there are not enough processors for all.

    Its wait for them is a loop that the scheduler ends after some milliseconds: each takes a tenth of that.
    """
    _yield()


def wait(elements: int, backward: bool) -> None:
    """Return when all operations that were issued are done, that of an input with so many elements among them.

    Raises what one of them raised.
    """
    give_way()
    start, place = time.perf_counter(), 2 * elements.bit_length() + backward
    if _last[place] > SHORT:
        _sleep()
    executor.sync()
    _last[place] = time.perf_counter() - start


def _sleep() -> None:
    library = loader.library()
    if library is None:
        return
    arrive, something = _arrive()
    before = library.porter_arrivals()
    arrive(something)  # once: to issue it again, MindSpore would wait for the first, in its loop
    library.porter_await(before, PATIENCE)


@cache
def _arrive() -> tuple[Any, Tensor]:
    """An operation that says that it runs, and what it is called with."""
    operation = ops.Custom(
        f"{loader.LIBRARY}:porter_mindspore_arrive", lambda _: [1], lambda _: mindspore.int8, func_type="aot"
    )
    return operation, Tensor(np.zeros(1, np.int8))
