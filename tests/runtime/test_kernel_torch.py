"""The kernel as an operation of torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .torch_cases import tensors, train

pytestmark = [pytest.mark.frameworks("torch"), pytest.mark.usefixtures("kernel")]
DTYPES = ["float32", "float64", "float16", "bfloat16"]


@pytest.mark.parametrize("channels_last", [False, True], ids=["first", "last"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(2, 3, 7), (2, 20, 5, 6), (3, 37, 4, 5, 6)])
def test_no_farther_from_the_truth_than_torch(shape: tuple[int, ...], dtype: str, channels_last: bool) -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    case = tensors(shape, dtype, channels_last)
    actual = train(instance_norm, *case)
    own = train(torch.nn.functional.instance_norm, *case)
    truth = train(torch.nn.functional.instance_norm, *(tensor.double() for tensor in case))
    assert actual[0].stride() == actual[1].stride() == case[0].stride()
    for ours, torchs, true in zip(actual, own, truth, strict=True):
        assert ours.dtype == torchs.dtype
        slack = torch.finfo(ours.dtype).eps * true.abs().max() * (200 if dtype == "float64" else 0.01)
        assert (ours.double() - true).abs().max() <= (torchs.double() - true).abs().max() + slack


@pytest.mark.parametrize("of_input", [False, True], ids=["input first", "input last"])
@pytest.mark.parametrize("of_grad", [False, True], ids=["gradient first", "gradient last"])
@pytest.mark.parametrize("shape", [(1, 5, 6, 7), (1, 4, 3, 4, 5), (2, 3, 4, 5, 6)])
def test_the_layouts_of_input_and_gradient_change_nothing(
    shape: tuple[int, ...], of_input: bool, of_grad: bool
) -> None:
    """torch 2.13's own gradients are wrong for one sample where the gradient that comes in is channels last."""
    import torch

    from porter.runtime.kernel.torch import instance_norm

    x, grad, weight, bias = tensors(shape, "float64", of_input)
    if of_grad:
        grad = grad.movedim(1, -1).contiguous().movedim(-1, 1)
    actual = train(instance_norm, x, grad, weight, bias)
    truth = train(torch.nn.functional.instance_norm, x.contiguous(), grad.contiguous(), weight, bias)
    assert actual[1].stride() == x.stride()
    for ours, true in zip(actual, truth, strict=True):
        torch.testing.assert_close(ours, true, rtol=1e-12, atol=1e-12 * float(true.abs().max()))


@pytest.mark.parametrize("mean", [0.0, 3.0, 1e4])
@pytest.mark.parametrize("shape", [(2, 4, 16, 16, 16), (1, 40, 8, 8, 8)])
def test_far_from_zero_no_farther_from_the_truth_than_torch(shape: tuple[int, ...], mean: float) -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    case = tensors(shape, mean=mean)
    actual = train(instance_norm, *case)
    own = train(torch.nn.functional.instance_norm, *case)
    truth = train(torch.nn.functional.instance_norm, *(tensor.double() for tensor in case))
    for ours, torchs, true in zip(actual, own, truth, strict=True):
        assert (ours.double() - true).abs().max() <= (torchs.double() - true).abs().max()


@pytest.mark.parametrize("given", [False, True], ids=["measured", "given"])
def test_gradcheck(given: bool) -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    x, _, weight, bias = (tensor.requires_grad_() for tensor in tensors((2, 3, 4, 2), "float64"))
    mean, variance = (bias.detach().clone(), weight.detach().clone()) if given else (None, None)

    def function(x: Any, weight: Any, bias: Any) -> Any:
        return instance_norm(x, mean, variance, weight, bias, use_input_stats=not given)

    assert torch.autograd.gradcheck(function, (x, weight, bias))
    assert torch.autograd.gradgradcheck(function, (x, weight, bias))


