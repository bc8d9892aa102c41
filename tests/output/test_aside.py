"""Where a hand edit and a new conversion cannot be merged, the conversion is put beside it, until that is settled."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.findings import Level
from tests.output.again import BOTH, CLASHING, MINE, TEXT, THEIRS, Out, aside_message, forget, told


@pytest.fixture
def out(tmp_path: Path) -> Out:
    """OUT with one converted file and one text, both by porter."""
    made = Out(tmp_path)
    made.convert({"net.py": TEXT, "pkg/notes.txt": b"notes\n"})
    return made


UNMERGED = aside_message("edited by hand, and cannot be merged line by line; left as it is")


@pytest.mark.parametrize("new", [THEIRS, CLASHING])
def test_without_the_last_text_the_conversion_is_put_beside(out: Out, new: bytes) -> None:
    forget(out)
    (out / "net.py").write_bytes(MINE)
    for _ in range(2):
        written = out.convert({"net.py": new, "pkg/notes.txt": b"notes\n"})
        assert out.shown() == {"net.py": MINE, "net.py.porter-new": new, "pkg": None, "pkg/notes.txt": b"notes\n"}
        assert told(written) == UNMERGED


def test_without_the_last_text_a_file_that_nobody_edited_is_replaced(out: Out) -> None:
    forget(out)
    assert told(out.convert({"net.py": THEIRS})) == []
    assert out.shown() == {"net.py": THEIRS}


def test_removing_what_lies_beside_says_that_it_is_settled(out: Out) -> None:
    forget(out)
    (out / "net.py").write_bytes(MINE)
    out.convert({"net.py": THEIRS})
    (out / "net.py.porter-new").unlink()
    (out / "net.py").write_bytes(BOTH)
    written = out.convert({"net.py": THEIRS})
    assert (told(written), written.edited, out.shown()) == ([], ("net.py",), {"net.py": BOTH})
    again = THEIRS.replace(b"second = 2", b"second = 3")
    written = out.convert({"net.py": again})
    assert written.merged == ("net.py",)
    assert b"by hand" in (out / "net.py").read_bytes()
    assert b"second = 3" in (out / "net.py").read_bytes()


def test_what_lies_beside_is_removed_when_the_conversion_was_taken_over(out: Out) -> None:
    forget(out)
    (out / "net.py").write_bytes(MINE)
    out.convert({"net.py": THEIRS})
    (out / "net.py").write_bytes(THEIRS)
    assert told(out.convert({"net.py": THEIRS})) == []
    assert out.shown() == {"net.py": THEIRS}


def test_what_lies_beside_is_not_written_over_when_it_was_edited(out: Out) -> None:
    forget(out)
    (out / "net.py").write_bytes(MINE)
    out.convert({"net.py": THEIRS})
    (out / "net.py.porter-new").write_bytes(b"half merged\n")
    written = out.convert({"net.py": CLASHING})
    assert out.shown() == {
        "net.py": MINE, "net.py.porter-new": b"half merged\n", "net.py.porter-new-2": CLASHING,
    }  # fmt: skip
    assert "is in net.py.porter-new-2: take" in told(written)[0]


def test_a_merge_that_would_be_no_python_is_put_beside(out: Out) -> None:
    out.convert({"net.py": b"x = (1,\n     2,\n     3)\ny = 1\n"})
    (out / "net.py").write_bytes(b"x = [1,\n     2,\n     3)\ny = 1\n".replace(b"3)", b"3]"))
    written = out.convert({"net.py": b"x = (1,\n     2,\n     3), (\n     4)\ny = 1\n"})
    assert written.findings
    assert any(finding.level is Level.MANUAL for finding in written.findings)
