"""The layers with torch's contract on MindSpore: standard operations, and the subclasses of the native layers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from inspect import signature
from typing import Any

import numpy as np
import pytest

from porter.runtime.reference import instance_norm

from .cases import make
from .training import Setup, assert_same, on_mindspore

pytestmark = [pytest.mark.frameworks("mindspore", "torch"), pytest.mark.usefixtures("enabled")]

SHAPES = {1: (2, 3, 40), 2: (2, 3, 6, 7), 3: (3, 4, 5, 6, 7)}
PLAIN: dict[str, Any] = {}
AFFINE = {"affine": True, "eps": 0.01}
TRACKED = {"affine": True, "track_running_stats": True, "momentum": 0.3}


@pytest.fixture(params=["standalone.mindspore.instance_norm", "standalone.mindspore.instance_norm_native", "mindspore"])
def module(request: pytest.FixtureRequest) -> Any:
    """The template that is tested, or the layers that use the kernel."""
    return import_module(f"porter.runtime.{request.param}")


def setup(dims: int, kwargs: dict[str, Any], dtype: str = "float32", mean: float = 3.0) -> Setup:
    return Setup(dims, kwargs, tuple(make(SHAPES[dims], dtype, mean, seed) for seed in range(3)), dtype)


def layer(module: Any, case: Setup) -> Any:
    import mindspore

    dtype = mindspore.float64 if case.dtype == "float64" else None
    return getattr(module, f"InstanceNorm{case.dims}d")(case.channels, **case.kwargs, dtype=dtype)


@pytest.mark.usefixtures("pynative")
@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize(
    "kwargs",
    [
        PLAIN,
        AFFINE,
        TRACKED,
        {"track_running_stats": True},
        {"affine": True, "bias": False},
        {"track_running_stats": True, "momentum": None},
        {"affine": True, "track_running_stats": True, "bias": False, "momentum": 1.0, "eps": 0.1},
    ],
    ids=lambda kwargs: "-".join(kwargs) or "plain",
)
def test_training_then_evaluation(module: Any, dims: int, kwargs: dict[str, Any]) -> None:
    case = setup(dims, kwargs)
    assert_same(on_mindspore(layer(module, case), case), case)


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize(("dims", "kwargs"), [(1, PLAIN), (2, AFFINE), (3, TRACKED)])
def test_training_then_evaluation_compiled(module: Any, dims: int, kwargs: dict[str, Any]) -> None:
    case = setup(dims, kwargs)
    assert_same(on_mindspore(layer(module, case), case), case)


@pytest.mark.usefixtures("pynative")
@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("kwargs", [PLAIN, AFFINE, TRACKED], ids=["plain", "affine", "tracked"])
def test_other_types_of_numbers(module: Any, dtype: str, kwargs: dict[str, Any]) -> None:
    case = setup(3, kwargs, dtype)
    results = on_mindspore(layer(module, case), case)
    assert {results[name].dtype for name in ("step 0 output", "step 0 input gradient", "evaluation")} == {
        np.dtype(dtype)
    }
    assert_same(results, case)


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_types_of_numbers_compiled(dtype: str) -> None:
    case = setup(1, TRACKED, dtype)
    module = import_module("porter.runtime.standalone.mindspore.instance_norm")
    assert_same(on_mindspore(layer(module, case), case), case)


@pytest.mark.usefixtures("pynative")
@pytest.mark.parametrize("kwargs", [AFFINE, TRACKED], ids=["affine", "tracked"])
def test_far_from_zero(module: Any, kwargs: dict[str, Any]) -> None:
    case = setup(3, kwargs, mean=1000.0)
    assert_same(on_mindspore(layer(module, case), case), case)


@pytest.mark.usefixtures("pynative")
def test_running_statistics_of_a_long_nearly_constant_channel_far_from_zero(module: Any) -> None:
    """Of 200,000 numbers near 1000 that spread by 0.001, a variance computed from their squares would keep no digit."""
    x = (1000 + np.random.default_rng(0).standard_normal((1, 2, 200_000)) * 1e-3).astype(np.float32)
    one = module.InstanceNorm1d(2, momentum=1.0, track_running_stats=True).set_train()
    run(one, x)
    x = x.astype(np.float64)
    np.testing.assert_allclose(one.moving_mean.asnumpy(), x.mean(-1)[0], rtol=float(np.finfo(np.float32).eps))
    np.testing.assert_allclose(one.moving_variance.asnumpy(), x.var(-1)[0], rtol=1e-4)


@pytest.mark.usefixtures("pynative")
def test_float16_adds_up_in_float32(module: Any) -> None:
    """20,000 numbers near 7 sum to more than float16 holds (65,504), their squares all the more."""
    data = make((1, 2, 20_000), "float16", mean=7.0)
    y = run(module.InstanceNorm1d(2), data.input.astype(np.float16))
    assert np.abs(y - instance_norm(data.input)).max() < 4 * np.finfo(np.float16).eps * np.abs(y).max()


def run(layer: Any, x: Any) -> Any:
    from mindspore import Tensor

    return layer(Tensor(np.asarray(x))).asnumpy()


@pytest.mark.parametrize("track", [False, True], ids=["plain", "tracked"])
def test_unbatched_input(module: Any, mode: str, track: bool) -> None:
    data = make((1, 3, 4, 5), seed=4)
    one = module.InstanceNorm2d(3, affine=True, track_running_stats=track)
    one.set_train()
    y = run(one, data.input[0].astype(np.float32))
    np.testing.assert_allclose(y, instance_norm(data.input)[0], atol=1e-5)
    if track:
        np.testing.assert_allclose(one.moving_mean.asnumpy(), 0.1 * data.input[0].mean((1, 2)), rtol=1e-5)


@pytest.mark.parametrize(
    ("shape", "kwargs", "error", "message"),
    [
        ((3, 5), {}, ValueError, r"expected 3D or 4D input \(got 2D input\)"),
        ((2, 3, 4, 5, 6), {}, ValueError, r"expected 3D or 4D input \(got 5D input\)"),
        ((2, 3, 1, 1), {}, ValueError, r"more than 1 spatial element when training, got input size \(2, 3, 1, 1\)"),
        ((2, 4, 5, 5), {"affine": True}, ValueError, r"expected 3 channels \(num_features\), but got 4"),
        ((2, 4, 5, 5), {"track_running_stats": True}, RuntimeError, "running_mean should contain 4 elements not 3"),
    ],
)
def test_wrong_shapes(
    module: Any, mode: str, shape: tuple[int, ...], kwargs: dict[str, Any], error: type[Exception], message: str
) -> None:
    one = module.InstanceNorm2d(3, **kwargs)
    for training in (True, False):
        one.set_train(training)
        with pytest.raises(error, match=message), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run(one, np.ones(shape, np.float32))


def test_one_element_is_fine_where_running_statistics_serve(module: Any, mode: str) -> None:
    one = module.InstanceNorm1d(2, track_running_stats=True)
    np.testing.assert_allclose(run(one, np.full((2, 2, 1), 3.0, np.float32)), 3.0, rtol=1e-4)


def test_a_wrong_number_of_channels_only_warns_without_weights(module: Any, mode: str) -> None:
    data = make((2, 5, 4, 4))
    with pytest.warns(UserWarning, match="5 channels, not num_features=3"):
        y = run(module.InstanceNorm2d(3), data.input.astype(np.float32))
    np.testing.assert_allclose(y, instance_norm(data.input), atol=1e-5)


@pytest.mark.usefixtures("pynative")
def test_a_fitting_number_of_channels_does_not_warn(module: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(module.InstanceNorm2d(3), make((2, 3, 4, 4)).input.astype(np.float32))


@pytest.mark.usefixtures("pynative")
def test_integers_are_refused(module: Any) -> None:
    with pytest.raises(TypeError, match="floating-point"):
        run(module.InstanceNorm1d(3), np.arange(24).reshape(2, 3, 4))


@pytest.mark.usefixtures("pynative")
@pytest.mark.parametrize("shape", [(0, 3, 4), (2, 3, 0)])
def test_nothing_stays_nothing(module: Any, shape: tuple[int, ...]) -> None:
    assert (
        run(module.InstanceNorm1d(3, track_running_stats=True).set_train(), np.ones(shape, np.float32)).shape == shape
    )


def test_the_signature_is_that_of_torch(module: Any) -> None:
    import torch

    for name in ("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"):
        ours, theirs = (signature(getattr(place, name)).parameters for place in (module, torch.nn))
        assert [(p.name, p.kind, p.default) for p in ours.values()] == [
            (p.name, p.kind, p.default) for p in theirs.values()
        ]
    import porter.runtime.mindspore as runtime

    ours, theirs = signature(runtime.instance_norm).parameters, signature(torch.nn.functional.instance_norm).parameters
    assert [(p.name, p.default) for p in ours.values()] == [(p.name, p.default) for p in theirs.values()]


@pytest.mark.parametrize(
    ("kwargs", "trained"),
    [
        ({}, []),
        ({"affine": True}, ["gamma", "beta"]),
        ({"affine": True, "bias": False}, ["gamma"]),
        ({"bias": False}, []),
    ],
)
def test_the_parameters_are_those_of_the_native_layer(module: Any, kwargs: dict[str, Any], trained: list[str]) -> None:
    from mindspore import nn

    ours, native = module.InstanceNorm3d(3, **kwargs), nn.InstanceNorm3d(3)
    described = [{p.name: (p.shape, p.dtype) for p in layer.get_parameters()} for layer in (ours, native)]
    assert described[0] == described[1] and list(described[0]) == list(described[1])
    assert [p.name for p in ours.trainable_params()] == trained
    in_a_net = [list(nn.SequentialCell(layer).parameters_dict()) for layer in (ours, native)]
    assert in_a_net[0] == in_a_net[1]


def test_the_parameters_do_not_share_memory(module: Any) -> None:
    one = module.InstanceNorm3d(3)
    one.gamma.set_data(one.gamma + 1)
    one.beta.set_data(one.beta + 1)
    assert (one.moving_mean.asnumpy() == 0).all() and (one.moving_variance.asnumpy() == 1).all()


def test_arguments_that_the_native_layer_would_refuse(module: Any) -> None:
    import mindspore

    one = module.InstanceNorm3d(3, 1, None, True, device="cuda", dtype=mindspore.float16)
    assert (one.eps, one.momentum, one.affine, one.gamma.dtype) == (1, None, True, mindspore.float16)
    assert module.InstanceNorm3d(3, momentum=2).momentum == 2


def test_it_prints_as_torch_does(module: Any) -> None:
    import torch

    kwargs = {"affine": True, "bias": False, "track_running_stats": True, "momentum": 0.2}
    assert str(module.InstanceNorm3d(3, **kwargs)) == str(torch.nn.InstanceNorm3d(3, **kwargs))


@pytest.mark.usefixtures("pynative")
def test_the_example_of_the_mapping_page(module: Any) -> None:
    x = np.array([[0.1, 0.2, 0.3, 0.4], [0.9, 1.0, 1.1, 1.2]], np.float32).reshape(1, 2, 1, 2, 2)
    torch_says = [-1.3411044, -0.44703478, 0.4470349, 1.3411044, -1.3411034, -0.44703388, 0.44703573, 1.3411053]
    with pytest.warns(UserWarning, match="2 channels"):  # as on the page, where torch is given num_features=3
        y = run(module.InstanceNorm3d(num_features=3), x)
    np.testing.assert_allclose(y.ravel(), torch_says, rtol=0, atol=2e-6)


def test_the_native_subclass_uses_the_native_layer_where_that_can_do_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from mindspore import Tensor, nn

    from porter.runtime.standalone.mindspore import instance_norm_native as native

    calls: list[tuple[int, ...]] = []
    base = nn.InstanceNorm3d.__mro__[1]
    genuine: Callable[..., Any] = base.construct

    def construct(self: Any, x: Tensor) -> Any:
        calls.append(x.shape)
        return genuine(self, x)

    monkeypatch.setattr(base, "construct", construct)
    x = Tensor(make((2, 3, 2, 2, 3)).input.astype(np.float32))
    assert isinstance(native.InstanceNorm3d(3), nn.InstanceNorm3d)
    for kwargs in ({}, {"affine": True}, {"affine": True, "bias": False}):
        native.InstanceNorm3d(3, **kwargs)(x)
    native.InstanceNorm3d(3)(x[0])
    assert calls == [(2, 3, 2, 2, 3)] * 3 + [(1, 3, 2, 2, 3)]
    native.InstanceNorm3d(3, track_running_stats=True)(x)
    assert len(calls) == 4
