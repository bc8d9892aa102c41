"""What becomes of a value."""

from __future__ import annotations

from dataclasses import dataclass, field

from porter.rewrite.decide.functions import Function


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a value; several of these can be true.

    `part`: it is put into a layer under construction. `moded`: its mode is set at once. `returned`: the functions that
    give it to their callers. `doubt`: it passes through something that porter does not see into.
    """

    part: bool = False
    moded: bool = False
    returned: frozenset[Function] = field(default_factory=frozenset)
    doubt: bool = False

    def __or__(self, other: Fate) -> Fate:
        both = self.returned | other.returned
        return Fate(self.part or other.part, self.moded or other.moded, both, self.doubt or other.doubt)


FREE = Fate()
PART = Fate(part=True)
DOUBT = Fate(doubt=True)
