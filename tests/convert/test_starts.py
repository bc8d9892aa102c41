"""Converted trees are started: what they import is found, the generated module too, wherever the program starts."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from porter.convert import Conversion, convert_tree
from porter.rewrite.options import Options
from porter.source.walk import read_tree

from .harness import layer_names, rules
from .test_trees import outputs, write

STAND_INS = {
    "mindspore/__init__.py": "from mindspore import nn\n",
    "mindspore/nn.py": "class Cell: ...\n",
    "torch/__init__.py": "from torch import nn\n",
    "torch/nn.py": "class Module: ...\n",
}
"""Packages that have what the programs need to be loaded, and compute nothing."""

BASE = """import torch.nn as nn

Norm = nn.InstanceNorm3d


class Base(nn.Module):
    def forward(self, x):
        return x
"""
NET = """{}


class Net(Base):
    def forward(self, x):
        return super().forward(x)


if __name__ == "__main__":
    names = [name for name in ("forward", "construct") if name in [*vars(Net)]]
    print(Base.__mro__[1].__name__, Base.__module__, Norm.__module__, *names)
"""
PYTEST = """{}


class Net(Base):
    def forward(self, x):
        return super().forward(x)


def test_net():
    net = Net()
    assert (Base.__module__, Norm.__module__) == ("src.base", "src.porter_layers")
    assert net.forward(3) == 3
"""
IMPORT = "from {} import Base, Norm"
CHANGE = """import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
"""
CHANGED = (
    CHANGE.replace("sys\n", "sys\n\nimport torch.nn as nn\n")
    + """
{}

