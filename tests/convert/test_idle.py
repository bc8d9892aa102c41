"""A tree that is there already: no edits, no marks, no findings."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.convert import Conversion, convert_tree, detect_direction
from porter.rewrite.options import Options
from porter.rules.model import Framework
from porter.source.tree import Tree
from tests.convert.harness import rules

TORCH = """\
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.cells = [1]

    def set_train(self, mode=True):
        return super().train(mode)

    def forward(self, x):
        return x.std()
"""
MINDSPORE = """\
import mindspore.nn as nn


class Net(nn.Cell):
    def train(self, mode=True):
        return self.set_train(mode)

    def forward(self, x):
        return x.std()
"""


def convert(to: Framework, **files: str) -> Conversion:
    tree = Tree(Path("tree"), {f"{name}.py": text.encode() for name, text in files.items()})
    return convert_tree(tree, rules(), Options(to))


def texts(conversion: Conversion) -> dict[str, str]:
    return {file.path.removesuffix(".py"): file.after.decode() for file in conversion.files}


@pytest.mark.parametrize(
    ("to", "text"),
    [
        ("torch", TORCH),
        ("mindspore", MINDSPORE),
        ("torch", "# not for mindspore\n" + TORCH),
        ("torch", '"""A port to mindspore is planned: import mindspore."""\n' + TORCH),
        ("torch", "import torch\nimport mindspore_like\n" + TORCH),
        ("mindspore", "import numpy\n"),
        ("torch", TORCH + "\nx = 1  # porter: no rule for mindspore.load\n"),
    ],
)
def test_a_tree_that_does_not_use_the_other_framework_stays_to_the_byte(to: Framework, text: str) -> None:
    files = {"net": text, "plain": "from net import Net\n\nnet = Net().set_train()\n"}
    conversion = convert(to, **files)
    assert texts(conversion) == files
    assert (conversion.findings, conversion.sites, conversion.added) == ((), (), {})
    assert conversion.idle


@pytest.mark.parametrize(
    "use",
    [
        "import mindspore",
        "x = 1; import mindspore",
        "if True: from mindspore import nn",
        "def f():\n    from mindspore.nn import Cell",
        "import importlib\nm = importlib.import_module('mindspore')",
        "m = __import__('mindspore.nn')",
        "PLAN = {'norm_op': 'mindspore.nn.InstanceNorm3d'}",
    ],
)
def test_a_use_of_it_is_seen_in_every_form(use: str) -> None:
    assert not convert("torch", net=TORCH, other=f"{use}\n").idle


def test_a_name_that_a_file_for_the_other_framework_mentions_is_no_use() -> None:
    assert convert("torch", net=TORCH + "KIND = 'mindspore.nn.Conv3d'\n").idle


@pytest.mark.parametrize(
    "text", ["\ufeffimport torch\n", "x = 1; import torch\n", "try: import torch\nexcept E: pass\n"]
)
def test_the_direction_is_found_from_imports_of_every_form(text: str) -> None:
    assert detect_direction(Tree(Path("tree"), {"a.py": text.encode()})) == "mindspore"


def test_a_file_that_is_no_python_is_told_in_an_idle_tree_too() -> None:
    conversion = convert("torch", net=TORCH, old="print 'x'\n")
    assert [(f.path, f.rule) for f in conversion.findings] == [("old.py", "file")]


@pytest.mark.parametrize("to", ["torch", "mindspore"])
def test_marks_on_names_of_a_class_outlive_a_second_run(to: Framework) -> None:
    text = MINDSPORE if to == "torch" else TORCH
    left = "import mindspore\nx = mindspore.load('x')\n" if to == "torch" else "import torch\nx = torch.hub.load('x')\n"
    once = texts(convert(to, net=left + text))
    assert "  # porter: the class has its own " in once["net"]
    assert texts(convert(to, **once)) == once


def test_a_class_that_is_there_already_gets_no_marks_in_a_mixed_tree() -> None:
    conversion = convert("torch", net=TORCH, other="import mindspore.nn as nn\n\nact = nn.ReLU()\n")
    assert "import torch" in texts(conversion)["other"]
    assert "nn.Module.set_train" not in {finding.rule for finding in conversion.findings}
    assert "mode=True):\n" in texts(conversion)["net"]
