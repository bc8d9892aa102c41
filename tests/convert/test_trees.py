"""Trees of several files: what one file means for another."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

from porter.convert import Conversion, convert_tree, detect_direction
from porter.errors import UsageError
from porter.findings import Level
from porter.source.tree import read_tree

from .harness import FIXTURES, Notes, line_of, rules

TREES = sorted(path.parent for path in (FIXTURES / "trees").glob("*/in"))
every_tree = pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
DEMO = FIXTURES / "demo"


@functools.cache
def convert(tree: Path) -> Conversion:
    """The conversion of a tree fixture, made once."""
    return convert_tree(read_tree(tree / "in"), rules(), Notes.read(tree / "findings.txt").settings("mindspore"))


def outputs(conversion: Conversion) -> dict[str, bytes]:
    """Relative path -> bytes of every Python file of the result."""
    files = {file.path: file.after for file in conversion.files if file.path not in conversion.removed}
    return files | {path: text.encode() for path, text in conversion.added.items()}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """Write `files` below `folder`."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@every_tree
def test_files(tree: Path, refresh: bool) -> None:
    after = outputs(convert(tree))
    if refresh:
        for path in (tree / "out").rglob("*.py"):
            path.unlink()
        write(tree / "out", after)
    expected = {path.relative_to(tree / "out").as_posix(): path.read_bytes() for path in (tree / "out").rglob("*.py")}
    assert sorted(after) == sorted(expected)
    for name, data in expected.items():
        assert after[name].decode() == data.decode(), name


@every_tree
def test_findings(tree: Path, refresh: bool) -> None:
    found = [line_of(finding, with_path=True) for finding in convert(tree).findings]
    notes = Notes.read(tree / "findings.txt")
    if refresh:
        notes.write(tree / "findings.txt", found)
        notes = Notes.read(tree / "findings.txt")
    assert found == list(notes.expected)


@every_tree
def test_second_run_changes_nothing(tree: Path, tmp_path: Path) -> None:
    once = outputs(convert(tree))
    options = Notes.read(tree / "findings.txt").settings("mindspore")
    again = convert_tree(read_tree(write(tmp_path, once)), rules(), options)
    assert {name: data.decode() for name, data in outputs(again).items()} == {
        name: data.decode() for name, data in once.items()
    }


@every_tree
def test_input_stays(tree: Path) -> None:
    before = {path: path.read_bytes() for path in (tree / "in").rglob("*") if path.is_file()}
    convert_tree(read_tree(tree / "in"), rules(), Notes.read(tree / "findings.txt").settings("mindspore"))
    assert {path: path.read_bytes() for path in (tree / "in").rglob("*") if path.is_file()} == before


@every_tree
def test_compiles_unless_the_input_does_not(tree: Path) -> None:
    for file in convert(tree).files:
        if file.failed:
            assert file.after == file.before
        else:
            compile(file.after, file.path, "exec", dont_inherit=True)


@every_tree
def test_data_files_are_not_converted(tree: Path) -> None:
    """The tree knows them, and the conversion does not touch them."""
    others = {path.relative_to(tree / "in").as_posix() for path in (tree / "in").rglob("*.*") if path.suffix != ".py"}
    source = read_tree(tree / "in")
    assert others <= set(source.others)
    assert not others & set(outputs(convert(tree)))


def test_demo_converts_without_a_manual_finding() -> None:
    conversion = convert_tree(read_tree(DEMO), rules(), Notes().settings("mindspore"))
    assert [str(finding) for finding in conversion.findings if finding.level is Level.MANUAL] == []
    text = "".join(file.after.decode() for file in conversion.files)
    assert "mindspore" in text
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) and "torch" in str(node)]


def test_several_jobs_give_the_same(tmp_path: Path) -> None:
    tree = FIXTURES / "trees" / "volumes"
    two = convert_tree(read_tree(tree / "in"), rules(), Notes().settings("mindspore"), jobs=2)
    assert outputs(two) == outputs(convert(tree))
    assert two.findings == convert(tree).findings
    assert two.sites == convert(tree).sites


@pytest.mark.parametrize(("name", "to"), [("volumes", "mindspore"), ("scripts", "mindspore"), ("back", "torch")])
def test_direction_is_found(name: str, to: str) -> None:
    assert detect_direction(read_tree(FIXTURES / "trees" / name / "in")) == to


@pytest.mark.parametrize("text", ["import torch\nimport mindspore\n", "import numpy\n", ""])
def test_direction_that_cannot_be_found_is_an_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(text)
    with pytest.raises(UsageError, match="--to"):
        detect_direction(read_tree(tmp_path))
