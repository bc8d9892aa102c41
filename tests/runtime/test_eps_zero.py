"""With eps=0, torch gives beta for a constant channel, and no gradient; so does all that stands for its layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from porter.runtime import reference
from porter.runtime.kernel import numpy as kernel

X = np.array([[[3.0, 3.0, 3.0, 3.0], [1.0, 2.0, 3.0, 4.5]], [[0.5, -1.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0]]])
GRAD = np.arange(16.0).reshape(2, 2, 4) / 8 - 0.75
GAMMA, BETA = np.array([2.0, 3.0]), np.array([0.5, 0.25])


def torch_numbers(dtype: str) -> list[Any]:
    """The output and the three gradients of torch's own function."""
    import torch

    x, gamma, beta, grad = (torch.tensor(values, dtype=getattr(torch, dtype)) for values in (X, GAMMA, BETA, GRAD))
    for tensor in (x, gamma, beta):
        tensor.requires_grad_()
    y = torch.nn.functional.instance_norm(x, weight=gamma, bias=beta, eps=0.0)
    y.backward(grad)
    return [value.detach().numpy() for value in (y, x.grad, gamma.grad, beta.grad)]


def same(found: Any, dtype: str) -> None:
    """Torch's numbers, but for the rounding of the type."""
    for ours, expected in zip(found, torch_numbers(dtype), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=2e-6, atol=2e-6)


@pytest.mark.frameworks("torch")
def test_the_reference_gives_torchs_numbers() -> None:
    y = reference.instance_norm(X, weight=GAMMA, bias=BETA, eps=0.0)
    same([y, *reference.instance_norm_backward(GRAD, X, GAMMA, 0.0)], "float64")


@pytest.mark.frameworks("torch")
@pytest.mark.parametrize("channels_last", [False, True], ids=["first", "last"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.usefixtures("kernel")
def test_the_kernel_gives_torchs_numbers(dtype: str, channels_last: bool) -> None:
    x, grad, gamma, beta = (values.astype(dtype) for values in (X, GRAD, GAMMA, BETA))
    if channels_last:
        x, grad = (np.ascontiguousarray(np.moveaxis(values, 1, -1)) for values in (x, grad))
    y, statistics = kernel.instance_norm(x, weight=gamma, bias=beta, eps=0.0, channels_last=channels_last)
    dx, *rest = kernel.instance_norm_backward(grad, x, statistics, gamma, eps=0.0, channels_last=channels_last)
    y, dx = (np.moveaxis(values, -1, 1) if channels_last else values for values in (y, dx))
    same([y, dx, *rest], dtype)


@pytest.mark.frameworks("torch")
@pytest.mark.usefixtures("kernel")
def test_the_operations_that_can_be_differentiated_give_torchs_numbers() -> None:
    import torch

    from porter.runtime.kernel.torch import _composed

    x, grad, gamma = (torch.tensor(values) for values in (X, GRAD, GAMMA))
    x.requires_grad_()
    found = _composed(grad, x, gamma, (None, None), 0.0)
    same([torch_numbers("float64")[0], *(value.detach().numpy() for value in found)], "float64")
    found[0].square().sum().backward()
    assert x.grad is not None and not x.grad.isnan().any()


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_generated_layer_gives_torchs_numbers(dtype: str) -> None:
    import mindspore
    from mindspore import Tensor

    from porter.runtime.standalone.mindspore.instance_norm import InstanceNorm1d, instance_norm

    x, gamma, beta, grad = (Tensor(values.astype(dtype)) for values in (X, GAMMA, BETA, GRAD))

    def run(x: Any, gamma: Any, beta: Any) -> Any:
        return instance_norm(x, weight=gamma, bias=beta, eps=0.0)

    y, pull = mindspore.ops.vjp(run, x, gamma, beta)
    same([value.asnumpy() for value in (y, *pull(grad))], dtype)
    layer = InstanceNorm1d(2, eps=0, affine=True)
    assert not np.isnan(layer(Tensor(X.astype("float32"))).asnumpy()).any()


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.parametrize("values", [{"eps": 2.0}, {"eps": 0}, {"momentum": 1.5}, {"momentum": -0.1}])
def test_the_native_subclass_takes_what_the_native_layer_refuses(values: dict[str, Any]) -> None:
    """It is built on a CPU, where the native kernel does not run: running statistics go to standard operations."""
    import torch
    from mindspore import Tensor

    from porter.runtime.standalone.mindspore import instance_norm_native as native

    ours = native.InstanceNorm1d(2, affine=True, track_running_stats=True, **values).set_train()
    theirs = torch.nn.InstanceNorm1d(2, affine=True, track_running_stats=True, **values)
    x = X[:1, 1:].repeat(2, 1).astype("float32")
    np.testing.assert_allclose(ours(Tensor(x)).asnumpy(), theirs(torch.tensor(x)).detach().numpy(), atol=1e-5)
    np.testing.assert_allclose(ours.moving_variance.asnumpy(), theirs.running_var.numpy(), rtol=1e-5)
