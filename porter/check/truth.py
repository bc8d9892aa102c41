"""The torch side of a case, and the comparison of another side with it, number by number."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from porter.frameworks.job import Array, Reply
from porter.proof import audit, draws, random, verdict
from porter.proof.cases import Trial
from porter.proof.verdict import Difference, Item


@dataclass(frozen=True)
class Truth:
    """What the torch side computes.

    `exact` and `again` are float64, with different seeds, to see what is random; `own` is the case's dtype, and
    `moved` the same on inputs, weights and cotangents whose last bit was moved.
    """

    trial: Trial
    parameters: tuple[str, ...]
    weights: dict[str, Array]
    inputs: tuple[tuple[Array, ...], ...]
    cotangents: tuple[tuple[Array, ...], ...]
    exact: Reply
    again: Reply
    own: Reply
    moved: tuple[Reply, ...]

    @property
    def size(self) -> int:
        """The most elements that one number can be the sum of."""
        return max((array.size for array in self.inputs[0]), default=1)


def compare(truth: Truth, reply: Reply, pairing: audit.Pairing, ignored: Collection[str] = ()) -> list[Difference]:
    """Everything the torch side computed against the same of the other side, in the order in which it was computed.

    `ignored`: names of tensors whose own values are not looked at.
    """
    found = [_compare_one(truth, reply, pairing, key) for key in truth.own.arrays if not _is_ignored(key, ignored)]
    extra = [key for key in reply.arrays if "/output/" in key and key not in truth.own.arrays]
    found += [Difference(readable(key), "extra", "torch has no such output") for key in extra]
    return [difference for difference in found if difference is not None]


def _is_ignored(key: str, ignored: Collection[str]) -> bool:
    _, kind, name = key.split("/", 2)
    return kind == "state" and name in ignored


def _compare_one(truth: Truth, reply: Reply, pairing: audit.Pairing, key: str) -> Difference | None:
    phase, kind, name = key.split("/", 2)
    named = kind in ("state", "weight gradient")
    theirs = f"{phase}/{kind}/{pairing.theirs(name)}" if named else key
    if theirs not in reply.arrays:
        return None if named else Difference(readable(key), "missing", "is missing")  # the audit tells of lost tensors
    value = reply.arrays[theirs]
    exact = truth.exact.arrays[key]
    if named and audit.fits(value.shape, exact.shape):
        value = value.reshape(exact.shape)
    if kind == "weight gradient" and not exact.any() and not value.any():
        return None  # a layer that is cast has gradients of either dtype: none of them is a number that is used
    own_dtype, dtype = truth.own.dtypes[key], reply.dtypes[theirs]
    owns = (truth.own.arrays[key], *(reply.arrays[key] for reply in truth.moved))
    item = Item(readable(key), exact, owns, value, own_dtype, dtype, truth.size)
    if np.array_equal(exact, truth.again.arrays[key], equal_nan=exact.dtype.kind == "f"):
        return verdict.compare(item)
    return _compare_random(truth, item, key)


def _compare_random(truth: Truth, item: Item, key: str) -> Difference | None:
    phase, kind, _ = key.split("/", 2)
    if kind == "state":
        return random.compare_start(item)
    if not truth.inputs[0] or draws.are_draws(item.truth, truth.again.arrays[key]):
        return draws.compare_draws(item)
    step = len(truth.inputs) - 1 if phase == "eval" else int(phase.removeprefix("train ")) - 1
    values = truth.inputs[step] if kind == "output" else truth.cotangents[step]
    return random.compare_masked(item, values[0])


def readable(key: str) -> str:
    """`train 1/input gradient/0` -> `gradient of input 0 in training step 1`."""
    phase, kind, name = key.split("/", 2)
    when = {"start": "at the start", "end": "after training", "eval": "in evaluation"}.get(phase)
    when = when or f"in training step {phase.removeprefix('train ')}"
    what = {
        "output": f"output {name}",
        "mutated": f"input {name} after the call,",
        "input gradient": f"gradient of input {name}",
        "weight gradient": f"gradient of {name}",
        "state": name,
    }[kind]
    return f"{what} {when}"
