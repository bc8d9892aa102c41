"""A converted network has the parameters that torch's has, by the names that the weight map promises, and computes.

The program runs in both frameworks, each in a process of its own, as it was and as `porter convert` writes it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from porter.cli import run
from porter.rules.load import RuleBook

pytestmark = pytest.mark.frameworks("torch", "mindspore")

HEAD = """\
import torch.nn as nn

c = 2
def conv():
    return nn.Conv3d(c, c, 1)

def norm():
    return nn.GroupNorm(1, c)
"""

NETS = {
    "lists that a loop fills": """
        self.down = nn.ModuleList()
        self.up = nn.ModuleList()
        self.body = nn.Sequential()
        for _ in range(2):
            self.down.append(conv())
            self.up.append(conv())
            self.body.append(norm())
""",
    "a list that begins with no parameter": """
        self.one = nn.ModuleList([nn.ReLU()])
        self.two = nn.Sequential(nn.ReLU())
        self.one.append(conv()).append(norm())
        self.two.append(conv())
""",
    "extend, insert, pop, del": """
        self.down = nn.ModuleList()
        self.down.extend(conv() for _ in range(3))
        self.down.insert(0, norm())
        self.first = self.down.pop(1)
        self.body = nn.Sequential(conv(), norm(), conv())
        self.body.extend([norm(), norm()])
        self.body.insert(1, conv())
        del self.body[0]
        self.body.pop(-1)
        self.down[-1] = norm()
        del self.down[1:2]
""",
    "operators": """
        self.joined = nn.Sequential(conv(), nn.ReLU()) + nn.Sequential(norm())
        self.lists = nn.ModuleList([conv()]) + nn.ModuleList([norm(), conv()])
        self.grown = nn.ModuleList([conv()])
        self.grown += [norm()]
        self.steps = nn.Sequential(nn.ReLU())
        self.steps += nn.Sequential(conv())
        self.twice = nn.Sequential(conv(), norm()) * 2
        self.thrice = 3 * nn.Sequential(conv())
        self.more = nn.Sequential(conv())
        self.more *= 2
        self.part = nn.Sequential(conv(), norm(), conv())[1:]
        self.some = nn.ModuleList([conv(), norm(), conv()])[1:]
""",
    "by name": """
        self.add_module("first", norm())
        self.add_module(name="second", module=norm())
        for i in range(2):
            self.add_module("c%d" % i, conv())
            setattr(self, f"d{i}", conv())
        self.add_module("none", None)
        self.body = nn.Sequential()
        self.body.add_module("n1", norm())
        self.body.add_module("n2", conv())
        self.body.n3 = conv()
        self.levels = nn.ModuleList()
        self.levels.add_module("0", nn.Sequential(conv(), norm()))
        self.levels.append(nn.Sequential())
        self.levels[1].append(conv())
        self.levels[1].append(conv())
""",
    "containers of their own": """
        class Block(nn.Sequential):
            def __init__(self, depth):
                super().__init__()
                for i in range(depth):
                    self.add_module("layer%d" % i, conv())
                self.append(norm())
                self.last = conv()

        class Levels(nn.ModuleList):
            def __init__(self):
                super().__init__([Block(1)])
                self.append(Block(2))
                self.extend([conv()])

        self.levels = Levels()
        self.block = Block(1)
        self.block.append(conv())