OWN = nn.InstanceNorm3d, nn.Module"""
)


@dataclass(frozen=True)
class Layout:
    """Files, how the program is started, and as what it finds the base class and the generated module."""

    files: dict[str, str]
    command: tuple[str, ...]
    base: str
    layers: str
    searched: str = ""


LAYOUTS = {
    "a folder beside the program": Layout(
        {"src/base.py": BASE, "net.py": NET.format(IMPORT.format("src.base"))},
        ("net.py",),
        "src.base",
        "src.porter_layers",
    ),
    "the folder itself imported": Layout(
        {"src/base.py": BASE, "net.py": NET.format("import src.base\n\nBase = src.base.Base\nNorm = src.base.Norm")},
        ("net.py",),
        "src.base",
        "src.porter_layers",
    ),
    "a module of the folder imported from it": Layout(
        {"src/base.py": BASE, "net.py": NET.format("from src import base\n\nBase = base.Base\nNorm = base.Norm")},
        ("net.py",),
        "src.base",
        "src.porter_layers",
    ),
    "a program in the folder, run as a module": Layout(
        {"src/base.py": BASE, "src/net.py": NET.format(IMPORT.format("src.base"))},
        ("-m", "src.net"),
        "src.base",
        "src.porter_layers",
    ),
    "a program in the folder, run as a file": Layout(
        {"src/base.py": BASE, "src/net.py": NET.format(IMPORT.format("base"))},
        ("src/net.py",),
        "base",
        "porter_layers",
    ),
    "relative imports without packages": Layout(
        {"src/a/base.py": BASE, "src/b/net.py": NET.format(IMPORT.format("..a.base"))},
        ("-m", "src.b.net"),
        "src.a.base",
        "src.a.porter_layers",
    ),
    "src as a root of imports": Layout(
        {"src/pkg/base.py": BASE, "src/pkg/train.py": NET.format(IMPORT.format("pkg.base"))},
        ("-m", "pkg.train"),
        "pkg.base",
        "pkg.porter_layers",
        "src",
    ),
    "scripts with helpers, beside a package": Layout(
        {
            "pkg/__init__.py": "",
            "pkg/data.py": "import os\n",
            "scripts/helpers.py": BASE,
            "scripts/train.py": NET.format(IMPORT.format("helpers")),
        },
        ("scripts/train.py",),
        "helpers",
        "porter_layers",
    ),
    "scripts with a folder of helpers": Layout(
        {"scripts/lib/base.py": BASE, "scripts/train.py": NET.format(IMPORT.format("lib.base"))},
        ("scripts/train.py",),
        "lib.base",
        "lib.porter_layers",
    ),
    "what the program and the folder need": Layout(
        {
            "src/base.py": BASE,
            "net.py": "import torch.nn as nn\n\nOther = nn.InstanceNorm3d\n" + NET.format(IMPORT.format("src.base")),
        },
        ("net.py",),
        "src.base",
        "porter_layers",
    ),
    "a file that nobody imports yet": Layout(
        {
            "src/nets/base.py": BASE,
            "src/nets/more.py": BASE,
            "src/net.py": NET.format(IMPORT.format("src.nets.base")),
        },
        ("-m", "src.net"),
        "src.nets.base",
        "src.nets.porter_layers",
    ),
    "a package inside a folder that is none": Layout(
        {
            "lib/pkg/__init__.py": "",
            "lib/pkg/base.py": BASE,
            "net.py": NET.format(IMPORT.format("lib.pkg.base")),
        },
        ("net.py",),
        "lib.pkg.base",
        "lib.pkg.porter_layers",
    ),
    "a package that spells such a folder": Layout(
        {
            "lib/pkg/__init__.py": "",
            "lib/pkg/base.py": BASE,
            "lib/pkg/net.py": NET.format(IMPORT.format("lib.pkg.base")),
        },
        ("-m", "lib.pkg.net"),
        "lib.pkg.base",
        "lib.pkg.porter_layers",
    ),
    "a package of scripts that import one another": Layout(
        {"pkg/__init__.py": "", "pkg/base.py": BASE, "pkg/train.py": NET.format(IMPORT.format("base"))},
        ("pkg/train.py",),
        "base",
        "porter_layers",
    ),
    "a real package": Layout(
        {"pkg/__init__.py": "", "pkg/base.py": BASE, "pkg/net.py": NET.format(IMPORT.format(".base"))},
        ("-m", "pkg.net"),
        "pkg.base",
        "pkg.porter_layers",
    ),
    "a real package and a script": Layout(
        {"pkg/__init__.py": "", "pkg/base.py": BASE, "train.py": NET.format(IMPORT.format("pkg.base"))},
        ("train.py",),
        "pkg.base",
        "pkg.porter_layers",
    ),
    "a script that changes the path": Layout(
        {"lib/base.py": BASE, "tools/run.py": NET.format(CHANGED.format(IMPORT.format("lib.base")))},
        ("tools/run.py",),
        "lib.base",
        "porter_layers",
    ),
    "a script that a module beside it changes the path for": Layout(
        {
            "lib/base.py": BASE,
            "tools/_paths.py": CHANGE,
            "tools/run.py": NET.format(
                f"import _paths\n{IMPORT.format('lib.base')}\n\n\ndef made():\n    return Norm(4)"
            ),
        },
        ("tools/run.py",),
        "lib.base",
        "lib.porter_layers",
    ),
    "a script beside another": Layout(
        {"base.py": BASE, "train.py": NET.format(IMPORT.format("base"))}, ("train.py",), "base", "porter_layers"
    ),
}
every_layout = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())


def to_mindspore_code(text: str) -> str:
    """The same program, written for MindSpore."""
    text = text.replace("torch.nn", "mindspore.nn").replace("nn.Module", "nn.Cell")
    return text.replace("def forward", "def construct").replace("super().forward", "super().construct")


def convert(folder: Path, to: str) -> Conversion:
    return convert_tree(read_tree(folder), rules(), Options(to))  # type: ignore[arg-type]


def loadable(conversion: Conversion) -> dict[str, bytes]:
    """The result, with a generated module that has its names and needs no framework."""
    return outputs(conversion) | {
        path: "".join(f"class {name}: ...\n" for name in layer_names(text)).encode()
        for path, text in conversion.added.items()
    }


def run(folder: Path, home: Path, command: tuple[str, ...], searched: str = "") -> str:
    """What a program says that is started at the top of a tree, with the stand-ins to be found."""
    stand_ins = write(home / "stand_ins", {path: text.encode() for path, text in STAND_INS.items()})
    path = os.pathsep.join([str(stand_ins), *([str(folder / searched)] if searched else [])])
    done = subprocess.run(
        [sys.executable, "-B", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stdout + done.stderr
    return done.stdout.strip()


@every_layout
@pytest.mark.parametrize("to", ["mindspore", "torch"])
def test_what_is_imported_is_found(layout: Layout, to: str, tmp_path: Path) -> None:
    texts = layout.files if to == "mindspore" else {p: to_mindspore_code(t) for p, t in layout.files.items()}
    source = write(tmp_path / "checkout", {path: text.encode() for path, text in texts.items()})
    conversion = convert(source, to)
    found = run(write(tmp_path / "out", loadable(conversion)), tmp_path, layout.command, layout.searched)
    base = "Cell construct" if to == "mindspore" else "Module forward"
    assert found.split() == [base.split()[0], layout.base, layout.layers, *base.split()[1:]]
    assert [str(f) for f in conversion.findings if f.rule in ("file", "import") or "not defined" in f.message] == []


@every_layout
def test_the_way_back_gives_the_first_text(layout: Layout, tmp_path: Path) -> None:
    source = write(tmp_path / "checkout", {path: text.encode() for path, text in layout.files.items()})
    there = write(tmp_path / "there", outputs(convert(source, "mindspore")))
    again = outputs(convert(there, "mindspore"))
    assert again == {path: (there / path).read_bytes() for path in again}
    back = convert(there, "torch")
    texts = {
        path: data.decode().replace("from torch import nn", "import torch.nn as nn")
        for path, data in outputs(back).items()
    }
    assert texts == layout.files


def test_pytest_from_the_top_finds_it(tmp_path: Path) -> None:
    files = {"src/base.py": BASE, "tests/test_net.py": PYTEST.format(IMPORT.format("src.base"))}
    source = write(tmp_path / "checkout", {path: text.encode() for path, text in files.items()})
    text = loadable(convert(source, "mindspore"))
    assert "net.construct(3)" in text["tests/test_net.py"].decode()
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert "1 passed" in run(write(tmp_path / "out", text), tmp_path, command)