def test_the_operation_keeps_the_rules_of_torch() -> None:
    import torch

    import porter.runtime.kernel.torch  # registers it

    assert porter.runtime.kernel.torch
    for case in (tensors((2, 3, 4, 5)), tensors((2, 3, 4, 5), channels_last=True)):
        x, _, weight, bias = (tensor.requires_grad_() for tensor in case)
        torch.library.opcheck(torch.ops.porter.instance_norm.default, (x, weight, bias, None, None, 1e-5))


@pytest.mark.parametrize("channels_last", [False, True], ids=["first", "last"])
def test_compiled_without_a_break(channels_last: bool) -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    case = tensors((2, 5, 4, 6, 3), channels_last=channels_last)
    expected = train(instance_norm, *case)
    actual = train(torch.compile(instance_norm, fullgraph=True, backend="aot_eager"), *case)
    for one, other in zip(actual, expected, strict=True):
        assert torch.equal(one, other) and one.stride() == other.stride()


def test_the_kernel_is_used_forward_and_backward(monkeypatch: pytest.MonkeyPatch) -> None:
    from porter.runtime.kernel import loader
    from porter.runtime.kernel.torch import instance_norm

    calls: list[bool] = []
    genuine = loader.run

    def run(job: Any, backward: bool) -> None:
        calls.append(backward)
        genuine(job, backward)

    monkeypatch.setattr(loader, "run", run)
    train(instance_norm, *tensors((2, 3, 4)))
    assert calls == [False, True]


def test_whoever_watches_the_dispatcher_sees_the_operation() -> None:
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    from porter.runtime.kernel.torch import instance_norm

    seen: list[str] = []

    class Watch(TorchDispatchMode):  # type: ignore[misc]
        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(str(function))
            return function(*args, **(kwargs or {}))

    case = tensors((2, 3, 4))
    expected = train(instance_norm, *case)
    assert not seen
    with Watch():
        actual = train(instance_norm, *case)
    assert {"porter.instance_norm.default", "porter.instance_norm_backward.default"} <= set(seen)
    for one, other in zip(actual, expected, strict=True):
        assert torch.equal(one, other)


@pytest.mark.filterwarnings("ignore:.*torch.jit.trace.*:DeprecationWarning", "ignore::torch.jit.TracerWarning")
def test_traces_and_subclasses_keep_the_operation() -> None:
    import torch
    from torch._subclasses import FakeTensorMode

    from porter.runtime.kernel.torch import instance_norm

    x, *_ = tensors((2, 3, 4))
    traced = torch.jit.trace(instance_norm, (x,))
    torch.testing.assert_close(traced(x + 1), instance_norm(x + 1))
    with FakeTensorMode() as mode:
        fake = mode.from_tensor(x)
    assert instance_norm(fake).shape == x.shape  # outside of the mode


def test_without_autograd() -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    x, _, weight, _ = tensors((2, 3, 4))
    weight.requires_grad_()
    expected = instance_norm(x, weight=weight)
    assert expected.requires_grad
    for guard in (torch.no_grad, torch.inference_mode):
        with guard():
            y = instance_norm(x, weight=weight)
            assert torch.equal(y, expected) and not y.requires_grad and y.is_inference() == (guard != torch.no_grad)
    assert not instance_norm(x).requires_grad


@pytest.mark.parametrize("momentum", [0.1, 1.0])
def test_running_statistics(momentum: float) -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    x, *_ = tensors((3, 4, 5, 6), mean=100.0)
    ours, torchs = ((torch.full((4,), 2.0), torch.full((4,), 3.0)) for _ in range(2))
    instance_norm(x, *ours, momentum=momentum)
    torch.nn.functional.instance_norm(x, *torchs, momentum=momentum)
    torch.testing.assert_close(ours, torchs)


