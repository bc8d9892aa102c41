"""A second run over what a run wrote changes nothing, where that is not plain from the first one's text."""

from __future__ import annotations

from pathlib import Path

from porter.convert import convert_tree
from porter.rewrite.options import Options
from porter.rules.model import Framework
from porter.source.tree import Tree
from tests.convert.harness import rules


def convert(files: dict[str, str], to: Framework, root: str = "tree") -> dict[str, str]:
    tree = Tree(Path(root), {path: text.encode() for path, text in files.items()})
    conversion = convert_tree(tree, rules(), Options(to))
    return {file.path: file.after.decode() for file in conversion.files} | conversion.added


def test_a_mark_stands_on_its_line_and_not_on_an_import_that_is_added_behind() -> None:
    files = {
        "__init__.py": "",
        "ops/__init__.py": "",
        "ops/names.py": "from mindspore import ops\n",
        "ops/net.py": "from .names import *\n\n\ndef f(x):\n    return ops.cat([x, x])\n",
    }
    once = convert(files, "torch", root="mindspore")
    first, *rest = once["ops/net.py"].splitlines()
    assert first.startswith("from .names import *  # porter: ")
    assert rest[0] == "import torch"
    assert convert(once, "torch", root="mindspore") == once


def test_a_tree_of_the_frameworks_own_name_knows_its_generated_module() -> None:
    files = {
        "__init__.py": "",
        "nn/__init__.py": "from mindspore.nn import cells\n",
        "net.py": "import mindspore.nn as nn\n\n\ndef block(c, norm=nn.InstanceNorm3d):\n    return norm(c)\n",
        "use.py": "from mindspore import nn\n\nact = nn.ReLU()\n",
    }
    once = convert(files, "torch", root="mindspore")
    assert convert(once, "torch", root="mindspore") == once


def test_an_attribute_of_a_generated_class_needs_no_mark_in_the_second_run() -> None:
    text = """\
import torch
from torch import nn

x = torch.hub.load("x")


def kind(m):
    if isinstance(m, nn.InstanceNorm3d) and m.affine:
        return m
    return type(m) == nn.InstanceNorm3d
"""
    once = convert({"a.py": text}, "mindspore")
    assert "porter_layers.InstanceNorm3d) and m.affine:\n" in once["a.py"]
    assert convert(once, "mindspore") == once


def test_lines_that_are_added_to_what_a_run_wrote_use_the_imports_that_are_there() -> None:
    head = "import torch\nfrom torch import nn\n\nx = torch.hub.load('x')\nact = nn.ReLU()\n"
    text = head + "\n\ndef walk(m):\n    return m.parameters()\n"
    once = convert({"__init__.py": "", "a.py": text}, "mindspore", root="pkg")
    assert "from . import porter_layers\n" in once["a.py"]
    added = "\n\ndef more(m):\n    return torch.nn.ReLU(), m.children()\n"
    again = convert({**once, "a.py": once["a.py"] + added}, "mindspore", root="pkg")
    new = added.replace("torch.nn", "ms_nn" if "ms_nn" in once["a.py"] else "nn").replace(
        "m.children()", "porter_layers.children(m)"
    )
    assert again["a.py"] == once["a.py"] + new


def test_an_import_behind_its_first_use_is_made_again_ahead_of_it() -> None:
    text = "import torch\n\nact = torch.nn.ReLU()\nx = torch.hub.load('x')\nfrom mindspore import nn\n\nb = nn.Cell()\n"
    once = convert({"a.py": text}, "mindspore")["a.py"]
    assert once.index("from mindspore import nn") < once.index("act = nn.ReLU()")


def test_a_test_for_both_classes_has_the_generated_one_once_in_a_package() -> None:
    text = """\
import torch
from torch import nn


def kind(m):
    return isinstance(m, nn.Sequential), type(m) == nn.Sequential, torch.hub.load("x")


class Own(nn.Sequential, torch.fx.Tracer):
    pass
"""
    once = convert({"__init__.py": "", "a.py": text}, "mindspore", root="pkg")
    assert "isinstance(m, (porter_layers.Sequential, nn.Sequential))" in once["a.py"]
    assert convert(once, "mindspore", root="pkg") == once


def test_a_mark_goes_with_the_member_that_it_is_about() -> None:
    text = "import torch\n\nact = torch.nn.ReLU()\n\n\n"
    text += "def f(x: torch.Tensor):\n    y = torch.histc(x)\n    return x.as_subclass(), y\n"
    once = convert({"a.py": text}, "mindspore")["a.py"]
    mark = "  # porter: as_subclass has no counterpart of the same meaning: MindSpore's tensors have no such member\n"
    assert f"    return x.as_subclass(), y{mark}" in once
    again = convert({"a.py": once.replace("x.as_subclass()", "x.stop()")}, "mindspore")["a.py"]
    assert "    return x.stop(), y\n" in again


def test_a_member_of_what_was_made_by_an_earlier_run_or_stays_is_told_again() -> None:
    text = """\
import torch
from torch import nn


class Head(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.tail = nn.Sequential({"act": nn.ReLU()}) if hidden else nn.Identity()

    def reset(self, other):
        if other:
            self.tail = nn.Identity()
            self.tail.share_memory()
        return self


KIND = type(Head(True).tail) == nn.Sequential
"""
    once = convert({"__init__.py": "", "a.py": text}, "mindspore", root="pkg")
    assert "self.tail.share_memory()  # porter: share_memory has no counterpart" in once["a.py"]
    assert convert(once, "mindspore", root="pkg") == once
