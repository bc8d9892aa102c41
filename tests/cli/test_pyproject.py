"""`[tool.porter]`: a closed list of keys, wrong ones told all at once, the command line wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.cli import pyproject
from porter.cli.pyproject import Table, find_table
from porter.errors import PorterError, SourceError, UsageError
from tests.cli.conftest import NETWORK, Porter

EVERY = """
[tool.porter]
to = "torch"
platform = "any"
level = "safe"
whole = "site"
mark = false
exclude = ["old/*"]
extend-exclude = ["tests"]
include = ["gen.py"]
gitignore = false
rules = ["mine", "/abs"]
jobs = 3
[tool.porter.models.unet]
model = "pkg.net:UNet"
"""


def read(folder: Path, text: str) -> Table:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return find_table(folder)


def test_every_key_of_the_closed_list_can_be_set(tmp_path: Path) -> None:
    table = read(tmp_path, EVERY)
    assert set(table.values) == set(pyproject.KEYS)
    assert table.path == tmp_path / "pyproject.toml"
    assert table.folder == tmp_path
    assert table.strings("extend-exclude") == ("tests",)


@pytest.mark.parametrize("text", ["", "[tool.other]\nx = 1\n", "[project]\nname = 'x'\n", "tool = 3\n"])
def test_a_pyproject_without_the_table_sets_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / ".git").mkdir()
    assert read(tmp_path, text) == Table()


WRITING = ("'output' is not set here: what is written, and where, is said on the command line alone",)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("platfrom = 'any'", "unknown key 'platfrom' (did you mean 'platform'?)"),
        ("extend_exclude = []", "unknown key 'extend_exclude' (did you mean 'extend-exclude'?)"),
        ("no-mark = true", "unknown key 'no-mark' (say mark = false)"),
        ("help = true", "unknown key 'help', expected one of "),
        ("zzz = 1", "unknown key 'zzz', expected one of exclude, extend-exclude, gitignore, include, jobs, level"),
        ("platform = 'cpu'", "platform = 'cpu', expected one of gpu, any"),
        ("platform = 1", "platform = 1, expected one of gpu, any"),
        ("jobs = 0", "jobs = 0, expected a whole number from 1"),
        ("jobs = true", "jobs = True, expected a whole number from 1"),
        ("jobs = '2'", "jobs = '2', expected a whole number"),
        ("mark = 'yes'", "mark = 'yes', expected true or false"),
        ("exclude = 'a'", "exclude = 'a', expected a list of strings"),
        ("rules = [1]", "rules = [1], expected a list of strings"),
        ("whole = 'tree'", "whole = 'tree', expected one of site, class, file"),
        ("models = 3", "models = 3, expected a table of tables"),
        ("diff = true", "'diff' is not set here: it is about one run, and said on the command line"),
        *(
            (f"{key} = true", f"{key!r} is not set here: what is written, and where, is said on the command line alone")
            for key in ("output", "in-place", "force", "allow-dirty", "report", "data")
        ),
    ],
)
def test_a_wrong_table_is_named_with_file_key_and_what_was_expected(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        read(tmp_path, f"[tool.porter]\n{table}\n")
    assert str(error.value).startswith(f"{tmp_path / 'pyproject.toml'}: [tool.porter]: {message}")
    assert "\n" not in str(error.value)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'zzz'.*jobs = 0.*'force'"):
        read(tmp_path, "[tool.porter]\nzzz = 1\njobs = 0\nforce = true\n")


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
        find_table(tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with settings at its root, and a folder two levels down; settings above it that do not count."""
    (tmp_path / "pyproject.toml").write_text("[tool.porter]\nlevel = 'safe'\n")
    root = tmp_path / "project"
    (root / "src" / "pkg").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "pyproject.toml").write_text("[tool.porter]\nplatform = 'any'\n")
    (root / "src" / "pkg" / "net.py").write_text(NETWORK)
    return root


