"""A transaction: all steps or none, whatever fails, whoever interferes, and wherever it is killed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from porter import signals
from porter.errors import SourceError
from porter.output import disk, finish
from porter.output.journal import PENDING, Transaction, transaction
from tests.output.conftest import shown
from tests.output.steps import MANIFEST, change, changed, make_root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with files of several kinds."""
    return make_root(tmp_path)


def test_all_steps_are_done_and_nothing_else(root: Path) -> None:
    expected = changed(root)
    change(root)
    assert shown(root) == expected


@pytest.mark.parametrize("number", range(9))
def test_an_error_at_any_step_puts_everything_back(root: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    before, inodes = shown(root), {p: p.lstat().st_ino for p in root.rglob("*")}
    calls = {"left": number}

    def fail_once(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            calls["left"] -= 1
            if calls["left"] == -1:
                raise OSError(28, "No space left on device", str(root / "b.py"))
            return real(*arguments, **options)

        return call

    def arm() -> None:
        for name in ("link", "rename", "unlink"):
            monkeypatch.setattr(os, name, fail_once(getattr(os, name)))

    try:
        change(root, arm)
    except OSError as error:
        assert error.errno == 28
        monkeypatch.undo()
        assert shown(root) == before
        assert {p: p.lstat().st_ino for p in root.rglob("*")} == inodes
    else:
        monkeypatch.undo()
        assert shown(root)[MANIFEST][1] == b"done"  # a second way was found, as on a file system without second names


def edit(root: Path) -> None:
    (root / "b.py").write_text("b, edited")


def delete(root: Path) -> None:
    (root / "b.py").unlink()


def swap_folder(root: Path) -> None:
    shutil.copytree(root / "pkg", root.parent / "outside")
    shutil.rmtree(root / "pkg")
    (root / "pkg").symlink_to("../outside", target_is_directory=True)


def swap_file(root: Path) -> None:
    (root / "b.py").unlink()
    (root / "b.py").symlink_to("kept.txt")


def appear(root: Path) -> None:
    (root / "new" / "deep").mkdir(parents=True)
    (root / "new" / "deep" / "c.py").write_text("the user's")


def block(root: Path) -> None:
    (root / "new").write_text("the user's")


@pytest.mark.parametrize(
    ("meddle", "message"),
    [
        (edit, r"b\.py: was changed by somebody else while porter ran.*nothing was written: run porter again"),
        (delete, r"b\.py: was changed by somebody else"),
        (swap_file, r"b\.py: was changed by somebody else"),
        (
            swap_folder,
            r"pkg/a\.py: lies below something that is no folder, expected a folder there; nothing was written",
        ),
        (appear, r"new/deep/c\.py: was changed by somebody else"),
        (block, r"new/deep/c\.py: lies below something that is no folder"),
    ],
)
def test_what_somebody_else_changed_meanwhile_is_left_and_nothing_is_written(
    root: Path, meddle: Callable[[Path], None], message: str
) -> None:
    seen: list[object] = []

    def interfere() -> None:
        meddle(root)
        seen.append({path: what for path, what in shown(root.parent).items() if ".porter" not in path})

    with pytest.raises(SourceError, match=message) as error:
        change(root, interfere)
    assert "\n" not in str(error.value)
    assert shown(root.parent) == seen[0]


def test_what_is_removed_by_somebody_else_need_not_be_removed(root: Path) -> None:
    expected = changed(root)
    change(root, (root / "gone.py").unlink)
    assert shown(root) == expected


def test_ctrl_c_between_two_steps_puts_everything_back(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shown(root)
    applied = Transaction._apply
    done: list[str] = []

    def apply(self: Transaction, step: object) -> bool:
        if len(done) == 3:
            raise signals.Interrupted(2)
        done.append("step")
        return applied(self, step)  # type: ignore[arg-type]

    monkeypatch.setattr(Transaction, "_apply", apply)
    with pytest.raises(signals.Interrupted):
        change(root)
    assert shown(root) == before


def test_two_porters_do_not_write_at_the_same_time(root: Path) -> None:
    before = shown(root)
    message = "another porter is writing there: wait for its end, then run again"
    with transaction(root), pytest.raises(SourceError, match=message):
        change(root)
    (root / PENDING).mkdir(parents=True)
    with disk.locked(root), pytest.raises(SourceError, match=message):
        finish(root)
    shutil.rmtree(root / ".porter")
    assert shown(root) == before


@pytest.mark.parametrize(
    "journal", ["[1]", "{", '[{"path": "../x", "before": "", "after": "file:1", "key": 0}]', '[{"path": "/x"}]']
)
def test_a_damaged_journal_is_told_and_nothing_is_touched(root: Path, journal: str) -> None:
    (root / PENDING).mkdir(parents=True)
    (root / PENDING / "journal.json").write_text(journal)
    before = shown(root)
    with pytest.raises(SourceError, match=r"is damaged .*look at the files, then remove") as error:
        finish(root)
    assert "\n" not in str(error.value)
    assert shown(root) == before


def test_a_folder_without_a_killed_run_has_nothing_to_finish(root: Path) -> None:
    before = shown(root)
    assert finish(root) is None
    assert finish(root / "nowhere") is None
    assert shown(root) == before


def test_a_read_only_folder_is_written_to_where_that_is_allowed(root: Path) -> None:
    (root / "pkg").chmod(0o555)
    with transaction(root, unlock=True) as work:
        work.write("pkg/a.py", b"new", disk.fingerprint(root / "pkg" / "a.py"))
        work.commit(MANIFEST, b"writing", b"done")
    assert shown(root)["pkg"][0] == 0o555
    (root / "pkg").chmod(0o755)
    assert (root / "pkg" / "a.py").read_bytes() == b"new"


def test_what_cannot_be_put_back_is_kept_and_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = os.rename

    def no_way_back(source: os.PathLike[str], *rest: object, **options: object) -> None:
        if Path(source).name.startswith("old-"):
            raise OSError(5, "Input/output error")
        rename(source, *rest, **options)  # type: ignore[arg-type]

    def arm() -> None:
        edit(root)
        monkeypatch.setattr(os, "rename", no_way_back)

    with pytest.raises(SourceError, match=r"gone\.py could not be put back: what they held is in .*rescued-") as error:
        change(root, arm)
    (kept,) = (root / ".porter").iterdir()
    assert str(kept) in str(error.value)
    assert "a, old" in {path.read_text() for path in kept.glob("old-*")}


def test_a_file_system_without_locks_is_written_to(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(disk.fcntl, "flock", refuse)  # type: ignore[attr-defined]
    expected = changed(root)
    change(root)
    assert shown(root) == expected
    left = root / ".kept.txt.porter-0123abcd"
    left.write_text("of a porter that may be alive")
    disk.sweep(root / "kept.txt")
    assert left.exists()


def test_a_file_that_cannot_be_replaced_needs_no_putting_back(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shown(root)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    def arm() -> None:
        for name in ("link", "rename", "unlink"):
            monkeypatch.setattr(os, name, refuse)

    with pytest.raises(PermissionError, match="Operation not permitted"):
        change(root, arm)
    monkeypatch.undo()
    shutil.rmtree(root / ".porter", ignore_errors=True)
    assert shown(root) == before
