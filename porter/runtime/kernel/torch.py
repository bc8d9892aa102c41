"""The kernel as an operation of PyTorch, `porter::instance_norm`: autograd, torch.compile and gradcheck accept it."""
# mypy: allow-untyped-decorators, allow-subclassing-any

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from porter.runtime.kernel import gpu, loader
from porter.runtime.kernel.torch_layout import dense, gradients_for, like
from porter.runtime.kernel.torch_pool import DTYPES, empty_like
from porter.runtime.kernel.torch_threads import threads

_SHORT = (torch.float16, torch.bfloat16)
_PLAIN = (Tensor, torch.nn.Parameter)

try:  # private, but the public ways to ask take as long as the dispatcher
    _OBSERVERS: tuple[Any, ...] = (
        torch._C._is_tracing,
        torch._C._len_torch_dispatch_stack,
        torch._C._len_torch_function_stack,
        torch._C._functorch.peek_interpreter_stack,
    )
except AttributeError:  # a torch that has them no more: every call goes by the dispatcher
    _OBSERVERS = (lambda: True,)
_TRANSFORM: Any = _OBSERVERS[-1]

_LIBRARY = torch.library.Library("porter", "DEF")
_LIBRARY.define(
    "instance_norm(Tensor x, Tensor? weight, Tensor? bias, Tensor? mean, Tensor? variance, float eps)"
    " -> (Tensor, Tensor)"
)
_LIBRARY.define(
    "instance_norm_backward(Tensor grad, Tensor x, Tensor statistics, Tensor? weight, Tensor? mean, Tensor? variance,"
    " float eps, bool of_input, bool of_weight, bool of_bias) -> (Tensor, Tensor, Tensor)"
)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Tensor:
    """torch.nn.functional.instance_norm, by the kernel where it can: (N, C, *spatial) in memory of the CPU or a GPU.

    float32, float64, float16 and bfloat16. The result has the dtype, the shape and the memory layout of `input`,
    channels-last ones too. All else, wrong arguments among it, goes to torch's own function, which raises its errors.
    """
    if not _fits(input, (running_mean, running_var), (weight, bias), use_input_stats):
        return torch.nn.functional.instance_norm(
            input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
        )
    given = (None, None) if use_input_stats else (running_mean, running_var)
    update = use_input_stats and running_mean is not None
    output, statistics = _call(update, input, weight, bias, *given, eps)
    if update:
        _update(running_mean, running_var, statistics, math.prod(input.shape[2:]), momentum)
    return output


def _fits(x: Tensor, running: tuple[Any, Any], affine: tuple[Any, Any], use_input_stats: bool) -> bool:
    """Whether the kernel may have the call: it is right, and all on one device that there is a kernel for."""
    kind, shape = x.dtype, x.shape
    if kind not in DTYPES or x.layout != torch.strided or _transformed():
        return False
    on_cpu = x.is_cpu
    if not (_available() if on_cpu else gpu.available(x.device.type)):
        return False
    elements = x.numel()
    if len(shape) < 3 or elements == 0 or (use_input_stats and elements == shape[0] * shape[1]):
        return False
    if (running[0] is None) != (running[1] is None) or (running[0] is None and not use_input_stats):
        return False
    shared, channels = None, shape[1]
    for vector in (*running, *affine):
        if vector is None:
            continue
        shared = shared or vector.dtype
        if vector.dtype != shared or vector.dim() != 1 or vector.shape[0] != channels:
            return False
        if not (vector.is_cpu if on_cpu else vector.device == x.device):
            return False
    return shared is None or shared == kind or (shared == torch.float32 and kind in _SHORT)


def _transformed() -> bool:
    """Whether torch.func, or forward-mode differentiation, is at work: the kernel has a backward and nothing else."""
    return _TRANSFORM() is not None or forward_ad._current_level >= 0


# As in gpu.py: what torch.compiler.assume_constant_result does, without loading the compiler.
_transformed._dynamo_marked_constant = True  # type: ignore[attr-defined]


def _available() -> bool:
    return loader.available()


_available._dynamo_marked_constant = True  # type: ignore[attr-defined]


