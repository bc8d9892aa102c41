"""What a value is as far as the tree tells: code elsewhere could make it untrue, so it is told as assumed."""

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

ASSUMED = {
    "a parameter of forward that goes into a layer": (
        LAYER + "    def forward(self, x):\n        SEEN(x)\n        return self.conv(x)\n",
        ["Tensor (assumed)"],
    ),
    "one that is added to a tensor, or joined": (
        LAYER + "    def forward(self, x, y, z, n, k=3):\n        SEEN(y)\n        SEEN(z)\n        SEEN(n)\n"
            "        SEEN(k)\n"
        "        t = self.conv(x) + y\n        return torch.cat([t, z], 1), n\n",
        ["Tensor (assumed)", "Tensor (assumed)", "?", "number (assumed)"],
    ),
    "a parameter that gets another value is not asked by what that is used for": (
        LAYER + "    def forward(self, x):\n        SEEN(x)\n        x = make(x)\n        return self.conv(x)\n", ["?"],
    ),
    "what only tensors have, anywhere": ("def f(x, y):\n    SEEN(x)\n    SEEN(y)\n    return x.unsqueeze(0), y.shape\n",
        ["Tensor (assumed)", "?"]),
    "callers in the tree": (
        "def f(m, k=None):\n    SEEN(m)\n    SEEN(k)\nf(nn.ReLU())\nf(m=nn.GELU(), k=3)\n",
        ["GELU | ReLU (assumed)", "none | number (assumed)"],
    ),
    "callers of a class": (
        "class A:\n    def __init__(self, norm=nn.ReLU):\n        self.n = norm()\n        SEEN(self.n)\n"
            "A(nn.GELU)\nA(norm=nn.SiLU)\n",
        ["GELU | ReLU | SiLU (assumed)"],
    ),
    "a default": ("def f(norm=nn.ReLU):\n    SEEN(norm(3))\n", ["ReLU (assumed)"]),
    "annotations": (
        "from typing import Optional\ndef f(x: torch.Tensor, n: 'nn.ReLU', k: int, o: Optional[torch.Tensor] = None,\n"
        "      xs: list[torch.Tensor] = (), t: tuple[int, torch.Tensor] = None):\n"
        "    SEEN(x)\n    SEEN(n)\n    SEEN(k)\n    SEEN(o)\n    SEEN(xs[0])\n    SEEN(t[1])\n",
        ["Tensor (assumed)", "ReLU (assumed)", "number (assumed)", "Tensor | none (assumed)", "Tensor (assumed)",
         "Tensor (assumed)"],
    ),
    "a layer of an unknown class": ("def f(m: nn.Module, x):\n    SEEN(m(x))\n", ["Tensor (assumed)"]),
    "another set by a subclass": (
        LAYER + "    def f(self):\n        SEEN(self.norm)\n        SEEN(self.conv)\nclass B(Net):\n"
        "    def __init__(self):\n        super().__init__(1)\n        self.norm = nn.BatchNorm3d(3)\n"
            "    def g(self):\n"
        "        SEEN(self.norm)\n",
        ["BatchNorm3d | InstanceNorm3d (assumed)", "Conv3d", "BatchNorm3d | InstanceNorm3d"],
    ),
    "another set from outside": (
        LAYER + "    def f(self):\n        SEEN(self.norm)\n        SEEN(self.conv)\nnet = Net(3)\n"
            "net.norm = nn.BatchNorm3d(3)\n",
        ["BatchNorm3d | InstanceNorm3d (assumed)", "Conv3d"],
    ),
    "setattr with a name": (
        LAYER + "    def f(self):\n        SEEN(self.norm)\n        SEEN(self.conv)\n"
            "setattr(Net(1), 'norm', nn.ReLU())\n",
        ["InstanceNorm3d | ReLU (assumed)", "Conv3d"],
    ),
    "setattr with any name": (
        LAYER + "    def f(self, k):\n        setattr(self, k, 3)\n        SEEN(self.norm)\nclass B:\n"
            "    def __init__(self):\n"
        "        self.a = 1\n    def f(self):\n        SEEN(self.a)\n",
        ["InstanceNorm3d (assumed)", "number"],
    ),
    "a dictionary of attributes": (
        LAYER + "    def f(self, k):\n        self.__dict__.update(k)\n"
            "        SEEN(self.norm)\n", ["InstanceNorm3d (assumed)"],
    ),
    "an owner that is not known": (
        LAYER + "    def f(self):\n        SEEN(self.norm)\ndef g(net):\n    net.norm = nn.ReLU()\n",
        ["InstanceNorm3d | ReLU (assumed)"],
    ),
    "hooks of attributes": (
        LAYER + "    def __getattribute__(self, k):\n        return 3\n    def f(self):\n        SEEN(self.norm)\n",
        ["InstanceNorm3d (assumed)"],
    ),
    "a base that nothing tells about": (
        "from somewhere import Base\nclass A(Base):\n    def __init__(self):\n        self.a = 1\n"
            "    def f(self):\n        SEEN(self.a)\n",
        ["number (assumed)"],
    ),
    "an overridden method": (
        "class A:\n    def make(self):\n        return 1\n    def f(self):\n        SEEN(self.make())\nclass B(A):\n"
        "    def make(self):\n        return 'b'\n",
        ["number | text (assumed)"],
    ),
    "a list that is handed on": (
        "from other import fill\nns = [nn.ReLU()]\nfill(ns)\nSEEN(ns[0])\nms = [nn.ReLU()]\nlen(ms)\nSEEN(ms[0])\n",
        ["ReLU (assumed)", "ReLU"],
    ),
    "a tensor and something unknown": ("def f(y):\n    SEEN(torch.zeros(1) + y)\n", ["Tensor (assumed)"]),
}  # fmt: skip


@pytest.mark.parametrize("name", ASSUMED)
def test_what_is_assumed(name: str) -> None:
    text, expected = ASSUMED[name]
    assert ask(text) == expected
