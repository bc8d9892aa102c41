"""What the inputs of a `[[check]]` hold, where that is not floats: `holds = { x1 = 3, x2 = "bool" }`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from porter.rules.reader import Reader

TRUTHS = "bool"


def read_holds(reader: Reader, where: str, data: Mapping[str, Any], inputs: int) -> tuple[tuple[str, int | str], ...]:
    """Whole numbers from 0 to below a number, or truths, by the input's name."""
    table = reader.table(f"{where} holds", data, "holds")
    names = [f"x{index}" for index in range(inputs)]
    found = []
    for name, what in table.items():
        number = isinstance(what, int) and not isinstance(what, bool) and what > 1
        if name not in names:
            reader.problem(f"{where} holds {name!r}: one of the inputs {', '.join(names)} is expected")
        elif not number and what != TRUTHS:
            reader.problem(f"{where} holds {name} is {what!r}: a whole number above 1 is expected, or {TRUTHS!r}")
        else:
            found.append((name, what))
    return tuple(found)
