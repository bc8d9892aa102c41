"""The way from the operation `porter::instance_norm` to its half for GPUs, which the first call on one loads."""
# mypy: allow-untyped-decorators

from __future__ import annotations

from functools import cache
from typing import Any


def available(device: str) -> bool:
    """Whether tensors on such a device ("cuda") can be served: there is a GPU, and a Triton that builds for it."""
    return device == "cuda" and _loaded()


# What torch.compiler.assume_constant_result does, once it has loaded the whole compiler, which takes seconds.
available._dynamo_marked_constant = True  # type: ignore[attr-defined]


@cache
def _loaded() -> bool:
    try:
        from porter.runtime.kernel import triton
    except ImportError:
        return False
    return triton.available()


def register(library: Any) -> None:
    """Give the operations of a torch.library.Library their implementation for CUDA."""
    library.impl("instance_norm", _forward, "CUDA")
    library.impl("instance_norm_backward", _backward, "CUDA")


def _forward(*inputs: Any) -> Any:
    from porter.runtime.kernel import triton

    return triton.forward(*inputs)


def _backward(*inputs: Any) -> Any:
    from porter.runtime.kernel import triton

    return triton.backward(*inputs)
