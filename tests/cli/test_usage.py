"""Wrong usage and bad input: one line that says what was found, what was expected and what to do; code 2."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import porter as package
from tests.cli.conftest import NETWORK, Porter, child, fingerprint, with_porter

Tree = Callable[..., Path]

WRONG = {
    "convert": "missing argument 'SRC'; see porter convert --help",
    "convert nowhere": "nowhere: not found; a folder or a .py file is expected",
    "convert notes.txt": "notes.txt: not a .py file; a folder, a .py file or - is expected",
    "convert src src": "got unexpected extra argument (src); see porter convert --help",
    "convert src --nonsense": "--nonsense",
    "convert src --to tensorflow": "invalid value for '--to': 'tensorflow' is not one of 'mindspore', 'torch'",
    "convert src --platform cpu": "invalid value for '--platform': 'cpu' is not one of 'gpu', 'any'",
    "convert src --whole tree": "invalid value for '--whole': 'tree' is not one of 'site', 'class', 'file'",
    "convert src --level manual": "invalid value for '--level': 'manual' is not one of 'safe', 'review'",
    "convert src --jobs 0": "invalid value for '--jobs': 0 is not in the range x>=1",
    "convert src -o out --in-place": "-o, --in-place and --diff exclude each other: choose one",
    "convert src --diff --in-place": "-o, --in-place and --diff exclude each other: choose one",
    "convert src --diff --format json": "would both go to standard output: add --report FILE",
    "convert src -o src/out": "OUT src/out lies in SRC src: choose a folder outside it, or use --in-place",
    "convert src -o src --force": "OUT src lies in SRC src",
    "convert src -o .": "SRC src lies in OUT ., which would replace it: choose another folder",
    "convert src -o full": "OUT full is not empty, and holds no porter.json of porter: choose another folder,",
    "convert src -o notes.txt": "OUT notes.txt is a file, expected a folder",
    "convert src -o notes.txt/out": "notes.txt, which is a file, expected a folder",
    "convert src --report src/r.txt": "--report src/r.txt lies in SRC src, which is not written to",
    "convert src --report nowhere/r.txt": "--report nowhere/r.txt: there is no folder nowhere: make it first",
    "convert src --report full": "--report full is a folder, expected the name of a file",
    "convert src --rules nowhere": "nowhere: not a folder; a folder of rule files is expected",
    "convert plain": "found 0 files that import torch and 0 that import mindspore",
    "convert both": "found 1 files that import torch and 1 that import mindspore",
    "convert - -o out": "SRC is standard input, and its result goes to standard output: leave out -o and --in-place",
    "convert - --in-place": "SRC is standard input",
    "convert - --format json": "would both go to standard output: add --report FILE",
    "check": "0 arguments are given, expected SRC and OUT, or --rules; see porter check --help",
    "check src": "1 arguments are given, expected SRC and OUT, or --rules",
    "check src nowhere": "nowhere: not found; check needs SRC and the OUT that porter convert wrote from it",
    "check src full --set c": "--set 'c': expected NAME=VALUE, such as --set channels=8",
    "check src full --set 1=2": "--set '1=2': expected NAME=VALUE",
    "check src full --report src/r": "--report src/r lies in SRC src",
    "check --rules --report nowhere/r": "there is no folder nowhere",
    "check --rules --site a.py:1": "--site and --set are about SRC and OUT: leave them out with --rules",
    "rules nn.InstanceNorm4d": "no rule is named nn.InstanceNorm4d; did you mean nn.InstanceNorm",
    "rules qqqqqq": "no rule is named qqqqqq; `porter rules` lists all",
    "rules nn.Conv3d --missing src": "NAME nn.Conv3d and --missing src exclude each other: choose one",
    "rules --missing nowhere": "nowhere: not found; a folder or a .py file is expected",
    "nonsense": "no such command 'nonsense'",
}


@pytest.fixture
def places(tree: Tree, tmp_path: Path) -> Path:
    """src (converts), plain (no framework), both (two frameworks), full (not empty) and notes.txt."""
    tree(net=NETWORK)
    for name, text in {"plain": "x = 1\n", "both": "import torch\nimport mindspore\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text(text)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "precious").write_text("x")
    (tmp_path / "notes.txt").write_text("x")
    return tmp_path


@pytest.mark.parametrize("command", WRONG)
def test_wrong_usage_is_one_line_and_code_2(porter: Porter, places: Path, command: str) -> None:
    before = fingerprint(places)
    ran = porter(*command.split())
    assert ran.code == 2
    assert ran.out == ""
    *_, last = ran.err.strip().splitlines()
    assert WRONG[command] in ran.err
    assert last.startswith(("porter: ", "  "))
    assert "Traceback" not in ran.err
    assert fingerprint(places) == before


@pytest.mark.parametrize("name", ["plain", "both"])
def test_a_direction_that_cannot_be_found_names_the_option(porter: Porter, places: Path, name: str) -> None:
    ran = porter("convert", name)
    assert ran.code == 2
    assert "--to" in ran.err
    assert porter("convert", name, "--to", "mindspore").code == 0


def test_rule_files_with_several_faults_tell_all_of_them(porter: Porter, places: Path) -> None:
    rules = places / "mine" / "nn"
    rules.mkdir(parents=True)
    (rules / "Foo.toml").write_text("[torch]\nname = 'torch.nn.Bar'\n[mindspore]\n[param.x]\nnonsense = 1\n")
    (rules / "Baz.toml").write_text("[torch\n")
    ran = porter("convert", "src", "--rules", "mine")
    assert ran.code == 2
    assert ran.err.startswith("porter: ")
    for part in ("nn/Foo.toml", "'torch.nn.Bar'", "'nonsense'", "nn/Baz.toml: not TOML"):
        assert part in ran.err


def test_an_unknown_key_in_pyproject_stops_the_run(porter: Porter, places: Path) -> None:
    (places / "src" / "pyproject.toml").write_text("[tool.porter]\nplatfrom = 'any'\n")
    before = fingerprint(places)
    for command in (("convert", "src", "-o", "out"), ("check", "src", "full")):
        ran = porter(*command)
        assert ran.code == 2
        assert (
            ran.err == "porter: src/pyproject.toml: [tool.porter]: unknown key 'platfrom' (did you mean 'platform'?)\n"
        )
    assert fingerprint(places) == before


def test_a_folder_that_cannot_be_written_is_one_line(
    porter: Porter, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *_arguments: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    ran = porter("convert", "src", "-o", "out")
    assert ran.code == 2
    assert "Permission denied" in ran.err.splitlines()[-1]


def test_a_source_file_that_cannot_be_read_is_one_finding(
    porter: Porter, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def refuse(path: str, flags: int, *rest: int, **options: int) -> int:
        if str(path).endswith("secret.py"):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, flags, *rest, **options)

    (places / "src" / "secret.py").write_text("import torch\n")
    monkeypatch.setattr(os, "open", refuse)
    ran = porter("convert", "src")
    assert ran.code == 2
    assert "secret.py:1:1: " in ran.err
    assert "Permission denied" in ran.err
    assert "affine=False" in ran.out


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_listed_is_one_line(porter: Porter, places: Path) -> None:
    (places / "src" / "closed").mkdir(mode=0)
    ran = porter("convert", "src")
    assert ran.code == 2
    assert "closed: cannot be listed: Permission denied" in ran.err


def test_an_error_in_porter_itself_is_not_code_1() -> None:
    script = "import porter.cli as c; c.run = lambda a: 1 / 0; c.main([])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=with_porter())
    assert ran.returncode == 2
    assert "ZeroDivisionError" in ran.stderr
    assert ran.stderr.endswith("porter: this is a bug in porter; please report it with the lines above\n")


@pytest.mark.parametrize("arguments", [("--help",), ("convert", "src"), ("convert", "src", "-o", "out"), ("rules",)])
def test_no_framework_is_loaded(places: Path, arguments: tuple[str, ...]) -> None:
    script = (
        "import sys; from porter.cli import run; code = run(sys.argv[1:]);"
        "heavy = {'torch', 'mindspore', 'numpy', 'triton'} & set(sys.modules);"
        "sys.exit(f'loaded {heavy}' if heavy or code else 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=places, capture_output=True, text=True, env=with_porter()
    )
    assert ran.returncode == 0, ran.stderr


def test_help_and_version(porter: Porter) -> None:
    assert porter("--version").out == f"porter {package.__version__}\n"
    for command in ("convert", "check", "rules"):
        ran = porter(command, "-h")
        assert ran.code == 0
        assert "Exit code: 0" in ran.out
    ran = porter()
    assert ran.code == 2
    assert "Commands:" in ran.err


def test_python_dash_m_is_the_same_program() -> None:
    ran = child("convert")
    assert ran.returncode == 2
    assert ran.stderr == b"porter: missing argument 'SRC'; see porter convert --help\n"
