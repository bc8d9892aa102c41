"""How a package is called, whatever its folder is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.convert import convert_tree
from porter.rewrite.options import Options
from porter.source.roots import own_name
from porter.source.text import read_text
from porter.source.tree import Tree

from .harness import rules

HELPERS = {"__init__.py": b"", "utils/__init__.py": b"", "utils/data.py": b"", "net.py": b""}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (b"from shapes.utils.data import load\n", "shapes"),
        (b"import shapes.net\n", "shapes"),
        (b"import shapes.utils as u\nfrom folder.net import Net\n", "folder"),
        (b"from shapes.net import Net\nfrom torch.utils.data import Dataset\nimport torch.nn\n", "shapes"),
        (b"import torch.nn\nfrom torch.utils.data import Dataset\n", "folder"),
        (b"import shapes\nfrom .utils import data\n", "folder"),
        (b"", "folder"),
    ],
)
def test_a_package_is_called_as_it_calls_itself(source: bytes, name: str) -> None:
    files = HELPERS | {"main.py": source}
    texts = {path: read_text(data) for path, data in files.items()}
    assert own_name("folder", texts, frozenset(files)) == name


def test_a_folder_that_is_no_package_keeps_its_name() -> None:
    files = {"main.py": b"import shapes.net\n", "net.py": b""}
    texts = {path: read_text(data) for path, data in files.items()}
    assert own_name("folder", texts, frozenset(files)) == "folder"


BASE = b"class Base:\n    pass\n"
CHECKOUT = {"base.py": BASE, "nets/net.py": b"class Net:\n    pass\n"}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (b"from shapes.base import Base\n", "shapes"),
        (b"from shapes.base import Base\nimport shapes.nets.net\nfrom shapes.nets import net\n", "shapes"),
        (b"from shapes.base import Base\nfrom other.base import Net\n", "shapes"),
        # What is not all there is a package from elsewhere, and so is what has the name of a part of this tree.
        (b"from shapes.base import Base, Other\n", "folder"),
        (b"from shapes.base import Base\nfrom shapes.gone import x\n", "folder"),
        (b"from shapes.nets.net import Base\n", "folder"),
        (b"from shapes.base import Base\nfrom other.base import Base\n", "folder"),
        (b"from folder.base import Base\nfrom shapes.base import Base\n", "folder"),
        (b"from torch.base import Base\n", "folder"),
        (b"from nets.base import Base\n", "folder"),
        (b"from .shapes.base import Base\n", "folder"),
    ],
)
def test_a_checkout_without_a_package_file_is_called_as_all_its_imports_say(source: bytes, name: str) -> None:
    files = CHECKOUT | {"main.py": source}
    texts = {path: read_text(data) for path, data in files.items()}
    assert own_name("folder", texts, frozenset(files)) == name


def test_that_a_folder_is_taken_for_a_package_is_told() -> None:
    files = {
        "base.py": b"import torch.nn as nn\n\n\nclass Base(nn.Module):\n    def forward(self, x):\n        return x\n"
    }
    files |= {
        "net.py": b"from shapes.base import Base\n\n\nclass Net(Base):\n    def forward(self, x):\n        return x\n"
    }
    conversion = convert_tree(Tree(Path("checkout"), files), rules(), Options("mindspore"))
    assert {f.path: b"def construct" in f.after for f in conversion.files} == {"base.py": True, "net.py": True}
    assert [str(f) for f in conversion.findings if f.rule == "import"] == [
        "net.py:1:1: review PT054 import: this folder is taken for the package shapes: "
        "all that its files import from there is in it"
    ]
    named = convert_tree(Tree(Path("shapes"), files), rules(), Options("mindspore"))
    assert {f.path: f.after for f in named.files} == {f.path: f.after for f in conversion.files}
    assert [f for f in named.findings if f.rule == "import"] == []
