"""Where in its page an array begins decides in which order, and by which way, the kernel writes, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from porter.runtime.kernel import loader

from .cases import Data, make

CACHED = [(2, 3, 1_003, False), (2, 512, 37, True), (1, 1_024, 21, True), (2, 130, 70, True)]
PAST_THE_CACHES = [(1, 3, 800_029, False), (1, 512, 4_133, True), (1, 130, 16_201, True), (1, 33, 65_003, True)]


def _at(place: int, size: int) -> Any:
    """`size` float32 numbers that begin `place` bytes behind the beginning of a page of 4096, among NaN."""
    memory = np.full(size + 2048, np.nan, np.float32)
    begin = (place - memory.ctypes.data) % 4096 // 4
    return memory[begin : begin + size]


def _in_order(values: Any, channels_last: bool) -> Any:
    return (np.moveaxis(values, 1, 2) if channels_last else values).ravel()


def _run(isa: str, data: Data, channels_last: bool, places: tuple[int, int, int]) -> list[Any]:
    """Output and gradient of the input, where input, gradient and both results begin at these places."""
    n, c, s = data.input.shape
    x, grad, y, dx = (_at(place, data.input.size) for place in (*places, places[2]))
    x[:], grad[:] = _in_order(data.input, channels_last), _in_order(data.grad, channels_last)
    statistics = np.empty((n, c, 2))
    for backward, out in ((False, y), (True, dx)):
        job = loader.Job(n=n, c=c, s=s, channels_last=channels_last, threads=1, eps=1e-5)
        job.x, job.dy, job.out, job.statistics = (array.ctypes.data for array in (x, grad, out, statistics))
        job.isa = loader.ISAS.index(isa)
        loader.run(job, backward)
        assert np.isnan(out.base).sum() == out.base.size - out.size, "written beyond its end"
    return [y, dx]


@pytest.mark.parametrize("case", CACHED + PAST_THE_CACHES, ids=str)
@pytest.mark.parametrize("of_x", [0, 4])
@pytest.mark.parametrize("of_grad", [0, 96, 4032])
def test_where_in_its_page_an_array_begins_changes_no_bit(
    isa: str, case: tuple[int, int, int, bool], of_x: int, of_grad: int
) -> None:
    """A channel just behind its input is written from its end; rows of channels may go by way of a stage."""
    data = make(case[:3])
    expected = _run(isa, data, case[3], (of_x, of_grad, 1_100))
    assert all(np.isfinite(values).all() for values in expected)
    for place in (0, 2048, 32, 64, 160, 252, 4000):
        for one, other in zip(_run(isa, data, case[3], (of_x, of_grad, place)), expected, strict=True):
            np.testing.assert_array_equal(one, other)
