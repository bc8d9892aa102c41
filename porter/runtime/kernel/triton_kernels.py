"""What runs on the GPU: sums over a part of each row, and the two kernels that finish rows and write them.

A row is a channel of a sample; a tile is BLOCK positions of LINES rows, and STEPS tiles are a round. Rows come in
groups within which neighbours lie at one distance: channels first, all of them are one group; channels last, each
sample is one. Every offset is int64: arrays may have more than 2^31 elements. Arrays that a call does not have are
None, and their code is not compiled.

Elements are taken as KIND (float32 for all types but float64), in which only the tiles of one round are added, place by
place. From there on all is float64: one number of STEPS, which a GPU with slow float64 does not notice.

The formulas are those of porter/runtime/reference.py, which names their sources, brought into the form of
porter/runtime/kernel/run.cpp: an output is a line in x and, backward, in the incoming gradient.
"""
# mypy: allow-untyped-decorators, allow-untyped-defs, allow-incomplete-defs
# The arguments of kernels have types of the GPU, not of Python.

from __future__ import annotations

from typing import NamedTuple

import triton
import triton.language as tl


class Sizes(NamedTuple):
    """Where the rows lie, in elements, and how a row is shared out: `chunks` programs have `length` positions each."""

    rows: int
    row_blocks: int
    channels: int
    positions: int
    group_stride: int
    row_stride: int
    position_stride: int
    chunks: int
    length: int
    all_rows: int


@triton.jit
def _place(sizes, LINES: tl.constexpr):
    """This program's chunk, and (LINES,) each: its rows, the offsets of their first elements, which rows there are."""
    task = tl.program_id(0).to(tl.int64)
    unit = task // sizes.chunks
    group = unit // sizes.row_blocks
    row = (unit % sizes.row_blocks) * LINES + tl.arange(0, LINES)
    base = group * sizes.group_stride + row * sizes.row_stride
    return task % sizes.chunks, (group * sizes.rows + row, base, row < sizes.rows)


@triton.jit
def _span(chunk, sizes, ROUND: tl.constexpr, RESIDENT: tl.constexpr):
    """First and last position of a chunk. Constants where a tile holds the row: a loop of one known round is none.

    The compiler then keeps in registers what _sum has read, and _write reads nothing.
    """
    last = tl.minimum((chunk + 1) * sizes.length, sizes.positions)
    return (0, ROUND) if RESIDENT else (chunk * sizes.length, last)


@triton.jit
def _tile(start, unit, sizes, BLOCK: tl.constexpr):
    """Offsets and mask, (BLOCK, LINES), of the positions from `start` on."""
    _, base, exists = unit
    position = start + tl.arange(0, BLOCK).to(tl.int64)
    offsets = base[None, :] + (position * sizes.position_stride)[:, None]
    return offsets, (position < sizes.positions)[:, None] & exists[None, :]


@triton.jit
def _vector(array, unit, sizes, OTHERWISE: tl.constexpr):
    """A parameter of each row as float64, or what stands for one that is not there."""
    row, _, exists = unit
    if array is None:
        values = tl.full(row.shape, OTHERWISE, tl.float64)
    else:
        values = tl.load(array + row % sizes.channels, exists, 0).to(tl.float64)
    return values


@triton.jit
def _pair(array, unit):
    """Both numbers of each row of an array (rows, 2)."""
    row, _, exists = unit
    return tl.load(array + 2 * row, exists, 0), tl.load(array + 2 * row + 1, exists, 0)


@triton.jit
def _store_pair(array, unit, one, other):
    row, _, exists = unit
    tl.store(array + 2 * row, one, exists)
    tl.store(array + 2 * row + 1, other, exists)


