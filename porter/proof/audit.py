"""Every tensor of both sides is accounted for, and the same ones are trainable."""

from __future__ import annotations

from collections import Counter
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


def saved(found: Sequence[Tensor]) -> list[Difference]:
    """Names in a checkpoint that would lose a tensor: one that occurs twice, or that lacks the name of its layer."""
    names = Counter(t.saved or t.name for t in found)
    twice = [
        Difference(name, "names", f"{count} tensors have this name: a checkpoint would keep one of them")
        for name, count in sorted(names.items())
        if count > 1
    ]
    elsewhere = [
        Difference(t.name, "names", f"a checkpoint calls it {t.saved}: its layer was added without a prefix")
        for t in found
        if t.saved and _owner(t.saved) != _owner(t.name)
    ]
    return twice + elsewhere


def _owner(name: str) -> str:
    """The layer that a tensor is in."""
    return name.rpartition(".")[0]


def fits(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two weights hold the same numbers in the same order: axes of length 1 do not matter."""
    return [size for size in shape if size != 1] == [size for size in other if size != 1]
