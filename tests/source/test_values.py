"""What an expression can be: a program, and what its marked expressions are."""

from __future__ import annotations

import pytest

from .asking import ask

LAYER = """
class Net(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Conv3d(c, c, 1)
        self.norm = nn.InstanceNorm3d(c)
"""

KNOWN = {
    "a tensor from a layer": (
        LAYER + "    def forward(self, x):\n        y = self.conv(x)\n        SEEN(y)\n        SEEN(y.size(1))\n"
        "        SEEN(y.size())\n        SEEN(y.shape)\n        SEEN(y.shape[1])\n        SEEN(y.view(-1).t())\n",
        ["Tensor", "number", "size", "size", "number", "Tensor"],
    ),
    "what leaves a tensor": (
        "x = torch.zeros(3)\nSEEN(x.item())\nSEEN(x.numpy())\nSEEN(x.tolist())\nSEEN(x.dtype)\nSEEN(x.device)\n"
        "SEEN(x.dim())\nSEEN(x.grad)\nSEEN(x.T)\n",
        ["number", "array", "numbers", "dtype", "device", "number", "Tensor | none", "Tensor"],
    ),
    "arithmetic and comparison": (
        "x = torch.zeros(3)\nSEEN(x + 1)\nSEEN(2 * x)\nSEEN(-x)\nSEEN(x > 0)\nSEEN(x is None)\nSEEN(not x)\n"
        "SEEN(1 + 2)\nSEEN('%s' % x)\nSEEN(x.shape[1:] + x.shape)\n",
        ["Tensor", "Tensor", "Tensor", "Tensor", "number", "number", "number", "text", "size"],
    ),
    "subscripts and unpacking": (
        "x = torch.zeros(3)\nSEEN(x[0])\na, b = x.chunk(2)\nSEEN(a)\nb, c, *rest = x.shape\nSEEN(c)\nSEEN(rest)\n"
        "p, (q, r) = 1, ('a', x)\nSEEN(p)\nSEEN(q)\nSEEN(r)\nh, w = x\nSEEN(w)\n",
        ["Tensor", "Tensor", "number", "list[number]", "number", "text", "Tensor", "Tensor"],
    ),
    "functions that give several": (
        "x = torch.zeros(3)\nSEEN(torch.max(x))\nSEEN(torch.max(x, 1))\nSEEN(x.max(dim=1)[0])\nSEEN(torch.topk(x, 1))\n"
        "SEEN(x.sort().values)\nSEEN(torch.numel(x))\nSEEN(torch.load('x'))\n"
        "SEEN(torch.unique(x, return_counts=True))\n",
        ["Tensor", "tuple[Tensor]", "Tensor", "tuple[Tensor]", "Tensor", "number", "?", "?"],
    ),
    "names of the framework": (
        "SEEN(torch)\nSEEN(nn.Conv3d)\nSEEN(torch.float32)\nSEEN(F.relu)\nSEEN(nn.Parameter(torch.zeros(1)))\n"
        "SEEN(torch.device('cpu'))\nSEEN(torch.optim.SGD([], 1))\n",
        ["module torch", "class Conv3d", "dtype", "class relu", "Tensor", "device", "SGD"],
    ),
    "containers": (
        "n = nn.InstanceNorm3d(3)\nd = {'in': n}\nSEEN(d['in'])\nns = [nn.InstanceNorm3d(3) for _ in range(3)]\n"
        "SEEN([n for n in ns][0])\nfor m in ns:\n    SEEN(m)\nfor i, m in enumerate(ns):\n    SEEN(m)\n    SEEN(i)\n"
        "for a, b in zip(ns, d.values()):\n    SEEN(b)\nfor k, v in d.items():\n    SEEN(v)\nSEEN(ns[1:])\n"
        "SEEN(ns[-1])\nSEEN(next(iter(ns)))\nSEEN((n, 1)[0])\n",
        ["InstanceNorm3d"] * 4
        + ["number"]
        + ["InstanceNorm3d"] * 2
        + ["list[InstanceNorm3d]"]
        + ["InstanceNorm3d"] * 3,
    ),
    "filled later": (
        "ns = []\nns.append(nn.Conv3d(1, 1, 1))\nns += [nn.InstanceNorm3d(1)]\nfor n in ns:\n    SEEN(n)\n"
        "d = {}\nd['a'] = nn.Conv3d(1, 1, 1)\nfor n in d.values():\n    SEEN(n)\n"
        "s = nn.Sequential()\ns.append(nn.Conv3d(1, 1, 1))\nfor n in s:\n    SEEN(n)\nSEEN(s[0])\nSEEN(s(1))\n",
        ["Conv3d | InstanceNorm3d", "Conv3d", "Conv3d", "Conv3d", "Tensor"],
    ),
    "containers of layers": (
        "a = nn.Sequential(nn.Conv3d(1, 1, 1), nn.ReLU())\nSEEN(a[0])\nSEEN(a(1))\nfor m in a:\n    SEEN(m)\n"
        "b = nn.ModuleList([nn.Conv3d(1, 1, 1) for _ in range(2)])\nSEEN(b[0])\nSEEN(b[0](1))\nSEEN(b)\n"
        "d = nn.ModuleDict({'a': nn.ReLU()})\nSEEN(d['a'])\nfor k, m in d.items():\n    SEEN(k)\n    SEEN(m)\n",
        ["Conv3d | ReLU", "Tensor", "Conv3d | ReLU", "Conv3d", "Tensor", "ModuleList", "ReLU", "text", "ReLU"],
    ),
    "conditional expressions, or, walrus": (
        "def f(k):\n    n = nn.InstanceNorm3d(3) if k else nn.BatchNorm3d(3)\n    SEEN(n)\n"
        "    if (m := nn.InstanceNorm3d(3)) is not None:\n        SEEN(m)\n    SEEN(None or nn.ReLU())\n"
        "    o = nn.ReLU() if k else None\n    SEEN(o)\n    if o is not None:\n        SEEN(o)\n"
        "    SEEN((z := 3) + z)\n",
        ["BatchNorm3d | InstanceNorm3d", "InstanceNorm3d", "ReLU", "ReLU | none", "ReLU", "number"],
    ),
    "functions and classes of the tree": (
        LAYER + "    def forward(self, x):\n        return self.norm(self.conv(x)), 3\n"
        "net = Net(3)\nSEEN(net)\ny, n = net(torch.zeros(1))\nSEEN(y)\nSEEN(n)\nSEEN(net.norm)\nSEEN(net.norm.weight)\n"
        "def make(c):\n    if c > 3:\n        return nn.Conv3d(c, c, 1)\n    return nn.ReLU()\nSEEN(make(3))\n"
        "SEEN(make)\n"
        "def same(v):\n    return v\nSEEN(same(net))\nSEEN((lambda v: v)(3))\nSEEN(net.to('cpu'))\n"
        "for p in net.parameters():\n    SEEN(p)\nfor k, p in net.named_parameters():\n    SEEN(k)\n    SEEN(p)\n",
        [
            "a Net",
            "Tensor",
            "number",
            "InstanceNorm3d",
            "Tensor",
            "Conv3d | ReLU",
            "def make",
            "a Net",
            "number",
            "a Net",
            "Tensor",
            "text",
            "Tensor",
        ],
    ),
    "buffers, parameters, properties": (
        "class A(nn.Module):\n    kind = 'a'\n    def __init__(self):\n        super().__init__()\n"
        "        self.register_buffer('mask', None)\n        self.scale = nn.Parameter(torch.zeros(1))\n"
        "        self.add_module('n', nn.ReLU())\n    @property\n    def both(self):\n        return self.scale * 2\n"
        "    def f(self):\n        SEEN(self.mask)\n        SEEN(self.scale)\n        SEEN(self.n)\n"
        "        SEEN(self.both)\n"
        "        SEEN(self.kind)\n        SEEN(self.training)\n        SEEN(self)\n",
        ["none", "Tensor", "ReLU", "Tensor", "text", "number", "a A"],
    ),
    "plain objects": (
        "import os, math\nimport numpy as np\nSEEN(len([]))\nSEEN('a'.upper())\nSEEN('a b'.split())\n"
        "SEEN(np.zeros(3))\n"
        "SEEN(np.zeros(3).shape)\nSEEN(math.sqrt(2))\nSEEN(os.path.join('a'))\nSEEN(np)\nSEEN(range(3))\nSEEN(f'{1}')\n"
        "SEEN(isinstance(np, int))\nSEEN(None)\n",
        [
            "number",
            "text",
            "list[text]",
            "array",
            "array",
            "number",
            "other",
            "module numpy",
            "iterator[number]",
            "text",
            "number",
            "none",
        ],
    ),
    "a circle ends": (
        "def f(n):\n    x = torch.zeros(3)\n    for i in range(n):\n        x = x.view(-1)\n        SEEN(x)\n"
        "    SEEN(x)\n"
        "    a = [1]\n    while n:\n        a = a + [x]\n    SEEN(a)\n    t = n\n    while n:\n"
        "        t = t.up\n    SEEN(t)\n",
        ["Tensor", "Tensor", "list[Tensor | number] | list[number]", "?"],
    ),
    "what changes in a loop is seen at its start": (
        "def f(n):\n    x = torch.zeros(3)\n    while n:\n        SEEN(x)\n        x = x.shape\n    SEEN(x)\n"
        "    m = nn.ReLU()\n    for _ in range(n):\n        SEEN(m)\n        m = nn.GELU()\n        SEEN(m)\n",
        # x.shape of a size is nothing that is known
        ["?", "?", "GELU | ReLU", "GELU"],
    ),
    "recursion": (
        "def f(n):\n    if n:\n        return f(n - 1)\n    return torch.zeros(3)\nSEEN(f(3))\ndef g(n):\n"
        "    return g(n)\n"
        "SEEN(g(3))\ndef h(n):\n    return k(n)\ndef k(n):\n    return h(n) if n else 1\nSEEN(h(3))\nSEEN(k(3))\n",
        ["Tensor", "?", "number", "number"],
    ),
    "generators": (
        "def f():\n    yield nn.ReLU()\nfor m in f():\n    SEEN(m)\nSEEN([*f()])\n"
        "SEEN(sum(torch.zeros(1) for _ in '12'))\n",
        ["ReLU", "list[ReLU]", "Tensor"],
    ),
    "recurrent layers and pools": (
        "r = nn.LSTM(3, 3)\ny, h = r(torch.zeros(1))\nSEEN(y)\nSEEN(h)\np = nn.MaxPool3d(2, return_indices=True)\n"
        "y, i = p(torch.zeros(1))\nSEEN(i)\nSEEN(nn.Identity()(nn))\n",
        ["Tensor", "?", "Tensor", "module torch.nn"],
    ),
    "copies and wrappers": (
        "import copy\nfrom torch.utils.checkpoint import checkpoint\nn = nn.ReLU()\nSEEN(copy.deepcopy(n))\n"
        "SEEN(checkpoint(n, torch.zeros(1)))\nSEEN(torch.compile(n))\nSEEN(getattr(n, 'inplace'))\nSEEN(type(n))\n"
        "SEEN(type(n)())\n",
        ["ReLU", "Tensor", "ReLU", "number", "class ReLU", "ReLU"],
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_what_is_known(name: str) -> None:
    text, expected = KNOWN[name]
    assert ask(text) == expected


@pytest.mark.parametrize("count", [10, 60, 400])
def test_long_chains_are_followed(count: int) -> None:
    lines = ["    x = x.view(-1)\n", "    y = x + 1\n    x = y\n", "    x = same(x)\n"]
    body = "".join(lines[number % 3] for number in range(count))
    text = f"def same(x):\n    return x\ndef f():\n    x = torch.zeros(3)\n{body}    SEEN(x)\n"
    assert ask(text) == ["Tensor"]


def test_long_sums_are_followed() -> None:
    assert ask("x = torch.zeros(3)\nSEEN(" + " + ".join(["x"] * 200) + ")\n") == ["Tensor"]


UNKNOWN = {
    "a parameter": "def f(x):\n    SEEN(x)\n",
    "what a parameter gives": "def f(x):\n    SEEN(x())\n    SEEN(x.a)\n    SEEN(x[0])\n",
    "one of two": "def f(x, k):\n    y = torch.zeros(3)\n    if k:\n        y = x\n    SEEN(y)\n",
    "children": "for m in nn.Sequential(nn.ReLU()).modules():\n    SEEN(m)\n",
    "an attribute that nobody sets": "class A:\n    def f(self):\n        SEEN(self.a)\n",
    "a star import": "from somewhere import *\nSEEN(thing)\nSEEN(sum('a'))\n",
    "a function of another package": "from somewhere import make\nSEEN(make())\n",
    "an attribute that gets something unknown": (
        "class A:\n    def __init__(self, a):\n        self.a = 1\n    def f(self, a):\n        self.a = a\n"
        "        SEEN(self.a)\n"
    ),
    "what a list gets that is not known": "def f(x):\n    ns = [nn.ReLU()]\n    ns.append(x)\n    SEEN(ns[0])\n",
    "a module's name set from outside": ("import m\nNORM = nn.ReLU()\nm.NORM = nn.GELU()\ndef f():\n    SEEN(NORM)\n"),
    "with": "def f(x):\n    with x as y:\n        SEEN(y)\n",
    "await": "async def f(x):\n    return 1\nasync def g():\n    SEEN(await f(1))\n    SEEN(f(1))\n",
    "an object that cannot be called": "class A:\n    pass\nSEEN(A()())\n",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known(name: str) -> None:
    assert set(ask(UNKNOWN[name])) == {"?"}
