"""An installed porter knows its rules by the index in the wheel, and finds out when one of them is edited."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from porter.rules.load import load_rules

ROOT = Path(__file__).parents[2]
PROGRAM = """\
import sys, tomllib
read = []
loads = tomllib.loads
tomllib.loads = lambda text: (read.append(1), loads(text))[1]
from porter.rules.load import load_rules, rule_folder
book = load_rules()
print(rule_folder().name, len(read), len(book.rules), sorted(book.changes["torch"])[0], book.find(sys.argv[1]).name)
print(len(read))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def asked(site: Path, cache: Path, name: str = "torch.nn.ReLU") -> list[str]:
    """What an installed porter says of its rules, where `cache` may be a place or none."""
    environment = os.environ | {"PYTHONPATH": str(site), "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, "-c", PROGRAM, name]
    run = subprocess.run(command, env=environment, cwd=site.parent, capture_output=True, text=True, check=True)
    return run.stdout.split()


@pytest.mark.frameworks("hatchling")
def test_no_rule_is_read_but_the_one_that_is_asked_for(installed: Path, tmp_path: Path) -> None:
    no_folder = tmp_path / "file"
    no_folder.write_text("")
    first = sorted(load_rules().changes["torch"])[0]
    expected = ["_rules", "0", str(len(load_rules().rules)), first, "nn.ReLU", "1"]
    for cache in (no_folder, tmp_path / "cache", tmp_path / "cache"):
        assert asked(installed, cache) == expected


@pytest.mark.frameworks("hatchling")
def test_a_rule_that_is_edited_where_it_is_installed_is_seen(installed: Path, tmp_path: Path) -> None:
    rule = installed / "porter/_rules/nn/ReLU.toml"
    text = rule.read_text(encoding="utf-8")
    assert '"mindspore.nn.ReLU"' in text
    rule.write_text(text.replace('"mindspore.nn.ReLU"', '"mindspore.nn.ReLU6"'), encoding="utf-8")
    try:
        assert asked(installed, tmp_path / "cache")[1] == "1"
    finally:
        rule.write_text(text, encoding="utf-8")
    assert asked(installed, tmp_path / "cache")[1] == "0"


def test_a_wrong_rule_builds_no_index(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/Odd.toml").write_text("[torch")
    command = [sys.executable, "-m", "porter.rules.build", str(tmp_path / "rules"), str(tmp_path / "index.json")]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1 and not (tmp_path / "index.json").exists()
    assert run.stderr.startswith("1 problem in the rule files\n  Odd.toml: not TOML: Expected ']'")
