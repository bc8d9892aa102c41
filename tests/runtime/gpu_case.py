"""What the checks of the kernel for GPUs are about: a case, by the kernel, by torch, and in truth."""
# mypy: allow-subclassing-any

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
import triton
from triton.runtime import interpreter

from porter.runtime.kernel import torch as operation
from porter.runtime.kernel import triton as kernel

from .cases import make

SMALL = {"TILE": 64, "STEPS": 2, "LEAST": 16, "LINES": 8, "PROGRAMS": 8}
"""With these the interpreter, which takes milliseconds for a program, meets shared rows and several rounds."""


@cache
def interpret() -> None:
    """First in a process that has no GPU: what is run there is interpreted, by a plan of small parts."""
    assert triton.knobs.runtime.interpret
    for name, value in SMALL.items():
        setattr(kernel, name, value)
    patched, call = set(), interpreter.InterpretedFunction.__call__

    def call_once_patched(self: Any, *args: Any, **kwargs: Any) -> Any:
        """Triton patches its language again for every call of a helper, which takes most of the time."""
        if self.fn.__module__ in patched:
            return self.rewrite()(*args, **kwargs)
        patched.add(self.fn.__module__)
        return call(self, *args, **kwargs)

    interpreter.InterpretedFunction.__call__ = call_once_patched


class Norm(torch.autograd.Function):
    """The kernel's two functions, called as the operation calls them."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Any:
        output, statistics = kernel.forward(*inputs)
        ctx.save_for_backward(inputs[0], statistics, inputs[1], *inputs[3:5])
        ctx.eps = inputs[5]
        return output

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        arrays: tuple[Any, ...] = (*grads, *ctx.saved_tensors, ctx.eps)
        wanted = ctx.needs_input_grad[:3]
        gradients = kernel.backward(*arrays, *wanted)
        assert [gradient.numel() > 0 for gradient in gradients] == list(wanted)
        return (*(gradient if want else None for gradient, want in zip(gradients, wanted, strict=True)), *[None] * 3)


def norm(
    x: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """The kernel with the arguments of torch's function: by the operation on a GPU, else by the interpreter."""
    if x.is_cuda:
        return operation.instance_norm(x, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)
    return Norm.apply(x, weight, bias, running_mean, running_var, eps)


class Case:
    """Tensors on a device: input, output gradient, weight and bias (or None), mean and variance where given."""

    def __init__(
        self, device: str, shape: tuple[int, ...], dtype: str = "float32", last: bool = False, mean: float = 3.0,
        affine: str | None = "", given: bool = False,
    ) -> None:  # fmt: skip
        data, kind = make(shape, "float64", mean), getattr(torch, dtype)
        vectors = getattr(torch, affine) if affine else kind
        self.x, self.grad = (torch.tensor(values).to(device, kind) for values in (data.input, data.grad))
        if last:
            self.x = self.x.movedim(1, -1).contiguous().movedim(-1, 1)
        own: list[Any] = [torch.tensor(values).to(device, vectors) for values in (data.weight, data.bias)]
        self.weight: Any = own[0] if affine is not None else None
        self.bias: Any = own[1] if affine is not None else None
        statistics = {"running_mean": own[1] + mean, "running_var": own[0] * 2, "use_input_stats": False}
        self.given: dict[str, Any] = statistics if given else {}

    def train(self, function: Any) -> list[Any]:
        """Output and gradients."""
        leaves = [None if v is None else v.detach().clone().requires_grad_() for v in (self.x, self.weight, self.bias)]
        y = function(leaves[0], weight=leaves[1], bias=leaves[2], **self.given)
        y.backward(self.grad)
        return [y.detach(), *(leaf.grad for leaf in leaves if leaf is not None)]

    def truth(self) -> list[Any]:
        """The same in long double: the formulas of porter/runtime/reference.py."""
        axes, shape = tuple(range(2, self.x.dim())), (1, -1, *(1,) * (self.x.dim() - 2))
        x, grad = (v.double().cpu().numpy().astype(np.longdouble) for v in (self.x, self.grad))
        mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)

        def vector(values: Any, otherwise: float) -> Any:
            return otherwise if values is None else values.double().cpu().numpy().reshape(shape)

        if self.given:
            mean, variance = (vector(self.given[f"running_{name}"], 0) for name in ("mean", "var"))
        weight, bias = vector(self.weight, 1), vector(self.bias, 0)
        inverse = 1 / np.sqrt(variance + np.longdouble(1e-5))
        h, g = (x - mean) * inverse, grad * weight
        through = g if self.given else g - g.mean(axes, keepdims=True) - h * (g * h).mean(axes, keepdims=True)
        of_vectors = [(grad * h).sum((0, *axes)), grad.sum((0, *axes))] if self.weight is not None else []
        return [h * weight + bias, inverse * through, *of_vectors]

    def errors(self) -> list[tuple[float, float, float]]:
        """For output and gradients: the kernel's distance from the truth, torch's, and a rounding of the largest."""
        found = []
        for ours, torchs, truth in zip(self.train(norm), self.train(TORCH), self.truth(), strict=True):
            assert ours.dtype == torchs.dtype and ours.shape == torchs.shape
            assert ours.dim() == 1 or ours.stride() == self.x.stride()
            distances = [float(np.abs(result.double().cpu().numpy() - truth).max()) for result in (ours, torchs)]
            found.append((*distances, float(np.abs(truth).max()) * torch.finfo(ours.dtype).eps))
        return found


TORCH = torch.nn.functional.instance_norm
NAMES = ("y", "dx", "dw", "db")
