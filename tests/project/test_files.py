"""The shape of the project: file lengths, a changelog that says something, rules that travel in the wheel."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import porter

ROOT = Path(__file__).parents[2]
LONGEST = 300


@pytest.mark.parametrize(
    "path",
    [path for folder in ("porter", "tests") for path in sorted((ROOT / folder).rglob("*.py"))],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_no_file_is_too_long_to_be_read_at_once(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST


def test_the_changelog_tells_what_this_version_changes() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    version = next(line for line in lines if line.startswith("## "))
    assert version.split()[1] == porter.__version__
    assert any(line.startswith("- ") for line in lines[lines.index(version) :])


def test_dependencies_are_light() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {requirement.split(">")[0] for requirement in project["dependencies"]}
    assert names == {"click", "libcst", "merge3", "pathspec", "rich"}
    check = {requirement.split(">")[0].split("<")[0] for requirement in project["optional-dependencies"]["check"]}
    assert check == {"torch", "mindspore", "numpy"}


def test_the_wheel_holds_the_rules_beside_the_code(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    rules = {
        f"porter/_rules/{path.relative_to(ROOT / 'rules').as_posix()}" for path in (ROOT / "rules").rglob("*.toml")
    }
    assert rules
    assert rules <= names
    assert "porter/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "fixtures/"))]
