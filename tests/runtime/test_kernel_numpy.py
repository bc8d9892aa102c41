"""The kernel over numpy arrays, against the reference in float64: every type, layout, size and instruction set."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from porter.runtime import reference
from porter.runtime.kernel import loader
from porter.runtime.kernel.numpy import instance_norm, instance_norm_backward

from .cases import make

pytestmark = pytest.mark.frameworks("numpy")
SHAPES = [(2, 3, 7), (1, 16, 33), (2, 37, 70), (3, 64, 1, 65), (2, 33, 3, 5, 7), (1, 1, 300), (1, 5, 40_011), (2, 2, 2)]
DTYPES = ["float32", "float64", "float16"]


def assert_rounded_once(
    name: str, actual: Any, truth: Any, dtype: str, condition: float = 1.0, roundings: float = 1, terms: int = 0
) -> None:
    """No number is off by more than a rounding to `dtype`, or several, of the greatest of them.

    Where `terms` numbers near 1 were added in `dtype`, eight at a time, their roundings add up like a random walk.

    float64 is the type of the truth itself: both carry the rounding of every step, and of a mean `condition` times as
    large as the deviation.
    """
    assert actual.dtype == np.dtype(dtype) and actual.shape == truth.shape, name
    of_each = 64 * condition if dtype == "float64" else 0.51 * roundings
    allowed = np.finfo(dtype).eps * (np.abs(truth).max() * of_each + np.sqrt(terms))
    error = np.abs(actual.astype(np.float64) - truth).max()
    assert error <= allowed, f"{name}: off by {error:.3g}, allowed {allowed:.3g}"


def last(array: Any) -> Any:
    return np.ascontiguousarray(np.moveaxis(array, 1, -1))


def compare(
    isa: str, shape: tuple[int, ...], dtype: str, channels_last: bool, affine: bool, given: bool, mean: float
) -> None:
    # The gradients of long channels of float32 are computed in float: the difference to the mean, what is added to it,
    # and the result are rounded. A baseline processor has no fused multiplication, and computes them in double.
    size = int(np.prod(shape[2:]))
    single = dtype == "float32" and isa != "baseline" and size >= 512
    roundings = 3 if single else 1
    data = make(shape, dtype, mean)
    weight, bias = (data.weight, data.bias) if affine else (None, None)
    other = make(shape, mean=mean, seed=5)
    statistics: Any = {"running_mean": other.bias + mean, "running_var": other.weight} if given else {}
    order = last if channels_last else np.asarray
    kwargs = {**statistics, "weight": weight, "use_input_stats": not given}
    truth = reference.instance_norm(data.input, bias=bias, **kwargs)
    gradients = reference.instance_norm_backward(data.grad, data.input, weight, **statistics)
    x, grad = (order(values).astype(dtype) for values in (data.input, data.grad))
    y, measured = instance_norm(x, bias=bias, **kwargs, channels_last=channels_last)
    actual = instance_norm_backward(grad, x, measured, weight, **statistics, channels_last=channels_last)
    condition = 1 + 40 * mean  # the first channel spreads by a twentieth
    assert_rounded_once("output", y, order(truth), dtype, condition, 1.02 if single else 1)
    assert_rounded_once("input gradient", actual.input, order(gradients.input), dtype, condition**2, roundings)
    of_vectors = "float64" if affine else dtype
    terms = size * shape[0] if single and size >= 32768 and not affine else 0
    assert_rounded_once("weight gradient", actual.weight, gradients.weight, of_vectors, condition**2, 1, terms)
    assert_rounded_once("bias gradient", actual.bias, gradients.bias, of_vectors, 1, 1, terms)


@pytest.mark.parametrize("channels_last", [False, True], ids=["first", "last"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_shape(isa: str, dtype: str, channels_last: bool) -> None:
    for shape in SHAPES:
        for affine, given in ((True, False), (False, False), (True, True)):
            compare(isa, shape, dtype, channels_last, affine, given, 3.0)


@pytest.mark.parametrize("channels_last", [False, True], ids=["first", "last"])
def test_every_length(isa: str, channels_last: bool) -> None:
    for size in range(1, 71):
        compare(isa, (2, 3 if size % 2 else 18, size), "float32", channels_last, True, size == 1, 3.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_width_of_channels_that_are_last(isa: str, dtype: str) -> None:
    """Several positions are taken as one where their channels fill a vector, or a line of the cache, together only."""
    for width in (2, 3, 4, 6, 8, 12, 16, 20, 24, 30, 32, 33, 40, 48, 63, 64, 65, 96, 100, 128, 160, 515):
        compare(isa, (2, width, 37 + width % 3), dtype, True, True, False, 3.0)
        compare(isa, (1, width, 1_025 + width % 7), dtype, True, width % 2 == 0, False, 3.0)


@pytest.mark.parametrize("width", [3, 8, 20, 37, 40])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_every_width_past_the_caches(isa: str, dtype: str, width: int) -> None:
    compare(isa, (1, width, (8 << 20) // (width * np.dtype(dtype).itemsize) + 21), dtype, True, True, False, 3.0)


@pytest.mark.parametrize("channels_last", [False, True], ids=["first", "last"])
@pytest.mark.parametrize("shape", [(2, 20, 30, 31), (1, 3, 50_000)])
def test_far_from_zero(isa: str, channels_last: bool, shape: tuple[int, ...]) -> None:
    """In float32 the input's own last place is 0.001 of its deviation here; what is made of it loses nothing more."""
    compare(isa, shape, "float32", channels_last, True, False, 1e4)


