"""Hints as they are told: with a finding, in the list of missing names, and by `porter rules NAME`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from porter.rules import hints
from porter.rules.hints import hint_for
from porter.rules.pages import page_of
from tests.cli.conftest import Porter

NEAR = "the nearest known is mindspore.ops.fft, which is called the same way"


@pytest.fixture(autouse=True)
def one_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hint that stays though rules come in."""
    known = {"torch.fft.fft": hints.Hint("torch.fft.fft", "mindspore.ops.fft", "the same")}
    monkeypatch.setattr(hints, "_hints", lambda: known)


TEXT = "import torch\n\n\ndef f(x):\n    return torch.fft.fft(x) + torch.fft.fft(x) + torch.fft.ifft(x)\n"


def test_a_hint_is_told_once(porter: Porter, tree: Callable[..., Path]) -> None:
    src = tree(a=TEXT, b=TEXT)
    told = [line for line in porter("convert", src, "-o", "out").err.splitlines() if "PT001" in line]
    assert [line.partition("PT001 ")[2] for line in told] == [
        f"torch.fft.fft: no rule for torch.fft.fft (2 places in this file); {NEAR}",
        "torch.fft.ifft: no rule for torch.fft.ifft",
        "torch.fft.fft: no rule for torch.fft.fft (2 places in this file)",
        "torch.fft.ifft: no rule for torch.fft.ifft",
    ]
    data = json.loads(porter("convert", src, "--format", "json").out)
    assert data["hints"] == {
        "torch.fft.fft": {"near": "mindspore.ops.fft", "mind": "the same", "docs": page_of("mindspore.ops.fft")}
    }
    assert "hints" not in json.loads(Path("out/porter.json").read_text())


def test_nothing_is_written_by_a_hint(porter: Porter, tree: Callable[..., Path], tmp_path: Path) -> None:
    assert porter("convert", tree(a=TEXT), "-o", "out").code == 1
    assert "mindspore" not in Path("out/a.py").read_text().replace("mindspore.Tensor", "")


def test_the_file_is_not_read_where_there_is_nothing_to_tell(
    porter: Porter, tree: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read() -> dict[str, hints.Hint]:
        raise AssertionError("read")

    monkeypatch.setattr(hints, "_hints", read)
    src = tree(a="import torch.nn as nn\n\nx = nn.ReLU()\n")
    assert porter("convert", src, "-o", "out").code == 0
    assert porter("convert", src, "--format", "json").code == 0
    assert porter("rules", "nn.ReLU").code == 0
    with pytest.raises(AssertionError, match="read"):
        hint_for("torch.softmax")


def test_missing_names_are_listed_with_what_is_near(porter: Porter, tree: Callable[..., Path]) -> None:
    ran = porter("rules", "--missing", tree(a=TEXT))
    assert [line.split() for line in ran.out.splitlines()][:3] == [
        ["name", "uses", "files", "nearest", "known"],
        ["torch.fft.fft", "2", "1", "mindspore.ops.fft"],
        ["torch.fft.ifft", "1", "1"],
    ]


@pytest.mark.parametrize("name", ["torch.fft.fft", "fft.fft"])
def test_a_name_without_a_rule_is_shown_with_its_hint(name: str, porter: Porter) -> None:
    ran = porter("rules", name)
    assert ran.code == 2
    assert ran.err == (f"porter: no rule is named {name} yet; {NEAR}; {page_of('mindspore.ops.fft')}\n")


def test_a_rule_of_ones_own_silences_the_hint(porter: Porter, tree: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "own" / "fft").mkdir(parents=True)
    side = 'name = "{0}"\nsignature = "input"\ndocs = "https://example.org"\n'
    text = f"[torch]\n{side.format('torch.fft.fft')}[mindspore]\n{side.format('mindspore.ops.fft')}"
    (tmp_path / "own" / "fft" / "fft.toml").write_text(text)
    ran = porter("convert", tree(a=TEXT), "-o", "out", "--rules", tmp_path / "own")
    assert "the nearest known" not in ran.err and "ifft: no rule" in ran.err


def test_what_cannot_be_converted_is_counted_apart_from_what_has_no_rule(
    porter: Porter, tree: Callable[..., Path]
) -> None:
    text = TEXT + "import torch.nn as nn\n\ny = nn.LazyInstanceNorm3d()\n"
    lines = porter("convert", tree(a=text), "-o", "out").err.splitlines()
    assert "2 names without a rule: porter rules --missing SRC lists them by use." in lines
    assert "1 name that cannot be converted: the findings say why." in lines
