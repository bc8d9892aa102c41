"""Put edits into a file's bytes: inner ones first, and everything between them untouched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from libcst import ParserSyntaxError

from porter.rewrite.decide.change import CallEdit, Edit, FormEdit, NameEdit
from porter.rewrite.edit.call import edit_call
from porter.source.text import comments


class Overlap(ValueError):
    """Two edits claim the same bytes."""


class BadCall(ValueError):
    """A call's edit cannot be carried out; `edit` is the one."""

    def __init__(self, edit: CallEdit, problem: str) -> None:
        super().__init__(problem)
        self.edit = edit


def splice(data: bytes, edits: Iterable[Edit], newline: str = "\n", first: int = 0, last: int | None = None) -> bytes:
    """Apply edits to the bytes from `first` to `last` (all of them), which hold all edits; return these bytes anew.

    An edit inside a call's or a form's is applied before that. `newline` is the file's line end. Raises Overlap when
    two edits cross, BadCall when a call's cannot be carried out.
    """
    ordered = sorted({_claim(edit): edit for edit in edits}.values(), key=_order)
    last = len(data) if last is None else last
    _refuse_crossing(ordered, first, last)
    return _Splicer(data, ordered, newline).render(first, last, whole=True)


def _refuse_crossing(ordered: Sequence[Edit], first: int, last: int) -> None:
    """Every edit must stand beside or, if that holds others, inside each one before it."""
    around = [last]
    at = first
    for edit in ordered:
        while len(around) > 1 and around[-1] <= edit.start:
            at = max(at, around.pop())
        if edit.start < at or edit.end > around[-1]:
            raise Overlap(f"edits cross at byte {edit.start}")
        if isinstance(edit, NameEdit):
            at = edit.end
        else:
            around.append(edit.end)


def _claim(edit: Edit) -> tuple[int, int, object]:
    """What makes two edits the same one: where they stand and what they write, whoever asked for it."""
    if isinstance(edit, NameEdit):
        return edit.start, edit.end, edit.text
    return edit.start, edit.end, edit.plan if isinstance(edit, CallEdit) else edit.parts


def _order(edit: Edit) -> tuple[int, bool, int, int, bool]:
    """From left to right, outer ones first; what is only inserted goes before what stands there.

    Lines that are added behind a line come last: a mark belongs to the line that was there.
    """
    adds_lines = isinstance(edit, NameEdit) and edit.text.startswith(("\n", "\r"))
    # A call that is handed to a function is edited inside of that.
    rank = 0 if isinstance(edit, FormEdit) else 1 if isinstance(edit, CallEdit) else 2
    return edit.start, edit.end > edit.start, -edit.end, rank, adds_lines


class _Splicer:
    def __init__(self, data: bytes, edits: Sequence[Edit], newline: str) -> None:
        self.data = data
        self.edits = edits
        self.newline = newline
        self.position = 0

    def render(self, start: int, end: int, *, whole: bool = False, piece: bool = False) -> bytes:
        """The bytes between two offsets with their edits.

        What is inserted at their very end belongs to the `whole`; to a `piece` unless it follows on the line.
        """
        pieces: list[bytes] = []
        at = start
        while self.position < len(self.edits):
            edit = self.edits[self.position]
            inserted = piece and isinstance(edit, NameEdit) and not edit.follows
            if edit.end > end or not (whole or inserted or edit.start < end):
                break
            self.position += 1
            pieces.append(self.data[at : edit.start])
            pieces.append(self._rendered(edit))
            at = edit.end
        pieces.append(self.data[at:end])
        return b"".join(pieces)

    def _rendered(self, edit: Edit) -> bytes:
        if isinstance(edit, NameEdit):
            return edit.text.encode()
        return self._call(edit) if isinstance(edit, CallEdit) else self._form(edit)

    def _form(self, edit: FormEdit) -> bytes:
        """New text and pieces of the old; an edit that stands in none of the pieces has nowhere to go."""
        parts = [part.encode() if isinstance(part, str) else self.render(*part, piece=True) for part in edit.parts]
        left = self.edits[self.position] if self.position < len(self.edits) else None
        if left is not None and left.start < edit.end:
            raise Overlap(f"an edit is lost at byte {left.start}")
        return b"".join(parts)

    def _call(self, edit: CallEdit) -> bytes:
        before = self.render(edit.start, edit.end).decode()
        try:
            after = edit_call(before, edit.plan, self.newline)
        except (ValueError, SyntaxError, ParserSyntaxError) as error:
            raise BadCall(edit, f"{type(error).__name__}: {error}".splitlines()[0]) from error
        if after.count("#") < before.count("#") and Counter(comments(before)) - Counter(comments(after)):
            raise BadCall(edit, "the call lost a comment")
        return after.encode()
