"""How the kernel waits for MindSpore's operations, which are done later, or fail later, than they are issued."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from porter.runtime import reference

from .cases import make
from .comparison import assert_rounded_once

pytestmark = [pytest.mark.frameworks("mindspore"), pytest.mark.usefixtures("kernel", "pynative", "no_waits")]


@pytest.fixture
def no_waits() -> Iterator[None]:
    """No wait is remembered, before or after."""
    remember(0.0)
    yield
    remember(0.0)


def remember(seconds: float) -> None:
    """Every input's last wait took so long."""
    from porter.runtime.kernel import mindspore_wait

    mindspore_wait._last[:] = [seconds] * len(mindspore_wait._last)


def arrivals() -> int:
    from porter.runtime.kernel import loader

    library = loader.library()
    assert library is not None
    return int(library.porter_arrivals())


def test_it_sleeps_after_a_long_wait_for_an_input_of_that_size_and_not_after_a_short_one() -> None:
    from porter.runtime.kernel import mindspore_wait

    start = arrivals()
    mindspore_wait.wait(1000, False)
    assert arrivals() == start
    mindspore_wait._last[2 * 10] = 1.0
    mindspore_wait.wait(1000, True)
    mindspore_wait.wait(1024, False)
    assert arrivals() == start
    mindspore_wait.wait(1023, False)
    assert arrivals() == start + 1
    assert 0 < mindspore_wait._last[2 * 10] < 1
    mindspore_wait._last[2 * 10] = 0.0
    mindspore_wait.wait(1000, False)
    assert arrivals() == start + 1


def test_others_run_first_before_each_wait_and_after_what_a_gradient_is_recorded_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mindspore import Tensor, ops

    from porter.runtime.kernel import mindspore_wait
    from porter.runtime.mindspore import instance_norm

    seen: list[int] = []
    monkeypatch.setattr(mindspore_wait, "_yield", lambda: seen.append(1))
    x = Tensor(make((2, 4, 3, 5)).input.astype(np.float32))
    instance_norm(x)
    assert len(seen) == 1
    gradient = ops.GradOperation(sens_param=True)(lambda x: instance_norm(x))(x, x)
    assert len(seen) == 4 and gradient.shape == x.shape


@pytest.mark.parametrize("seconds", [0.0, 1.0], ids=["awake", "asleep"])
def test_what_comes_from_operations_that_are_not_done_yet(seconds: float) -> None:
    import mindspore
    from mindspore import Tensor, ops

    from porter.runtime.mindspore import instance_norm

    data = make((2, 4, 80, 90))
    x, weight = Tensor(data.input, mindspore.float32), Tensor(data.weight, mindspore.float32)
    eye = Tensor(np.eye(90), mindspore.float32)

    def late(x: Any) -> Any:
        for _ in range(20):
            x = ops.matmul(x, eye)
        return x

    def work(x: Any) -> Any:
        return (late(instance_norm(late(x), weight=weight)) * grad).sum()

    grad = Tensor(data.grad, mindspore.float32)
    remember(seconds)
    before = arrivals()
    y = instance_norm(late(x), weight=weight)
    truth = reference.instance_norm(x.asnumpy(), weight=weight.asnumpy())
    assert_rounded_once("output", y.asnumpy(), truth, "float32", roundings=1.02)
    remember(seconds)
    gradient = mindspore.grad(work)(x).asnumpy()
    expected = reference.instance_norm_backward(grad.asnumpy(), x.asnumpy(), weight.asnumpy()).input
    assert_rounded_once("gradient", gradient, expected, "float32", roundings=3)
    assert (arrivals() >= before + 2) if seconds else (arrivals() <= before + 1)


def test_the_thread_that_waits_takes_no_time() -> None:
    import mindspore
    from mindspore import Tensor, ops

    from porter.runtime.kernel import mindspore_wait

    x = Tensor(np.eye(700), mindspore.float32)
    spent = []
    for seconds in (0.0, 1.0):
        ops.matmul(x, x).asnumpy()
        remember(seconds)
        y = x
        for _ in range(40):
            y = ops.matmul(y, x)
        before, start = time.thread_time(), time.perf_counter()
        mindspore_wait.wait(x.size, False)
        spent.append((time.thread_time() - before) / (time.perf_counter() - start))
        assert mindspore_wait._last[2 * x.size.bit_length()] > mindspore_wait.SHORT
    assert spent[1] < spent[0] / 2


@pytest.mark.parametrize("seconds", [0.0, 1.0], ids=["awake", "asleep"])
def test_an_operation_that_fails_meanwhile_is_told(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    import mindspore
    from mindspore import Tensor, ops

    from porter.runtime.kernel import mindspore as operations
    from porter.runtime.kernel import mindspore_wait
    from porter.runtime.mindspore import instance_norm

    monkeypatch.setattr(mindspore_wait, "PATIENCE", 50)
    issued: list[bool] = []
    x = Tensor(make((2, 3, 4)).input, mindspore.float32)
    vector, eps = Tensor(np.ones(3), mindspore.float32), Tensor(1e-5, mindspore.float64)
    large = Tensor(np.eye(700), mindspore.float32)
    remember(seconds)
    with pytest.raises(RuntimeError, match="porter_mindspore_forward"):
        for _ in range(40):
            large = ops.matmul(large, large)
        operations.normalize(x.astype(mindspore.int32), vector, vector, eps)  # refused where it runs, not here
        issued.append(True)
        instance_norm(x)
    assert issued
    remember(seconds)
    assert_rounded_once("output", instance_norm(x).asnumpy(), reference.instance_norm(x.asnumpy()), "float32")
