"""Values with counterparts of their own: torch's text `tanh` is MindSpore's True for `nn.GELU`'s `approximate`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from porter.rules.data import is_constant, literal
from porter.rules.reader import Reader


@dataclass(frozen=True, slots=True)
class Values:
    """All values that a parameter takes: torch's, and MindSpore's for each."""

    pairs: tuple[tuple[object, object], ...]

    def seen(self, *, back: bool) -> tuple[tuple[object, object], ...]:
        """The pairs of a conversion: the value of its source first."""
        return tuple((theirs, ours) for ours, theirs in self.pairs) if back else self.pairs

    def across(self, value: object, *, back: bool) -> object:
        """A value carried across. Raises ValueError when it is none of those listed."""
        pairs = self.seen(back=back)
        for ours, theirs in pairs:
            if type(ours) is type(value) and ours == value:
                return theirs
        known = ", ".join(repr(ours) for ours, _ in pairs)
        raise ValueError(f"{value!r} has no counterpart; those that have one are {known}")

    @property
    def text(self) -> str:
        """The pairs for a person."""
        return ", ".join(f"{ours!r} is {theirs!r}" for ours, theirs in self.pairs)

    def faults(self, *, one_way: bool) -> Iterator[str]:
        """What is wrong with the table as a whole; a rule of one way needs no way back."""
        if all(ours == theirs and type(ours) is type(theirs) for ours, theirs in self.pairs):
            yield "values changes nothing: each value is its own counterpart"
        for back in (False,) if one_way else (False, True):
            seen: list[tuple[type, object]] = []
            for value, _ in self.seen(back=back):
                if (type(value), value) in seen:
                    yield f"values has {value!r} twice: which counterpart it has is not known"
                seen.append((type(value), value))


def read_values(reader: Reader, where: str, data: Mapping[str, Any]) -> Values | None:
    """`values` of a `[param.X]`: a bare word is a text, all else is what Python reads; None where there is none."""
    if "values" not in data:
        return None
    table = reader.table(f"{where} values", data, "values")
    if not table and isinstance(data["values"], dict):
        reader.problem(f"{where} values is empty: it changes nothing")
    pairs: list[tuple[object, object]] = []
    for key, value in table.items():
        if not is_constant(value):
            reader.problem(f"{where} values {key} is {value!r}: a number, a text, true, false or a list is expected")
        else:
            pairs.append((literal(key), literal(value) if isinstance(value, str) else value))
    return Values(tuple(pairs)) if pairs and len(pairs) == len(table) else None
