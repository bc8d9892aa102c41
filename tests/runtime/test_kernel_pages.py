"""Where in its page an array begins decides in which order the kernel writes, and nothing else: apply.h says why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from porter.runtime.kernel import loader

from .cases import make


def _at(place: int, size: int) -> Any:
    """`size` float32 numbers that begin `place` bytes behind the beginning of a page of 4096."""
    memory = np.full(size + 2048, np.nan, np.float32)
    begin = (place - memory.ctypes.data) % 4096 // 4
    return memory[begin : begin + size]


@pytest.mark.parametrize("shape", [(2, 3, 1_003), (1, 3, 800_029)], ids=["cached", "past the caches"])
@pytest.mark.parametrize("of_x", [0, 4])
@pytest.mark.parametrize("of_grad", [0, 96, 4032])
def test_where_in_its_page_an_array_begins_changes_no_bit(
    isa: str, shape: tuple[int, int, int], of_x: int, of_grad: int
) -> None:
    """An output just behind its input is written from its end."""
    data, results = make(shape), []
    for place in (2048, 32, 64, 160, 252, 4000):
        x, grad, y, dx = (_at(start, data.input.size) for start in (of_x, of_grad, place, place))
        x[:], grad[:] = data.input.ravel(), data.grad.ravel()
        n, c, s = shape
        statistics = np.empty((n, c, 2))
        for backward, out in ((False, y), (True, dx)):
            job = loader.Job(n=n, c=c, s=s, threads=1, eps=1e-5, x=x.ctypes.data, dy=grad.ctypes.data)
            job.out, job.statistics, job.isa = out.ctypes.data, statistics.ctypes.data, loader.ISAS.index(isa)
            loader.run(job, backward)
        results.append((y.copy(), dx.copy()))
    for others in results[1:]:
        for one, other in zip(results[0], others, strict=True):
            np.testing.assert_array_equal(one, other)
    assert np.isfinite(results[0]).all()
