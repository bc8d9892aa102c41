"""The layers with MindSpore's contract on torch."""

from __future__ import annotations

import subprocess
import sys
from inspect import signature
from typing import Any

import numpy as np
import pytest

from porter.runtime import reference

from .cases import make

pytestmark = pytest.mark.frameworks("torch")
NAMES = {1: "InstanceNorm1d", 2: "InstanceNorm2d", 3: "InstanceNorm3d"}
SHAPES = {1: (2, 3, 9), 2: (2, 3, 4, 5), 3: (2, 3, 4, 3, 5)}


def layer(dims: int = 3, channels: int = 3, **kwargs: Any) -> Any:
    import porter.runtime.torch

    return getattr(porter.runtime.torch, NAMES[dims])(channels, **kwargs)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("affine", [False, True], ids=["plain", "affine"])
@pytest.mark.parametrize("training", [False, True], ids=["evaluating", "training"])
def test_forward_and_backward(dims: int, affine: bool, training: bool) -> None:
    """In float64, so that only the meaning is compared."""
    import torch

    data = make(SHAPES[dims])
    one = layer(
        dims, eps=0.01, affine=affine, gamma_init=data.weight, beta_init=torch.tensor(data.bias), dtype=torch.float64
    )
    one.train(training)
    x = torch.tensor(data.input, requires_grad=True)
    y = one(x)
    y.backward(torch.tensor(data.grad))
    truth = reference.instance_norm(data.input, weight=data.weight, bias=data.bias, eps=0.01)
    gradients = reference.instance_norm_backward(data.grad, data.input, data.weight, 0.01)
    np.testing.assert_allclose(y.detach().numpy(), truth, rtol=1e-11, atol=1e-11)
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), gradients.input, rtol=1e-10, atol=1e-10)
    assert isinstance(one, getattr(torch.nn, NAMES[dims])) and type(one).__name__ == NAMES[dims]
    if affine:
        np.testing.assert_allclose(one.weight.grad.numpy(), gradients.weight, rtol=1e-10)
        np.testing.assert_allclose(one.bias.grad.numpy(), gradients.bias, rtol=1e-10)
    else:
        assert one.weight.grad is None and one.bias.grad is None


def test_without_affine_scale_and_shift_stay_but_are_not_trained() -> None:
    import torch

    data = make(SHAPES[3])
    x = torch.tensor(data.input, dtype=torch.float32)
    one = layer(affine=False, gamma_init=0.5, beta_init=2)
    torch.testing.assert_close(one(x), layer(affine=False)(x) * 0.5 + 2)
    assert not any(parameter.requires_grad for parameter in one.parameters())
    assert list(one.state_dict()) == ["weight", "bias"] and one.affine is False


@pytest.mark.parametrize(
    ("name", "low", "high", "deviation"),
    [
        ("ones", 1, 1, 0), ("one", 1, 1, 0), ("Zeros", 0, 0, 0), ("zero", 0, 0, 0),
        ("normal", -0.06, 0.06, 0.01), ("TruncatedNormal", -0.06, 0.06, 0.01), ("uniform", -0.07, 0.07, 0.14 / 12**0.5),
    ],
)  # fmt: skip
def test_initial_values_by_name(name: str, low: float, high: float, deviation: float) -> None:
    import torch

    torch.manual_seed(0)
    values = layer(channels=20_000, gamma_init=name).weight.detach()
    assert low <= values.min() and values.max() <= high
    assert abs(values.std().item() - deviation) <= 0.03 * deviation


@pytest.mark.frameworks("mindspore")
@pytest.mark.parametrize("name", ["ones", "One", "zero", "ZEROS", "normal", "uniform", "truncatedNormal"])
def test_initial_values_by_name_are_spread_as_mindspore_spreads_them(name: str) -> None:
    from mindspore.common.initializer import initializer

    ours = layer(channels=20_000, beta_init=name).bias.detach().numpy()
    theirs = initializer(name, 20_000).init_data().asnumpy()
    for quantile in (0.001, 0.1, 0.5, 0.9, 0.999):
        assert abs(np.quantile(ours, quantile) - np.quantile(theirs, quantile)) <= 0.3 * theirs.std()


@pytest.mark.parametrize("name", ["he_uniform", "xavier_uniform", "bogus", ""])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"no initializer of a vector is called '{name}'"):
        layer(gamma_init=name)


@pytest.mark.parametrize("value", [np.float32(0.25), 0.25, [0.25, 0.25, 0.25], np.full(3, 0.25)])
def test_initial_values_as_numbers_and_arrays(value: Any) -> None:
    assert layer(gamma_init=value).weight.tolist() == [0.25] * 3
    assert layer(beta_init=value).bias.tolist() == [0.25] * 3


def test_initial_values_are_copied() -> None:
    import torch

    values = torch.ones(3)
    one = layer(gamma_init=values)
    values += 1
    assert one.weight.tolist() == [1.0] * 3


def test_initial_values_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must have shape \(3,\), got \(2,\)"):
        layer(gamma_init=[1.0, 2.0])


def test_the_defaults_are_those_of_mindspore() -> None:
    import torch

    torch.set_default_dtype(torch.float64)
    try:
        one = layer()
    finally:
        torch.set_default_dtype(torch.float32)
    assert one.affine and one.weight.requires_grad and one.bias.requires_grad and one.weight.dtype == torch.float32
    assert not one.track_running_stats


@pytest.mark.frameworks("mindspore")
def test_the_signature_is_that_of_mindspore() -> None:
    from mindspore import nn

    import porter.runtime.torch as ours

    for name in NAMES.values():
        expected, actual = (signature(getattr(place, name)).parameters for place in (nn, ours))
        assert list(actual) == list(expected)
        for parameter in list(expected)[1:-1]:  # dtype has its framework's own default
            assert actual[parameter].default == expected[parameter].default


def test_importing_it_does_not_load_the_compiler_of_torch() -> None:
    code = "import sys, porter.runtime.torch; print('torch._dynamo' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
