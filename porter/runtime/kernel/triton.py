"""The kernel for GPUs over torch's tensors, by Triton: CUDA's half of the operation `porter::instance_norm`.

Whole rows go to programs of their own where there are enough of them; else several programs share a row: their sums are
written down, added up in one fixed order, and read by the programs that write. How a row is shared depends on the shape
alone, not on the GPU or on what else it does: the same input gives the same bits in every run.
"""

from __future__ import annotations

import math
import os
import subprocess
import warnings
from functools import cache
from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl
from torch import Tensor

from porter.runtime.kernel import triton_kernels as kernels
from porter.runtime.kernel.torch_layout import dense, gradients_for, is_last, like

TILE = 1024
"""Elements of a tile at most: four, which are one load, for each thread of eight warps."""
STEPS = 8
"""Tiles of a round at most: their loads are under way together, and float32 adds no more than these."""
LEAST = 128
"""Elements of a tile at least, so that a warp has work: short rows are taken several at a time."""
LINES = 32
"""Channels of a tile at most, channels last: neighbours in memory, at least 64 bytes of them."""
PROGRAMS = 1024
"""Programs that keep a GPU busy: rows are shared where there are fewer. The largest GPUs hold about as many tiles."""
LEAST_CAPABILITY = 80
"""Of the GPU, times 10: what Triton supports."""
LEAST_TRITON = (3, 3)
"""The oldest one that builds these kernels, as far as was tried."""

_float64 = torch.float64


