"""Writing over SRC: what was read is what is replaced, and what no commit holds is not."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from porter import git as asked
from porter.errors import SourceError
from porter.output import Change, Manifest, check_clean, disk, finish, write_in_place
from tests.output.conftest import kills, shown

CHANGES = {
    "pkg/a.py": Change(b"import torch\r\n", b"import mindspore\r\n"),
    "run.py": Change(b"#!/usr/bin/env python\n", b"#!/usr/bin/env python\n\n"),
    "pkg/porter_layers.py": Change(None, b"layers\n"),
}


def compose(done: bool) -> bytes:
    return b"done" if done else b"writing"


def test_the_named_files_change_and_nothing_else(source: Path) -> None:
    before = shown(source)
    write_in_place(source, CHANGES, compose)
    after = shown(source)
    for name, change in CHANGES.items():
        assert after.pop(name) == (before.pop(name, (0o644, b""))[0], change.after)
    assert after.pop("porter.json") == (0o644, b"done")
    assert after == before


def test_owner_permissions_and_attributes_stay(source: Path) -> None:
    path = source / "run.py"
    if os.geteuid() == 0:
        os.chown(path, 1234, 2345)
    path.chmod(0o2751)
    with contextlib.suppress(OSError):
        os.setxattr(path, "user.porter", b"kept")
    before = path.stat()
    attributes = os.listxattr(path)
    write_in_place(source, CHANGES, compose)
    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert os.listxattr(path) == attributes


def test_an_owner_that_cannot_be_kept_stops_the_run(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shown(source)

    def refuse(path: object, *_: object) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    monkeypatch.setattr(os, "chown", refuse)
    real = disk.keep_owner_and_mode
    changed = os.stat_result((0o100644, 0, 0, 1, 4321, 4321, 0, 0, 0, 0))
    monkeypatch.setattr(disk, "keep_owner_and_mode", lambda path, _like, of: real(path, changed, of))
    with pytest.raises(SourceError, match=r"Operation not permitted; .*src was not written"):
        write_in_place(source, CHANGES, compose)
    assert shown(source) == before


@pytest.mark.parametrize("meddle", ["edit", "remove", "appear", "swap"])
def test_a_file_that_no_longer_holds_what_was_read_stops_the_run(source: Path, tmp_path: Path, meddle: str) -> None:
    path = source / "pkg" / "a.py"
    if meddle == "edit":
        path.write_text("import torch  # edited meanwhile\n")
    elif meddle == "remove":
        path.unlink()
    elif meddle == "appear":
        (source / "pkg" / "porter_layers.py").write_text("the user's")
    else:
        shutil.move(source / "pkg", tmp_path / "outside")
        (source / "pkg").symlink_to("../outside")
    before = shown(tmp_path)
    message = "nothing was written: (run porter again|rename it, and run porter again)"
    with pytest.raises(SourceError, match=message) as error:
        write_in_place(source, CHANGES, compose)
    assert "\n" not in str(error.value)
    assert shown(tmp_path) == before


def test_when_the_last_file_cannot_be_replaced_the_others_get_their_text_back(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shown(source)
    rename = os.rename
    seen: list[str] = []

    def refuse_the_last(old: Path, name: str, **options: int) -> None:
        if name == "run.py" and not str(old).rpartition("/")[2].startswith("old-"):
            seen.append((source / "pkg" / "a.py").read_text())
            raise PermissionError(1, "Operation not permitted", str(source / "run.py"))
        rename(old, name, **options)

    monkeypatch.setattr(os, "rename", refuse_the_last)
    with pytest.raises(SourceError, match=r"run\.py: Operation not permitted; .*src was not written"):
        write_in_place(source, CHANGES, compose)
    assert seen == ["import mindspore\n"]
    assert shown(source) == before


def test_a_run_killed_at_any_change_of_the_disk_is_old_or_new_after_the_next(source: Path, tmp_path: Path) -> None:
    spare = tmp_path / "spare"
    shutil.copytree(source, spare, symlinks=True)
    write_in_place(source, CHANGES, compose)
    old, new = shown(spare), shown(source)
    shutil.rmtree(source)
    shutil.copytree(spare, source, symlinks=True)
    ends: list[bool] = []
    for count in kills(lambda: write_in_place(source, CHANGES, compose)):
        finish(source)
        assert shown(source) in (old, new), f"killed at change {count}"
        ends.append(shown(source) == new)
        shutil.rmtree(source)
        shutil.copytree(spare, source, symlinks=True)
    assert {True, False} <= set(ends)


# What git says


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder), *arguments]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def repository(source: Path) -> Path:
    """The tree as a git repository, all of it committed."""
    git(source, "init", "-q")
    git(source, "add", "-A")
    git(source, "commit", "-qm", "all")
    return source


def test_a_committed_tree_is_clean_and_one_without_version_control_too(repository: Path, tmp_path: Path) -> None:
    check_clean(repository, CHANGES, None)
    (repository / "data.bin").write_bytes(b"changed, but not to be written")
    check_clean(repository, CHANGES, None)
    plain = tmp_path / "plain"
    (plain / "pkg").mkdir(parents=True)
    (plain / "pkg" / "a.py").write_bytes(b"import torch\r\n")
    check_clean(plain, CHANGES, None)


def edited(root: Path) -> None:
    (root / "pkg" / "a.py").write_bytes(b"import torch\r\n# edited\r\n")


def staged(root: Path) -> None:
    edited(root)
    git(root, "add", "-A")


def untracked(root: Path) -> None:
    git(root, "rm", "-q", "--cached", "pkg/a.py")
    git(root, "commit", "-qm", "forgotten")


def nested(root: Path) -> None:
    git(root / "pkg", "init", "-q")


@pytest.mark.parametrize("dirty", [edited, staged, untracked, nested])
def test_what_no_commit_holds_stops_the_run(repository: Path, dirty: Callable[[Path], None]) -> None:
    dirty(repository)
    content = (repository / "pkg" / "a.py").read_bytes()
    changes = CHANGES | {"pkg/a.py": Change(content, b"new")}
    with pytest.raises(SourceError) as error:
        check_clean(repository, changes, None)
    assert str(error.value) == (
        f"{repository}: git has no commit of what pkg/a.py holds now, and --in-place would write over it; "
        "nothing was written: commit first, or add --allow-dirty"
    )


def test_many_such_files_are_counted(repository: Path) -> None:
    changes = {f"new{number}.py": Change(b"x\n", b"y\n") for number in range(8)}
    for name in changes:
        (repository / name).write_bytes(b"x\n")
    with pytest.raises(
        SourceError, match=r"of what new0\.py, new1\.py, new2\.py, new3\.py, new4\.py and 3 more hold now"
    ):
        check_clean(repository, changes, None)


def test_what_porter_wrote_in_place_is_clean_until_somebody_edits_it(repository: Path) -> None:
    written = b"import mindspore\r\n"
    (repository / "pkg" / "a.py").write_bytes(written)
    files = ({"path": "pkg/a.py"}, {"path": "run.py"})
    prints = {"pkg/a.py": disk.file_print(written), "run.py": disk.file_print(b"#!\n")}
    earlier = Manifest("mindspore", True, True, prints, frozenset({"pkg/a.py"}), files=files)
    check_clean(repository, {"pkg/a.py": Change(written, b"new")}, earlier)
    (repository / "pkg" / "a.py").write_bytes(b"import mindspore  # by hand\r\n")
    with pytest.raises(SourceError, match=r"of what pkg/a\.py holds now"):
        check_clean(repository, {"pkg/a.py": Change(b"import mindspore  # by hand\r\n", b"new")}, earlier)
    (repository / "run.py").write_bytes(b"#!\n")  # known to the manifest, but not by an edit of porter's
    with pytest.raises(SourceError, match=r"of what run\.py holds now"):
        check_clean(repository, {"run.py": Change(b"#!\n", b"new")}, earlier)


def test_git_that_cannot_tell_stops_the_run(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked.shutil, "which", lambda _name: None)  # type: ignore[attr-defined]
    with pytest.raises(
        SourceError, match=r"is a git repository, but git is not installed.*or add --allow-dirty"
    ) as error:
        check_clean(repository, CHANGES, None)
    assert "\n" not in str(error.value)
    monkeypatch.undo()
    shutil.rmtree(repository / ".git")
    (repository / ".git").write_text("gitdir: nowhere")
    with pytest.raises(SourceError, match=r"git cannot tell its state: .*nothing was written: mend that, or add"):
        check_clean(repository, CHANGES, None)
