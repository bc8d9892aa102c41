"""instance_norm, the function, on MindSpore."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from porter.runtime import reference

from .cases import assert_close, make

pytestmark = pytest.mark.frameworks("mindspore", "torch")


def call(data: Any, **kwargs: Any) -> Any:
    """instance_norm of MindSpore; arrays among `kwargs` become tensors."""
    from mindspore import Tensor

    from porter.runtime.mindspore import instance_norm

    kwargs = {name: Tensor(v.astype(np.float32)) if isinstance(v, np.ndarray) else v for name, v in kwargs.items()}
    return instance_norm(Tensor(np.asarray(data, np.float32)), **kwargs)


def torch_call(data: Any, **kwargs: Any) -> Any:
    import torch

    kwargs = {
        name: torch.tensor(v.astype(np.float32)) if isinstance(v, np.ndarray) else v for name, v in kwargs.items()
    }
    return torch.nn.functional.instance_norm(torch.tensor(data, dtype=torch.float32), **kwargs).numpy()


@pytest.mark.parametrize("names", [(), ("weight",), ("bias",), ("weight", "bias")])
@pytest.mark.parametrize("given_statistics", [False, True], ids=["measured", "given"])
def test_it_agrees_with_the_reference(names: tuple[str, ...], given_statistics: bool) -> None:
    data = make((2, 3, 5, 6))
    kwargs: dict[str, Any] = {name: getattr(data, name) for name in names} | {"eps": 0.05}
    if given_statistics:
        statistics = make((2, 3, 2), seed=9)
        kwargs |= {"running_mean": statistics.bias, "running_var": statistics.weight, "use_input_stats": False}
    truth = reference.instance_norm(data.input, **kwargs)
    assert_close("output", call(data.input, **kwargs).asnumpy(), truth, torch_call(data.input, **kwargs), terms=30)


@pytest.mark.parametrize("kind", ["Tensor", "Parameter"])
def test_running_statistics_change_in_place(kind: str) -> None:
    import mindspore

    from porter.runtime.mindspore import instance_norm

    data, make_one = make((2, 3, 5)), getattr(mindspore, kind)
    mean, variance = np.full(3, 2.0), np.full(3, 3.0)
    ours = [make_one(mindspore.Tensor(values.astype(np.float32))) for values in (mean, variance)]
    instance_norm(mindspore.Tensor(data.input.astype(np.float32)), ours[0], ours[1], momentum=0.25)
    reference.update_running_statistics(data.input, mean, variance, 0.25)
    np.testing.assert_allclose(ours[0].asnumpy(), mean, rtol=1e-6)
    np.testing.assert_allclose(ours[1].asnumpy(), variance, rtol=1e-6)


def test_given_statistics_do_not_change_and_get_no_gradient() -> None:
    import mindspore
    from mindspore import Tensor, ops

    from porter.runtime.mindspore import instance_norm

    data = make((2, 3, 5))
    x, mean, variance = Tensor(data.input, mindspore.float32), ops.ones(3), ops.ones(3) * 4

    def loss(x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
        return instance_norm(x, mean, variance, use_input_stats=False).sum()

    grads = mindspore.grad(loss, (0, 1, 2))(x, mean, variance)
    np.testing.assert_allclose(grads[0].asnumpy(), np.full(x.shape, 1 / np.sqrt(4 + 1e-5)), rtol=1e-6)
    assert (grads[1].asnumpy() == 0).all() and (grads[2].asnumpy() == 0).all()
    assert (mean.asnumpy() == 1).all() and (variance.asnumpy() == 4).all()


@pytest.mark.parametrize(
    ("shape", "kwargs", "error", "message"),
    [
        ((2, 3, 1), {}, ValueError, "more than 1 spatial element"),
        ((2, 3), {}, ValueError, "more than 1 spatial element"),
        ((2, 3, 4), {"use_input_stats": False}, RuntimeError, "to be defined when use_input_stats is false"),
        ((2, 3, 4), {"running_mean": np.ones(3)}, ValueError, "must either both be None or neither be None"),
        ((2, 3, 4), {"running_var": np.ones(3)}, ValueError, "must either both be None or neither be None"),
        (
            (2, 3, 4),
            {"running_mean": np.ones(2), "running_var": np.ones(2)},
            RuntimeError,
            "running_mean should contain",
        ),
    ],
)
def test_what_torch_refuses_is_refused_likewise(
    shape: tuple[int, ...], kwargs: dict[str, Any], error: type[Exception], message: str
) -> None:
    for function in (call, torch_call):
        with pytest.raises(error, match=message):
            function(make(shape).input, **kwargs)
