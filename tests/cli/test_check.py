"""`porter check` as a command: verdict, exit code, report; what the numbers are worth is tested in tests/check."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Porter, child, fingerprint, with_porter

NORM = "import torch.nn as nn\n\n\ndef norm():\n    return nn.BatchNorm3d(3, momentum=0.25)\n"


@pytest.fixture
def converted(porter: Porter, tree: Callable[..., Path], tmp_path: Path) -> tuple[Path, Path]:
    """SRC and OUT of a small tree."""
    src, out = tree(net=NORM), tmp_path / "out"
    assert porter("convert", src, "-o", out).code == 0
    return src, out


@pytest.mark.frameworks("torch", "mindspore")
def test_a_right_tree_is_ok_and_neither_tree_is_touched(porter: Porter, converted: tuple[Path, Path]) -> None:
    before = [fingerprint(root) for root in converted]
    ran = porter("check", *converted)
    assert ran.code == 0
    assert "net.py:5" in ran.out
    assert "mismatch" not in ran.out
    assert [fingerprint(root) for root in converted] == before


@pytest.mark.frameworks("torch", "mindspore")
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
    kept = json.loads(report.read_text())
    ran = porter("check", *converted, "--format", "json")
    assert json.loads(ran.out).keys() == kept.keys()
    assert "mismatch" in json.dumps(kept)


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
