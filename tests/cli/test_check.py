"""`porter check` as a command: verdict, exit code, report; what the numbers are worth is tested in tests/check."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Porter, child, fingerprint, with_porter

NORM = "import torch.nn as nn\n\n\ndef norm(self):\n    return nn.BatchNorm3d(self.channels, momentum=0.25)\n"


@pytest.fixture
def converted(porter: Porter, tree: Callable[..., Path], tmp_path: Path) -> tuple[Path, Path]:
    """SRC and OUT of a small tree."""
    src, out = tree(net=NORM), tmp_path / "out"
    assert porter("convert", src, "-o", out).code == 0
    return src, out


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.usefixtures("lent")
def test_a_right_tree_is_ok_and_neither_tree_is_touched(porter: Porter, converted: tuple[Path, Path]) -> None:
    before = [fingerprint(root) for root in converted]
    ran = porter("check", *converted, "--set", "self.channels=8", "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    results = json.loads(ran.out)["results"]
    verdicts = [(r["path"], r["line"], r["verdict"]) for r in results]
    assert verdicts == [("net.py", 5, "ok"), ("net.py", 5, "ok"), ("net.py", 5, "not run")]
    assert "keeps its mode" in results[2]["detail"]  # porter_layers.fresh around the call
    assert results[0]["samples"] == {"self.channels": "8"}
    assert [fingerprint(root) for root in converted] == before


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.usefixtures("lent")
def test_a_wrong_tree_is_a_mismatch_in_text_and_json(
    porter: Porter, converted: tuple[Path, Path], tmp_path: Path
) -> None:
    for name in ("net.py", "porter.json"):  # as if the converter had written a wrong momentum
        path = converted[1] / name
        text = path.read_text()
        assert "momentum=0.75" in text
        path.write_text(text.replace("momentum=0.75", "momentum=0.5"))
    report = tmp_path / "report.json"
    ran = porter("check", *converted, "--format", "json", "--report", report)
    assert ran.code == 1
    assert "mismatch" in ran.out
    assert "Traceback" not in ran.err
    assert ran.out.splitlines()[1].split() == [
        "mismatch",
        *["2", "mismatch,", "1", "not", "run"],
        "net.py:5",
        *["nn.BatchNorm3d(self.channels,", "momentum=0.25)"],
    ]
    assert [line for line in ran.out.splitlines() if line != line.rstrip()] == []
    assert f"note: {converted[1] / 'net.py'} was edited after convert wrote it" in ran.out
    kept = json.loads(report.read_text())
    assert kept["exit_code"] == 1 and kept["counts"]["mismatch"] == 2


SETTINGS = {
    "channels": "--set 'channels': expected NAME=VALUE, such as --set channels=8 or --set self.channels=8",
    "=8": "--set '=8': expected NAME=VALUE",
    "8=8": "--set '8=8': expected NAME=VALUE",
    "a b=8": "--set 'a b=8': expected NAME=VALUE",
    "self.=8": "--set 'self.=8': expected NAME=VALUE",
    "f(x)=8": "--set 'f(x)=8': expected NAME=VALUE",
    "channels=": "--set 'channels=': '' is no literal, such as 8, 0.5, (1, 2), True or \"'same'\"",
    "mode=same": "--set 'mode=same': 'same' is no literal",
    "channels==8": "--set 'channels==8': '=8' is no literal",
    "channels=8": "--set channels=8: no place to be checked has channels in it",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_bad_set_is_one_line(porter: Porter, converted: tuple[Path, Path], setting: str) -> None:
    ran = porter("check", *converted, "--set", setting)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"porter: {SETTINGS[setting]}") and ran.err.count("\n") == 1


def test_a_name_that_is_set_to_two_values_is_an_error(porter: Porter, converted: tuple[Path, Path]) -> None:
    ran = porter("check", *converted, "--set", "self.channels=8", "--set", "self . channels = 4")
    assert ran.code == 2
    assert ran.err == "porter: --set 'self . channels = 4': self.channels is given twice, as 8 before\n"


def read(terminal: int) -> bytes:
    """What was written to a terminal; nothing once its other end is closed."""
    try:
        return os.read(terminal, 10_000)
    except OSError:
        return b""


def test_progress_is_shown_on_a_terminal_only() -> None:
    master, slave = os.openpty()
    command = [sys.executable, "-m", "porter", "check", "--rules", "nn.Module"]
    environment = with_porter(TERM="xterm", COLUMNS="80")
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=slave, env=environment, timeout=120)
    os.close(slave)
    shown = b"".join(iter(lambda: read(master), b""))
    os.close(master)
    assert b"Checking" in shown and b"3/3" in shown
    assert ran.stdout.startswith(b"verdict  cases  where      what\nnot run  1      nn.Module  torch.nn.Module\n")
    assert child("check", "--rules", "nn.Module").stderr == b""


@pytest.mark.parametrize("missing", ["numpy", "torch", "mindspore"])
def test_a_missing_framework_is_one_line(converted: tuple[Path, Path], tmp_path: Path, missing: str) -> None:
    """A package of that name that cannot be imported stands before the real one."""
    (tmp_path / "hidden").mkdir()
    text = f"raise ModuleNotFoundError('No module named {missing}', name={missing!r})\n"
    (tmp_path / "hidden" / f"{missing}.py").write_text(text)
    path = f"{tmp_path / 'hidden'}{os.pathsep}{with_porter()['PYTHONPATH']}"
    ran = child("check", *converted, PYTHONPATH=path)
    assert ran.returncode == 2
    *_, last = ran.stderr.decode().strip().splitlines()
    assert last.startswith("porter: ")
    assert missing in last
    assert "check" in last
    assert b"Traceback" not in ran.stderr


@pytest.mark.frameworks("numpy")
def test_nothing_to_check_is_not_green(porter: Porter, tree: Callable[..., Path], tmp_path: Path) -> None:
    src, out = tree(plain="x = 1\n"), tmp_path / "out"
    assert porter("convert", src, "-o", out, "--to", "mindspore").code == 0
    ran = porter("check", src, out)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_a_tree_without_a_manifest_names_it(porter: Porter, tree: Callable[..., Path], tmp_path: Path) -> None:
    src = tree(net=NORM)
    (tmp_path / "out").mkdir()
    ran = porter("check", src, tmp_path / "out")
    assert ran.code == 2
    assert ran.err.startswith(f"porter: {tmp_path / 'out' / 'porter.json'}: not found")


@pytest.mark.parametrize("where", ["net.py:99", "nowhere.py:5", "net.py", "net.py:x"])
def test_a_site_that_is_not_there_is_an_error(porter: Porter, converted: tuple[Path, Path], where: str) -> None:
    ran = porter("check", *converted, "--site", where)
    assert ran.code == 2
    assert where in ran.err


def test_a_rule_that_is_not_there_is_an_error(porter: Porter) -> None:
    ran = porter("check", "--rules", "nn.Nonsense")
    assert ran.code == 2
    assert "nn.Nonsense" in ran.err