@torch.no_grad()
def _update(running_mean: Tensor, running_var: Tensor, statistics: Tensor, elements: int, momentum: float) -> None:
    """new = (1 - momentum) * old + momentum * observed: averaged over the samples, the variance unbiased."""
    mean, variance = statistics.mean(0).unbind(-1)
    variance = variance * (elements / (elements - 1))
    for running, observed in ((running_mean, mean), (running_var, variance)):
        running.copy_((1 - momentum) * running + momentum * observed)


def _run(
    x: Tensor, eps: float, weight: Tensor | None, bias: Tensor | None, given: tuple[Any, Any],
    statistics: Tensor | None, outputs: tuple[Any, ...], grad: Tensor | None = None,
) -> None:  # fmt: skip
    """Forward, or, with `grad`, backward, into `outputs`: like `x`, then the gradients of the parameters.

    Written out, since a loop over what may be None takes as long as a small kernel.
    """
    kind = affine_kind = given_kind = DTYPES[x.dtype]
    mean, variance = given
    if mean is not None:
        mean, variance, given_kind = mean.contiguous(), variance.contiguous(), DTYPES[mean.dtype]
    if weight is not None:
        weight, affine_kind = weight.contiguous(), DTYPES[weight.dtype]
    if bias is not None:
        bias, affine_kind = bias.contiguous(), DTYPES[bias.dtype]
    shape = x.shape
    n, c = shape[0], shape[1]
    job = loader.PACKED.pack(
        n, c, x.numel() // max(n * c, 1), kind, not x.is_contiguous(), threads(), loader.limit(),
        affine_kind, given_kind, eps, x.data_ptr(), 0 if grad is None else grad.data_ptr(), outputs[0].data_ptr(),
        0 if weight is None else weight.data_ptr(), 0 if bias is None else bias.data_ptr(),
        0 if mean is None else mean.data_ptr(), 0 if variance is None else variance.data_ptr(),
        0 if statistics is None else statistics.data_ptr(), *[output.data_ptr() for output in outputs[1:]],
        *((0, 0) if grad is None else ()),
    )  # fmt: skip
    loader.run(job, grad is not None)


@torch.library.impl(_LIBRARY, "instance_norm", "CPU")
def _forward(x: Tensor, weight: Any, bias: Any, mean: Any, variance: Any, eps: float) -> tuple[Tensor, Tensor]:
    x = dense(x)
    output, statistics = empty_like(x), x.new_empty((*x.shape[:2], 2), dtype=torch.float64)
    _run(x, eps, weight, bias, (mean, variance), statistics, (output,))
    return output, statistics


def _only_output(x: Tensor, weight: Any, bias: Any, mean: Any, variance: Any, eps: float) -> tuple[Tensor, None]:
    """`_forward` where nobody asks for the statistics."""
    x = dense(x)
    output = empty_like(x)
    _run(x, eps, weight, bias, (mean, variance), None, (output,))
    return output, None


