"""Converting again into OUT: what is not porter's stays, hand edits are merged, and a kill anywhere is mended."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from porter.errors import SourceError
from porter.output import Wanted, finish, update
from porter.output.wanted import KEPT_BYTES
from tests.output.again import BOTH, CLASHING, MINE, TEXT, THEIRS, Out, aside_message, compose, forget, told
from tests.output.conftest import kills, shown


@pytest.fixture
def out(tmp_path: Path) -> Out:
    """OUT with one converted file and one text, both by porter."""
    made = Out(tmp_path)
    made.convert({"net.py": TEXT, "pkg/notes.txt": b"notes\n"})
    return made


def test_nothing_new_changes_nothing_not_even_times(out: Out) -> None:
    before = {path: path.stat().st_mtime_ns for path in out.path.rglob("*")}
    written = out.convert({"net.py": TEXT, "pkg/notes.txt": b"notes\n"})
    assert {path: path.stat().st_mtime_ns for path in out.path.rglob("*")} == before
    assert (written.findings, written.merged, written.edited) == ((), (), ())


def test_what_porter_did_not_write_stays(out: Out) -> None:
    (out / ".git").mkdir()
    (out / ".git/HEAD").write_text("ref")
    (out / "mine.py").write_text("mine")
    (out / "pkg/mine.txt").write_text("mine")
    out.convert({"net.py": THEIRS})
    assert out.shown() == {
        ".git": None, ".git/HEAD": b"ref", "mine.py": b"mine", "net.py": THEIRS, "pkg": None, "pkg/mine.txt": b"mine",
    }  # fmt: skip


def test_what_source_has_no_more_goes_with_its_folder(out: Out) -> None:
    out.convert({"net.py": TEXT})
    assert out.shown() == {"net.py": TEXT}
    assert not (out / ".porter/last/pkg").exists()


def test_a_hand_edit_and_a_new_conversion_are_both_kept(out: Out) -> None:
    (out / "net.py").write_bytes(MINE)
    (out / "net.py").chmod(0o750)
    written = out.convert({"net.py": THEIRS, "pkg/notes.txt": b"notes\n"})
    assert (out / "net.py").read_bytes() == BOTH
    assert (out / "net.py").stat().st_mode & 0o777 == 0o750
    assert told(written) == [
        "net.py:1:1: review PT057 merge: edited by hand: your edit and the new conversion are both kept; "
        "look at the result"
    ]
    assert written.merged == ("net.py",)
    written = out.convert({"net.py": THEIRS, "pkg/notes.txt": b"notes\n"})
    assert (told(written), written.edited) == ([], ("net.py",))
    assert (out / "net.py").read_bytes() == BOTH


def test_a_hand_edit_stays_where_the_conversion_is_the_old_one(out: Out) -> None:
    (out / "net.py").write_bytes(MINE)
    written = out.convert({"net.py": TEXT, "pkg/notes.txt": b"notes\n"})
    assert (out / "net.py").read_bytes() == MINE
    assert (told(written), written.edited) == ([], ("net.py",))


def test_the_same_edit_on_both_sides_is_none(out: Out) -> None:
    (out / "net.py").write_bytes(THEIRS)
    assert told(out.convert({"net.py": THEIRS})) == []
    assert (out / "net.py").read_bytes() == THEIRS


def test_lines_that_both_changed_get_marks_until_they_are_settled(out: Out) -> None:
    (out / "net.py").write_bytes(MINE)
    written = out.convert({"net.py": CLASHING})
    text = (out / "net.py").read_bytes()
    assert b"<<<<<<< edited by hand\nfirst = 1  # by hand\n=======\nfirst = 7\n>>>>>>> converted by porter\n" in text
    assert told(written) == [
        "net.py:4:1: manual PT057 merge: edited by hand where the conversion changed too: "
        "settle the lines between <<<<<<< and >>>>>>>"
    ]
    written = out.convert({"net.py": CLASHING})
    assert (out / "net.py").read_bytes() == text
    assert told(written) == [
        "net.py:4:1: manual PT057 merge: still holds conflict marks of an earlier run: "
        "settle the lines between <<<<<<< and >>>>>>>"
    ]
    (out / "net.py").write_bytes(CLASHING.replace(b"first = 7", b"first = 7  # settled"))
    assert told(out.convert({"net.py": CLASHING})) == []


def test_a_file_that_nobody_wrote_but_the_user_stays(out: Out) -> None:
    (out / "new.py").write_bytes(b"the user's\n")
    written = out.convert({"net.py": TEXT, "new.py": b"porter's\n"})
    assert (out / "new.py").read_bytes() == b"the user's\n"
    assert told(written) == aside_message(
        "was not written by porter, but SRC has this name; left as it is", name="new.py"
    )


def test_what_was_removed_by_hand_stays_removed(out: Out) -> None:
    (out / "net.py").unlink()
    for _ in range(2):
        written = out.convert({"net.py": TEXT, "pkg/notes.txt": b"notes\n"})
        assert told(written) == [
            "net.py:1:1: review PT057 merge: removed by hand, so it is not written; .porter/last holds it"
        ]
        assert out.shown() == {"pkg": None, "pkg/notes.txt": b"notes\n"}
    written = out.convert({"net.py": THEIRS})
    assert told(written) == aside_message("removed by hand, while its conversion changed")
    assert out.shown() == {"net.py.porter-new": THEIRS}


def test_an_edited_file_that_source_has_no_more_becomes_the_users(out: Out) -> None:
    (out / "net.py").write_bytes(MINE)
    written = out.convert({"pkg/notes.txt": b"notes\n"})
    assert told(written) == [
        "net.py:1:1: manual PT057 merge: SRC has it no more, but it was edited by hand: it stays, "
        "and is yours from now on"
    ]
    assert told(out.convert({"pkg/notes.txt": b"notes\n"})) == []
    assert (out / "net.py").read_bytes() == MINE


def test_what_this_run_does_not_speak_of_is_left(out: Out) -> None:
    before = out.shown()
    written = out.convert({"net.py": THEIRS}, spared=("pkg",))
    assert out.shown() == before | {"net.py": THEIRS}
    assert written.carried == ("pkg/notes.txt",)
    assert out.convert({"pkg/notes.txt": b"new\n"}, spared=("",)).carried == ("net.py",)
    assert out.shown() == {"net.py": THEIRS, "pkg": None, "pkg/notes.txt": b"new\n"}


def test_binary_files_are_replaced_when_nobody_edited_them_and_put_beside_when_somebody_did(out: Out) -> None:
    out.convert({"data": b"\0one"})
    out.convert({"data": b"\0two"})
    assert out.shown() == {"data": b"\0two"}
    (out / "data").write_bytes(b"\0mine")
    assert told(out.convert({"data": b"\0three"})) == aside_message(
        "edited by hand, and cannot be merged line by line; left as it is", name="data"
    )
    assert out.shown() == {"data": b"\0mine", "data.porter-new": b"\0three"}


def test_large_data_of_the_same_size_and_time_is_not_read_again(out: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    data = out.source / "data.bin"
    data.write_bytes(b"\0" * (KEPT_BYTES + 1))
    files = {"data.bin": Wanted(source=data)}
    out.convert(files)
    data.chmod(0o644)
    inode = (out / "data.bin").stat().st_ino
    out.convert(files)
    assert (out / "data.bin").stat().st_ino == inode
    data.write_bytes(b"\1" * (KEPT_BYTES + 1))
    out.convert(files)
    assert (out / "data.bin").read_bytes()[:1] == b"\1"


def test_a_source_that_cannot_be_read_this_time_costs_nothing(out: Out) -> None:
    os.mkfifo(out.source / "pipe")
    written = out.convert({"net.py": TEXT, "pkg/notes.txt": Wanted(source=out.source / "nowhere.txt")})
    assert written.failed == ("pkg/notes.txt",)
    assert (out / "pkg/notes.txt").read_bytes() == b"notes\n"
    assert told(written) == [
        "pkg/notes.txt:1:1: manual PT054 file: cannot be read: No such file or directory; it was not copied"
    ]


def test_a_folder_that_has_become_a_link_is_not_followed(out: Out, tmp_path: Path) -> None:
    shutil.copytree(out / "pkg", tmp_path / "outside")
    shutil.rmtree(out / "pkg")
    (out / "pkg").symlink_to("../outside")
    before = shown(tmp_path)
    with pytest.raises(SourceError, match="lies below something that is no folder"):
        out.convert({"net.py": TEXT, "pkg/notes.txt": b"new\n"})
    assert shown(tmp_path) == before


def test_links_and_folders_change_into_one_another(out: Out) -> None:
    out.convert({"x": Wanted(link="net.py"), "net.py": TEXT})
    out.convert({"x/deep.py": b"1\n", "net.py": TEXT})
    assert out.shown() == {"net.py": TEXT, "x": None, "x/deep.py": b"1\n"}
    out.convert({"x": b"2\n", "net.py": TEXT})
    assert out.shown() == {"net.py": TEXT, "x": b"2\n"}


def hand_edit(out: Out) -> None:
    (out / "net.py").write_bytes(MINE)
    (out / "mine.txt").write_bytes(b"mine")


@pytest.mark.parametrize("prepare", [hand_edit, forget], ids=["edited", "no last text"])
def test_a_run_killed_at_any_change_of_the_disk_is_mended_by_the_next(
    out: Out, tmp_path: Path, prepare: Callable[[Out], None]
) -> None:
    prepare(out)
    files: dict[str, bytes | Wanted] = {"net.py": THEIRS, "new/deep.py": b"new\n", "link": Wanted(link="net.py")}
    spare = tmp_path / "spare"
    shutil.copytree(out.path, spare, symlinks=True)
    out.convert(files)
    whole = shown(out.path)
    restore(spare, out.path)
    seen: set[str] = set()
    for count in kills(lambda: out.convert(files)):
        seen.add(str(sorted(shown(out.path))))
        finish(out.path)
        out.convert(files)
        assert shown(out.path) == whole, f"killed at change {count}"
        restore(spare, out.path)
    assert len(seen) > 20


def restore(spare: Path, folder: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(spare, folder, symlinks=True)


def test_what_another_porter_wrote_meanwhile_stops_the_run(out: Out) -> None:
    earlier = out.manifest
    out.convert({"net.py": THEIRS})
    before = shown(out.path)
    with pytest.raises(
        SourceError, match="another porter has written there meanwhile; nothing was written: run porter"
    ):
        update(out.source, out.path, {"net.py": Wanted(content=CLASHING)}, earlier, compose)
    assert shown(out.path) == before


def test_without_a_manifest_and_without_force_nothing_of_the_users_is_replaced(out: Out) -> None:
    (out / "porter.json").unlink()
    written = update(out.source, out.path, {"net.py": Wanted(content=CLASHING)}, None, compose)
    assert (out / "net.py").read_bytes() == TEXT
    assert (out / "net.py.porter-new").read_bytes() == CLASHING
    assert [finding.level for finding in written.findings] == ["manual"]
    (out / "porter.json").unlink()
    update(out.source, out.path, {"net.py": Wanted(content=CLASHING)}, None, compose, force=True)
    assert (out / "net.py").read_bytes() == CLASHING
