"""Where a result or a report may go."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.errors import SourceError, UsageError
from porter.output import check_report, check_target, read_manifest, write_report

IN_PLACE = '{"porter": "0", "to": "mindspore", "in_place": true}'


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
        (
            "full",
            "is not empty, and holds no porter.json of porter: choose another folder, or add --force, which keeps",
        ),
        ("converted", "was converted in place: choose another folder, or add --force, which keeps"),
    ],
)
def test_an_out_that_would_damage_something_is_refused(source: Path, tmp_path: Path, out: str, message: str) -> None:
    (tmp_path / "file").write_text("x")
    for name in ("full", "converted"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("x")
    (tmp_path / "converted" / "porter.json").write_text(IN_PLACE)
    with pytest.raises(UsageError, match=message):
        check_target(source, tmp_path / out, force=False)


@pytest.mark.parametrize("out", ["new", "a/new", "empty", "src2", "mirror"])
def test_an_out_that_harms_nothing_is_taken(source: Path, tmp_path: Path, out: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "porter.json").write_text('{"porter": "0", "to": "mindspore"}')
    check_target(source, tmp_path / out, force=False)


@pytest.mark.parametrize("out", ["full", "new"])
def test_force_takes_a_folder_that_is_not_empty(source: Path, tmp_path: Path, out: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    check_target(source, tmp_path / out, force=True)
    with pytest.raises(UsageError, match="lies in OUT"):
        check_target(source, tmp_path, force=True)


def test_a_file_as_source_may_have_out_beside_it(source: Path) -> None:
    check_target(source / "run.py", source / "out", force=False)


def test_a_link_to_out_is_looked_through(source: Path, tmp_path: Path) -> None:
    (tmp_path / "door").symlink_to(source / "pkg", target_is_directory=True)
    with pytest.raises(UsageError, match="lies in SRC"):
        check_target(source, tmp_path / "door", force=True)


@pytest.mark.parametrize("text", ['{"name": "a zoo"}', "[1, 2", "7", '{"porter": "0", "files": 3}', ""])
def test_a_porter_json_that_is_not_porters_is_told_and_kept(source: Path, tmp_path: Path, text: str) -> None:
    (source / "porter.json").write_text(text)
    with pytest.raises(SourceError, match="is no manifest of porter, which writes one under this name: rename it"):
        read_manifest(source)
    with pytest.raises(SourceError, match="is no manifest of porter"):
        check_target(tmp_path / "other", source, force=True)
    assert (source / "porter.json").read_text() == text


def test_a_manifest_of_any_version_is_read(source: Path) -> None:
    assert read_manifest(source) is None
    (source / "porter.json").write_text(
        '{"porter": "0", "to": "torch", "files": [{"path": "a.py", "changed": true, "sha256": "12"}]}'
    )
    manifest = read_manifest(source)
    assert manifest is not None
    assert (manifest.to, manifest.is_done, manifest.in_place) == ("torch", True, False)
    assert (manifest.written, manifest.edited) == ({"a.py": "file:12"}, frozenset({"a.py"}))


def test_a_report_goes_where_it_harms_nothing(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lies in SRC"):
        check_report(source / "pkg" / "r.json", source)
    with pytest.raises(UsageError, match="there is no folder"):
        check_report(tmp_path / "nowhere" / "r.json", None)
    with pytest.raises(UsageError, match="is a folder, expected the name of a file"):
        check_report(tmp_path, None)
    check_report(source / "r.json", None)
    check_report(tmp_path / "r.json", source)
    (tmp_path / "r.json").touch(mode=0o600)
    write_report(tmp_path / "r.json", "caf\u00e9 \udc80\n")
    assert (tmp_path / "r.json").read_bytes() == "caf\u00e9 ".encode() + b"\\udc80\n"
    assert (tmp_path / "r.json").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.json", "src"]
