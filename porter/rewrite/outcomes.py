"""What was decided about a place in a file, before any text changes."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from porter.findings import Kind, Level
from porter.rules.model import Framework, Rule
from porter.rules.transforms import TRANSFORMS, Known
from porter.source.names import Reference

LAYERS = "porter_layers"
"""The generated module, by the name that it has unless the tree has a module of that name."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asked for."""

    to: Framework
    platform: str = "gpu"
    level: Level = Level.REVIEW
    mark: bool = True
    layers: str = LAYERS
    """The name of the generated module in this tree."""

    @property
    def source(self) -> Framework:
        """The framework that the input is written for."""
        return "torch" if self.to == "mindspore" else "mindspore"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a name moves to: a module, or the generated one, and a name in it."""

    module: str
    name: str

    @property
    def qualified(self) -> str:
        """Dotted name."""
        return f"{self.module}.{self.name}"


def target_of(qualified: str) -> Target:
    """Split a qualified name behind its module."""
    module, _, name = qualified.rpartition(".")
    return Target(module, name)


@dataclass(frozen=True, slots=True)
class Carried:
    """An argument's text run through a transform; `known` is what that text tells about its value."""

    transform: str
    back: bool
    known: Known

    def written(self, text: str) -> str | None:
        """The new text; None when only a run can tell."""
        return TRANSFORMS[self.transform].expression(text, back=self.back, known=self.known)


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument that stays: its index in source order, its keyword (None: positional), its new text if any.

    `star`: its elements are the arguments.
    """

    index: int
    keyword: str | None = None
    text: str | None = None
    carried: Carried | None = None
    star: bool = False


@dataclass(frozen=True, slots=True)
class NewArgument:
    """An argument to add: its text, or the index of the argument whose text it repeats."""

    keyword: str
    text: str = ""
    copy: int | None = None


@dataclass(frozen=True, slots=True)
class CallPlan:
    """The arguments of a converted call; `notes` are conditions to review, as (level, sentence)."""

    keep: tuple[Argument, ...]
    add: tuple[NewArgument, ...] = ()
    notes: tuple[str, ...] = ()
    untouched: bool = False


@dataclass(frozen=True, slots=True)
class UseClass:
    """The native layer cannot take this call; the generated class of the same name can, with the call as it stands."""

    reason: str
    level: Level = Level.SAFE
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """The call stays as it is."""

    reason: str


@dataclass(slots=True)
class Outcome:
    """A decision about one reference, for the text between `start` and `end`; `target` None leaves it.

    `harmless`: it is left, but means the same whichever framework the name stands for (`nn is not None`).
    """

    reference: Reference
    kind: Kind
    start: int
    end: int
    rule: Rule | None = None
    target: Target | None = None
    call: ast.Call | None = None
    plan: CallPlan | None = None
    level: Level = Level.SAFE
    reason: str = ""
    mark: str = ""
    label: str = ""
    harmless: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def stays(self) -> bool:
        """Whether the text keeps naming the source framework."""
        return self.target is None


@dataclass(frozen=True, slots=True)
class NameEdit:
    """A replacement of the text between two byte offsets.

    `kind` and `rule` say what was decided about a name that no import leads to (a method, an attribute, a keyword of a
    layer's call), which makes it a site of the manifest; None for text that only follows from another decision.
    """

    start: int
    end: int
    text: str
    kind: Kind | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding at a byte offset, with an optional mark for the end of its line."""

    offset: int
    level: Level
    rule: str
    message: str
    mark: str = ""
