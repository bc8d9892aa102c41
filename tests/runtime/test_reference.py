"""The oracle: held against the definition, against differences of itself, and against torch in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from porter.runtime.reference import (
    Array,
    InstanceNorm,
    instance_norm,
    instance_norm_backward,
    update_running_statistics,
)

from .cases import make

SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(2, 5), st.integers(1, 3)).map(tuple)
SEEDS = st.integers(0, 10_000)
EPS = st.sampled_from([1e-5, 1e-3, 0.5])
quick = settings(max_examples=40, deadline=None)


def test_the_example_of_the_mapping_page() -> None:
    x = np.array([[0.1, 0.2, 0.3, 0.4], [0.9, 1.0, 1.1, 1.2]], np.float32).reshape(1, 2, 1, 2, 2)
    expected = [-1.3411044, -0.44703478, 0.4470349, 1.3411044, -1.3411034, -0.44703388, 0.44703573, 1.3411053]
    assert_allclose(instance_norm(x).ravel(), expected, rtol=0, atol=2e-6)


@quick
@given(SHAPES, SEEDS, EPS)
def test_every_channel_of_every_sample_is_normalised_for_itself(shape: tuple[int, ...], seed: int, eps: float) -> None:
    data = make(shape, seed=seed)
    y = instance_norm(data.input, weight=data.weight, bias=data.bias, eps=eps)
    for n in range(shape[0]):
        for c in range(shape[1]):
            x = data.input[n, c]
            expected = (x - x.mean()) / np.sqrt(x.var() + eps) * data.weight[c] + data.bias[c]
            assert_allclose(y[n, c], expected, rtol=1e-12, atol=1e-12)


@quick
@given(SHAPES, SEEDS, st.floats(-100, 100))
def test_a_shift_of_the_input_changes_nothing(shape: tuple[int, ...], seed: int, shift: float) -> None:
    x = make(shape, seed=seed).input
    assert_allclose(instance_norm(x + shift), instance_norm(x), atol=1e-8)


@quick
@given(SHAPES, SEEDS, EPS, st.booleans())
def test_the_gradients_are_the_differences_of_the_output(
    shape: tuple[int, ...], seed: int, eps: float, given_statistics: bool
) -> None:
    data = make(shape, mean=0.5, seed=seed)
    rng = np.random.default_rng(seed)
    mean, variance = rng.standard_normal(shape[1]), rng.uniform(0.5, 2, shape[1])
    statistics: dict[str, Any] = {"running_mean": mean, "running_var": variance} if given_statistics else {}

    def loss(x: Array, weight: Array, bias: Array) -> float:
        y = instance_norm(x, **statistics, weight=weight, bias=bias, use_input_stats=not given_statistics, eps=eps)
        return float((y * data.grad).sum())

    gradients = instance_norm_backward(data.grad, data.input, data.weight, eps, **statistics)
    point = (data.input, data.weight, data.bias)
    for index, gradient in enumerate(gradients):
        direction = rng.standard_normal(gradient.shape)
        ahead, behind = list(point), list(point)
        ahead[index], behind[index] = point[index] + 1e-6 * direction, point[index] - 1e-6 * direction
        slope = (loss(*ahead) - loss(*behind)) / 2e-6
        scale = np.abs(gradient * direction).sum() + 1
        assert abs(slope - (gradient * direction).sum()) <= 1e-4 * scale


@quick
@given(SHAPES, SEEDS, st.sampled_from([0.0, 0.1, 0.7, 1.0]))
def test_running_statistics_move_towards_the_means_of_the_samples(
    shape: tuple[int, ...], seed: int, momentum: float
) -> None:
    x = make(shape, seed=seed).input
    mean, variance = np.full(shape[1], 7.0), np.full(shape[1], 5.0)
    update_running_statistics(x, mean, variance, momentum)
    rows = x.reshape(*shape[:2], -1)
    unbiased = ((rows - rows.mean(-1, keepdims=True)) ** 2).sum(-1) / (rows.shape[-1] - 1)
    assert_allclose(mean, (1 - momentum) * 7 + momentum * rows.mean(-1).mean(0), rtol=1e-12)
    assert_allclose(variance, (1 - momentum) * 5 + momentum * unbiased.mean(0), rtol=1e-12)


def test_the_function_updates_running_statistics_only_when_it_measures() -> None:
    x = make((2, 3, 4)).input
    mean, variance = np.zeros(3), np.ones(3)
    instance_norm(x, mean, variance, use_input_stats=False)
    assert (mean == 0).all() and (variance == 1).all()
    instance_norm(x, mean, variance)
    assert (mean != 0).all() and (variance != 1).all()


def test_evaluation_uses_the_running_statistics_when_they_are_tracked() -> None:
    x = make((2, 3, 4)).input
    tracked, plain = InstanceNorm(1, 3, track_running_stats=True, training=False), InstanceNorm(1, 3, training=False)
    assert_allclose(tracked.forward(x), x / np.sqrt(1 + 1e-5))
    assert_allclose(plain.forward(x), instance_norm(x))
    assert_allclose(tracked.backward(np.ones_like(x), x).input, np.full(x.shape, 1 / np.sqrt(1 + 1e-5)))


def test_without_momentum_the_running_statistics_never_move() -> None:
    layer = InstanceNorm(1, 3, momentum=None, track_running_stats=True)
    layer.forward(make((2, 3, 4)).input)
    assert layer.running_mean is not None and (layer.running_mean == 0).all()


def test_an_unbatched_input_is_a_batch_of_one() -> None:
    data, layer = make((1, 3, 4, 5)), InstanceNorm(2, 3, affine=True)
    assert_allclose(layer.forward(data.input[0]), layer.forward(data.input)[0])
    assert_allclose(layer.backward(data.grad[0], data.input[0]).input, layer.backward(data.grad, data.input).input[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: instance_norm(np.ones((2, 3, 1, 1))), "more than 1 spatial element"),
        (lambda: instance_norm(np.ones((2, 3, 4)), np.zeros(3)), "go together"),
        (lambda: instance_norm(np.ones((2, 3, 4)), use_input_stats=False), "needs running_mean"),
        (lambda: InstanceNorm(3, 3).forward(np.ones((3, 4, 4))), "expected 4D or 5D input, got 3D"),
        (lambda: InstanceNorm(1, 3, affine=True).forward(np.ones((2, 4, 5))), r"expected 3 channels .*, got 4"),
    ],
)
def test_wrong_input_is_refused(call: Callable[[], Array], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_one_element_is_fine_when_statistics_are_given() -> None:
    assert instance_norm(np.full((1, 2, 1), 3.0), np.ones(2), np.ones(2), use_input_stats=False).shape == (1, 2, 1)


@pytest.mark.frameworks("torch")
@pytest.mark.parametrize("momentum", [0.1, 0.6, None])
@pytest.mark.parametrize(("affine", "track", "bias"), [(False, False, True), (True, True, True), (True, True, False)])
@pytest.mark.parametrize("shape", [(2, 3, 7), (3, 4, 5, 6), (2, 3, 4, 3, 5), (3, 4, 3, 5)])
def test_torch_in_float64_agrees(
    shape: tuple[int, ...], affine: bool, track: bool, bias: bool, momentum: float | None
) -> None:
    import torch

    dims = 3 if shape == (3, 4, 3, 5) else len(shape) - 2
    channels = shape[0] if dims == len(shape) - 1 else shape[1]
    kwargs = {"eps": 0.01, "momentum": momentum, "affine": affine, "track_running_stats": track, "bias": bias}
    theirs = getattr(torch.nn, f"InstanceNorm{dims}d")(channels, dtype=torch.float64, **kwargs)
    ours = InstanceNorm(dims, channels, **kwargs)  # type: ignore[arg-type]
    data = make((1, *shape) if dims == len(shape) - 1 else shape)
    x, grad = data.input.reshape(shape), data.grad.reshape(shape)
    for values, name in ((data.weight, "weight"), (data.bias, "bias")):
        if getattr(theirs, name) is not None:
            getattr(theirs, name).data = torch.tensor(values)
            setattr(ours, f"{name}_values", values)
    for training in (True, True, False):
        theirs.train(training)
        ours.training = training
        theirs.zero_grad()
        tensor = torch.tensor(x, requires_grad=True)
        y = theirs(tensor)
        y.backward(torch.tensor(grad))
        assert_allclose(ours.forward(x), y.detach().numpy(), rtol=1e-11, atol=1e-11)
        gradients = ours.backward(grad, x)
        assert_allclose(gradients.input, tensor.grad.numpy(), rtol=1e-10, atol=1e-10)
        for name in ("weight", "bias"):
            if getattr(theirs, name) is not None:
                assert_allclose(getattr(gradients, name), getattr(theirs, name).grad.numpy(), rtol=1e-10, atol=1e-10)
        for name in ("running_mean", "running_var") if track else ():
            assert_allclose(getattr(ours, name), getattr(theirs, name).numpy(), rtol=1e-12)
