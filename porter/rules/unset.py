"""Parameters that torch's layer has not got where MindSpore's has them all the same: the table `[unset]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from porter.rules.data import is_name
from porter.rules.reader import Reader

ENTRY = {"unless", "when", "fixed"}


@dataclass(frozen=True, slots=True)
class Unset:
    """How a layer of MindSpore's tells that torch's has None in place of a parameter.

    `unless`: an attribute of MindSpore's layer that is false then; a layer without it is judged by `fixed`, or has
    None. `when`: one that is true then. `fixed`: the parameter is not trained, and MindSpore noted that the layer was
    made without an option; where it noted nothing, every element has this value.
    """

    unless: str = ""
    when: str = ""
    fixed: float | None = None


def read_unset(reader: Reader, data: Mapping[str, Any]) -> dict[str, Unset]:
    """The table, by torch's names of the parameters."""
    found: dict[str, Unset] = {}
    for name, entry in data.items():
        where = f"[unset] {name}"
        if not isinstance(entry, dict) or not entry:
            reader.problem(f"{where} is {entry!r}: a table with unless, when or fixed is expected")
        else:
            found[name] = _entry(reader, where, entry)
    return found


def _entry(reader: Reader, where: str, entry: dict[str, Any]) -> Unset:
    reader.unknown(entry, ENTRY, f"{where} key")
    if "when" in entry and len(entry) > 1:
        reader.problem(f"{where} has something beside when, which decides alone")
    fixed = entry.get("fixed")
    if fixed is not None and (not isinstance(fixed, (int, float)) or isinstance(fixed, bool)):
        reader.problem(f"{where} fixed is {fixed!r}: the number that every element has is expected")
        fixed = None
    return Unset(_path(reader, where, entry, "unless"), _path(reader, where, entry, "when"), fixed)


def _path(reader: Reader, where: str, entry: dict[str, Any], key: str) -> str:
    value = entry.get(key, "")
    if value == "" and key not in entry:
        return ""
    if is_name(value, dotted=True):
        return str(value)
    reader.problem(f"{where} {key} is {value!r}: an attribute of MindSpore's layer is expected")
    return ""
