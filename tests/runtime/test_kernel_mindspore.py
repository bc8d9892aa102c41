"""The kernel as operations of MindSpore, through the function and the layers that use it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from porter.runtime import reference

from .cases import make

pytestmark = [pytest.mark.frameworks("mindspore"), pytest.mark.usefixtures("kernel")]


def assert_rounded_once(actual: Any, truth: Any, dtype: str, roundings: float = 0.51) -> None:
    actual = actual.asnumpy()
    assert actual.dtype == np.dtype(dtype) and actual.shape == truth.shape
    error = np.abs(actual.astype(np.float64) - truth).max()
    assert error <= roundings * np.finfo(dtype).eps * np.abs(truth).max()


@pytest.mark.parametrize("given", [False, True], ids=["measured", "given"])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("mean", [3.0, 1000.0])
def test_forward_and_backward_are_rounded_once(mode: str, dtype: str, given: bool, mean: float) -> None:
    import mindspore
    from mindspore import Tensor

    from .mindspore_cells import Function

    data = make((2, 5, 7, 9), dtype, mean)
    statistics: Any = {"running_mean": data.bias + mean, "running_var": data.weight} if given else {}
    vectors = [Tensor(values, mindspore.float32) for values in (data.weight, data.bias)]
    running = [Tensor(values, mindspore.float64) for values in statistics.values()] or [None, None]
    x, grad = (Tensor(values.astype(dtype)) for values in (data.input, data.grad))
    function = Function(*running)
    y = function(x, *vectors)
    sens = mindspore.ops.GradOperation(get_all=True, sens_param=True)(function)(x, *vectors, grad)
    affine: Any = {"weight": data.weight.astype(np.float32), "bias": data.bias.astype(np.float32)}
    truth = reference.instance_norm(data.input, **statistics, **affine, use_input_stats=not given)
    gradients = reference.instance_norm_backward(data.grad, data.input, affine["weight"], **statistics)
    assert_rounded_once(y, truth, dtype)
    assert_rounded_once(sens[0], gradients.input, dtype)
    assert_rounded_once(sens[1], gradients.weight, "float32")
    assert_rounded_once(sens[2], gradients.bias, "float32")


@pytest.mark.usefixtures("pynative")
def test_the_kernel_is_used_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    import mindspore
    from mindspore import Tensor

    from porter.runtime import mindspore as runtime
    from porter.runtime.kernel import mindspore as kernel
    from porter.runtime.kernel import mindspore_eager as eager

    calls: list[str] = []

    def normalize(x: Any, *_: Any) -> Any:
        calls.append("kernel")
        return x, None

    monkeypatch.setattr(eager, "normalize", normalize)
    x = Tensor(make((2, 3, 4)).input, mindspore.float32)
    runtime.InstanceNorm1d(3)(x)
    assert calls == ["kernel"]
    monkeypatch.setattr(eager, "serves", lambda *_: False)

    def operation(x: Any, *_: Any) -> Any:
        calls.append("operation")
        return x, None

    monkeypatch.setattr(kernel, "normalize", operation)
    runtime.InstanceNorm1d(3)(x)
    assert calls == ["kernel", "operation"]
    monkeypatch.setattr(kernel, "available", lambda: False)
    y = runtime.InstanceNorm1d(3)(x)
    assert calls == ["kernel", "operation"] and not np.array_equal(y.asnumpy(), x.asnumpy())


@pytest.mark.usefixtures("pynative")
def test_a_large_input_is_worked_on_in_memory_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation of MindSpore's would share its core with the thread that waits for it."""
    import mindspore
    from mindspore import Tensor

    from porter.runtime.kernel import mindspore as kernel
    from porter.runtime.mindspore import instance_norm

    x = Tensor(make((2, 4, 180, 190)).input, mindspore.float32)
    monkeypatch.delattr(kernel, "normalize")
    assert_rounded_once(instance_norm(x), reference.instance_norm(x.asnumpy()), "float32", 0.52)


