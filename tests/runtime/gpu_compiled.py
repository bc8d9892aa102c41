"""What Triton's compiler makes of the kernels, for a GPU that need not be there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from triton.backends.compiler import GPUTarget
from triton.runtime import driver, jit

from porter.runtime.kernel import triton as kernel

Built = list[tuple[str, Any]]


class Absent:
    """A driver that says which GPU to compile for, and has none."""

    def __init__(self, capability: int) -> None:
        self.capability = capability

    def get_current_device(self) -> int:
        return 0

    def get_current_stream(self, device: int) -> int:
        return device

    def get_current_target(self) -> Any:
        return GPUTarget("cuda", self.capability, 32)


@contextmanager
def compiling(capability: int) -> Iterator[Built]:
    """What is launched is compiled instead; the name of every kernel and what became of it."""
    built: Built = []
    launch = jit.JITFunction.run

    def build(self: Any, *args: Any, grid: Any, warmup: bool, **kwargs: Any) -> Any:
        built.append((self.fn.__name__, launch(self, *args, grid=grid, warmup=True, **kwargs)))
        return built[-1][1]

    driver.set_active(Absent(capability))
    jit.JITFunction.run = build
    try:
        yield built
    finally:
        jit.JITFunction.run = launch


def compile_all(shape: tuple[int, ...], dtype: str, last: bool, given: bool, capability: int) -> Built:
    """Forward and backward of such a call."""
    kind = getattr(torch, dtype)
    x, vector = torch.empty(shape, dtype=kind), torch.ones(shape[1], dtype=kind)
    if last:
        x = x.movedim(1, -1).contiguous().movedim(-1, 1)
    mean = vector if given else None
    with compiling(capability) as built:
        _, statistics = kernel.forward(x, vector, vector, mean, mean, 1e-5)
        kernel.backward(x, x, statistics, vector, mean, mean, 1e-5, True, True, True)
    return built


def check(shape: tuple[int, ...], dtype: str, last: bool, given: bool, capability: int) -> None:
    """All of it compiles, to 64 bits wide offsets and without atomics; a row that one round holds is read once."""
    built = compile_all(shape, dtype, last, given, capability)
    assert [name for name, _ in built if name != "sum_chunks"] == ["forward", "backward"]
    for name, program in built:
        assert program.asm["cubin"]
        assert program.src.signature.get("eps", "fp64") == "fp64"  # a number of Python's becomes float32 otherwise
        source, assembly = program.asm["ttir"], program.asm["ptx"]
        assert not re.search(r"arith\.muli .*(: i32|xi32>)", source), f"{name} multiplies in 32 bits"
        assert "atom" not in assembly and "red.global" not in assembly
        if len(built) == 2 and not given:
            loads = len(re.findall(r"ld\.global\.v4\.b32", assembly))
            tiles = len(re.findall(r"st\.global\.v4\.b32", assembly))
            assert loads == tiles * (1 + (name == "backward")), f"{name} reads {loads} times for {tiles} tiles"