@triton.jit
def _pivot(x, unit, sizes):
    """An element near the mean makes the sum of squares safe: the middle one of the first, the last and one between.

    Any single one may be an outlier. One that is not finite would turn every difference into NaN, where the mean may be
    an infinity. As an element it is the same number in every program and kernel that asks.
    """
    _, base, exists = unit
    stride, last = sizes.position_stride, tl.cast(sizes.positions, tl.int64) - 1
    a = tl.load(x + base, exists, 0).to(tl.float64)
    b = tl.load(x + base + last // 2 * stride, exists, 0).to(tl.float64)
    c = tl.load(x + base + last * stride, exists, 0).to(tl.float64)
    pivot = tl.maximum(tl.minimum(a, b), tl.minimum(tl.maximum(a, b), c))
    return tl.where((pivot < float("inf")) & (pivot > -float("inf")), pivot, 0)


@triton.jit
def _split(center, KIND: tl.constexpr):
    """A float64 number as the sum of two of KIND, (1, LINES) each: x less both loses nothing that matters."""
    near = center.to(KIND)
    return near[None, :], (center - near.to(tl.float64)).to(KIND)[None, :]


@triton.jit
def _sum(
    x, grad, unit, span, center, sizes,
    BLOCK: tl.constexpr, STEPS: tl.constexpr, KIND: tl.constexpr,
):  # fmt: skip
    """(LINES,) float64 each: the sums of d = x - center and d * d, or, where there is a gradient g, of g and g * d."""
    first, last = span
    near, rest = _split(center, KIND)
    s = tl.zeros((BLOCK, center.shape[0]), tl.float64)
    q = tl.zeros((BLOCK, center.shape[0]), tl.float64)
    for start in range(first, last, BLOCK * STEPS):
        part_s = tl.zeros(s.shape, KIND)
        part_q = tl.zeros(s.shape, KIND)
        for step in tl.static_range(STEPS):
            offsets, inside = _tile(start + step * BLOCK, unit, sizes, BLOCK)
            d = tl.where(inside, (tl.load(x + offsets, inside, 0).to(KIND) - near) - rest, 0)
            g = d
            if grad is not None:
                g = tl.load(grad + offsets, inside, 0).to(KIND)
            part_s += g
            part_q += g * d
        s += part_s.to(tl.float64)
        q += part_q.to(tl.float64)
    return tl.sum(s, 0), tl.sum(q, 0)


@triton.jit
def _write(
    x, grad, out, unit, span, line, sizes,
    BLOCK: tl.constexpr, STEPS: tl.constexpr, KIND: tl.constexpr,
):  # fmt: skip
    """out = (x - center) * slope + offset + grad * scale; from the end, as what was read last is still cached.

    A round is read before any of it is written: no load may pass a store that could be to the same place.
    """
    center, slope, offset, scale = line
    near, rest = _split(center, KIND)
    first, last = span
    end = first + (last - 1 - first) // (BLOCK * STEPS) * (BLOCK * STEPS)
    for start in range(first, last, BLOCK * STEPS):
        values: tl.tuple = ()
        for step in tl.static_range(STEPS):
            offsets, inside = _tile(end - (start - first) + step * BLOCK, unit, sizes, BLOCK)
            value = tl.zeros(inside.shape, KIND)
            if x is not None:
                d = (tl.load(x + offsets, inside, 0).to(KIND) - near) - rest
                value = d * slope.to(KIND)[None, :] + offset.to(KIND)[None, :]
            if grad is not None:
                value += tl.load(grad + offsets, inside, 0).to(KIND) * scale.to(KIND)[None, :]
            values += (value,)
        for step in tl.static_range(STEPS):
            offsets, inside = _tile(end - (start - first) + step * BLOCK, unit, sizes, BLOCK)
            tl.store(out + offsets, values[step].to(out.dtype.element_ty), inside)


@triton.jit
def sum_chunks(
    x, grad, mean, statistics, partial, sizes,
    BLOCK: tl.constexpr, STEPS: tl.constexpr, LINES: tl.constexpr, KIND: tl.constexpr,
):  # fmt: skip
    """`partial` (chunks, all rows, 2), float64: the sums of each chunk. Whoever adds them up needs no atomics."""
    chunk, unit = _place(sizes, LINES)
    row, base, exists = unit
    if mean is not None:
        center = _vector(mean, unit, sizes, 0)
    elif grad is not None:
        center, _ = _pair(statistics, unit)
    else:
        center = _pivot(x, unit, sizes)
    s, q = _sum(x, grad, unit, _span(chunk, sizes, BLOCK * STEPS, False), center, sizes, BLOCK, STEPS, KIND)
    _store_pair(partial, (chunk * sizes.all_rows + row, base, exists), s, q)


@triton.jit
def forward(
    x, out, weight, bias, mean, variance, statistics, sums, sizes,
    eps: tl.float64, BLOCK: tl.constexpr, STEPS: tl.constexpr, LINES: tl.constexpr, KIND: tl.constexpr,
    RESIDENT: tl.constexpr,
):  # fmt: skip
    """The output and `statistics` (all rows, 2). `sums` (all rows, 2) is None where one program has the whole row.

    What the mean is more than float64 has of it goes into the offset: a mean far from 0 costs float64 no digits either.
    """
    chunk, unit = _place(sizes, LINES)
    span = _span(chunk, sizes, BLOCK * STEPS, RESIDENT)
    offset = _vector(bias, unit, sizes, 0)
    if mean is not None:
        center, spread = _vector(mean, unit, sizes, 0), _vector(variance, unit, sizes, 0)
        scale = _vector(weight, unit, sizes, 1) / tl.sqrt(spread + eps)
    else:
        pivot = _pivot(x, unit, sizes)
        s, q = _sum(x, None, unit, span, pivot, sizes, BLOCK, STEPS, KIND) if sums is None else _pair(sums, unit)
        residual, spread = s / sizes.positions, q / sizes.positions
        spread -= residual * residual
        spread = tl.where(spread < 0, 0, spread)  # a NaN is not below 0: it stays
        center = pivot + residual
        # as in torch, a constant channel with eps=0 is divided by nothing
        scale = tl.where(spread + eps == 0, 0, _vector(weight, unit, sizes, 1) / tl.sqrt(spread + eps))
        offset -= ((pivot - center) + residual) * scale
    _write(x, None, out, unit, span, (center, scale, offset, scale), sizes, BLOCK, STEPS, KIND)
    if chunk == 0:
        _store_pair(statistics, unit, center, spread)


@triton.jit
def backward(
    x, grad, out, weight, mean, variance, statistics, gradients, sums,
    sizes, eps: tl.float64, BLOCK: tl.constexpr, STEPS: tl.constexpr, LINES: tl.constexpr, KIND: tl.constexpr,
    RESIDENT: tl.constexpr,
):  # fmt: skip
    """The gradient of the input, and `gradients` (all rows, 2) of weight and bias by each row; None where not wanted.

    h = (x - mean) / deviation; dx = scale * (g - mean(g) - h * mean(g * h)). Where mean and variance were given, they
    are constants: dx = scale * g, whatever x holds.
    """
    chunk, unit = _place(sizes, LINES)
    span = _span(chunk, sizes, BLOCK * STEPS, RESIDENT)
    if mean is not None:
        center, spread = _vector(mean, unit, sizes, 0), _vector(variance, unit, sizes, 0)
    else:
        center, spread = _pair(statistics, unit)
    inverse = 1 / tl.sqrt(spread + eps)
    if mean is None:
        inverse = tl.where(spread + eps == 0, 0, inverse)
    scale = _vector(weight, unit, sizes, 1) * inverse
    slope, offset = scale, scale
    if mean is None or gradients is not None:
        s, q = _sum(x, grad, unit, span, center, sizes, BLOCK, STEPS, KIND) if sums is None else _pair(sums, unit)
    if mean is None:
        slope = -scale * inverse * inverse * q / sizes.positions
        offset = -scale * s / sizes.positions
    if out is not None:
        line = (center, slope, offset, scale)
        _write(x if mean is None else None, grad, out, unit, span, line, sizes, BLOCK, STEPS, KIND)
    if gradients is not None and chunk == 0:
        _store_pair(gradients, unit, q * inverse, s)
