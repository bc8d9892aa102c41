"""The kernel over numpy arrays: threads, running statistics, memory, and what is refused."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from porter.runtime import reference
from porter.runtime.kernel import loader
from porter.runtime.kernel.numpy import instance_norm, instance_norm_backward

from .cases import make
from .comparison import assert_rounded_once, last

pytestmark = pytest.mark.frameworks("numpy")


@pytest.mark.parametrize("shape", [(1, 3, 150_001), (2, 3, 70_001), (7, 5, 9_001), (1, 40, 9_001)])
@pytest.mark.parametrize("channels_last", [False, True], ids=["first", "last"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.usefixtures("kernel")
def test_threads_change_no_bit(shape: tuple[int, ...], channels_last: bool, dtype: str) -> None:
    """Some share a channel, some have channels of their own."""
    data = make(shape, dtype)
    x, grad = (values.astype(dtype) for values in (data.input, data.grad))
    if channels_last:
        x, grad = last(x), last(grad)
    results = []
    for threads in (1, 2, 3, 8):
        y, statistics = instance_norm(x, weight=data.weight, channels_last=channels_last, threads=threads)
        gradients = instance_norm_backward(
            grad, x, statistics, data.weight, channels_last=channels_last, threads=threads
        )
        results.append((y, statistics, *gradients))
    for others in results[1:]:
        for one, other in zip(results[0], others, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("channels_last", [False, True], ids=["first", "last"])
@pytest.mark.usefixtures("kernel")
def test_running_statistics(channels_last: bool) -> None:
    data = make((3, 4, 5, 6))
    mean, variance = np.full(4, 2.0), np.full(4, 3.0)
    ours = mean.astype(np.float32), variance.astype(np.float32)
    x = data.input.astype(np.float32)
    instance_norm(last(x) if channels_last else x, *ours, momentum=0.3, channels_last=channels_last)
    reference.update_running_statistics(data.input, mean, variance, 0.3)
    assert_rounded_once("mean", ours[0], mean, "float32")
    assert_rounded_once("variance", ours[1], variance, "float32")


def test_numpy_alone_computes_the_same(monkeypatch: pytest.MonkeyPatch, kernel: None) -> None:
    data = make((2, 5, 6, 7))
    x, grad, weight, bias = (v.astype(np.float32) for v in (data.input, data.grad, data.weight, data.bias))
    for channels_last, affine, given in ((False, True, False), (True, True, True), (True, False, False)):
        order = last if channels_last else np.asarray
        results = []
        for available in (True, False):
            monkeypatch.setattr(loader, "available", lambda available=available: available)
            mean, variance = bias.astype(np.float64), weight.astype(np.float64)
            vectors: Any = {"weight": weight, "bias": bias} if affine else {}
            kwargs: Any = {"running_mean": mean, "running_var": variance, "use_input_stats": not given}
            y, statistics = instance_norm(order(x), **vectors, **kwargs, channels_last=channels_last)
            used = (mean, variance) if given else (None, None)
            gradients = instance_norm_backward(
                order(grad), order(x), statistics, vectors.get("weight"), 1e-5, *used, channels_last=channels_last
            )
            results.append((y, *gradients, mean, variance))
        for compiled, plain in zip(*results, strict=True):
            assert compiled.dtype == plain.dtype and compiled.shape == plain.shape
            np.testing.assert_allclose(plain, compiled, rtol=2e-7, atol=2e-7 * np.abs(compiled).max())


@pytest.mark.parametrize("compiled", [True, False])
def test_wrong_vectors_are_refused_without_a_library_too(
    monkeypatch: pytest.MonkeyPatch, kernel: None, compiled: bool
) -> None:
    monkeypatch.setattr(loader, "available", lambda: compiled)
    x = np.ones((2, 3, 4), np.float32)
    with pytest.raises(ValueError, match=r"gamma must have shape \(3,\), got \(4,\)"):
        instance_norm(x, weight=np.ones(4))
    with pytest.raises(ValueError, match=r"gamma must have shape \(3,\), got \(4,\)"):
        instance_norm_backward(x, x, np.ones((2, 3, 2)), np.ones(4))
    assert instance_norm(np.ones((2, 0, 4), np.float32)).output.shape == (2, 0, 4)


@pytest.mark.usefixtures("kernel")
def test_the_memory_of_the_input_may_have_gaps() -> None:
    x = make((2, 3, 8, 10)).input.astype(np.float32)
    views = [x[:, :, ::2], x[:, ::-1], x.transpose(1, 0, 3, 2), np.broadcast_to(x[:1, :1], (2, 3, 8, 10))]
    for view in views:
        np.testing.assert_array_equal(instance_norm(view).output, instance_norm(view.copy()).output)


@pytest.mark.usefixtures("kernel")
def test_more_elements_than_32_bits_count() -> None:
    """Their memory is one page of zeros, mapped again and again, but for the end."""
    length = 2**30 + 5
    x = np.zeros((1, 2, length), np.float16)
    x[0, 1, -4:] = 512
    statistics = np.empty((1, 2, 2))
    job = loader.Job(n=1, c=2, s=length, dtype=2, threads=2, eps=1e-5)
    job.x, job.statistics = x.ctypes.data, statistics.ctypes.data
    loader.run(job, backward=False)
    mean = 4 * 512 / length
    expected = np.array([[0, 0], [mean, 4 * 512**2 / length - mean**2]])
    np.testing.assert_allclose(statistics[0], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("shape", "kwargs", "error", "message"),
    [
        ((2, 3, 1), {}, ValueError, "more than 1 spatial element"),
        ((2,), {}, ValueError, r"expected \(N, C, \*spatial\)"),
        ((2, 3, 4), {"weight": np.ones(4)}, ValueError, r"gamma must have shape \(3,\), got \(4,\)"),
        ((2, 3, 4), {"bias": np.ones((3, 1))}, ValueError, r"beta must have shape \(3,\), got \(3, 1\)"),
        ((2, 3, 4), {"running_mean": np.ones(3)}, ValueError, "go together"),
        ((2, 3, 4), {"use_input_stats": False}, ValueError, "needs running_mean and running_var"),
        ((2, 3, 4), {"running_mean": np.ones(2), "running_var": np.ones(2)}, ValueError, r"statistics must have shape"),
    ],
)
@pytest.mark.usefixtures("kernel")
def test_wrong_arguments(shape: tuple[int, ...], kwargs: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        instance_norm(np.ones(shape, np.float32), **kwargs)


@pytest.mark.usefixtures("kernel")
def test_wrong_types_and_gradients() -> None:
    x = np.ones((2, 3, 4), np.float32)
    with pytest.raises(TypeError, match="floating-point input, got int64"):
        instance_norm(x.astype(np.int64))
    with pytest.raises(ValueError, match=r"gradient has shape \(2, 3, 5\), the input \(2, 3, 4\)"):
        instance_norm_backward(np.ones((2, 3, 5), np.float32), x, np.ones((2, 3, 2)))
    with pytest.raises(ValueError, match=r"statistics must have shape \(2, 3, 2\)"):
        instance_norm_backward(x, x, np.ones((2, 2)))


@pytest.mark.parametrize("shape", [(0, 3, 4), (2, 0, 4), (2, 3, 0)])
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.usefixtures("kernel")
def test_nothing_stays_nothing(shape: tuple[int, ...], channels_last: bool) -> None:
    x = np.ones(shape, np.float32)
    y, statistics = instance_norm(x, channels_last=channels_last)
    gradients = instance_norm_backward(x, x, statistics, channels_last=channels_last)
    assert y.shape == gradients.input.shape == shape and not gradients.bias.any()


@pytest.mark.usefixtures("kernel")
def test_the_library_refuses_what_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="refused its arguments"):
        loader.run(loader.Job(n=1, c=1, s=4, dtype=9), backward=False)
    with pytest.raises(ValueError, match="refused its arguments"):
        loader.run(loader.Job(n=-1, c=1, s=4), backward=False)


def test_both_sides_agree_on_the_size_of_a_job(kernel: None) -> None:
    library = loader.library()
    assert library is not None and library.porter_job_size() == ctypes.sizeof(loader.Job)
