"""What becomes of a value."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.mode.callees import Function
from porter.source.scopes import Scope, ancestors, parent


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


@dataclass(frozen=True, slots=True)
class Value:
    """The value of an expression; `held`: in a list, or a dict, that hides it from a layer."""

    node: ast.AST
    file: FileFacts
    scope: Scope
    held: bool = False


@dataclass(frozen=True, slots=True)
class Variable:
    """What a name of a scope stands for."""

    home: Scope | None
    name: str
    file: FileFacts
    held: bool = False


@dataclass(frozen=True, slots=True)
class Lent:
    """What a function gives to its callers."""

    function: Function


FREE = Fate()
PART = Fate(part=True)
DOUBT = Fate(doubt=True)


def is_own(node: ast.expr) -> bool:
    """`self.build`, `super().build`."""
    value = node.value if isinstance(node, ast.Attribute) else None
    return getattr(value, "id", "") == "self" or isinstance(value, ast.Call)


def is_beside(node: ast.AST, statement: ast.AST | None) -> bool:
    """Whether a name is read in a statement of the same block."""
    around = next((a for a in (node, *ancestors(node)) if isinstance(a, ast.stmt)), None)
    return around is not None and statement is not None and parent(around) is parent(statement)