@pytest.mark.usefixtures("pynative")
def test_only_the_memory_of_a_cpu_is_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    import mindspore
    from mindspore import Tensor

    from porter.runtime.kernel import mindspore as kernel
    from porter.runtime.kernel import mindspore_eager as eager

    x = Tensor(make((2, 3, 4)).input, mindspore.float32)
    assert kernel._target() == mindspore.get_context("device_target") == "CPU"
    for dtype in (mindspore.float16, mindspore.float32, mindspore.float64):
        assert eager.serves(x.astype(dtype), (None, None), (None, None))
    assert not eager.serves(x.astype(mindspore.bfloat16), (None, None), (None, None))
    assert not eager.serves(x, (Tensor(np.ones(3), mindspore.float16), None), (None, None))
    monkeypatch.setattr(kernel, "_target", lambda: "GPU")
    assert not kernel.available() and not eager.serves(x, (None, None), (None, None))
    monkeypatch.undo()
    monkeypatch.setattr(mindspore, "context", None)
    assert kernel._target() == "CPU" and kernel.available()


@pytest.mark.usefixtures("pynative", "enabled")
@pytest.mark.parametrize("native", [False, True], ids=["function", "native layer"])
def test_what_is_compiled_has_operations_of_its_own(monkeypatch: pytest.MonkeyPatch, native: bool) -> None:
    """ms.jit inside of PyNative: a compiler cannot read what works on memory."""
    import mindspore
    from mindspore import Tensor, nn

    from porter.runtime.kernel import mindspore_eager as eager
    from porter.runtime.mindspore import instance_norm

    x = Tensor(make((2, 3, 4, 5)).input, mindspore.float32)
    function = nn.InstanceNorm2d(3) if native else instance_norm
    expected = function(x).asnumpy()

    def call(x: Any) -> Any:
        return function(x)

    compiled = mindspore.jit(call)

    def refuse(*_: Any) -> Any:
        raise AssertionError("this is for PyNative")

    monkeypatch.setattr(eager, "normalize", refuse)
    np.testing.assert_array_equal(compiled(x).asnumpy(), expected)
    with pytest.raises(AssertionError, match="this is for PyNative"):
        function(x)


@pytest.mark.usefixtures("pynative")
def test_the_memory_of_the_input_may_have_gaps_or_not_be_there_yet() -> None:
    import mindspore
    from mindspore import Tensor, ops

    from porter.runtime.mindspore import instance_norm

    x = Tensor(make((4, 6, 40, 50)).input, mindspore.float32)
    for view in (x[:, 1:4], x[1:], x.transpose(1, 0, 2, 3), x[:, :, ::2], ops.exp(x * 0.1) + x):
        actual = instance_norm(view)  # before anything waits for the view
        assert_rounded_once(actual, reference.instance_norm(view.asnumpy()), "float32", 1.53)


@pytest.mark.usefixtures("pynative")
def test_shift_without_scale_and_other_types_of_it() -> None:
    import mindspore
    from mindspore import Tensor

    from porter.runtime.mindspore import instance_norm

    data = make((2, 3, 4, 5))
    x, bias = (Tensor(values, mindspore.float32) for values in (data.input, data.bias))
    weight = Tensor(data.weight, mindspore.float32)

    def by(bias: Any, weight: Any) -> Any:
        loss = mindspore.value_and_grad(lambda x, b: (instance_norm(x, weight=weight, bias=b) ** 2).sum(), (0, 1))
        return loss(x, bias)[1]

    gradients = by(bias, None), by(bias, Tensor(np.ones(3), mindspore.float32))
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_array_equal(one.asnumpy(), other.asnumpy())
    half = by(bias.astype(mindspore.float16), weight)
    assert half[1].dtype == mindspore.float16
    np.testing.assert_allclose(half[1].asnumpy(), by(bias, weight)[1].asnumpy(), rtol=2e-3, atol=2e-2)


