"""What can be done to a place: changes that know how to render themselves as edits of the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from porter.findings import Level
from porter.rules.transforms import TRANSFORMS, Known


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

    `star`: its elements are the arguments; `unstar`: they were, and it is one argument now. `through`: the index of the
    last argument of those that become one tuple with this one.
    """

    index: int
    keyword: str | None = None
    text: str | None = None
    carried: Carried | None = None
    star: bool = False
    unstar: bool = False
    through: int = -1


@dataclass(frozen=True, slots=True)
class NewArgument:
    """An argument to add: its text, or the index of the argument whose text it repeats."""

    keyword: str
    text: str = ""
    copy: int | None = None


@dataclass(frozen=True, slots=True)
class CallPlan:
    """The arguments of a converted call; `notes` are conditions to review."""

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
    """The call stays as it is; `constructors`: so does every call with arguments."""

    reason: str
    constructors: bool = False


@dataclass(frozen=True, slots=True)
class NameEdit:
    """A replacement of the text between two byte offsets."""

    start: int
    end: int
    text: str

    @property
    def follows(self) -> bool:
        """Whether it comes behind the whole line that ends there: a mark, or a line of its own."""
        return self.text.startswith(("\n", "\r", "  #"))


@dataclass(frozen=True, slots=True)
class CallEdit:
    """New arguments for the call at these byte offsets; its function's name is edited on its own."""

    start: int
    end: int
    plan: CallPlan


@dataclass(frozen=True, slots=True)
class FormEdit:
    """The text between two offsets is put together anew: of new text, and of pieces of its own (first, last).

    What stands in the pieces is edited too; they are in order, and what is between them goes.
    """

    start: int
    end: int
    parts: tuple[str | tuple[int, int], ...]


Edit = NameEdit | CallEdit | FormEdit


@dataclass(frozen=True, slots=True)
class Move:
    """The name between two offsets becomes another one; for a call, `arguments` say what becomes of the rest."""

    start: int
    end: int
    target: Target
    arguments: CallEdit | None = None

    def edits(self, spelled: str) -> Iterator[Edit]:
        """The edits, given how the file spells the target."""
        yield NameEdit(self.start, self.end, spelled)
        if self.arguments is not None:
            yield self.arguments


@dataclass(frozen=True, slots=True)
class Write:
    """Pieces of text that need no import: a method's new name, an attribute's, an operator."""

    pieces: tuple[NameEdit, ...]

    target: None = None

    def edits(self, spelled: str) -> Iterator[Edit]:
        """The edits; nothing in them depends on an import."""
        yield from self.pieces


@dataclass(frozen=True, slots=True)
class Ask:
    """An expression, or a statement, becomes a call of a function of the generated module, which looks at the object.

    `parts`: what stands behind the function's name: new text, and pieces of the old (first, last). `path`: the member
    that the function asks for, where it is a path of several names, which no function can be called.
    """

    start: int
    end: int
    target: Target
    parts: tuple[str | tuple[int, int], ...]
    path: str = ""

    @property
    def member(self) -> str:
        """What the generated module is asked for."""
        return self.path or self.target.name

    def edits(self, spelled: str) -> Iterator[Edit]:
        """The edits, given how the file spells the function."""
        yield FormEdit(self.start, self.end, (spelled, *self.parts))


@dataclass(frozen=True, slots=True)
class Shape:
    """An expression, or a statement, takes another shape, for which nothing has to be imported."""

    form: FormEdit

    target: None = None

    def edits(self, spelled: str) -> Iterator[Edit]:
        """The one edit."""
        yield self.form


@dataclass(frozen=True, slots=True)
class Fill:
    """An expression becomes another, by a template: new text, pieces of the old (first, last), None for the target."""

    start: int
    end: int
    target: Target | None
    parts: tuple[str | tuple[int, int] | None, ...]

    def edits(self, spelled: str) -> Iterator[Edit]:
        """The one edit, given how the file spells the target; what stays at the front is no part of it.

        A chain of methods would be as many edits in one another.
        """
        first, *rest = self.parts
        front = isinstance(first, tuple) and first[0] == self.start
        start = first[1] if isinstance(first, tuple) and front else self.start
        parts = rest if front else self.parts
        yield FormEdit(start, self.end, tuple(spelled if part is None else part for part in parts))


@dataclass(frozen=True, slots=True)
class Drop:
    """Text that goes, or a whole statement, of which `text` is left: nothing, or what a block cannot be without."""

    start: int
    end: int
    text: str = ""

    target: None = None

    def edits(self, spelled: str) -> Iterator[Edit]:
        """The one edit."""
        yield NameEdit(self.start, self.end, self.text)


@dataclass(frozen=True, slots=True)
class Beside:
    """A name is kept, and the target stands beside it: `before`, the target, `between`, the name, `after`."""

    start: int
    end: int
    target: Target
    before: str
    between: str
    after: str

    def edits(self, spelled: str) -> Iterator[Edit]:
        """The edits, given how the file spells the target."""
        yield NameEdit(self.start, self.start, f"{self.before}{spelled}{self.between}")
        if self.after:
            yield NameEdit(self.end, self.end, self.after)


Change = Move | Write | Ask | Shape | Fill | Drop | Beside
