"""Code that calls itself, and code that is hundreds of steps deep: converted or told, never an error of Python's."""

from __future__ import annotations

import pytest

from porter.codes import Code
from porter.convert import Options, TextResult, convert_text
from porter.rewrite.edit.depth import DEEPEST, TOO_DEEP
from porter.rules.load import RuleBook, load_rules
from porter.rules.model import Framework

HEAD = "import torch\nimport torch.nn as nn\n\n\n"
INIT = "    def __init__(self):\n        super().__init__()\n        self.conv = nn.ReLU()\n\n"
FORWARD = f"{HEAD}class Net(nn.Module):\n{INIT}    def forward(self, x):\n        x = self.conv(x)\n        return "
OF = f"{HEAD}def f(x):\n    return "


CALLS_ITSELF = {
    "a module its own forward": f"{FORWARD}self(x)\n",
    "a module within a call of its own": f"{FORWARD}self(self(x)).size(1)\n",
    "another method the module": (
        f"{FORWARD}x\n\n    def other(self, x):\n        y = self(x)\n        return y.size(1), self.other(y)\n"
    ),
    "two modules each other": (
        f"{HEAD}class A(nn.Module):\n    def forward(self, x):\n        return B()(x).size(1)\n\n\n"
        "class B(nn.Module):\n    def forward(self, x):\n        return A()(x).view(1)\n"
    ),
    "a module that holds itself": (
        f"{HEAD}class A(nn.Module):\n    def __init__(self, d):\n        super().__init__()\n"
        "        self.sub = A(d - 1) if d else None\n        self.like = type(self)(0)\n        self.x = self\n\n"
        "    def forward(self, x):\n        return self.sub(x).size(1) + self.x.x.x(x).weight + self.like(x).size()\n"
    ),
    "two functions each other": f"{OF}g(x).size(1)\n\n\ndef g(x):\n    return f(x).view(2)\n",
    "a lambda": f"{HEAD}f = lambda x: f(x).weight\n",
    "attributes that are set in a circle": (
        f"{HEAD}def f(a, b):\n    a.x = b.x\n    b.x = a.x\n    a.y = a.y.z\n    while a:\n        a = a.next\n"
        "    return a.x.weight, [q for q in a.x.y]\n"
    ),
}

DEEP = {
    "methods of a tensor": FORWARD + "x" + ".contiguous()" * 500 + "\n",
    "methods with arguments": FORWARD + "x" + ".view(4, -1)" * 500 + "\n",
    "a sum": FORWARD + " + ".join(["self.conv(x)"] * 500) + "\n",
    "calls in one another": FORWARD + "self.conv(" * 90 + "x" + ")" * 90 + "\n",
    "layers in one another": f"{HEAD}net = {'nn.Sequential(' * 90}nn.ReLU(){')' * 90}\n",
    "layers one after the other": f"{HEAD}net = nn.Sequential(){'.append(nn.ReLU())' * 500}\n",
    "one name bound again and again": f"{HEAD}def f(x):\n    y = nn.ReLU()(x)\n"
    + "    y = y.view(1).contiguous()\n" * 800
    + "    return y.size(1)\n",
    "one name after the other": f"{HEAD}def f(x0):\n"
    + "".join(f"    x{i + 1} = x{i}.relu()\n" for i in range(800))
    + "    return x800.size(1)\n",
    "functions that call the next one": HEAD
    + "".join(f"def f{i}(x):\n    return f{i + 1}(x).view(1)\n" for i in range(600))
    + "def f600(x):\n    return nn.ReLU()(x)\ny = f0(3).size(1)\n",
    "tests for types": OF + " or ".join(["isinstance(x, nn.ReLU) and x.weight is not None"] * 400) + "\n",
    "classes that build the next one": HEAD
    + "".join(f"class N{i}(nn.Module):\n    def forward(self, x):\n        return N{i + 1}()(x)\n" for i in range(600))
    + "class N600(nn.Module):\n    def forward(self, x):\n        return x.size(1)\n",
    "classes that derive from the one before": HEAD
    + "class N0(nn.Module):\n    def forward(self, x):\n        return x\n"
    + "".join(
        f"class N{i + 1}(N{i}):\n    def forward(self, x):\n        return super().forward(x)\n" for i in range(300)
    ),
}
"""Each is converted whole, without a word about its depth."""

TOO_MANY = {
    "attributes": OF + "x" + ".weight" * 900 + "\n",
    "elements and attributes": OF + "x" + "[0].weight" * 500 + "\n",
    "methods and attributes": OF + "x" + ".size().weight" * 500 + "\n",
}
"""What asks the generated module at each step: deeper than Python reads."""


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_rules()


def backwards(text: str) -> str:
    """The same in MindSpore's names."""
    pairs = {"torch": "mindspore", "forward": "construct", "nn.Module": "nn.Cell", "nn.Sequential": "nn.SequentialCell"}
    for ours, theirs in pairs.items():
        text = text.replace(ours, theirs)
    return text


def converted(text: str, book: RuleBook, to: Framework) -> TextResult:
    """What becomes of it: Python that compiles, and no fault of porter."""
    result = convert_text(text if to == "mindspore" else backwards(text), book, Options(to=to, mark=False))
    compile(result.text, "net.py", "exec")
    assert [finding for finding in result.findings if finding.code is Code.FAULT] == []
    return result


@pytest.mark.parametrize("to", ["mindspore", "torch"])
@pytest.mark.parametrize("text", [*CALLS_ITSELF.values(), *DEEP.values()], ids=[*CALLS_ITSELF, *DEEP])
def test_what_calls_itself_or_is_deep_is_converted(text: str, to: Framework, book: RuleBook) -> None:
    result = converted(text, book, to)
    assert not [finding for finding in result.findings if finding.message.startswith(TOO_DEEP.text)]


@pytest.mark.parametrize("text", TOO_MANY.values(), ids=TOO_MANY)
def test_what_is_asked_too_deep_is_left_and_told(text: str, book: RuleBook) -> None:
    result = converted(text, book, "mindspore")
    assert result.text.count("porter_layers.weight(") == DEEPEST
    (told,) = [finding for finding in result.findings if finding.message.startswith(TOO_DEEP.text)]
    left = text.count(".weight") - DEEPEST
    assert told.message == f"{TOO_DEEP.text} ({left} places in this file)"
    assert (told.level, told.edit) == ("manual", None)
    assert converted(result.text, book, "mindspore").text == result.text


def test_what_is_just_not_too_deep_is_asked(book: RuleBook) -> None:
    result = converted(OF + "x" + ".weight" * DEEPEST + "\n", book, "mindspore")
    assert result.text.count("porter_layers.weight(") == DEEPEST and ".weight.weight" not in result.text
    assert {finding.level for finding in result.findings} == {"review"}