@pytest.mark.usefixtures("pynative")
@pytest.mark.parametrize("given", [False, True], ids=["measured", "given"])
def test_scale_without_shift(given: bool) -> None:
    import mindspore
    from mindspore import Tensor

    from porter.runtime.mindspore import instance_norm

    data = make((2, 3, 4, 5))
    x, weight = (Tensor(values, mindspore.float32) for values in (data.input, data.weight))
    mean, variance = (Tensor(values, mindspore.float32) if given else None for values in (data.bias, data.weight))
    zeros = Tensor(np.zeros(3), mindspore.float32)

    def by(bias: Any) -> Any:
        def loss(x: Any, weight: Any) -> Any:
            return (instance_norm(x, mean, variance, weight, bias, not given) ** 3).sum()

        first = mindspore.grad(loss, (0, 1))
        with pytest.raises(RuntimeError, match="bprop not defined"):
            mindspore.grad(lambda x: (first(x, weight)[0] ** 2).sum())(x)
        return first(x, weight)

    for one, other in zip(by(None), by(zeros), strict=True):
        np.testing.assert_array_equal(one.asnumpy(), other.asnumpy())


@pytest.mark.parametrize("sizes", [(4, 3), (3, 4), (2, 2)])
def test_vectors_of_a_wrong_size_are_refused(mode: str, sizes: tuple[int, int]) -> None:
    import mindspore
    from mindspore import Tensor

    from .mindspore_cells import Function

    x = Tensor(make((2, 3, 4)).input, mindspore.float32)
    weight, bias = (Tensor(np.ones(size), mindspore.float32) for size in sizes)
    with pytest.raises(ValueError, match=r"For (primitive\[)?GroupNorm"):
        Function(None, None)(x, weight, bias).asnumpy()


@pytest.mark.usefixtures("pynative")
def test_a_second_derivative_is_refused() -> None:
    import mindspore
    from mindspore import Tensor

    from porter.runtime.mindspore import instance_norm

    x = Tensor(make((1, 3, 4)).input, mindspore.float32)
    first = mindspore.grad(lambda x: (instance_norm(x) ** 3).sum())
    with pytest.raises(RuntimeError, match="bprop not defined"):
        mindspore.grad(lambda x: (first(x) ** 2).sum())(x)
    assert first(x).shape == x.shape


def test_inside_a_network_with_other_layers(mode: str) -> None:
    import mindspore
    from mindspore import Tensor, nn

    from porter.runtime.mindspore import InstanceNorm2d

    from .mindspore_cells import WithLoss

    net = nn.SequentialCell(
        nn.Conv2d(2, 3, 3), InstanceNorm2d(3, affine=True), nn.ReLU(), InstanceNorm2d(3)
    ).set_train()
    x = Tensor(make((2, 2, 6, 7)).input, mindspore.float32)
    y = net(x)
    before = net[:1](x).asnumpy().astype(np.float64)
    expected = reference.instance_norm(np.maximum(reference.instance_norm(before), 0))
    np.testing.assert_allclose(y.asnumpy(), expected, rtol=1e-5, atol=1e-5)
    loss = WithLoss(net)
    gradients = mindspore.grad(loss, None, net.trainable_params(), has_aux=True)(x, y)[0]
    assert len(gradients) == len(net.trainable_params())


@pytest.mark.usefixtures("pynative")
def test_not_a_number_stays_in_its_channel() -> None:
    import mindspore
    from mindspore import Tensor

    from porter.runtime.mindspore import instance_norm

    x = make((2, 3, 40)).input
    x[1, 2, 7] = np.inf
    y = instance_norm(Tensor(x, mindspore.float32)).asnumpy()
    assert np.isnan(y[1, 2]).all() and np.isfinite(np.delete(y.reshape(6, -1), 5, 0)).all()
