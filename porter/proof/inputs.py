"""Numbers that can show an error: never constant, off centre, deterministic from the name of the case.

A constant input hides everything a norm does (its output is 0 whatever eps is); a centred one hides a forgotten
mean; channels of equal spread hide eps. So every channel has its own mean and spread, one is nearly constant, every
step sees other numbers, and the values are exact in the dtype that will be run, so that float64 and float32 start
from the same numbers.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from porter.proof.numbers import Array, Tensor

TRAINING_STEPS = 2
NO_HOLDS: Mapping[str, int | str] = MappingProxyType({})
NEARLY_CONSTANT = 0.02
"""Standard deviation of the nearly constant channel, whose mean is near 1: eps 1e-5 is 2.5 % of its variance."""


def generator(*names: str) -> np.random.Generator:
    """The random numbers of a case: the same in every run and on every machine."""
    return np.random.default_rng(zlib.crc32("/".join(names).encode()))


def inputs(
    case: str, shapes: Sequence[Sequence[int]], dtype: str, holds: Mapping[str, int | str] = NO_HOLDS
) -> tuple[tuple[Array, ...], ...]:
    """One tuple of arrays per step: `TRAINING_STEPS` to train, then one to evaluate.

    `holds`: inputs by name (`x1`) that hold whole numbers below a number, or truths.
    """
    random = generator(case, "inputs")
    steps = range(TRAINING_STEPS + 1)
    names = [f"x{index}" for index in range(len(shapes))]

    def one(name: str, shape: Sequence[int], step: int) -> Array:
        if name in holds:
            return _whole(random, shape, holds[name])
        return rounded(_input(random, shape, step), dtype)

    return tuple(tuple(one(name, shape, step) for name, shape in zip(names, shapes, strict=True)) for step in steps)


def _whole(random: np.random.Generator, shape: Sequence[int], what: int | str) -> Array:
    """Whole numbers, or truths of which some are true and some are not."""
    if isinstance(what, int):
        return np.asarray(random.integers(0, what, tuple(shape)), dtype=np.int64)
    truths = np.arange(int(np.prod(shape))) % 3 != 1
    return np.asarray(random.permutation(truths).reshape(tuple(shape)))


def _input(random: np.random.Generator, shape: Sequence[int], step: int) -> Array:
    if len(shape) < 2:  # a vector beside the data: running statistics, weights; positive, so that it can be a variance
        return random.uniform(0.5, 1.5, tuple(shape))
    channels = [1, shape[1]] + [1] * (len(shape) - 2)
    mean = random.uniform(0.4, 1.4, channels) * random.choice([-1.0, 1.0], channels) + 0.2 * step
    spread = random.uniform(0.5, 1.5, channels)
    if len(shape) > 2:
        spread[0, -1] = NEARLY_CONSTANT
    return np.asarray(mean + spread * random.normal(size=tuple(shape)))


def weights(case: str, tensors: Sequence[Tensor], dtype: str) -> dict[str, Array]:
    """A value for every parameter and buffer of the torch layer: no ones, no zeros, variances positive."""
    random = generator(case, "weights")
    return {tensor.name: _weight(random, tensor, dtype) for tensor in tensors}


def _weight(random: np.random.Generator, tensor: Tensor, dtype: str) -> Array:
    if not tensor.dtype.startswith(("float", "bfloat")):
        return np.full(tensor.shape, 2, dtype=tensor.dtype)
    if "var" in tensor.name.rpartition(".")[2]:
        return rounded(random.uniform(0.5, 2.0, tensor.shape), dtype)
    if len(tensor.shape) < 2:
        return rounded(random.uniform(0.3, 1.5, tensor.shape) * random.choice([-1.0, 1.0], tensor.shape), dtype)
    fan = max(1, int(np.prod(tensor.shape[1:])))
    return rounded(random.normal(size=tensor.shape) / np.sqrt(fan), dtype)


def cotangents(case: str, outputs: Sequence[Array], dtype: str) -> tuple[tuple[Array, ...], ...]:
    """What each output's gradient starts from: not constant, since the gradient of a norm's sum is 0."""
    random = generator(case, "cotangents")
    steps = range(TRAINING_STEPS + 1)
    return tuple(tuple(rounded(random.normal(0.3, 1.0, o.shape), dtype) for o in outputs) for _ in steps)


def neighbours(random: np.random.Generator, values: Array, dtype: str) -> Array:
    """Each value, or one of the two next to it in `dtype`; integers as they are."""
    if values.dtype.kind != "f":
        return values
    kind = np.dtype(dtype if dtype in ("float16", "float64") else "float32")
    exact = values.astype(kind)
    step = np.where(random.random(values.shape) < 0.5, np.inf, -np.inf).astype(kind)
    moved = np.where(random.random(values.shape) < 2 / 3, np.nextafter(exact, step), exact)
    return rounded(moved, dtype)


def rounded(values: Array, dtype: str) -> Array:
    """Values that are exact in `dtype`, as float64."""
    kind = "float16" if dtype == "float16" else "float64" if dtype == "float64" else "float32"
    exact = np.asarray(values).astype(kind).astype(np.float64)
    if dtype == "bfloat16":
        bits = np.asarray(exact, dtype=np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
        exact = bits.view(np.float32).astype(np.float64)
    return np.asarray(exact)
