"""Files whose bytes are odd: line ends, encodings, no final newline, and files that are no Python 3 at all."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from porter.convert import Conversion, FileResult, convert_tree
from porter.source.walk import read_tree

from .harness import FIXTURES, Notes, beside, line_of, rules

ODD = sorted((FIXTURES / "bytes").glob("*.in.py"))
NEWER = sorted((FIXTURES / "py312").glob("*.in.py"))
needs_312 = pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
FILES = [*ODD, *(pytest.param(path, marks=needs_312) for path in NEWER)]
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".in.py"))


def convert(path: Path) -> Conversion:
    """The conversion of a folder of one file."""
    options = Notes.read(beside(path, ".txt")).settings("mindspore")
    return convert_tree(read_tree(path), rules(), options)


def only(conversion: Conversion) -> FileResult:
    """The one file of the conversion."""
    (file,) = conversion.files
    return file


@every_file
def test_bytes(path: Path, refresh: bool) -> None:
    after = only(convert(path)).after
    expected = beside(path, ".out.py")
    if refresh:
        expected.write_bytes(after)
    assert after == expected.read_bytes()


@every_file
def test_findings(path: Path, refresh: bool) -> None:
    conversion = convert(path)
    found = [line_of(finding) for finding in conversion.findings]
    found += ["failed"] if only(conversion).failed else []
    notes = Notes.read(beside(path, ".txt"))
    if refresh:
        notes.write(beside(path, ".txt"), found)
        notes = Notes.read(beside(path, ".txt"))
    assert found == list(notes.expected)


@every_file
def test_a_file_that_fails_is_a_copy_with_a_finding(path: Path) -> None:
    conversion = convert(path)
    file = only(conversion)
    assert file.before == path.read_bytes()
    if file.failed:
        assert file.after == file.before
        assert conversion.findings


@every_file
def test_line_ends_stay(path: Path) -> None:
    """No line end is added or changed to another kind but on lines that are new."""
    file = only(convert(path))
    if b"\r\n" in file.before and b"\n" not in file.before.replace(b"\r\n", b""):
        assert b"\n" not in file.after.replace(b"\r\n", b"")
    if b"\r" not in file.before:
        assert b"\r" not in file.after
    assert file.after.endswith(b"\n") == file.before.endswith(b"\n")


@every_file
def test_second_run_changes_nothing(path: Path, tmp_path: Path) -> None:
    after = only(convert(path)).after
    again = tmp_path / path.name
    again.write_bytes(after)
    options = Notes.read(beside(path, ".txt")).settings("mindspore")
    assert only(convert_tree(read_tree(again), rules(), options)).after == after


def test_a_long_file_and_a_deep_one(tmp_path: Path) -> None:
    """10,000 lines, every second one with a site; and a call 60 levels deep."""
    rows = "".join(f"n{i} = nn.InstanceNorm3d({i + 1})  # {i}\nm{i} = n{i}\n" for i in range(5000))
    (tmp_path / "long.py").write_text("import torch.nn as nn\n" + rows)
    deep = "nn.Sequential(" * 60 + "nn.InstanceNorm3d(3)" + ")" * 60
    (tmp_path / "deep.py").write_text(f"import torch.nn as nn\nnet = {deep}\nlist = {'[' * 60}{']' * 60}\n")
    conversion = convert_tree(read_tree(tmp_path), rules(), Notes().settings("mindspore"))
    texts = {file.path: file.after.decode() for file in conversion.files}
    assert not any(file.failed for file in conversion.files)
    assert texts["long.py"].count("affine=False)  # ") == 5000
    assert texts["deep.py"].count("nn.SequentialCell(") == 60
    assert "nn.InstanceNorm3d(3, affine=False)" in texts["deep.py"]
