"""Who else holds the object that a local name stands for: what an assignment in place would change for them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from porter.source.values.engine import Values

Kind = Literal["fresh", "shared", "parameter", "unknown"]


@dataclass(frozen=True, slots=True)
class Holders:
    """`fresh`: nobody else. `shared`: another name, container or attribute has it, too; `by` is the place."""

    kind: Kind
    by: ast.AST | None = None


def holders(values: Values, name: ast.Name) -> Holders:
    """Who else has the object of a name at a place."""
    return Holders("unknown", name)
