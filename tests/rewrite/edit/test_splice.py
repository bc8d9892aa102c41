"""Edits land where they are meant to, whatever is nested in what; nothing else in the bytes moves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porter.rewrite.decide.change import Argument, CallEdit, CallPlan, Edit, FormEdit, NameEdit, NewArgument
from porter.rewrite.edit.splice import BadCall, Overlap, splice

NAMES = st.text("abcäßé漢", min_size=1, max_size=4)


@dataclass(frozen=True)
class Piece:
    """Source text, its edits (offsets in bytes of that text), and what a person would write in its place."""

    source: str
    edits: tuple[Edit, ...]
    expected: str

    def moved(self, by: int) -> tuple[Edit, ...]:
        """The edits of the piece when it stands `by` bytes further on."""
        return tuple(
            NameEdit(e.start + by, e.end + by, e.text)
            if isinstance(e, NameEdit)
            else CallEdit(e.start + by, e.end + by, e.plan)
            for e in self.edits
            if not isinstance(e, FormEdit)
        )


def joined(*pieces: Piece | str) -> Piece:
    """Pieces behind each other; a text is one without edits."""
    source, expected, edits = "", "", list[Edit]()
    for piece in pieces:
        part = Piece(piece, (), piece) if isinstance(piece, str) else piece
        edits += part.moved(len(source.encode()))
        source, expected = source + part.source, expected + part.expected
    return Piece(source, tuple(edits), expected)


@st.composite
def names(draw: st.DrawFn) -> Piece:
    """A name that is replaced, or left."""
    old, new = draw(NAMES), draw(NAMES)
    return draw(st.sampled_from([Piece(old, (NameEdit(0, len(old.encode()), new),), new), Piece(old, (), old)]))


@st.composite
def calls(draw: st.DrawFn, inner: st.SearchStrategy[Piece]) -> Piece:
    """A call whose function's name, arguments, or both change, around pieces that may change too."""
    function = draw(names())
    arguments = [(draw(NAMES), draw(inner)) for _ in range(draw(st.integers(0, 3)))]
    written = [joined(f"{name}=", value) for name, value in arguments]
    call = joined(function, "(", *[p for w in written for p in (", ", w)][1:], ")")
    if draw(st.booleans()):
        return call
    keep, shown = list[Argument](), list[str]()
    for index, (name, value) in enumerate(arguments):
        if draw(st.booleans()):
            new = draw(st.sampled_from([name, "renamed"]))
            text = draw(st.sampled_from([None, "None", "[0, 1]"]))
            keep.append(Argument(index, new, text))
            shown.append(f"{new}={text if text is not None else value.expected}")
    add = tuple(NewArgument(draw(NAMES), draw(NAMES)) for _ in range(draw(st.integers(0, 2))))
    shown += [f"{new.keyword}={new.text}" for new in add]
    own = CallEdit(0, len(call.source.encode()), CallPlan(tuple(keep), add))
    return Piece(call.source, (*call.edits, own), f"{function.expected}({', '.join(shown)})")


PIECES = st.recursive(names(), calls, max_leaves=8)


@given(st.lists(PIECES, max_size=4), st.randoms(use_true_random=False))
def test_nested_edits_give_what_a_person_would_write(pieces: list[Piece], random: object) -> None:
    file = joined(*[part for piece in pieces for part in ("é = ", piece, "  # ß\n")])
    edits = list(file.edits)
    random.shuffle(edits)  # type: ignore[attr-defined]
    assert splice(file.source.encode(), edits).decode() == file.expected


@given(PIECES)
def test_a_call_that_ends_the_file_takes_nothing_of_what_is_put_behind_it(piece: Piece) -> None:
    end = len(piece.source.encode())
    marked = splice(piece.source.encode(), [*piece.edits, NameEdit(end, end, "  # mark")])
    assert marked.decode() == f"{piece.expected}  # mark"


@given(PIECES, st.text(max_size=5), st.text(max_size=5))
def test_a_part_of_the_bytes_is_edited_alone(piece: Piece, before: str, after: str) -> None:
    whole = joined(before, piece, after)
    first = len(before.encode())
    last = first + len(piece.source.encode())
    assert splice(whole.source.encode(), whole.edits, first=first, last=last).decode() == piece.expected


