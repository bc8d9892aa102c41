"""What the kernel for GPUs has to do: the same checks run in Triton's interpreter, on the CPU, and on a GPU.

A process is one or the other: Triton reads TRITON_INTERPRET when it is imported, and for good.
"""

from __future__ import annotations

from typing import Any

import torch
from triton.runtime import interpreter

from porter.runtime.kernel import gpu, triton_kernels
from porter.runtime.kernel import torch as operation
from porter.runtime.kernel import triton as kernel

from .gpu_case import NAMES, TORCH, Case, norm


def agrees(device: str, *args: Any, **kwargs: Any) -> None:
    """No farther from the truth than torch but for a rounding, which the interpreter leaves out for bfloat16."""
    for name, (ours, torchs, rounding) in zip(NAMES, Case(device, *args, **kwargs).errors(), strict=False):
        assert ours <= torchs + rounding, f"{name} is off by {ours}, torch by {torchs}, a rounding is {rounding}"


def far_from_zero(device: str, shape: tuple[int, ...], dtype: str, last: bool) -> None:
    """Mean 1e4, deviation 1: nearer to the truth than torch, and than a mean in the same type would allow."""
    errors = Case(device, shape, dtype, last, 1e4).errors()
    for name, (ours, torchs, rounding) in zip(NAMES, errors, strict=True):
        allowed = torchs + (rounding if name == "db" else 0)  # in which the mean is not
        assert ours <= allowed, f"{name} is off by {ours}, torch by {torchs}"
        if name == "y" or (name == "dx" and dtype == "float32"):  # the backward has the mean as float64 only
            assert ours < 16 * rounding, f"{name} is off by {ours}, a rounding is {rounding}"


def outlier(device: str, place: int, last: bool) -> None:
    """One element a thousand deviations off, where the pivot is taken."""
    case = Case(device, (1, 2, 331), last=last)
    case.x[:, :, place] = 3e3
    ours, torchs, rounding = case.errors()[0]
    assert ours <= torchs + rounding / 4, f"off by {ours}, torch by {torchs}, a rounding is {rounding}"


def only_what_is_wanted(device: str, wanted: tuple[bool, ...], shape: tuple[int, ...], given: bool) -> None:
    """The other gradients are not computed; those that are have the same bits as with all of them."""
    case, results = Case(device, shape, given=given), []
    mean, variance = case.given.get("running_mean"), case.given.get("running_var")
    for flags in (wanted, (True, True, True)):
        leaves = [v.clone() for v in (case.x, case.weight, case.bias)]
        for leaf, flag in zip(leaves, flags, strict=True):
            leaf.requires_grad_(flag)
        norm(leaves[0], mean, variance, leaves[1], leaves[2], not given).backward(case.grad)
        results.append([leaf.grad for leaf in leaves])
    assert [gradient is not None for gradient in results[0]] == list(wanted)
    assert all(one is None or torch.equal(one, other) for one, other in zip(*results, strict=True))


def spreads(device: str, value: float, place: int, last: bool, given: bool) -> None:
    """What is no number makes the same numbers to none as in torch."""
    case = Case(device, (1, 3, 150), last=last, given=given)
    case.x[0, 2, place] = value
    case.grad[0, 1, place] = value
    for one, other in zip(case.train(norm), case.train(TORCH), strict=True):
        torch.testing.assert_close(one, other, equal_nan=True, rtol=1e-4, atol=1e-4)


def infinite_mean(device: str) -> None:
    """The mean of a row with infinities is one, wherever they are, also for the running statistics."""
    case = Case(device, (1, 3, 150))
    case.x[0, 1, [0, 74, 149]] = float("inf")
    case.x[0, 2, 0] = float("-inf")
    statistics = kernel.forward(case.x, None, None, None, None, 1e-5)[1]
    running = torch.zeros(3, device=device), torch.zeros(3, device=device)
    TORCH(case.x, *running, momentum=1.0)
    torch.testing.assert_close(statistics[0, :, 0].float(), running[0])
    assert statistics[0, :, 1].isnan().tolist() == [False, True, True]