@torch.library.impl(_LIBRARY, "instance_norm_backward", "CPU")
def _backward(
    grad: Tensor, x: Tensor, statistics: Tensor, weight: Any, mean: Any, variance: Any, eps: float,
    of_input: bool, of_weight: bool, of_bias: bool,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    x = dense(x)
    grad = like(grad, x)
    outputs = gradients_for(x, weight, of_input, of_weight, of_bias, empty_like)
    # An empty tensor's address is 0, and those of the parameters' gradients have the dtype of the weight, or else of x.
    _run(x, eps, weight, None, (mean, variance), statistics, outputs, grad)
    return outputs


@torch.library.register_fake("porter::instance_norm", lib=_LIBRARY)
def _fake_forward(x: Tensor, weight: Any, bias: Any, mean: Any, variance: Any, eps: float) -> tuple[Tensor, Tensor]:
    return torch.empty_like(dense(x)), x.new_empty((*x.shape[:2], 2), dtype=torch.float64)


@torch.library.register_fake("porter::instance_norm_backward", lib=_LIBRARY)
def _fake_backward(
    grad: Tensor, x: Tensor, statistics: Tensor, weight: Any, mean: Any, variance: Any, eps: float,
    of_input: bool, of_weight: bool, of_bias: bool,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    return gradients_for(dense(x), weight, of_input, of_weight, of_bias)


gpu.register(_LIBRARY)


def _setup(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    x, weight, bias, mean, variance, eps = inputs
    ctx.save_for_backward(x, output[1], weight, bias, mean, variance)
    ctx.eps = eps
    ctx.mark_non_differentiable(output[1])
    ctx.set_materialize_grads(False)


def _differentiate(ctx: Any, grad: Tensor | None, _: Tensor | None) -> tuple[Tensor | None, ...]:
    if grad is None:
        return (None,) * 6
    x, statistics, weight, bias, mean, variance = ctx.saved_tensors
    needs = ctx.needs_input_grad[:3]
    if torch.is_grad_enabled():  # create_graph=True: someone will differentiate this again
        gradients = _composed(grad, x, weight, (mean, variance), ctx.eps)
    else:
        differentiate = _backward if _unobserved(grad) else torch.ops.porter.instance_norm_backward
        gradients = differentiate(grad, x, statistics, weight, mean, variance, ctx.eps, *needs)
    vectors = (x, weight, bias)
    kept = [g.to(v.dtype) if wanted else None for g, v, wanted in zip(gradients, vectors, needs, strict=True)]
    return (*kept, None, None, None)


torch.library.register_autograd("porter::instance_norm", _differentiate, setup_context=_setup, lib=_LIBRARY)


class _Function(torch.autograd.Function):
    """The same for `_call`. With a `setup_context`, torch would inspect a signature at every call."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Any:
        output = _forward(*inputs)
        _setup(ctx, inputs, output)
        return output

    backward = staticmethod(_differentiate)


def _call(statistics: bool, *inputs: Any) -> Any:
    """torch.ops.porter.instance_norm, whose way through the dispatcher takes longer than a small kernel.

    Where nobody listens to the dispatcher, its work is done here; `statistics` says whether they are asked for.
    """
    x, weight, bias, *_ = inputs
    if not _unobserved(x):
        return torch.ops.porter.instance_norm(*inputs)
    if torch.is_grad_enabled() and (
        x.requires_grad or (weight is not None and weight.requires_grad) or (bias is not None and bias.requires_grad)
    ):
        return _Function.apply(*inputs)
    return _forward(*inputs) if statistics else _only_output(*inputs)


def _unobserved(x: Tensor) -> bool:
    """No compiler, no mode, no transform of torch.func and no subclass has to see what happens to `x`."""
    if type(x) not in _PLAIN or not x.is_cpu or torch.compiler.is_compiling():  # the short way is the CPU's
        return False
    for active in _OBSERVERS:  # noqa: SIM110 - a generator takes longer than what it asks
        if active():
            return False
    return True


def _composed(grad: Tensor, x: Tensor, weight: Any, given: Any, eps: float) -> tuple[Tensor, Tensor, Tensor]:
    """The backward, by operations that can be differentiated: the formulas of porter/runtime/reference.py."""
    axes, shape = tuple(range(2, x.dim())), (1, -1, *(1,) * (x.dim() - 2))
    kind = torch.float32 if x.dtype in _SHORT else x.dtype
    x, grad = x.to(kind), grad.to(kind)
    if given[0] is None:
        variance, mean = torch.var_mean(x, axes, correction=0, keepdim=True)
    else:
        mean, variance = (values.to(kind).reshape(shape) for values in given)
    spread = variance + eps
    if given[0] is None and eps == 0:  # as in torch, a constant channel is divided by nothing
        spread = spread.masked_fill(spread == 0, torch.inf)
    inverse = torch.rsqrt(spread)
    h = (x - mean) * inverse
    g = grad if weight is None else grad * weight.to(kind).reshape(shape)
    through = g if given[0] is not None else g - g.mean(axes, True) - h * (g * h).mean(axes, True)
    return inverse * through, (grad * h).sum((0, *axes)), grad.sum((0, *axes))
