"""Writing: complete or not at all, permissions and links kept, nothing lost when something fails."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from porter import output
from porter.errors import SourceError, UsageError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A tree with a script, a data file, a link, a linked folder and an empty folder."""
    root = tmp_path / "src"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "a.py").write_bytes(b"import torch\r\n")
    (root / "run.py").write_bytes(b"#!/usr/bin/env python\n")
    (root / "run.py").chmod(0o755)
    (root / "data.bin").write_bytes(bytes(range(256)))
    (root / "data.bin").chmod(0o640)
    (root / "link.txt").symlink_to("data.bin")
    (root / "linked").symlink_to("pkg", target_is_directory=True)
    (root / "dangling").symlink_to("nowhere")
    return root


OTHERS = ("data.bin", "link.txt", "linked", "dangling")


def shown(root: Path) -> dict[str, tuple[int, bytes | str | None]]:
    """Path -> (permissions, content or where a link points), for all that lies below."""
    found: dict[str, tuple[int, bytes | str | None]] = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            found[path.relative_to(root).as_posix()] = (0, str(path.readlink()))
        else:
            content = path.read_bytes() if path.is_file() else None
            found[path.relative_to(root).as_posix()] = (path.stat().st_mode & 0o7777, content)
    return found


def write(source: Path, out: Path, *, force: bool = False, **more: bytes) -> None:
    files = {"pkg/a.py": b"import mindspore\r\n", "run.py": b"#!/usr/bin/env python\n"}
    output.write_tree(source, out, {**files, "porter.json": b"{}", **more}, OTHERS, force=force)


def test_a_tree_is_mirrored_with_permissions_and_links(source: Path, tmp_path: Path) -> None:
    before = shown(source)
    out = tmp_path / "out"
    write(source, out)
    after = shown(out)
    assert after.pop("porter.json")[1] == b"{}"
    assert after.pop("pkg/a.py") == (before.pop("pkg/a.py")[0], b"import mindspore\r\n")
    assert after == before
    assert shown(source)["pkg/a.py"][1] == b"import torch\r\n"


def test_a_read_only_folder_stays_read_only(source: Path, tmp_path: Path) -> None:
    (source / "pkg").chmod(0o555)
    try:
        write(source, tmp_path / "out")
        assert shown(tmp_path / "out")["pkg"][0] == 0o555
    finally:
        for folder in (source, tmp_path / "out"):
            (folder / "pkg").chmod(0o755)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "ctrl-c"])
@pytest.mark.parametrize("existing", [False, True], ids=["new", "replaced"])
def test_an_interrupted_write_leaves_nothing_behind(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, existing: bool
) -> None:
    out = tmp_path / "deep" / "er" / "out"
    if existing:
        out.mkdir(parents=True)
        (out / "keep.txt").write_text("precious")
    before = shown(tmp_path)
    copy = shutil.copy2

    def fail_at_the_second(*arguments: object, **options: bool) -> object:
        monkeypatch.setattr(shutil, "copy2", raise_error)
        return copy(*arguments, **options)  # type: ignore[call-overload]

    def raise_error(*_arguments: object, **_options: bool) -> None:
        raise error

    monkeypatch.setattr(shutil, "copy2", fail_at_the_second)
    with pytest.raises((SourceError, KeyboardInterrupt)):
        write(source, out, force=True)
    assert shown(tmp_path) == before


def test_force_puts_the_old_tree_back_when_the_last_step_fails(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "keep.txt").write_text("precious")
    before = shown(tmp_path)
    rename = Path.rename

    def fail_for_the_new_one(self: Path, target: Path) -> Path:
        if self.name.startswith(".out.porter-") and not self.name.endswith(".old"):
            raise OSError(13, "Permission denied", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new_one)
    with pytest.raises(SourceError, match="Permission denied"):
        write(source, out, force=True)
    assert shown(tmp_path) == before