@given(st.binary(min_size=1, max_size=30), st.data())
def test_edits_side_by_side_against_replacing_from_the_back(data: bytes, draws: st.DataObject) -> None:
    cuts = draws.draw(st.lists(st.integers(0, len(data)), unique=True, max_size=8).map(sorted))
    edits = [NameEdit(a, b, draws.draw(NAMES)) for a, b in list(pairwise(cuts))[::2]]
    expected = data
    for edit in reversed(edits):
        expected = expected[: edit.start] + edit.text.encode() + expected[edit.end :]
    assert splice(data, edits) == expected


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.booleans(), st.booleans())
def test_edits_that_cross_are_refused(a: int, b: int, c: int, first: bool, second: bool) -> None:
    """[0, a + b) and [a, a + b + c): neither is inside the other, whether of a name or a call."""
    plan = CallPlan(())
    one = CallEdit(0, a + b, plan) if first else NameEdit(0, a + b, "x")
    other = CallEdit(a, a + b + c, plan) if second else NameEdit(a, a + b + c, "y")
    with pytest.raises(Overlap, match="cross at byte"):
        splice(b"f(" + b"1" * 40 + b")", [one, other])


@given(st.integers(0, 8), st.integers(1, 8), st.integers(0, 8))
def test_nothing_may_stand_inside_a_name_that_is_replaced(start: int, length: int, inside: int) -> None:
    outer = NameEdit(start, start + length, "x")
    inner = NameEdit(start + inside % length, start + length, "y")
    with pytest.raises(Overlap):
        splice(b"n" * 20, [outer, inner])


def test_an_edit_beyond_the_bytes_is_refused() -> None:
    with pytest.raises(Overlap):
        splice(b"abc", [NameEdit(2, 4, "x")])


def test_the_same_edit_asked_for_twice_is_made_once() -> None:
    twice = [NameEdit(0, 6, "gamma"), NameEdit(0, 6, "gamma")]
    assert splice(b"weight = 1", twice) == b"gamma = 1"


def test_what_is_inserted_goes_before_what_stands_there() -> None:
    edits = [NameEdit(4, 7, "new"), NameEdit(4, 4, "> ")]
    assert splice(b"x = old", edits) == b"x = > new"


@pytest.mark.parametrize("text", ["f", "f(1) + g(2)", "f(1", "lambda: f(1)"])
def test_what_is_no_call_is_told_with_its_edit(text: str) -> None:
    edit = CallEdit(4, 4 + len(text), CallPlan((Argument(0),)))
    with pytest.raises(BadCall) as caught:
        splice(b"x = " + text.encode(), [edit])
    assert caught.value.edit is edit


def form(start: int, end: int, *parts: str | tuple[int, int]) -> FormEdit:
    """The text between two offsets, put together anew."""
    return FormEdit(start, end, parts)


def test_a_form_puts_pieces_of_the_text_together() -> None:
    assert splice(b"y = m.weight\n", [form(4, 12, "weight(", (4, 5), ")")]) == b"y = weight(m)\n"


def test_what_stands_in_a_piece_is_edited_too() -> None:
    edits: list[Edit] = [form(0, 12, "f(", (0, 5), ")"), form(0, 5, "g(", (0, 1), ")"), NameEdit(0, 1, "net")]
    assert splice(b"m.abc.weight", edits) == b"f(g(net))"


def test_what_closes_a_piece_stays_in_it_and_a_mark_does_not() -> None:
    text = b"m.weight = v\n"
    edits: list[Edit] = [
        form(0, 12, "put(", (0, 1), ", 'weight', ", (11, 12), ")"),
        NameEdit(11, 11, "["),
        NameEdit(12, 12, "]"),
        NameEdit(12, 12, "  # porter: told"),
    ]
    assert splice(text, edits) == b"put(m, 'weight', [v])  # porter: told\n"


def test_an_edit_between_the_pieces_is_never_lost() -> None:
    with pytest.raises(Overlap, match="an edit is lost at byte 2"):
        splice(b"m.weight", [form(0, 8, "weight(", (0, 1), ")"), NameEdit(2, 8, "gamma")])


def test_a_call_that_is_handed_to_a_function_is_edited_inside_of_that() -> None:
    call = CallEdit(4, 10, CallPlan((Argument(0, "width"),)))
    edits: list[Edit] = [call, form(4, 10, "fresh(", (4, 10), ")"), NameEdit(4, 7, "New")]
    assert splice(b"n = Old(4)", edits) == b"n = fresh(New(width=4))"
