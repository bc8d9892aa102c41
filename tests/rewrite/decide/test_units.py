"""Which parts of a tree stay together, where one of them has to stay, and which do not."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

import pytest

from porter.codes import Code
from porter.convert import Conversion, Options, convert_tree
from porter.rewrite.options import Whole
from porter.source.tree import Tree
from tests.convert.harness import rules

HEAD = "import torch\nimport torch.nn as nn\n"
GATE = "class Gate(nn.Module):\n    def forward(self, x):\n        return torch.sigmoid(x)\n"
MOVES = "class {}(nn.Module):\n    def forward(self, x):\n        return nn.ReLU()(x)\n"
FREE = MOVES.format("Free")
ACT = "def act(x):\n    return nn.ReLU()(x)\n"
SAID = re.compile(r"(.+) stays as it was: (.+)")


def converted(files: dict[str, str], whole: Whole = "class") -> Conversion:
    """The conversion of a tree to MindSpore."""
    tree = Tree(Path(), {path: text.encode() for path, text in files.items()})
    return convert_tree(tree, rules(), Options("mindspore", whole=whole))


def staying(files: dict[str, str], whole: Whole = "class") -> dict[str, str]:
    """What stays, with the reason."""
    codes = (Code.STAYS_WHOLE, Code.STAYS_WITH)
    said = [SAID.fullmatch(f.message) for f in converted(files, whole).findings if f.code in codes]
    return {match[1]: match[2] for match in said if match is not None}


ALONE = {
    "nothing names it": HEAD + GATE + FREE,
    "a plain helper of both": HEAD
    + "def same(x):\n    return x\n"
    + GATE.replace("torch.sigmoid(x)", "torch.sigmoid(same(x))")
    + FREE.replace("nn.ReLU()(x)", "nn.ReLU()(same(x))"),
    "a constant of both": HEAD
    + "SIZE = 4\n"
    + GATE.replace("sigmoid(x)", "sigmoid(x * SIZE)")
    + FREE.replace("ReLU()(x)", "ReLU()(x * SIZE)"),
    "a logger of both": HEAD
    + "import logging\nlog = logging.getLogger(__name__)\n"
    + GATE.replace("return", "log.info(x)\n        return")
    + FREE.replace("return", "log.info(x)\n        return"),
    "a counter of both": HEAD
    + "COUNT = {}\n"
    + GATE.replace("return", "COUNT['n'] = COUNT.get('n', 0) + 1\n        return")
    + FREE.replace("return", "COUNT['m'] = 1\n        return"),
    "a local name that is called the same": HEAD + GATE + ACT.replace("act(x)", "act(Gate)").replace("(x)", "(Gate)"),
    "a text that is no annotation": HEAD + GATE + FREE.replace("return", "print('Gate')\n        return"),
    "a decorator from outside": HEAD + "import zoo\n@zoo.register\n" + GATE + "@zoo.register\n" + FREE,
}


@pytest.mark.parametrize("name", ALONE)
def test_what_has_nothing_to_do_with_it_moves(name: str) -> None:
    assert staying({"net.py": ALONE[name]}) == {"Gate": "no rule for torch.sigmoid"}
    assert "nn.ReLU" in str(converted({"net.py": ALONE[name]}).sites)


def called(gate: str) -> str:
    """A function that makes a layer, and uses something else in it."""
    return f"def act(x):\n    return nn.ReLU()({gate}(x))\n"


def one(*parts: str) -> dict[str, str]:
    """A tree of one file."""
    return {"net.py": "".join([HEAD, *parts])}


def two(*parts: str) -> dict[str, str]:
    """A tree in which another file uses the class."""
    return {"net.py": HEAD + GATE, "use.py": "".join([HEAD, *parts])}


REGISTER = "NETS = {}\ndef register(cls):\n    NETS[cls.__name__] = cls\n    return cls\n"
FILL = "NET = None\ndef fill(net):\n    global NET\n    NET = net\n"
PATCH = "def gate(self, x):\n    return torch.sigmoid(x)\n"
PACKAGE = {"pkg/__init__.py": "from .net import Gate\n", "pkg/net.py": HEAD + GATE}
TIED = {
    "builds it": one(GATE, "act = nn.Sequential(Gate())\n"),
    "heir": one(GATE, MOVES.format("act").replace("nn.Module", "Gate")),
    "base": one(MOVES.format("act"), GATE.replace("nn.Module", "act")),
    "helper that makes a layer": one(ACT, GATE.replace("sigmoid(x)", "sigmoid(act(x))")),
    "value of the file": one(GATE.replace("sigmoid(x)", "sigmoid(act(x))"), "act = nn.ReLU()\n"),
    "annotation": one(GATE, ACT.replace("(x)", "(x: Gate)", 1)),
    "annotation in quotes": one(GATE, ACT.replace("(x)", "(x: 'Gate')", 1)),
    "default argument": one(GATE, ACT.replace("(x)", "(x, kind=Gate)", 1)),
    "decorator": one(GATE, "@Gate\n", ACT),
    "by a function between": one(GATE, "def build():\n    return Gate()\n", called("build()")),
    "under a condition": one("if True:\n", indent(GATE, "    "), called("Gate()")),
    "another file": two("from net import Gate\n", called("Gate()")),
    "another file, by its name": two("import net\n", called("net.Gate()")),
    "handed on by a package": {**PACKAGE, "use.py": HEAD + "import pkg\n" + called("pkg.Gate()")},
    "a star": two("from net import *\n", called("Gate()")),
    "inside a function": two(called("Gate()").replace("    ", "    from net import Gate\n    ")),
    "any name of a module": two("import net\n", called("getattr(net, str(x))()")),
    "a module by its name in a text": two("import importlib\n", called("importlib.import_module('net').Gate()")),
    "globals": one(GATE, called("globals()['Gate']()")),
    "another name": one(GATE, "Older = Gate\n", called("Older()")),
    "a name that is bound twice": one(GATE, "Older = None\nOlder = Gate\n", called("Older()")),
    "a registry": one("NETS = {}\n", GATE, "NETS['gate'] = Gate\n", called("NETS['gate']()")),
    "a registry that a decorator fills": {
        "reg.py": REGISTER,
        "net.py": HEAD + "from reg import register\n@register\n" + GATE,
        "use.py": HEAD + "from reg import NETS\n" + called("NETS['Gate']()"),
    },
    "a registry from outside": one(
        "import zoo\nNETS = zoo.Registry()\n@NETS.register()\n", GATE, called("NETS.get('Gate')()")
    ),
    "a list that is added to": one("NETS = []\n", GATE, "NETS.append(Gate())\n", called("NETS[0]")),
    "an attribute of a box": one("class Box: pass\n", GATE, "Box.net = Gate()\n", called("Box.net")),
    "an attribute by its name": one("class Box: pass\n", GATE, "setattr(Box, 'net', Gate())\n", called("Box.net")),
    "a global": one(FILL, GATE, "fill(Gate())\n", called("NET")),
    "a patched class": one(PATCH, "nn.ReLU.forward = gate\n", ACT),
    "all layers patched": one(PATCH, "setattr(nn.Module, 'gate', gate)\n", ACT),
}


@pytest.mark.parametrize("name", TIED)
def test_what_uses_it_or_is_used_by_it_stays(name: str) -> None:
    files = TIED[name]
    assert "act" in staying(files)
    bare = {f.path: re.sub(r"(?m)  # porter: .*$", "", f.after.decode()) for f in converted(files).files}
    assert bare == files


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("class Net(nn.Module):\n    act = torch.sigmoid\n", "no rule for torch.sigmoid"),
        (
            "class Net(nn.Module):\n    act = torch.sigmoid\n    a = torch.tanh\n",
            "no rule for torch.sigmoid (and 1 more reason)",
        ),
        (
            "class Net(nn.Module):\n    act = torch.sigmoid, torch.sigmoid\n    a = torch.tanh\n    b = torch.erf\n",
            "no rule for torch.sigmoid (and 2 more reasons)",
        ),
        ("class Net(nn.Module):\n    act = eval('nn.ReLU')\n", "nn.ReLU stands in text that is run as code"),
        ("class Net(nn.Module):\n    is_it = isinstance(1, torch.FloatTensor)\n", "no rule for torch.FloatTensor"),
        ("class Net(nn.Module):\n    def train(self, mode):\n        pass\n", "the class has its own train"),
        ("class Net(nn.Module):\n    kind = 'torch.nn.ReLU'\n", "a string names torch.nn.ReLU"),
        ("from torch.nn import *\nclass Net(nn.Module):\n    act = Tanh()\n", "Tanh can be a name from torch.nn"),
    ],
)
def test_why_a_class_stays(text: str, reason: str) -> None:
    found = staying({"net.py": HEAD + text})
    assert found["Net"].startswith(reason)
    if "(" in reason:
        assert found["Net"] == reason


def test_annotations_and_comparisons_with_the_module_keep_nothing() -> None:
    text = (
        HEAD + "class Net(nn.Module):\n    def forward(self, x: torch.FloatTensor):\n        return x if nn else None\n"
    )
    assert "Net" not in staying({"net.py": text.replace("if nn", "if nn is not None")})


def test_the_reason_names_the_neighbour_and_where_it_begins() -> None:
    chain = "def one():\n    return nn.ReLU(Gate())\ndef two():\n    return nn.ReLU(one())\n"
    assert staying({"net.py": HEAD + GATE + chain}) == {
        "Gate": "no rule for torch.sigmoid",
        "one": "it uses Gate, which stays",
        "two": "it uses one, which stays because of Gate",
    }
    base = HEAD + MOVES.format("Base") + GATE.replace("nn.Module", "Base")
    assert staying({"net.py": base})["Base"] == "Gate uses it, and stays"


def test_a_file_stays_as_one() -> None:
    files = {
        "a.py": HEAD + GATE + FREE,
        "b.py": HEAD + "import a\nrelu = nn.ReLU(a.Free())\n",
        "c.py": HEAD + FREE,
    }
    assert staying(files, "file") == {
        "a.py": "no rule for torch.sigmoid",
        "b.py": "it uses a.py, which stays",
    }
    assert staying(files, "class") == {"Gate": "no rule for torch.sigmoid"}
    assert not staying(files, "site")


def test_the_mark_of_a_file_stands_behind_its_docstring_and_never_in_its_first_line_of_all() -> None:
    text = '#!/usr/bin/env python\n"""What it\n\ndoes."""\nfrom __future__ import annotations\n' + HEAD + GATE
    after = converted({"a.py": text}, "file").files[0].after.decode()
    assert after == text.replace(
        "import torch\n", "import torch  # porter: a.py stays as it was: no rule for torch.sigmoid\n"
    )


def test_what_is_said_once_a_file_is_said_where_part_of_it_moves() -> None:
    """The first of the places that a remark counts can be in what stays."""
    gate, free = (text.replace("return", "print(blur(x).sort())\n        return") for text in (GATE, FREE))
    both = [f.rule for f in converted({"net.py": HEAD + gate + free}).findings]
    assert "Tensor.sort" in both
    only = [f.message for f in converted({"net.py": HEAD + gate}).findings]
    assert only == ["Gate stays as it was: no rule for torch.sigmoid"]


@pytest.mark.parametrize("whole", ["class", "file"])
def test_a_second_run_says_and_changes_nothing_else(whole: Whole) -> None:
    files = {"a.py": HEAD + GATE + FREE + "def use():\n    return nn.ReLU(Gate())\n", "c.py": HEAD + FREE}
    once = converted(files, whole)
    again = converted({file.path: file.after.decode() for file in once.files}, whole)
    assert [f.after for f in again.files] == [f.after for f in once.files]
    left = [(f.path, f.message) for f in once.findings if f.code in (Code.STAYS_WHOLE, Code.STAYS_WITH)]
    assert [(f.path, f.message) for f in again.findings if f.level.rank > 1] == left
