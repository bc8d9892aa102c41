"""torch.nn.functional.interpolate, by the operations of MindSpore that give its numbers on a CPU.

Contract: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.interpolate.html
"""

from typing import Any

from mindspore import Tensor, mint, ops


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize (N, C, *spatial) to `size`, or by `scale_factor`: one number, or one for each axis.

    Raises ValueError for what no operation of MindSpore computes on a CPU: "bicubic", antialias, "nearest-exact" of
    volumes, and linear modes by a factor that gives no whole number of elements, unless it is computed again.
    """
    if antialias or mode == "bicubic":
        raise ValueError(f"interpolate: MindSpore has no counterpart of mode={mode!r}, antialias={antialias}")
    axes = len(input.shape) - 2
    if scale_factor is None:
        sizes = tuple(size) if isinstance(size, (list, tuple)) else (size,) * axes
        return _resized(input, sizes, None, mode, align_corners)
    factors = tuple(scale_factor) if isinstance(scale_factor, (list, tuple)) else (scale_factor,) * axes
    factors = tuple(float(factor) for factor in factors)
    sizes = tuple(int(length * factor) for length, factor in zip(input.shape[2:], factors))  # noqa: B905 - GRAPH mode
    again = recompute_scale_factor or mode == "area"
    return _resized(input, sizes, None if again else factors, mode, align_corners)


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Tensor:
    """The old name of interpolate."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def _resized(input: Tensor, sizes: Any, factors: Any, mode: str, align_corners: bool | None) -> Tensor:
    """`factors`: what the places of the elements are computed from; None: from the sizes."""
    if mode in ("nearest", "trilinear"):
        size = sizes if factors is None else None
        return mint.nn.functional.interpolate(
            input, size=size, scale_factor=factors, mode=mode, align_corners=align_corners
        )
    if factors is not None and not align_corners and not _whole(input.shape[2:], factors):
        raise ValueError(f"interpolate: by {factors}, MindSpore's {mode} takes other places than torch's")
    return ops.interpolate(input, size=sizes, mode=mode, align_corners=align_corners)


def _whole(lengths: Any, factors: Any) -> bool:
    """Whether each axis gets a whole number of elements."""
    return all(length * factor == int(length * factor) for length, factor in zip(lengths, factors))  # noqa: B905 - GRAPH mode