def test_a_first_element_far_from_all_others(isa: str) -> None:
    """It is what the sums are taken around."""
    x = np.random.default_rng(0).standard_normal((1, 2, 30_000)).astype(np.float32)
    x[0, :, 0] = 1e7
    assert_rounded_once("output", instance_norm(x).output, reference.instance_norm(x), "float32")


def test_nearly_nothing_and_nearly_everything(isa: str) -> None:
    """Squares that single precision does not hold, and a variance that eps dwarfs."""
    x = np.random.default_rng(0).standard_normal((1, 3, 100)) * np.array([1e-30, 1e30, 1e37])[:, None]
    x = x.astype(np.float32)
    assert_rounded_once("output", instance_norm(x).output, reference.instance_norm(x), "float32")


@pytest.mark.parametrize(
    ("spread", "slope"), [(1e-30, 1e-30), (1e-25, 1e-25), (1e25, 1e25), (1e33, 1e33), (1, 1e36), (1, 1e-36)]
)
def test_long_channels_that_float_cannot_square(isa: str, spread: float, slope: float) -> None:
    """float alone would lose the variance, or the gradients; eps is as small as the variance."""
    data = make((1, 3, 33_000))
    x, eps = (data.input * spread).astype(np.float32), 1e-5 * spread**2
    grad = (data.grad * slope).astype(np.float32)
    y, statistics = instance_norm(x, eps=eps)
    assert_rounded_once("output", y, reference.instance_norm(x, eps=eps), "float32")
    actual = instance_norm_backward(grad, x, statistics, eps=eps)
    truth = reference.instance_norm_backward(grad, x, eps=eps)
    assert_rounded_once("input gradient", actual.input, truth.input, "float32")
    assert_rounded_once("weight gradient", actual.weight, truth.weight, "float32")


def test_gradients_whose_products_float_cannot_hold(isa: str) -> None:
    data, weight = make((1, 3, 33_000)), np.full(3, 1e-6, np.float32)
    x, grad = data.input.astype(np.float32), (data.grad * 5e37).astype(np.float32)
    with np.errstate(over="ignore"):
        actual = instance_norm_backward(grad, x, instance_norm(x).statistics, weight)
    truth = reference.instance_norm_backward(grad, x, weight)
    assert_rounded_once("input gradient", actual.input, truth.input, "float32", roundings=3)


def test_a_long_channel_of_which_only_an_eighth_differs(isa: str) -> None:
    """Where the mean is guessed, all is alike: the sums are taken once more, around the mean that they show."""
    x = np.full((1, 1, 40_000), 1000.1, np.float32)
    x[..., 100:4_900] = np.random.default_rng(0).standard_normal(4_800) * 1e-2
    x[..., ::5_000] = 1e5
    assert_rounded_once("output", instance_norm(x).output, reference.instance_norm(x), "float32", roundings=3)


@pytest.mark.parametrize("channels_last", [False, True], ids=["first", "last"])
@pytest.mark.parametrize("value", [0.0, 0.1, -3e7])
def test_a_constant_channel_is_the_bias(isa: str, value: float, channels_last: bool) -> None:
    x = np.full((1, 1001, 3) if channels_last else (1, 3, 1001), value, np.float32)
    bias = np.array([0.3, -7.0, 0.0], np.float32)
    y = instance_norm(x, bias=bias, channels_last=channels_last).output
    assert (y == (bias if channels_last else bias[:, None])).all()


def test_statistics_that_are_given_and_far_from_zero(isa: str) -> None:
    x = np.full((1, 2, 1001), 2.0**40, np.float32)
    mean, variance = np.array([2.0**40, 2.0**40 - 3]), np.array([3.0, 3.0])
    y = instance_norm(x, mean, variance, use_input_stats=False, eps=0.0).output
    assert (y == np.array([[0], [np.sqrt(3)]], np.float32)).all()


@pytest.mark.parametrize("channels_last", [False, True], ids=["first", "last"])
@pytest.mark.parametrize("mean", [3e6, -2e7])
def test_a_mean_of_which_a_double_has_no_digits_to_spare(isa: str, mean: float, channels_last: bool) -> None:
    """A deviation of a few last places of the input."""
    data = make((2, 3, 5_003), "float32", mean)
    x = last(data.input) if channels_last else data.input
    truth = reference.instance_norm(data.input, weight=data.weight)
    y = instance_norm(x.astype(np.float32), weight=data.weight, channels_last=channels_last).output
    assert_rounded_once("output", y, last(truth) if channels_last else truth, "float32")


@pytest.mark.parametrize("mean", [0.0, 3.0, 1e4])
def test_no_output_of_a_long_channel_is_farther_from_the_truth_than_its_nearest_neighbour(
    isa: str, mean: float
) -> None:
    """But for what sums in float leave in the variance."""
    for seed, size in enumerate((512, 4_099, 40_003)):
        data = make((1, 40, size), "float32", mean, seed)
        y = instance_norm(data.input.astype(np.float32), weight=data.weight, bias=data.bias).output
        truth = reference.instance_norm(data.input.astype(np.float32), weight=data.weight, bias=data.bias)
        rounding = np.abs(truth.astype(np.float32) - truth).max()
        assert np.abs(y - truth).max() <= 1.02 * rounding


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
