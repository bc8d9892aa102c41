"""torch.func and forward-mode differentiation over porter's instance_norm give what they give over torch's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from torch import Tensor

pytestmark = pytest.mark.frameworks("torch")
Norm = Callable[..., Any]


def jvp(norm: Norm, x: Tensor, v: Tensor) -> Any:
    import torch

    return torch.func.jvp(norm, (x,), (v,))[1]


def grad(norm: Norm, x: Tensor, v: Tensor) -> Any:
    import torch

    return torch.func.grad(lambda t: (norm(t) * v).sum())(x)


def jacrev(norm: Norm, x: Tensor, v: Tensor) -> Any:
    import torch

    return torch.func.jacrev(norm)(x)


def vmap(norm: Norm, x: Tensor, v: Tensor) -> Any:
    import torch

    return torch.func.vmap(norm)(torch.stack([x, v]))


def per_sample(norm: Norm, x: Tensor, v: Tensor) -> Any:
    import torch

    weight = torch.tensor([0.5, -2.0])
    loss = lambda w, t: (norm(t[None], weight=w) ** 3).sum()  # noqa: E731
    return torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(weight, torch.cat([x, v]))


def dual(norm: Norm, x: Tensor, v: Tensor) -> Any:
    from torch.autograd import forward_ad

    with forward_ad.dual_level():
        return forward_ad.unpack_dual(norm(forward_ad.make_dual(x, v))).tangent


@pytest.mark.parametrize("transform", [jvp, grad, jacrev, vmap, per_sample, dual])
def test_a_transform_gives_what_it_gives_over_torchs_own(transform: Callable[..., Any]) -> None:
    import torch

    from porter.runtime.torch import instance_norm

    seed = torch.Generator().manual_seed(3)
    x, v = (torch.randn(2, 2, 2, 3, 4, generator=seed) + 5 for _ in range(2))
    found = transform(instance_norm, x, v)
    expected = transform(torch.nn.functional.instance_norm, x, v)
    assert expected.abs().max() > 1e-3
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_without_a_transform_the_kernel_has_the_call() -> None:
    import torch

    from porter.runtime.kernel import torch as kernel

    x = torch.randn(2, 2, 2, 3, 4)
    assert not kernel._transformed()
    assert torch.func.vmap(lambda t: t + float(kernel._transformed()))(torch.zeros(3)).sum() == 3
    assert kernel._fits(x, (None, None), (None, None), True) is kernel._available()
