"""What a run has to say about a source tree: frozen values that every layer may import.

A *finding* is one remark about one place; a *site* is one place that a rule was asked about, with
its text before and after. Neither prints itself: `porter.report` does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from porter.codes import Code


class Level(StrEnum):
    """How much of the meaning an edit keeps, from harmless to left alone."""

    SAFE = "safe"
    """The meaning is kept."""
    REVIEW = "review"
    """The meaning is kept under a condition that the finding states."""
    CHANGED = "changed"
    """Edited or left, and the meaning differs unless somebody acts."""
    MANUAL = "manual"
    """The text was left as it was: a person has to decide."""

    @property
    def rank(self) -> int:
        """0 for safe, then review, changed and manual."""
        return RANKS[self]


RANKS = {level: rank for rank, level in enumerate(Level)}


class Kind(StrEnum):
    """The role that a framework name plays where it stands."""

    CALL = "call"
    VALUE = "value"
    BASE = "base"
    TYPE_TEST = "type test"
    COMPARISON = "comparison"
    ANNOTATION = "annotation"
    ATTRIBUTE = "attribute"
    METHOD = "method"
    STRING = "string"
    IMPORT = "import"
    CLASS = "class"
    TENSOR = "tensor"
    UNIT = "unit"


USES = tuple(kind for kind in Kind if kind not in (Kind.CLASS, Kind.TENSOR, Kind.UNIT))
"""Roles of names; the others are of places that no name of the framework stands at."""


@dataclass(frozen=True, slots=True, order=True)
class Replacement:
    """A piece of the source text, by lines and columns as in Finding, and what stands in its place in the output."""

    line: int
    column: int
    end_line: int
    end_column: int
    before: str
    after: str


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One remark: 1-based `line`, 1-based `column` (in characters), as editors count; `code` says of which kind.

    `end_line` and `end_column` are where what it is about ends (the column behind it); 0 where it is about a line.
    `edit` is what was made of the place; None where it was left. It takes no part in comparisons: a place has one.
    """

    path: str
    line: int
    column: int
    level: Level
    rule: str
    message: str
    code: Code = Code.FILE
    end_line: int = 0
    end_column: int = 0
    edit: Replacement | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.level} {self.code} {self.rule}: {self.message}"


@dataclass(frozen=True, slots=True)
class Site:
    """One place that a rule decided about, as the manifest records it.

    `line` and `column` (1-based) are those of the source text. `names_before` and `names_after` map each local name
    that `before` and `after` use to the qualified name it stands for (`{"nn": "mindspore.nn"}`), so that `check` can
    build both expressions without importing the tree.
    """

    path: str
    line: int
    column: int
    kind: Kind
    rule: str
    before: str
    after: str
    level: Level
    reason: str = ""
    names_before: dict[str, str] = field(default_factory=dict)
    names_after: dict[str, str] = field(default_factory=dict)
