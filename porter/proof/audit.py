"""Every tensor of both sides is accounted for, and the same ones are trainable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from porter.proof.numbers import Tensor
from porter.proof.verdict import Difference


@dataclass(frozen=True)
class Pairing:
    """Torch names and the names of the other side, by the rule's [weights]; a name without an entry is the same."""

    weights: Mapping[str, str]

    def theirs(self, name: str) -> str:
        """The other side's name of a torch tensor."""
        return self.weights.get(name, name)


def trainable(pairing: Pairing, torch: Sequence[Tensor], found: Sequence[Tensor]) -> list[Difference]:
    """Trainable parameters that only one side has: a layer that gains a scale is another layer."""
    expected = {pairing.theirs(t.name): t.name for t in torch if t.trainable}
    got = {t.name for t in found if t.trainable}
    lost = [expected[name] for name in sorted(expected.keys() - got)]
    differences = [
        Difference(name, "trainable", f"trainable in torch, and no trainable {pairing.theirs(name)} is there")
        for name in lost
    ]
    gained = sorted(got - expected.keys())
    return differences + [Difference(name, "trainable", "trainable here, and not in torch") for name in gained]


def unpaired(pairing: Pairing, torch: Sequence[Tensor], found: Sequence[Tensor]) -> list[str]:
    """Torch tensors that do not train and have no counterpart."""
    names = {t.name for t in found}
    return [t.name for t in torch if not t.trainable and pairing.theirs(t.name) not in names]


def unknown(pairing: Pairing, torch: Sequence[Tensor], found: Sequence[Tensor]) -> list[Difference]:
    """Tensors of the other side that neither [weights] nor a name of torch explains."""
    known = {*pairing.weights.values(), *(pairing.theirs(t.name) for t in torch)}
    extra = [t.name for t in found if not t.trainable and t.name not in known]
    return [Difference(name, "extra", "is in neither [weights] nor the torch layer") for name in extra]


def fits(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two weights hold the same numbers in the same order: axes of length 1 do not matter."""
    return [size for size in shape if size != 1] == [size for size in other if size != 1]
