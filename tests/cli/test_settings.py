"""`[tool.porter]`: any option, wrong keys told all at once, the command line wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from porter import settings
from porter.cli import cli
from porter.errors import PorterError, SourceError, UsageError

COMMANDS = [cli.commands[name] for name in ("convert", "check", "rules")]


def read(folder: Path, text: str) -> dict[str, Any]:
    path = folder / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return settings.defaults(settings.read_table(folder), path, COMMANDS)


def test_every_option_of_convert_and_check_can_be_set(tmp_path: Path) -> None:
    values = read(
        tmp_path,
        """
        [tool.porter]
        output = "out"
        in-place = true
        diff = false
        to = "torch"
        platform = "any"
        level = "safe"
        rules = ["mine", "/abs"]
        exclude = ["old/*"]
        jobs = 3
        force = true
        no-mark = true
        format = "json"
        report = "r.json"
        site = ["a.py:3"]
        set = ["c=3"]
        """,
    )
    assert values == {
        "out": str(tmp_path / "out"),
        "in_place": True,
        "diff": False,
        "to": "torch",
        "platform": "any",
        "level": "safe",
        "rule_dirs": [str(tmp_path / "mine"), "/abs"],
        "exclude": ["old/*"],
        "jobs": 3,
        "force": True,
        "no_mark": True,
        "format_": "json",
        "report": str(tmp_path / "r.json"),
        "sites": ["a.py:3"],
        "names": ["c=3"],
    }
    options = {p.name for c in COMMANDS[:2] for p in c.params if isinstance(p, click.Option)}
    assert set(values) == options - {"of_rules", "help"}


@pytest.mark.parametrize("text", ["", "[tool.other]\nx = 1\n", "[project]\nname = 'x'\n", "tool = 3\n"])
def test_a_pyproject_without_the_table_sets_nothing(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == {}


def test_a_tree_without_pyproject_sets_nothing(tmp_path: Path) -> None:
    assert settings.read_table(tmp_path) == {}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("platfrom = 'any'", r"unknown key 'platfrom' \(did you mean 'platform'\?\)"),
        ("no_mark = true", r"unknown key 'no_mark' \(did you mean 'no-mark'\?\)"),
        ("help = true", "unknown key 'help', expected one of "),
        ("zzz = 1", "unknown key 'zzz', expected one of diff, exclude, force"),
        ("platform = 'cpu'", "platform = 'cpu', expected one of gpu, any"),
        ("platform = 1", "platform = 1, expected one of gpu, any"),
        ("jobs = 0", "jobs = 0, expected a whole number from 1"),
        ("jobs = true", "jobs = True, expected a whole number from 1"),
        ("jobs = '2'", "jobs = '2', expected a whole number"),
        ("force = 'yes'", "force = 'yes', expected true or false"),
        ("exclude = 'a'", "exclude = 'a', expected a list of strings"),
        ("rules = [1]", r"rules = \[1\], expected a list of strings"),
        ("output = 1", "output = 1, expected a string"),
    ],
)
def test_a_wrong_table_is_named_with_file_key_and_what_was_expected(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        read(tmp_path, f"[tool.porter]\n{table}\n")
    assert str(error.value).startswith(f"{tmp_path / 'pyproject.toml'}: [tool.porter]: ")
    assert "\n" not in str(error.value)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'zzz'.*jobs = 0.*'qqq'"):
        read(tmp_path, "[tool.porter]\nzzz = 1\njobs = 0\nqqq = 2\n")


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"[tool.porter\n", SourceError, "is not valid TOML"),
        (b"\xff\xfe", SourceError, "is not valid TOML"),
        (b"[tool]\nporter = 3\n", UsageError, r"tool.porter is a number, expected a table \[tool.porter\]"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(
    tmp_path: Path, content: bytes, kind: type[PorterError], message: str
) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    with pytest.raises(kind, match=message):
        settings.read_table(tmp_path)
