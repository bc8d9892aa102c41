"""A decision about a place: the ways to go, best first, and what each of them needs. Nothing here is ever changed."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import StrEnum

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.change import CallEdit, Change, Move, Target
from porter.rules.model import Rule
from porter.source.names import Reference


class Form(StrEnum):
    """What becomes of a place."""

    NATIVE = "native"
    """The target framework's own name stands there."""
    LAYER = "layer"
    """The generated module's name stands there."""
    BOTH = "both"
    """The names of both frameworks stand there: some objects are the one's, some the other's."""
    ASKED = "asked"
    """A function of the generated module looks at the object when the program runs."""
    WRITTEN = "written"
    """Its text is another one."""
    MOVES = "moves"
    """A class of the tree changes sides."""
    TOLD = "told"
    """The text stays, and there is something to say about it."""
    STAYS = "stays"


CONVERTED = frozenset({Form.NATIVE, Form.LAYER})
"""A name of the source framework is none any more."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a decision is about: byte offsets in a file, and the role of what stands there. A key, in every process."""

    path: str
    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is so, by a stable code and in a sentence; an empty sentence says nothing to anybody."""

    code: Code
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.text)


SILENT = Reason(Code.NONE)


@dataclass(frozen=True, slots=True)
class Need:
    """That at least one of some places goes one of these ways. `why`: what is said when none does.

    Without a `why` it is what is said there.
    """

    places: tuple[Place, ...]
    forms: frozenset[Form]
    why: Reason | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """One way to go. `conditions`: what has to be true for the meaning to be kept; they are findings of level review.

    `harmless`: the text stays, and means the same whichever framework it names.
    """

    form: Form
    change: Change | None = None
    level: Level = Level.SAFE
    why: Reason = SILENT
    conditions: tuple[Reason, ...] = ()
    needs: tuple[Need, ...] = ()
    harmless: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What can become of a place, the best way first; the last one changes nothing and needs nothing.

    `label` names the rule, or the name without one, in findings. `reference` and `call` are the syntax of a name.
    """

    place: Place
    ways: tuple[Way, ...]
    label: str = ""
    rule: Rule | None = None
    reference: Reference | None = None
    call: ast.Call | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The way that was taken. `level` and `reason` are those of the way, or tell why a better one was not open."""

    decision: Decision
    way: Way
    level: Level
    reason: Reason

    @property
    def place(self) -> Place:
        """Where."""
        return self.decision.place

    @property
    def kind(self) -> Kind:
        """The role of what stands there."""
        return self.decision.place.kind

    @property
    def target(self) -> Target | None:
        """Where the name moves to; None when it stays."""
        return self.way.change.target if self.way.change is not None else None

    @property
    def stays(self) -> bool:
        """Whether the text keeps naming the source framework."""
        return self.way.form in (Form.STAYS, Form.TOLD)

    @property
    def keeps_name(self) -> bool:
        """Whether the file needs the source framework's name here."""
        return (self.stays or self.way.form is Form.BOTH) and not self.harmless

    @property
    def harmless(self) -> bool:
        """Whether it is left, but means the same whichever framework the name stands for (`nn is not None`)."""
        return self.way.harmless

    @property
    def rule(self) -> Rule | None:
        """The rule that applies; none where a name stays only because what is around it does."""
        return None if self.stays and not self.reason else self.decision.rule

    @property
    def label(self) -> str:
        """How findings call what was decided about."""
        return self.decision.label

    @property
    def reference(self) -> Reference:
        """The name, of a decision about one."""
        assert self.decision.reference is not None
        return self.decision.reference

    @property
    def conditions(self) -> tuple[Reason, ...]:
        """What has to be true for the meaning to be kept."""
        return self.way.conditions

    @property
    def arguments(self) -> CallEdit | None:
        """The edit of a call's arguments, where the call is rewritten."""
        return self.way.change.arguments if isinstance(self.way.change, Move) else None
