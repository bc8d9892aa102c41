"""Two training steps, then evaluation, of one layer: on MindSpore, on torch, and in float64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from porter.runtime.reference import InstanceNorm

from .cases import Data, assert_close

STEPS = 2
TORCH_NAMES = {"moving_mean": "running_mean", "moving_variance": "running_var", "gamma": "weight", "beta": "bias"}
Results = dict[str, Any]
"""Name of a quantity, such as "step 1 gamma gradient", -> array. All three functions use the same names."""


@dataclass(frozen=True)
class Setup:
    """torch's arguments of InstanceNorm1d, 2d or 3d (`dims`), the data of every step and of the evaluation."""

    dims: int
    kwargs: dict[str, Any]
    data: tuple[Data, ...]
    dtype: str = "float32"

    @property
    def channels(self) -> int:
        """num_features."""
        return len(self.data[0].weight)

    @property
    def trained(self) -> tuple[str, ...]:
        """MindSpore names of the parameters that have a gradient."""
        if not self.kwargs.get("affine"):
            return ()
        return ("gamma", "beta") if self.kwargs.get("bias", True) else ("gamma",)


def on_mindspore(layer: Any, setup: Setup) -> Results:
    """Train and evaluate a MindSpore layer, new from the arguments of `setup`."""
    import mindspore
    from mindspore import Tensor

    from .mindspore_cells import WithLoss

    start = setup.data[0]
    for name, values in (("gamma", start.weight), ("beta", start.bias)):
        if name in setup.trained:
            getattr(layer, name).set_data(Tensor(values, getattr(layer, name).dtype))
    weights = [getattr(layer, name) for name in setup.trained]
    step = mindspore.value_and_grad(WithLoss(layer), 0, weights or None, has_aux=True)
    results: Results = {}
    layer.set_train()
    for number, data in enumerate(setup.data[:STEPS]):
        (_, y), gradients = step(Tensor(data.input.astype(setup.dtype)), Tensor(data.grad.astype(setup.dtype)))
        of_input, of_weights = gradients if weights else (gradients, ())
        results[f"step {number} output"] = y.asnumpy()
        results[f"step {number} input gradient"] = of_input.asnumpy()
        for name, gradient in zip(setup.trained, of_weights, strict=True):
            results[f"step {number} {name} gradient"] = gradient.asnumpy()
    layer.set_train(False)
    results["evaluation"] = layer(Tensor(setup.data[STEPS].input.astype(setup.dtype))).asnumpy()
    if setup.kwargs.get("track_running_stats"):
        results |= {name: getattr(layer, name).asnumpy() for name in ("moving_mean", "moving_variance")}
    return results


def on_torch(setup: Setup) -> Results:
    """Train and evaluate torch's own layer."""
    import torch

    layer = getattr(torch.nn, f"InstanceNorm{setup.dims}d")(setup.channels, **setup.kwargs)
    layer = layer.double() if setup.dtype == "float64" else layer
    for name, values in (("weight", setup.data[0].weight), ("bias", setup.data[0].bias)):
        if getattr(layer, name) is not None:
            getattr(layer, name).data = torch.tensor(values, dtype=getattr(layer, name).dtype)
    results: Results = {}
    for number, data in enumerate(setup.data[:STEPS]):
        layer.zero_grad()
        x = torch.tensor(data.input.astype(setup.dtype), requires_grad=True)
        y = layer(x)
        y.backward(torch.tensor(data.grad.astype(setup.dtype)))
        assert x.grad is not None
        results[f"step {number} output"] = y.detach().numpy()
        results[f"step {number} input gradient"] = x.grad.numpy()
        for name in setup.trained:
            results[f"step {number} {name} gradient"] = getattr(layer, TORCH_NAMES[name]).grad.numpy()
    layer.eval()
    results["evaluation"] = layer(torch.tensor(setup.data[STEPS].input.astype(setup.dtype))).detach().numpy()
    if setup.kwargs.get("track_running_stats"):
        results |= {name: getattr(layer, TORCH_NAMES[name]).numpy() for name in ("moving_mean", "moving_variance")}
    return results


def in_float64(setup: Setup) -> Results:
    """The truth."""
    layer = InstanceNorm(setup.dims, setup.channels, **setup.kwargs)
    layer.weight_values = setup.data[0].weight if "gamma" in setup.trained else None
    layer.bias_values = setup.data[0].bias if "beta" in setup.trained else None
    results: Results = {}
    for number, data in enumerate(setup.data[:STEPS]):
        results[f"step {number} output"] = layer.forward(data.input)
        gradients = layer.backward(data.grad, data.input)
        results[f"step {number} input gradient"] = gradients.input
        for name in setup.trained:
            results[f"step {number} {name} gradient"] = getattr(gradients, TORCH_NAMES[name])
    layer.training = False
    results["evaluation"] = layer.forward(setup.data[STEPS].input)
    if setup.kwargs.get("track_running_stats"):
        results |= {"moving_mean": layer.running_mean, "moving_variance": layer.running_var}
    return results


def assert_same(actual: Results, setup: Setup) -> None:
    """All quantities are there, and each is as near to the truth as torch's."""
    truth, torch_results = in_float64(setup), on_torch(setup)
    assert actual.keys() == truth.keys() == torch_results.keys()
    spatial = int(np.prod(setup.data[0].input.shape[-setup.dims :]))
    for name, value in actual.items():
        summed_over_samples = "gamma gradient" in name or "beta gradient" in name
        terms = setup.data[0].input.size // setup.channels if summed_over_samples else spatial
        # Parameters and their gradients are float32 whatever the input is, but for float64.
        dtype = "float32" if name.startswith("moving") and setup.dtype == "float16" else setup.dtype
        assert_close(name, value, truth[name], torch_results[name], dtype, terms)
