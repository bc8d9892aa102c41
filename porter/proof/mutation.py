"""How the data of a rule file is changed, for `mutants`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Data = dict[str, Any]
Change = Callable[[Data], object]


@dataclass(frozen=True)
class Mutant:
    """A broken rule: what was done to it, and its data."""

    name: str
    data: Data


def mutant(data: Data, name: str, change: Change) -> Mutant:
    """The data after a change."""
    changed = copy.deepcopy(data)
    change(changed)
    return Mutant(name, changed)


def setting(*path: str, value: Any) -> Change:
    """Give a key a value; tables on the way to it are made."""

    def change(data: Data) -> None:
        for key in path[:-1]:
            data = data.setdefault(key, {})
        data[path[-1]] = value

    return change


def dropping(*path: str) -> Change:
    """Take a key away, and every table that is empty then."""

    def change(data: Data) -> None:
        parents = [data]
        for key in path[:-1]:
            parents.append(parents[-1][key])
        del parents[-1][path[-1]]
        for parent, key in zip(reversed(parents[:-1]), reversed(path[:-1]), strict=True):
            if not parent[key]:
                del parent[key]

    return change