""",
    "inside others": """
        class Inner(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList()
                self.layers.append(conv())

        self.one = Inner()
        self.two = nn.ModuleList()
        self.two.append(nn.Sequential(Inner(), Inner()))
        self.two[0].append(conv())
""",
}

NATIVE = """
        layers = [conv()]
        layers.append(norm())
        layers += [nn.ReLU()] * 2
        self.body = nn.Sequential(*layers)
        self.heads = nn.ModuleList([conv() for _ in range(2)])
        self.made = nn.ModuleList([nn.Sequential(conv(), norm())])
"""

EACH = """
import importlib, json, sys

def each(folders):
    for folder in folders:
        sys.path[0] = folder
        for name in ("net", "porter_layers"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        yield folder, importlib.import_module("net").Net()
"""

TORCH = f"""{EACH}
print(json.dumps([[name for name, _ in net.named_parameters()] for _, net in each(sys.argv[1:])]))
"""

MINDSPORE = f"""{EACH}
import mindspore

def read(folder, net):
    mindspore.save_checkpoint(net, folder + "/net.ckpt")
    saved = list(mindspore.load_checkpoint(folder + "/net.ckpt"))
    try:
        mindspore.nn.SGD(net.trainable_params())
    except (RuntimeError, ValueError) as error:
        saved.append(str(error))
    return [parameter.name for parameter in net.trainable_params()], saved

print(json.dumps([read(folder, net) for folder, net in each(sys.argv[1:])]))
"""

CASES = {**NETS, "native": NATIVE, "misnamed": NETS["lists that a loop fills"]}


@dataclass(frozen=True)
class Names:
    """What a network's parameters are called in torch, in MindSpore and in a checkpoint, and the converted text."""

    torch: list[str]
    mindspore: list[str]
    saved: list[str]
    text: str


@pytest.fixture(scope="module")
def nets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Names]:
    """Every network, built in both frameworks: one process for each, since either takes seconds to start."""
    top = tmp_path_factory.mktemp("nets")
    texts = {name: convert(body, top / str(index)) for index, (name, body) in enumerate(CASES.items())}
    native = texts["misnamed"].replace("porter_layers.ModuleList", "nn.CellList")
    native = native.replace("porter_layers.Sequential", "nn.SequentialCell")
    (top / str(list(CASES).index("misnamed")) / "out" / "net.py").write_text(native, encoding="utf-8")
    before = run_in(TORCH, [str(top / str(index) / "in") for index in range(len(CASES))])
    after = run_in(MINDSPORE, [str(top / str(index) / "out") for index in range(len(CASES))])
    found = zip(CASES, before, after, strict=True)
    return {name: Names(ours, theirs, saved, texts[name]) for name, ours, (theirs, saved) in found}


def convert(body: str, folder: Path) -> str:
    """Write the program and convert it: what `porter convert` wrote."""
    head = f"{HEAD}\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "net.py").write_text(head + body.strip("\n") + "\n", encoding="utf-8")
    assert run(["convert", str(folder / "in"), "-o", str(folder / "out")]) == 0
    return (folder / "out" / "net.py").read_text(encoding="utf-8")


def run_in(program: str, folders: list[str]) -> list[Any]:
    """What a program prints, in a process of its own."""
    made = subprocess.run([sys.executable, "-c", program, *folders], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def is_promised(found: str, name: str, book: RuleBook) -> bool:
    """Whether a name is torch's, or what the weight map makes of it: only norms call theirs otherwise."""
    place, _, last = name.rpartition(".")
    return found in (name, f"{place}.{book.rules['torch.nn.GroupNorm'].weights[last]}")


@pytest.mark.parametrize("name", NETS)
def test_every_parameter_has_the_name_that_the_weight_map_promises(
    name: str, nets: dict[str, Names], book: RuleBook
) -> None:
    net = nets[name]
    assert len(set(net.mindspore)) == len(net.mindspore) == len(net.torch)
    wrong = [
        (ours, theirs)
        for ours, theirs in zip(net.torch, net.mindspore, strict=True)
        if not is_promised(theirs, ours, book)
    ]
    assert wrong == []
    assert net.saved == net.mindspore


def test_containers_that_nothing_is_added_to_stay_native(nets: dict[str, Names]) -> None:
    net = nets["native"]
    assert "porter_layers" not in net.text and "nn.CellList" in net.text
    assert len(set(net.mindspore)) == len(net.mindspore) == len(net.torch)


def test_native_containers_would_misname_what_a_loop_fills(nets: dict[str, Names]) -> None:
    """What the tests above would see without the generated classes."""
    net = nets["misnamed"]
    assert (len(net.torch), len(net.mindspore), len(set(net.mindspore))) == (12, 12, 8)
    assert len(net.saved) == 9 and "already exists" in net.saved[-1]