@pytest.mark.parametrize("size", [70, 4_000])
@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_running_statistics_of_what_is_no_number(size: int, value: float) -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    x, *_ = tensors((2, 3, size))
    x[0, 1, 0] = value
    ours, torchs = ((torch.zeros(3), torch.ones(3)) for _ in range(2))
    instance_norm(x, *ours)
    torch.nn.functional.instance_norm(x, *torchs)
    torch.testing.assert_close(ours, torchs, equal_nan=True)


@pytest.mark.parametrize(
    "wanted", [(True, False, False), (False, True, False), (False, False, True), (True, True, False)]
)
def test_only_gradients_that_are_wanted(wanted: tuple[bool, ...]) -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    x, grad, weight, bias = tensors((2, 5, 6, 7))
    results = []
    for function in (instance_norm, torch.nn.functional.instance_norm):
        leaves = [tensor.clone().requires_grad_(flag) for tensor, flag in zip((x, weight, bias), wanted, strict=True)]
        function(leaves[0], weight=leaves[1], bias=leaves[2]).backward(grad)
        results.append([leaf.grad for leaf in leaves])
    assert [gradient is not None for gradient in results[0]] == list(wanted)
    for ours, torchs in zip(*results, strict=True):
        torch.testing.assert_close(ours, torchs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("place", [0, 3, 60])
@pytest.mark.parametrize("channels_last", [False, True], ids=["first", "last"])
def test_what_is_no_number_spreads_as_in_torch(value: float, place: int, channels_last: bool) -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    x, grad, weight, bias = tensors((2, 5, 70), channels_last=channels_last)
    x[1, 2, place] = value
    grad[0, 3, place] = value
    ours = train(instance_norm, x, grad, weight, bias)
    torchs = train(torch.nn.functional.instance_norm, x, grad, weight, bias)
    for one, other in zip(ours, torchs, strict=True):
        np.testing.assert_array_equal(one.isnan().numpy(), other.isnan().numpy())
        torch.testing.assert_close(one, other, equal_nan=True, rtol=1e-4, atol=1e-4)


def test_input_with_gaps_and_overlaps() -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    x, *_ = tensors((2, 4, 6, 8))
    for view in (x[:, :, ::2], x.transpose(0, 1), x[:1, :1].expand(2, 4, 6, 8), x.transpose(2, 3)):
        torch.testing.assert_close(instance_norm(view), torch.nn.functional.instance_norm(view))


@pytest.mark.parametrize(
    ("shape", "dtype", "kwargs"),
    [
        ((2, 3, 1), "float32", {}),
        ((2, 3), "float32", {}),
        ((2, 3, 4), "int64", {}),
        ((2, 3, 4), "float32", {"weight": 4}),
        ((2, 3, 4), "float32", {"running_mean": 4, "running_var": 4}),
        ((2, 3, 4), "float32", {"running_mean": 3}),
        ((2, 3, 4), "float32", {"use_input_stats": False}),
    ],
)
def test_what_torch_refuses_is_refused_in_the_same_words(
    shape: tuple[int, ...], dtype: str, kwargs: dict[str, Any]
) -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    kwargs = {name: torch.ones(v) if isinstance(v, int) and v is not False else v for name, v in kwargs.items()}
    x, errors = torch.ones(shape, dtype=getattr(torch, dtype)), []
    for function in (instance_norm, torch.nn.functional.instance_norm):
        with pytest.raises((ValueError, RuntimeError)) as caught:
            function(x, **kwargs)
        errors.append((caught.type, str(caught.value)))
    assert errors[0] == errors[1]


@pytest.mark.parametrize("shape", [(0, 3, 4), (2, 3, 0)])
def test_nothing_goes_to_torch(shape: tuple[int, ...]) -> None:
    import torch

    from porter.runtime.kernel.torch import instance_norm

    results = []
    for function in (instance_norm, torch.nn.functional.instance_norm):
        try:
            results.append(str(function(torch.ones(shape)).shape))
        except (RuntimeError, ValueError) as error:
            results.append(str(error))
    assert results[0] == results[1]
