"""What the benchmark times: for each package, name -> a function without arguments that returns the output as an array.

Inputs are made here, once; what a route allocates while it runs belongs to its time, as it does to a user's.
"""
# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from porter.runtime.kernel import loader

Routes = dict[str, Callable[[], Any]]
EPS = 1e-5


def of_numpy(case: Any, backward: bool, _: Any) -> Routes:
    """The kernel into new memory, and, forward, into memory that is there."""
    if not loader.available():
        return {}
    from porter.runtime.kernel.numpy import instance_norm, instance_norm_backward

    def forward() -> Any:
        return instance_norm(case.x, weight=case.weight, bias=case.bias).output

    def both() -> Any:
        result = instance_norm(case.x, weight=case.weight, bias=case.bias)
        return instance_norm_backward(case.grad, case.x, result.statistics, case.weight)

    if backward:
        return {"kernel in numpy": both}
    return {"copy into old memory": _copy_into(case), "kernel in numpy": forward}


def _copy_into(case: Any) -> Callable[[], Any]:
    target = np.empty_like(case.x)

    def copy() -> Any:
        np.copyto(target, case.x)
        return target

    return copy


def of_torch(case: Any, backward: bool, options: Any) -> Routes:
    """torch's own functions, and the kernel, channels first and last."""
    if find_spec("torch") is None:
        return {}
    import torch

    from porter.runtime.kernel.torch import instance_norm

    x, grad, weight, bias = (torch.from_numpy(v) for v in (case.x, case.grad, case.weight, case.bias))
    last = x.movedim(1, -1).contiguous().movedim(-1, 1)
    axes, shape = tuple(range(2, x.dim())), (1, -1, *(1,) * (x.dim() - 2))

    def composed(x: Any, weight: Any, bias: Any) -> Any:
        variance, mean = torch.var_mean(x, axes, correction=0, keepdim=True)
        return (x - mean) * torch.rsqrt(variance + EPS) * weight.reshape(shape) + bias.reshape(shape)

    own = torch.nn.functional.instance_norm
    functions = {
        "torch instance_norm": (x, lambda x, w, b: own(x, weight=w, bias=b)),
        "torch group_norm": (x, lambda x, w, b: torch.nn.functional.group_norm(x, x.shape[1], w, b, EPS)),
        "torch instance_norm, channels last": (last, lambda x, w, b: own(x, weight=w, bias=b)),
    }
    if options.compile:
        functions["torch.compile of a composition"] = (x, torch.compile(composed))
    if loader.available():
        ours = (lambda x, w, b: instance_norm(x, weight=w, bias=b),)
        functions |= {"kernel in torch": (x, *ours), "kernel in torch, channels last": (last, *ours)}
    routes = {
        name: _torch_route(function, (x, weight, bias), grad, backward) for name, (x, function) in functions.items()
    }
    return routes if backward else {"copy into old memory, by torch's threads": _torch_copy(x)} | routes


def _torch_copy(x: Any) -> Callable[[], Any]:
    """What more threads gain where nothing is computed."""
    target = x.clone()
    return lambda: target.copy_(x)


def _torch_route(function: Any, tensors: tuple[Any, ...], grad: Any, backward: bool) -> Callable[[], Any]:
    import torch

    def forward() -> Any:
        with torch.no_grad():
            return function(*tensors).numpy()

    leaves = [tensor.detach().requires_grad_() for tensor in tensors]
    if not tensors[0].is_contiguous():  # the next layer's gradient comes in the layout of what that layer got
        grad = torch.empty_like(tensors[0]).copy_(grad)

    def both() -> Any:
        return torch.autograd.grad(function(*leaves), leaves, grad)

    return both if backward else forward


def of_mindspore(case: Any, backward: bool, _: Any) -> Routes:
    """The kernel and MindSpore's own operations, in PyNative and in GRAPH mode."""
    if find_spec("mindspore") is None:
        return {}
    from mindspore import Tensor

    from porter.runtime import bench_cells

    tensors = [Tensor(values) for values in (case.x, case.weight, case.bias)]
    cells = {"MindSpore GroupNorm": bench_cells.Group, "MindSpore BatchNorm route": bench_cells.Batch}
    if loader.available():
        cells["kernel in MindSpore"] = bench_cells.Kernel
    return {
        f"{name}, {mode}": _mindspore_route(cell(), tensors, Tensor(case.grad), mode, backward)
        for mode in ("PyNative", "GRAPH")
        for name, cell in cells.items()
    }


def _mindspore_route(cell: Any, tensors: list[Any], grad: Any, mode: str, backward: bool) -> Callable[[], Any]:
    import mindspore

    number = {"PyNative": mindspore.PYNATIVE_MODE, "GRAPH": mindspore.GRAPH_MODE}[mode]
    _switch(number)  # a gradient is made for the mode of this moment
    gradient = mindspore.ops.GradOperation(get_all=True, sens_param=True)(cell)

    def run() -> Any:
        _switch(number)
        if not backward:
            return cell(*tensors).asnumpy()
        return [one.asnumpy() for one in gradient(*tensors, grad)]  # waits; the memory is shared, not copied

    return run


_mode: list[int] = []


def _switch(mode: int) -> None:
    """To ask MindSpore which one it is in takes as long as a small layer."""
    import mindspore

    if _mode != [mode]:
        mindspore.set_context(mode=mode)
        _mode[:] = [mode]
