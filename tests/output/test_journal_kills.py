"""A transaction that is killed anywhere, also while it puts things back, is finished by the next or did nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from porter.errors import SourceError
from porter.output import finish, is_unfinished
from porter.output.journal import PENDING, transaction
from tests.output.conftest import kills, shown
from tests.output.steps import MANIFEST, change, changed, fill, make_root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with files of several kinds."""
    return make_root(tmp_path)


def test_a_run_killed_at_any_change_of_the_disk_is_finished_or_has_done_nothing(tmp_path: Path, root: Path) -> None:
    before, after = dict(shown(root)), changed(root)
    ends: dict[str, int] = {"old": 0, "new": 0}
    spare = tmp_path / "spare"
    shutil.copytree(root, spare, symlinks=True)
    for _ in kills(lambda: change(root)):
        was_unfinished = is_unfinished(root)
        left = finish(root)
        assert not left
        found = shown(root)
        assert found == (after if was_unfinished or found.get(MANIFEST) else before)
        ends["new" if found == after else "old"] += 1
        shutil.rmtree(root)
        shutil.copytree(spare, root, symlinks=True)
    assert ends["old"] > 10
    assert ends["new"] > 20


def test_a_run_killed_while_it_puts_things_back_is_finished(tmp_path: Path, root: Path) -> None:
    after = changed(root)
    spare = tmp_path / "spare"
    shutil.copytree(root, spare, symlinks=True)

    def fail_at_the_end() -> None:
        with transaction(root) as work:
            fill(work, root)
            work.write("kept.txt", b"new", "file:of another content", mode=0o644)
            work.commit(MANIFEST, b"writing", b"done")

    def run() -> None:
        with pytest.raises(SourceError):
            fail_at_the_end()

    unfinished = 0
    for _ in kills(run):
        was_unfinished = is_unfinished(root)
        left = finish(root)
        unfinished += was_unfinished
        found = shown(root)
        assert left in (None, [], ["kept.txt"])
        assert found in (after, shown(spare))
        assert found == after if was_unfinished else True
        shutil.rmtree(root)
        shutil.copytree(spare, root, symlinks=True)
    assert unfinished > 20


def test_what_was_edited_after_the_kill_stays(root: Path) -> None:
    for _ in kills(lambda: change(root)):
        if is_unfinished(root) and (root / "b.py").read_text() == "b, old":
            break
    (root / "b.py").write_text("b, edited after the kill")
    assert finish(root) == ["b.py"]
    assert (root / "b.py").read_text() == "b, edited after the kill"
    assert (root / "pkg" / "a.py").read_text() == "pkg/a.py, new"
    assert not (root / PENDING).exists()