def test_force_replaces_and_an_empty_folder_needs_no_force(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write(source, out)
    (out / "old.txt").write_text("old")
    with pytest.raises(UsageError, match="filled in the meantime"):
        write(source, out)
    write(source, out, force=True)
    assert not (out / "old.txt").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "src"]


def test_a_device_or_pipe_is_an_error_of_one_line(source: Path, tmp_path: Path) -> None:
    os.mkfifo(source / "pipe")
    with pytest.raises(SourceError, match=r"pipe.* is a named pipe, expected files, folders and links only") as error:
        output.write_tree(source, tmp_path / "out", {}, [*OTHERS, "pipe"], force=False)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("src", "lies in SRC .*choose a folder outside it, or use --in-place"),
        ("src/out", "lies in SRC"),
        ("src/../src/a/b", "lies in SRC"),
        (".", "SRC .* lies in OUT .*choose another folder"),
        ("x.py", "named like a file, expected a folder"),
        ("file/x", "lies below .*file, which is a file, expected a folder"),
        ("file", "is a file, expected a folder"),
        ("full", "exists and is not empty: choose another folder, or replace it with --force"),
    ],
)
def test_an_out_that_would_damage_something_is_refused(source: Path, tmp_path: Path, out: str, message: str) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    with pytest.raises(UsageError, match=message):
        output.check_target(source, tmp_path / out, force=False)


@pytest.mark.parametrize("out", ["new", "a/new", "empty", "src2"])
def test_an_out_that_harms_nothing_is_taken(source: Path, tmp_path: Path, out: str) -> None:
    (tmp_path / "empty").mkdir()
    output.check_target(source, tmp_path / out, force=False)


def test_a_file_as_source_may_have_out_beside_it(source: Path) -> None:
    output.check_target(source / "run.py", source / "out", force=False)


def test_a_link_to_out_is_looked_through(source: Path, tmp_path: Path) -> None:
    (tmp_path / "door").symlink_to(source / "pkg", target_is_directory=True)
    with pytest.raises(UsageError, match="lies in SRC"):
        output.check_target(source, tmp_path / "door", force=True)


def test_in_place_replaces_the_named_files_only(source: Path) -> None:
    before = shown(source)
    output.write_in_place(source, {"run.py": b"new", "pkg/porter_layers.py": b"layers"}, removed=["pkg/a.py"])
    after = shown(source)
    assert after.pop("run.py") == (before.pop("run.py")[0], b"new")
    assert after.pop("pkg/porter_layers.py")[1] == b"layers"
    assert before.pop("pkg/a.py")
    assert after == before


def test_in_place_changes_nothing_when_one_file_cannot_be_written(source: Path) -> None:
    before = shown(source)
    with pytest.raises(SourceError, match=r"data\.bin"):
        output.write_in_place(source, {"run.py": b"new", "data.bin/inside.py": b"x"})
    assert shown(source) == before


def test_a_manifest_that_is_not_porters_is_kept(source: Path) -> None:
    output.check_manifest(source, OTHERS)
    (source / "porter.json").write_text('{"porter": "0.1.0"}')
    output.check_manifest(source, [*OTHERS, "porter.json"])
    for text in ('{"name": "a zoo"}', "[1, 2", "7"):
        (source / "porter.json").write_text(text)
        with pytest.raises(SourceError, match="is no manifest of porter"):
            output.check_manifest(source, [*OTHERS, "porter.json"])


def test_a_report_goes_where_it_harms_nothing(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lies in SRC"):
        output.check_report(source / "pkg" / "r.json", source)
    with pytest.raises(UsageError, match="there is no folder"):
        output.check_report(tmp_path / "nowhere" / "r.json", None)
    with pytest.raises(UsageError, match="is a folder, expected the name of a file"):
        output.check_report(tmp_path, None)
    output.check_report(source / "r.json", None)
    output.check_report(tmp_path / "r.json", source)
    output.write_report(tmp_path / "r.json", "caf\u00e9 \udc80\n")
    assert (tmp_path / "r.json").read_bytes() == "caf\u00e9 ".encode() + b"\\udc80\n"