class Plan(NamedTuple):
    """How a call is laid out: `sizes` for the kernels, rounds of `steps` tiles of `block` positions of `lines` rows."""

    sizes: kernels.Sizes
    block: int
    steps: int
    lines: int
    programs: int

    @property
    def resident(self) -> bool:
        """Whether one round has the whole of its rows."""
        return self.sizes.positions <= self.block * self.steps

    def options(self, x: Tensor) -> dict[str, Any]:
        """What all kernels are compiled for."""
        kind = tl.float64 if x.dtype == _float64 else tl.float32
        warps = min(max(self.block * self.lines // 128, 1), 8)
        tile = {"BLOCK": self.block, "STEPS": self.steps, "LINES": self.lines}
        return {**tile, "KIND": kind, "num_warps": warps, "enable_fp_fusion": True}


@cache
def available() -> bool:
    """Whether Triton can build kernels for the GPU that is there; why not is said once. PORTER_KERNEL=0 wants none."""
    if os.environ.get("PORTER_KERNEL") == "0":
        return False
    reason = _obstacle()
    if reason:
        warnings.warn(
            f"porter's InstanceNorm kernel is not used on this GPU ({reason}); torch does its work", stacklevel=4
        )
    return not reason


def _obstacle() -> str:
    if tuple(int(part) for part in triton.__version__.split(".")[:2]) < LEAST_TRITON:
        return f"Triton {triton.__version__} is too old, it needs {'.'.join(map(str, LEAST_TRITON))}"
    try:
        target = _target()
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:  # no GPU, no C compiler, no headers
        return str(error)
    if target.backend == "cuda" and target.arch < LEAST_CAPABILITY:
        return f"its compute capability is {target.arch / 10}, Triton needs {LEAST_CAPABILITY / 10}"
    return ""


def _target() -> Any:
    return triton.runtime.driver.active.get_current_target()


def forward(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, mean: Tensor | None, variance: Tensor | None, eps: float
) -> tuple[Tensor, Tensor]:
    """The output, like `x` (N, C, *spatial), and mean and biased variance, (N, C, 2) in float64, that it was made with.

    float32, float64, float16 and bfloat16. weight, bias, and mean and variance where they are given, are (C,), of the
    dtype of `x`, or float32 with a shorter one. Channels-last memory is read and written as it is. The caller has
    checked all that: porter.runtime.kernel.torch.instance_norm. Raises what Triton does where it cannot build a kernel.
    """
    x = dense(x)
    output, statistics = torch.empty_like(x), x.new_empty((*x.shape[:2], 2), dtype=_float64)
    if not x.numel():
        return output, statistics
    weight, bias, mean, variance = _dense_vectors(weight, bias, mean, variance)
    plan = plan_of(x)
    with torch.cuda.device_of(x):
        sums = _shared_sums(plan, x, None, None, None) if mean is None else None
        kernels.forward[(plan.programs,)](
            x, output, weight, bias, mean, variance, statistics, sums, plan.sizes, eps,
            RESIDENT=plan.resident, **plan.options(x),
        )  # fmt: skip
    return output, statistics


def backward(
    grad: Tensor, x: Tensor, statistics: Tensor, weight: Tensor | None, mean: Tensor | None, variance: Tensor | None,
    eps: float, of_input: bool, of_weight: bool, of_bias: bool,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """The gradients of input, weight and bias, an empty tensor where one is not wanted: see `forward`.

    `grad` is like `x`, `statistics` what the forward returned. Those of weight and bias are (C,), of the weight's
    dtype, or that of `x` where there is none.
    """
    x = dense(x)
    grad, outputs = like(grad, x), gradients_for(x, weight, of_input, of_weight, of_bias)
    of_rows = x.new_zeros((*x.shape[:2], 2), dtype=_float64) if of_weight or of_bias else None
    if x.numel() and (of_input or of_rows is not None):
        out = outputs[0] if of_input else None
        _run_backward(grad, x, out, _dense_vectors(statistics, weight, mean, variance), of_rows, eps)
    for which, output in enumerate(outputs[1:]):
        if of_rows is not None and output.numel():
            output.copy_(of_rows[:, :, which].sum(0))
    return outputs


def _run_backward(
    grad: Tensor, x: Tensor, out: Tensor | None, vectors: list[Tensor | None], of_rows: Tensor | None, eps: float
) -> None:
    statistics, weight, mean, variance = vectors
    plan = plan_of(x)
    with torch.cuda.device_of(x):
        needed = mean is None or of_rows is not None
        sums = _shared_sums(plan, x, grad, mean, statistics) if needed else None
        kernels.backward[(plan.programs,)](
            x, grad, out, weight, mean, variance, statistics, of_rows, sums, plan.sizes, eps,
            RESIDENT=plan.resident, **plan.options(x),
        )  # fmt: skip


def _shared_sums(
    plan: Plan, x: Tensor, grad: Tensor | None, mean: Tensor | None, statistics: Tensor | None
) -> Tensor | None:
    """(all rows, 2), float64: what the programs that share rows have found; None where none does."""
    if plan.sizes.chunks == 1:
        return None
    partial = x.new_empty((plan.sizes.chunks, plan.sizes.all_rows, 2), dtype=_float64)
    kernels.sum_chunks[(plan.programs,)](x, grad, mean, statistics, partial, plan.sizes, **plan.options(x))
    return partial.sum(0)


def _dense_vectors(*vectors: Tensor | None) -> list[Tensor | None]:
    return [None if vector is None else vector.contiguous() for vector in vectors]


def plan_of(x: Tensor) -> Plan:
    """For a tensor that is dense, channels first or last, and not empty."""
    (n, c), s, last = x.shape[:2], math.prod(x.shape[2:]), is_last(x)
    groups, rows = (n, c) if last else (1, n * c)
    lines = min(_power(rows), LINES) if last else min(_power(rows), max(LEAST // _power(s), 1))
    block = min(_power(s), TILE // lines)
    steps = min(_power(-(-s // block)), STEPS)
    row_blocks, rounds = -(-rows // lines), -(-s // (block * steps))
    shared_by = max(1, min(rounds, PROGRAMS // (groups * row_blocks)))
    length = -(-rounds // shared_by) * block * steps
    chunks = -(-s // length)
    group_stride, row_stride, stride = (c * s, 1, c) if last else (0, s, 1)
    sizes = kernels.Sizes(rows, row_blocks, c, s, group_stride, row_stride, stride, chunks, length, n * c)
    return Plan(sizes, block, steps, lines, groups * row_blocks * chunks)


def _power(number: int) -> int:
    """The next power of two, which the sides of a tile have to be."""
    return 1 << (number - 1).bit_length()
