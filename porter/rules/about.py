"""What rules say of the members of their classes, as it stands in the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from porter.rules.differs import Difference
from porter.rules.facts import unpacked
from porter.rules.model import Framework


@dataclass(frozen=True, slots=True)
class About:
    """The part of a rule that is about members: fields are those of the rule. `torch`: torch's name of the class."""

    name: str
    torch: str
    methods: Mapping[str, str] = field(default_factory=dict)
    base_init: Mapping[str, str] = field(default_factory=dict)
    taken: Mapping[Framework, Mapping[str, str]] = field(default_factory=dict)
    absent: Mapping[Framework, Mapping[str, str]] = field(default_factory=dict)
    rare: Mapping[Framework, list[str]] = field(default_factory=dict)
    parts: Mapping[Framework, Mapping[str, tuple[str, list[str]]]] = field(default_factory=dict)
    differs: Mapping[Framework, Mapping[str, Difference]] = field(default_factory=dict)


def read_about(rows: Mapping[str, Any]) -> tuple[About, ...]:
    """What the table says, in the order of the rules."""
    return tuple(About(**_with_differences(row)) for row in rows.values())


def _with_differences(row: Mapping[str, Any]) -> dict[str, Any]:
    differs = row.get("differs", {})
    found = {side: {name: unpacked(data) for name, data in names.items()} for side, names in differs.items()}
    return {**row, "differs": found}