def same_bits(device: str, shape: tuple[int, ...], last: bool) -> None:
    """On every run, and, which only the interpreter can choose, whichever program comes first."""
    case = Case(device, shape, last=last)
    expected, again = case.train(norm), case.train(norm)
    if device == "cpu":
        builder = interpreter.interpreter_builder
        forth = builder.set_grid_idx
        builder.set_grid_idx = lambda x, y, z: forth(builder.grid_dim[0] - 1 - x, y, z)
        again = case.train(norm)
        builder.set_grid_idx = forth
    assert all(torch.equal(one, other) for one, other in zip(expected, again, strict=True))


def gradcheck(device: str, given: bool) -> None:
    """The formulas, by finite differences."""
    case = Case(device, (1, 2, 3, 2), "float64", given=given)
    leaves = [v.requires_grad_() for v in (case.x, case.weight, case.bias)]
    mean, variance = case.given.get("running_mean"), case.given.get("running_var")

    def function(x: Any, weight: Any, bias: Any) -> Any:
        return norm(x, mean, variance, weight, bias, use_input_stats=not given)

    assert torch.autograd.gradcheck(function, leaves)
    if device == "cuda":
        assert torch.autograd.gradgradcheck(function, leaves)


def layouts(device: str) -> None:
    """Gaps and overlaps are read as they are; a gradient in another layout than the input is one too."""
    x = Case(device, (2, 4, 6, 8)).x
    for view in (x[:, :, ::2], x.transpose(0, 1), x[:1, :1].expand(2, 4, 6, 8), x.transpose(2, 3)):
        torch.testing.assert_close(norm(view), TORCH(view), rtol=1e-4, atol=1e-5)
    for last in (False, True):
        case = Case(device, (1, 3, 4, 5), last=last)
        case.grad = torch.ones((), device=device).expand(1, 3, 4, 5)
        for one, other in zip(case.train(norm), case.train(TORCH), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def far_apart(device: str) -> None:
    """Three rows of few elements, the last beyond 2^31 elements, in memory that is never touched between them."""
    stride = (1 << 30) + 8
    memory = [torch.empty(2 * stride + 64, dtype=torch.float16, device=device) for _ in range(2)]
    x, out = (m.as_strided((1, 3, 20), (3 * stride, stride, 1)) for m in memory)
    case = Case(device, (1, 3, 20), "float16")
    x.copy_(case.x)
    plan = kernel.plan_of(case.x)
    far = plan._replace(sizes=plan.sizes._replace(row_stride=stride))
    statistics = x.new_empty((1, 3, 2), dtype=torch.float64)
    vectors = (case.weight, case.bias, None, None, statistics, None)
    triton_kernels.forward[(plan.programs,)](
        x, out, *vectors, far.sizes, 1e-5, RESIDENT=far.resident, **far.options(x)
    )  # fmt: skip
    assert torch.equal(out, norm(case.x, weight=case.weight, bias=case.bias))


def through_the_operation(device: str) -> None:
    """The operation hands all that it gets to the kernel, in the same order. For once, the CPU's is the GPU's."""
    library = torch.library.Library("porter", "IMPL")
    for name, function in (("instance_norm", gpu._forward), ("instance_norm_backward", gpu._backward)):
        library.impl(name, function, "CPU", allow_override=True)
    case = Case(device, (2, 3, 7), given=True)
    forward = (case.x, case.weight, case.bias, case.given["running_mean"], case.given["running_var"], 0.5)
    y, statistics = torch.ops.porter.instance_norm(*forward)
    assert torch.equal(y, kernel.forward(*forward)[0])
    backward = (case.grad, case.x, statistics, case.weight, *forward[3:], True, False, True)
    gradients = torch.ops.porter.instance_norm_backward(*backward)
    assert all(torch.equal(*pair) for pair in zip(gradients, kernel.backward(*backward), strict=True))


def nothing(device: str) -> None:
    """The operation itself may be called with nothing to do."""
    for shape in ((0, 3, 4), (2, 3, 0)):
        x, vector = torch.ones(shape, device=device), torch.ones(3, device=device)
        y, statistics = kernel.forward(x, vector, vector, None, None, 1e-5)
        gradients = kernel.backward(x, x, statistics, vector, None, None, 1e-5, True, True, True)
        assert y.shape == shape and gradients[0].shape == shape
        assert not gradients[1].any() and gradients[1].shape == gradients[2].shape == (3,) and not gradients[2].any()


def shares(device: str, shape: tuple[int, ...], last: bool) -> tuple[bool, int, int]:
    """Whether a row is one round; how many programs have a part of it; how many rounds each makes."""
    plan = kernel.plan_of(Case(device, shape, last=last).x)
    return plan.resident, plan.sizes.chunks, plan.sizes.length // (plan.block * plan.steps)


def compiled(device: str) -> None:
    """torch.compile keeps the operation whole."""
    for last in (False, True):
        case = Case(device, (2, 5, 4, 6, 3), last=last)
        expected = case.train(norm)
        actual = case.train(torch.compile(operation.instance_norm, fullgraph=True, backend="aot_eager"))
        for one, other in zip(actual, expected, strict=True):
            assert torch.equal(one, other) and one.stride() == other.stride()


def keeps_the_rules(device: str) -> None:
    """What torch asks of an operation."""
    for last in (False, True):
        case = Case(device, (2, 3, 4, 5), last=last)
        leaves = [v.requires_grad_() for v in (case.x, case.weight, case.bias)]
        torch.library.opcheck(torch.ops.porter.instance_norm.default, (*leaves, None, None, 1e-5))


def running_statistics(device: str) -> None:
    """They move as torch's do."""
    x = Case(device, (3, 4, 5, 6)).x
    ours, torchs = ((torch.full((4,), 2.0, device=device), torch.full((4,), 3.0, device=device)) for _ in range(2))
    norm(x, *ours)
    TORCH(x, *torchs)
    torch.testing.assert_close(ours, torchs)


def devices(device: str) -> None:
    """The kernel runs on the stream that is current, and on the device of its tensors; it is what is called."""
    case, calls, forward = Case(device, (2, 8, 64, 64)), [], kernel.forward

    def count(*inputs: Any) -> Any:
        calls.append(inputs)
        return forward(*inputs)

    setattr(kernel, "forward", count)  # noqa: B010  # mypy takes the assignment for a mistake
    stream = torch.cuda.Stream(device)
    expected = norm(case.x)
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        case.x.mul_(torch.full_like(case.x, 2))
        doubled = norm(case.x)
    stream.synchronize()
    setattr(kernel, "forward", forward)  # noqa: B010
    assert len(calls) == 2
    torch.testing.assert_close(doubled, expected, rtol=1e-2, atol=1e-2)
    for number in range(1, torch.cuda.device_count()):
        assert torch.equal(norm(case.x.to(f"cuda:{number}")).to(device), doubled)


def constant_channel(device: str) -> None:
    """With eps=0, torch gives beta there and no gradient, not NaN."""
    x = torch.tensor([[[3.0, 3.0, 3.0, 3.0], [1.0, 2.0, 3.0, 4.5]]])
    grad, weight, bias = torch.arange(8.0).reshape(1, 2, 4), torch.tensor([2.0, 3.0]), torch.tensor([0.5, 0.25])
    results = []
    for function, place in ((torch.nn.functional.instance_norm, "cpu"), (norm, device)):
        inputs = [values.to(place, copy=True).requires_grad_() for values in (x, weight, bias)]
        y = function(inputs[0], weight=inputs[1], bias=inputs[2], eps=0.0)
        y.backward(grad.to(place))
        results.append([values.detach().cpu() for values in (y, *(each.grad for each in inputs))])
    for expected, ours in zip(*results, strict=True):
        torch.testing.assert_close(ours, expected, rtol=2e-6, atol=2e-6)
