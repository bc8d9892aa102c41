"""Folders of rules of one's own, as they convert: both ways, and what must stay as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.convert import Options, TextResult, convert_text
from porter.rules.load import RuleBook, load_rules
from porter.rules.model import Framework

EXTENDS = """
extends = true
[param.dim]
when.0 = { write = "keep", note = "the first axis is kept by hand here" }
"""
"""What a user knows of torch.cat beside what the shipped rule says."""


def book_of(folder: Path, **files: str) -> RuleBook:
    """The shipped rules with files of one's own."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return load_rules([folder])


def converted(text: str, book: RuleBook, to: Framework = "mindspore") -> TextResult:
    """What convert makes of a text, without marks."""
    return convert_text(text, book, Options(to=to, mark=False))


CAT = [
    ("import torch\ny = torch.cat(xs, dim=1)\n", "mindspore", "from mindspore import ops\ny = ops.cat(xs, axis=1)\n"),
    ("import torch\ny = torch.cat(xs, axis=2)\n", "mindspore", "from mindspore import ops\ny = ops.cat(xs, axis=2)\n"),
    ("from mindspore import ops\ny = ops.cat(xs, axis=1)\n", "torch", "import torch\ny = torch.cat(xs, dim=1)\n"),
    ("from mindspore import ops\ny = ops.cat(xs)\n", "torch", "import torch\ny = torch.cat(xs)\n"),
    ("import torch\ny = torch.cat(xs, dim=0)\n", "mindspore", ""),
    ("import torch\ny = torch.cat(xs, 0)\n", "mindspore", ""),
    ("import torch\ny = torch.cat(xs, 1, out=z)\n", "mindspore", ""),
]


@pytest.mark.parametrize(("before", "to", "after"), CAT)
def test_an_extended_rule_converts_by_both_files(before: str, to: Framework, after: str, tmp_path: Path) -> None:
    result = converted(before, book_of(tmp_path, cat=EXTENDS), to)
    assert result.text == (after or before)
    told = [finding.message for finding in result.findings if "by hand" in finding.message]
    assert told == (["the first axis is kept by hand here"] if "0" in before else [])
