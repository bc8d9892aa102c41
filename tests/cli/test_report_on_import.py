"""What the summary and the report say of places that need the source framework on import, in text and in JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from porter.codes import Code
from porter.findings import Finding, Level
from porter.report.console import captured
from porter.report.json import Facts, report
from porter.report.summary import Summary, summarise
from porter.report.terminal import print_summary
from tests.cli.conftest import Porter

NET = "from torch import nn\n\nact = nn.ReLU()\n"
OLD = "import torch\n\nSIZE = torch.Size([1])\n"


def needed(*names: str) -> Summary:
    found = [
        Finding("net.py" if line < 3 else "other.py", line, 7, Level.REVIEW, name, "this runs", Code.ON_IMPORT)
        for line, name in enumerate(names, 1)
    ]
    return summarise({"net.py": (True, False)}, [], list(reversed(found)), known=())


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["torch.Size"], "1 place needs torch on import: net.py:1 torch.Size."),
        (["torch.a", "torch.b"], "These 2 places need torch on import: net.py:1 torch.a, net.py:2 torch.b."),
        (
            ["torch.a", "torch.b", "torch.c", "torch.d"],
            "These 4 places need torch on import (in 2 files): "
            "net.py:1 torch.a, net.py:2 torch.b, other.py:3 torch.c and 1 more.",
        ),
        (["mindspore.set_seed"], "1 place needs mindspore on import: net.py:1 mindspore.set_seed."),
    ],
)
def test_the_summary_tells_them_first(names: list[str], sentence: str) -> None:
    text = captured(lambda console: print_summary(needed(*names), console), width=200)
    assert text.splitlines()[0] == sentence


def test_where_there_are_none_nothing_is_said() -> None:
    assert " on import" not in captured(lambda console: print_summary(needed(), console), width=200)


def test_the_report_lists_them() -> None:
    facts = Facts("0", "mindspore", "any", "", None, {}, [], [])
    assert json.loads(report(facts, needed("torch.a", "torch.b")))["summary"]["needed_on_import"] == [
        {"path": "net.py", "line": 1, "name": "torch.a"},
        {"path": "net.py", "line": 2, "name": "torch.b"},
    ]


def test_a_run_tells_them_in_both_forms(porter: Porter, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name, text in {"net.py": NET, "old.py": OLD}.items():
        (source / name).write_text(text)
    told = porter("convert", source).err
    assert "1 place needs torch on import: old.py:3 torch.Size." in told
    assert "old.py:3:8: review PT059 torch.Size: this runs when the file is imported, which needs PyTorch then" in told
    data = json.loads(porter("convert", source, "--format", "json").out)
    assert data["summary"]["needed_on_import"] == [{"path": "old.py", "line": 3, "name": "torch.Size"}]


def test_standard_input_has_no_place_for_the_module_that_imports_wait_by(
    porter: Porter, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = NET + "\n\ndef save(x):\n    return nn.GLU()(x)\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    told = porter("convert", "-", "--no-mark").out
    assert "lazy(" not in told
    assert "from torch import nn\n" in told
    assert "act = ms_nn.ReLU()\n" in told
