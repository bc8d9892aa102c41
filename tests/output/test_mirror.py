"""A new OUT: complete or not at all, permissions and links kept, nothing left behind."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from porter.errors import SourceError, UsageError
from porter.output import Wanted, disk, make
from tests.output.conftest import compose, kills, shown, wanted


def visible(out: Path) -> dict[str, object]:
    """What lies in OUT, but for what porter keeps for the next time."""
    found: dict[str, object] = {path: what for path, what in shown(out).items() if not path.startswith(".porter")}
    return found


def test_a_tree_is_mirrored_with_permissions_and_links(source: Path, tmp_path: Path) -> None:
    before = shown(source)
    out = tmp_path / "out"
    written = make(source, out, wanted(source), compose)
    after = visible(out)
    assert after.pop("porter.json") == (0o644, compose(written, True))
    assert after.pop("pkg/a.py") == (before["pkg/a.py"][0], b"import mindspore\r\n")
    assert after == {path: what for path, what in before.items() if path != "pkg/a.py"}
    assert shown(source) == before
    assert written.prints["data.bin"] == disk.file_print(bytes(range(256)))
    assert written.prints["linked"] == "link:pkg"


def test_what_was_written_is_kept_for_the_next_time_where_it_is_text(source: Path, tmp_path: Path) -> None:
    (source / ".gitignore").write_bytes(b"*\n")
    (source / "long.txt").write_bytes(b"line\n" * 300_000)
    more = {name: Wanted(source=source / name) for name in (".gitignore", "long.txt")}
    make(source, tmp_path / "out", wanted(source) | more, compose)
    kept = {p.relative_to(tmp_path / "out/.porter/last").as_posix() for p in (tmp_path / "out/.porter/last").rglob("*")}
    assert kept == {"pkg", "pkg/a.py.last", "run.py.last", ".gitignore.last"}
    assert (tmp_path / "out/.porter/last/pkg/a.py.last").read_bytes() == b"import mindspore\r\n"
    about = " ".join((tmp_path / "out/.porter/README.md").read_text().split())
    assert "keep it beside them under version control" in about


def test_a_read_only_folder_stays_read_only(source: Path, tmp_path: Path) -> None:
    (source / "pkg").chmod(0o555)
    try:
        make(source, tmp_path / "out", wanted(source), compose)
        assert shown(tmp_path / "out")["pkg"][0] == 0o555
    finally:
        for folder in (source, tmp_path / "out"):
            (folder / "pkg").chmod(0o755)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "ctrl-c"])
@pytest.mark.parametrize("existing", [False, True], ids=["new", "empty"])
def test_an_interrupted_write_leaves_nothing_behind(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, existing: bool
) -> None:
    out = tmp_path / "deep" / "er" / "out"
    if existing:
        out.mkdir(parents=True)
    before = shown(tmp_path)
    copied: list[Path] = []
    copy = shutil.copystat

    def fail_at_the_second(source: Path, target: Path, **options: bool) -> None:
        copied.append(target)
        if len(copied) == 1:
            raise error
        copy(source, target, **options)

    monkeypatch.setattr(shutil, "copystat", fail_at_the_second)
    with pytest.raises((SourceError, KeyboardInterrupt)):
        make(source, out, wanted(source), compose)
    assert copied
    assert shown(tmp_path) == before


def test_an_empty_folder_takes_the_result_and_a_filled_one_does_not(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir(mode=0o750)
    make(source, out, wanted(source), compose)
    assert out.stat().st_mode & 0o777 == 0o750
    before = shown(tmp_path)
    with pytest.raises(UsageError, match="has been filled in the meantime: choose another folder, or add --force"):
        make(source, out, wanted(source), compose)
    assert shown(tmp_path) == before


def test_what_cannot_be_read_is_a_finding_and_the_rest_is_written(source: Path, tmp_path: Path) -> None:
    os.mkfifo(source / "pipe")
    more = {"pipe": Wanted(source=source / "pipe"), "nowhere": Wanted(source=source / "nowhere")}
    written = make(source, tmp_path / "out", more | wanted(source), compose)
    assert sorted(written.failed) == ["nowhere", "pipe"]
    assert [str(finding) for finding in sorted(written.findings)] == [
        "nowhere:1:1: manual PT054 file: cannot be read: No such file or directory; it was not copied",
        "pipe:1:1: manual PT054 file: cannot be read: is no file, folder or link any more; it was not copied",
    ]
    assert "pipe" not in visible(tmp_path / "out")
    assert "pipe" not in written.prints
    assert (tmp_path / "out" / "data.bin").is_file()


def test_a_run_killed_at_any_change_of_the_disk_leaves_out_whole_or_absent(source: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    out = work / "out"
    make(source, out, wanted(source), compose)
    whole, untouched = shown(out), shown(source)
    shutil.rmtree(out)
    for _ in kills(lambda: make(source, out, wanted(source), compose)):
        assert not out.exists() or shown(out) == whole
        if out.exists():
            shutil.rmtree(out)
        make(source, out, wanted(source), compose)
        assert [path.name for path in work.iterdir()] == ["out"]
        assert shown(out) == whole
        shutil.rmtree(out)
    assert shown(source) == untouched


def test_what_a_living_porter_prepares_beside_is_not_swept(source: Path, tmp_path: Path) -> None:
    living, dead, users = (tmp_path / f".out.porter-{end}" for end in ("0000000a", "0000000b", "notes"))
    for folder in (living, dead, users):
        folder.mkdir()
        (folder / "x").write_text("x")
    with disk.locked(living):
        make(source, tmp_path / "out", wanted(source), compose)
    assert sorted(path.name for path in tmp_path.iterdir()) == [living.name, users.name, "out", "src"]
