"""Who else holds a tensor where it is changed in place: `x += y`, or a name that is read."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from porter.source.values import Holders

from .asking import TORCH, Asked

HEAD = """
def addto(a, b):
    a += b
    return a


def twice(a):
    return a * 2


def either(a, b):
    if b is None:
        return a
    return twice(b)


class Net(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.k = nn.Conv3d(c, c, 1)
        self.drop = nn.Dropout(0.1)
        self.act = nn.ReLU(inplace=True)
        self.quiet = nn.ReLU()
        self.body = nn.Sequential(nn.Conv3d(c, c, 1), nn.ReLU(True))
        self.idle = nn.Sequential(nn.Dropout(0.1))
        self.last = None

    def forward(self, x, other, xs):
"""


def found(body: str) -> Holders:
    """Of the target of the last `+=` of a forward."""
    asked = Asked({"m.py": TORCH + HEAD + indent(body, " " * 8)})
    values = asked.values("m.py")
    scopes = asked.index.modules["m.py"].scopes
    target = max((node for node, _ in scopes.augmented), key=lambda node: node.lineno).target
    assert isinstance(target, ast.Name)
    return values.holders(target)


FRESH = {
    "a layer's result": "y = self.k(x)\ny += 1\n",
    "read before": "y = self.k(x)\nz = y * 2\nprint(y.shape, y.sum())\ny += 1\n",
    "a sum": "y = x + other\ny += 1\n",
    "a function": "y = torch.relu(x)\ny += 1\n",
    "the same name again": "y = self.k(x)\ny = y.view(-1)\ny += 1\n",
    "twice in place": "y = self.k(x)\ny += 1\ny += 2\n",
    "shared later": "y = self.k(x)\ny += 1\nz = y\nxs.append(y)\n",
    "another's copy": "y = self.k(x)\nz = other\ny += 1\n",
    "the older value is shared": "y = self.k(x)\nz = y\ny = self.k(y)\ny += 1\n",
    "joined": "y = self.k(x)\nz = torch.cat([y, x], 1)\ny += z\n",
    "both branches": "if xs:\n    y = self.k(x)\nelse:\n    y = x * 2\ny += 1\n",
    "a function of the tree that makes something": "y = twice(x)\ny += 1\n",
    "a layer in place on what is fresh": "y = self.act(self.k(x))\ny += 1\n",
    "a chain of layers": "y = self.body(x)\ny += 1\n",
    "a clone": "y = x.clone()\ny += 1\n",
    "unpacked": "y, z = self.k(x), 1\ny += 1\n",
    "a loop that makes it": "for a in xs:\n    y = self.k(a)\n    y += 1\n    xs.append(y)\n",
    "a view that goes into a sum": "y = self.k(x)\nz = y.view(-1) + 1\ny += 1\n",
}


@pytest.mark.parametrize("name", FRESH)
def test_nobody_else_has_it(name: str) -> None:
    assert found(FRESH[name]) == Holders("fresh")


HELD = {
    "a parameter": ("x += 1\n", "parameter"),
    "another name of a parameter": ("y = x\ny += 1\n", "parameter"),
    "perhaps a parameter": ("if xs:\n    x = self.k(x)\nx += 1\n", "parameter"),
    "a view of a parameter": ("x = x.view(-1)\nx += 1\n", "parameter"),
    "handed back by a function": ("y = addto(x, other)\ny += 1\n", "parameter"),
    "perhaps handed back": ("y = either(x, other)\ny += 1\n", "parameter"),
    "another name": ("y = self.k(x)\nskip = y\ny += 1\n", "shared"),
    "two names at once": ("a = b = self.k(x)\na += 1\n", "shared"),
    "a pair": ("y = self.k(x)\npair = (y, x)\ny += 1\n", "shared"),
    "a list": ("y = self.k(x)\nfs = [y]\ny += 1\n", "shared"),
    "an element of a list": ("y = xs[0]\ny += 1\n", "shared"),
    "put into a list": ("y = self.k(x)\nfs = []\nfs.append(y)\ny += 1\n", "shared"),
    "an attribute": ("y = self.k(x)\nself.last = y\ny += 1\n", "shared"),
    "from an attribute": ("y = self.last\ny += 1\n", "shared"),
    "a loop over a list": ("for y in xs:\n    y += 1\n", "shared"),
    "shared in the round before": ("y = self.k(x)\nfor _ in xs:\n    y += 1\n    skip = y\n", "shared"),
    "a view that has another name": ("y = self.k(x)\nz = y.view(-1)\ny += 1\n", "shared"),
    "a part": ("y = self.k(x)\nz = y[0]\ny += 1\n", "shared"),
    "a part of another": ("y = self.k(x)\nz = y[0]\nz += 1\n", "shared"),
    "two parts of one": ("y = self.k(x)\na, b = y.chunk(2)\na += 1\n", "shared"),
    "what a layer hands back": ("y = self.k(x)\nz = self.drop(y)\ny += 1\n", "shared"),
    "a layer that hands back": ("y = self.drop(x)\ny += 1\n", "parameter"),
    "a layer in place": ("y = self.act(x)\ny += 1\n", "parameter"),
    "a chain that hands back": ("y = self.idle(x)\ny += 1\n", "parameter"),
    "one of two": ("y = self.k(x)\nz = self.k(x)\nw = y if xs else z\nw += 1\n", "shared"),
    "a walrus": ("z = (y := self.k(x))\ny += 1\n", "shared"),
    "perhaps another name": ("y = self.k(x)\nif xs:\n    skip = y\ny += 1\n", "shared"),
    "in a dictionary": ("y = self.k(x)\nd = {'a': y}\ny += 1\n", "shared"),
    "an unknown function": ("y = other.make(x)\ny += 1\n", "unknown"),
    "given to an unknown function": ("y = self.k(x)\nother.keep(y)\ny += 1\n", "unknown"),
}


@pytest.mark.parametrize("name", HELD)
def test_somebody_else_has_it(name: str) -> None:
    body, expected = HELD[name]
    assert found(body).kind == expected


def test_the_place_that_shares_is_told() -> None:
    by = found("y = self.k(x)\nskip = y\ny += 1\n").by
    assert by is not None
    assert ast.unparse(by) == "skip = y"


def test_a_parameter_of_a_function_of_the_tree() -> None:
    asked = Asked({"m.py": TORCH + HEAD + "        return addto(x, other)\n"})
    target = asked.index.modules["m.py"].scopes.augmented[0][0].target
    assert isinstance(target, ast.Name)
    assert asked.values("m.py").holders(target).kind == "parameter"
