"""Merging three ways."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porter.output.merge import is_python, marks, merge

BASE = b"one\ntwo\nthree\nfour\nfive\n"


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (BASE, BASE, BASE),
        (b"mine\n" + BASE, BASE, b"mine\n" + BASE),
        (BASE, BASE + b"theirs\n", BASE + b"theirs\n"),
        (b"mine\n" + BASE, BASE + b"theirs\n", b"mine\n" + BASE + b"theirs\n"),
        (BASE.replace(b"two\n", b""), BASE.replace(b"five", b"cinq"), b"one\nthree\nfour\ncinq\n"),
        (BASE.replace(b"two", b"deux"), BASE.replace(b"two", b"deux"), BASE.replace(b"two", b"deux")),
        (BASE.replace(b"\n", b"\r\n"), BASE.replace(b"\n", b"\r\n"), BASE.replace(b"\n", b"\r\n")),
        (BASE.removesuffix(b"\n"), b"zero\n" + BASE, b"zero\none\ntwo\nthree\nfour\nfive"),
    ],
)
def test_edits_of_both_sides_are_kept(mine: bytes, theirs: bytes, expected: bytes) -> None:
    merged = merge(BASE, mine, theirs)
    assert (merged.content, merged.conflicts) == (expected, ())


def test_where_both_changed_a_line_marks_stand() -> None:
    merged = merge(BASE, BASE.replace(b"four", b"vier"), BASE.replace(b"four", b"quatre"))
    assert merged.content == (
        b"one\ntwo\nthree\n<<<<<<< edited by hand\nvier\n=======\nquatre\n>>>>>>> converted by porter\nfive\n"
    )
    assert merged.conflicts == (4,)
    assert list(marks(merged.content)) == [4]


def test_marks_end_lines_as_the_file_does_and_stand_on_lines_of_their_own() -> None:
    merged = merge(b"a\r\nb", b"a\r\nmine", b"a\r\ntheirs")
    assert merged.content == (
        b"a\r\n<<<<<<< edited by hand\r\nmine\r\n=======\r\ntheirs\r\n>>>>>>> converted by porter\r\n"
    )
    assert list(marks(merged.content)) == [2]


@pytest.mark.parametrize("content", [b"", b"x\n", b"<<<<<<< HEAD\n", b"print('<<<<<<< edited by hand')\n"])
def test_other_lines_are_no_marks_of_porter(content: bytes) -> None:
    assert list(marks(content)) == []


LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n", b"d\r\n"]), max_size=8)


@given(base=LINES, mine=LINES, theirs=LINES)
def test_merging_keeps_the_laws(base: list[bytes], mine: list[bytes], theirs: list[bytes]) -> None:
    one, two, three = (b"".join(lines) for lines in (base, mine, theirs))
    assert merge(one, two, one).content == two
    assert merge(one, one, three).content == three
    assert merge(one, two, two).content == two
    merged = merge(one, two, three)
    text = set(merged.content.splitlines(keepends=True))
    if merged.conflicts:
        assert {line for line in mine if line not in base} <= text
        assert {line for line in theirs if line not in base} <= text


def test_git_takes_the_marks_as_its_own(tmp_path: Path) -> None:
    merged = merge(BASE, BASE.replace(b"four", b"vier"), BASE.replace(b"four", b"quatre"))
    (tmp_path / "x").write_bytes(BASE)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path)]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    (tmp_path / "x").write_bytes(merged.content)
    ran = subprocess.run([*git, "diff", "--check"], capture_output=True, text=True)
    assert "x:4: leftover conflict marker" in ran.stdout


@pytest.mark.parametrize(("content", "good"), [(b"x = 1\n", True), (b"x = \n", False), (b"a\0", False), (b"", True)])
def test_python_is_told_from_what_is_none(content: bytes, good: bool) -> None:
    assert is_python(content) is good