@pytest.mark.parametrize("place", [".", "src", "src/pkg", "src/pkg/net.py"])
def test_the_nearest_table_upwards_counts(project: Path, place: str) -> None:
    (project / "src" / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert find_table(project / place).path == project / "pyproject.toml"
    (project / "src" / "pyproject.toml").write_text("[tool.porter]\n")
    expected = project if place == "." else project / "src"
    assert find_table(project / place).path == expected / "pyproject.toml"


def test_what_lies_above_the_root_of_the_repository_does_not_count(project: Path, tmp_path: Path) -> None:
    (project / "pyproject.toml").unlink()
    assert find_table(project / "src") == Table()
    (project / ".git").rmdir()
    assert find_table(project / "src").path == tmp_path / "pyproject.toml"


def test_patterns_and_rules_are_relative_to_the_file_that_holds_them(porter: Porter, project: Path) -> None:
    (project / "src" / "old.py").write_text(NETWORK)
    (project / "mine").mkdir()
    (project / "mine" / "wrong.toml").write_text("x = 1\n")
    text = "[tool.porter]\nexclude = ['src/old.py']\n"
    (project / "pyproject.toml").write_text(text)
    ran = porter("convert", project / "src")
    assert f"porter: using [tool.porter] of {project / 'pyproject.toml'}" in ran.err
    assert "+++ b/pkg/net.py" in ran.out
    assert "old.py" not in ran.out
    (project / "pyproject.toml").write_text(f"{text}rules = ['mine']\n")
    ran = porter("convert", project / "src")
    assert (ran.code, str(project / "mine" / "wrong.toml") in ran.err) == (2, True)


def test_exclude_on_the_command_line_replaces_and_extend_exclude_adds(porter: Porter, project: Path) -> None:
    for name in ("a", "b", "c", "d"):
        (project / "src" / f"{name}.py").write_text(NETWORK)
    (project / "pyproject.toml").write_text("[tool.porter]\nexclude = ['a.py']\nextend-exclude = ['b.py']\n")

    def converted(*options: str) -> set[str]:
        out = porter("convert", project / "src", *options).out
        return {line.removeprefix("+++ b/") for line in out.splitlines() if line.startswith("+++")}

    assert converted() == {"c.py", "d.py", "pkg/net.py"}
    assert converted("--extend-exclude", "c.py") == {"d.py", "pkg/net.py"}
    assert converted("--exclude", "c.py") == {"a.py", "d.py", "pkg/net.py"}
    assert converted("--exclude", "c.py", "--extend-exclude", "d.py") == {"a.py", "pkg/net.py"}


def test_what_a_table_switches_off_the_command_line_switches_on(porter: Porter, project: Path) -> None:
    (project / ".gitignore").write_text("ignored.py\n")
    (project / "src" / "ignored.py").write_text(NETWORK)
    (project / "pyproject.toml").write_text("[tool.porter]\ngitignore = false\n")
    assert "ignored.py" in porter("convert", project / "src").out
    assert "ignored.py" not in porter("convert", project / "src", "--gitignore").out


def test_whole_is_set_by_a_table_and_the_command_line_wins(porter: Porter, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.porter]\nwhole = 'file'\n")
    (project / "src" / "pkg" / "net.py").write_text(NETWORK + "\n\nodd = nn.Bilinear(2, 3, 4)\n")
    path = "src/pkg/net.py"
    ran = porter("convert", project / path)
    assert "net.py:1:1: manual PT039 whole: net.py stays as it was: no rule for torch.nn.Bilinear\n" in ran.err
    assert "InstanceNorm3d" not in "".join(line for line in ran.out.splitlines() if line.startswith("-"))
    ran = porter("convert", project / path, "--whole", "class")
    assert "net.py:13:1: manual PT039 whole: odd stays as it was: no rule for torch.nn.Bilinear\n" in ran.err
    assert "+        self.norm = ms_nn.InstanceNorm3d(c, affine=False)" in ran.out
    ran = porter("convert", project / path, "--whole", "site")
    assert "net.py:13:7: manual PT001 torch.nn.Bilinear: no rule for torch.nn.Bilinear\n" in ran.err
    assert ran.code == 1


def test_check_tells_models_that_it_does_not_run(porter: Porter, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.porter.models.unet]\nmodel = 'pkg:UNet'\n")
    ran = porter("check", project / "src", project / "nowhere")
    assert "porter: 1 of [tool.porter.models] is not run: this version checks places, not whole models yet" in ran.err
