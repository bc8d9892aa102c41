"""The kernel over numpy arrays, against the reference in float64: every type, layout, size and instruction set."""

from __future__ import annotations

import numpy as np
import pytest

from porter.runtime import reference
from porter.runtime.kernel.numpy import instance_norm, instance_norm_backward

from .cases import make
from .comparison import assert_rounded_once, compare, last

pytestmark = pytest.mark.frameworks("numpy")
SHAPES = [(2, 3, 7), (1, 16, 33), (2, 37, 70), (3, 64, 1, 65), (2, 33, 3, 5, 7), (1, 1, 300), (1, 5, 40_011), (2, 2, 2)]
DTYPES = ["float32", "float64", "float16"]


@pytest.mark.parametrize("channels_last", [False, True], ids=["first", "last"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_shape(isa: str, dtype: str, channels_last: bool) -> None:
    for shape in SHAPES:
        for affine, given in ((True, False), (False, False), (True, True)):
            compare(isa, shape, dtype, channels_last, affine, given, 3.0)


@pytest.mark.parametrize("channels_last", [False, True], ids=["first", "last"])
def test_every_length(isa: str, channels_last: bool) -> None:
    for size in (*range(1, 71), *range(513, 700, 17)):
        compare(isa, (2, 3 if size % 2 else 18, size), "float32", channels_last, True, size == 1, 3.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_width_of_channels_that_are_last(isa: str, dtype: str) -> None:
    """Several positions are taken as one where their channels fill a vector, or a line of the cache, together only."""
    for width in (2, 3, 4, 6, 8, 12, 16, 20, 24, 30, 32, 33, 40, 48, 63, 64, 65, 96, 100, 125, 128, 160, 256, 515):
        compare(isa, (2, width, 37 + width % 3), dtype, True, True, False, 3.0)
        compare(isa, (1, width, 1_025 + width % 7), dtype, True, width % 2 == 0, False, 3.0)


@pytest.mark.parametrize("width", [3, 8, 20, 33, 37, 40, 97, 126, 130, 257, 511, 512, 515])
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
