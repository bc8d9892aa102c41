"""Which imports of a tree wait: who takes a name from a file, how it is found, and what is said where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.codes import Code
from porter.convert import Conversion, convert_text, convert_tree
from porter.findings import Level
from porter.rewrite.options import Options, Whole
from porter.rules.model import Framework
from porter.source.tree import Tree
from tests.convert.harness import rules

CHANGES = "from torch import nn\n\nact = nn.ReLU()\n"
SAVES = "import torch\n\n\ndef save(x):\n    torch.save(x, 'x')\n"
READS = "from torch.utils.data import DataLoader\n\n\ndef read(x):\n    return DataLoader(x)\n"
ALONE = "def read(x):\n    return {}.DataLoader(x)"


def convert(
    files: dict[str, str], to: Framework = "mindspore", *, wait: bool = True, whole: Whole = "site"
) -> Conversion:
    tree = Tree(Path("pkg"), {path: text.encode() for path, text in files.items()})
    return convert_tree(tree, rules(), Options(to, mark=False, wait=wait, whole=whole))


def outputs(conversion: Conversion) -> dict[str, str]:
    return {file.path: file.after.decode() for file in conversion.files} | conversion.added


def package(**files: str) -> dict[str, str]:
    return {"__init__.py": "", "changes.py": CHANGES, **{f"{name}.py": text for name, text in files.items()}}


def told(conversion: Conversion) -> list[str]:
    found = [finding for finding in conversion.findings if finding.code is Code.ON_IMPORT]
    assert all(f.level is Level.REVIEW for f in found)
    assert {f.message for f in found} <= {"this runs when the file is imported, which needs PyTorch then"}
    return [f"{f.path}:{f.line}:{f.column} {f.rule}" for f in found]


def test_a_file_that_is_not_converted_waits_in_a_tree_that_is() -> None:
    conversion = convert(package(io=SAVES))
    head = 'from . import porter_layers\n\ntorch = porter_layers.lazy("torch")\n'
    assert outputs(conversion)["io.py"] == SAVES.replace("import torch\n", head)
    assert list(conversion.added) == ["porter_layers.py"]
    assert told(conversion) == []


def test_nothing_waits_where_nothing_changes() -> None:
    files = {"__init__.py": "", "io.py": SAVES, "data.py": READS}
    assert outputs(convert(files)) == files


@pytest.mark.parametrize(("wait", "whole"), [(False, "site"), (True, "file")])
def test_nothing_waits_where_that_is_not_wanted(wait: bool, whole: Whole) -> None:
    files = package(io=SAVES, top="import torch\n\nSIZE = torch.Size([1])\n")
    conversion = convert(files, wait=wait, whole=whole)
    assert outputs(conversion)["io.py"] == SAVES
    assert told(conversion) == []


def test_an_import_that_nothing_uses_waits_too() -> None:
    text = outputs(convert(package(io="import torch.hub\n\n\ndef save(x):\n    return x\n")))["io.py"]
    assert 'torch = porter_layers.lazy("torch", "torch.hub")\n' in text


@pytest.mark.parametrize(
    ("other", "waits"),
    [
        ({}, True),
        ({"user": "from .data import DataLoader\n\n\ndef f(x):\n    return DataLoader(x)\n"}, True),
        ({"user": "from .data import read\n"}, True),
        ({"user": "from .data import *\n"}, False),
        ({"user": "from . import data\n\ndata.DataLoader = None\n"}, False),
        ({"user": "from . import data\n\ndata.other = None\n"}, True),
        ({"user": "from unittest import mock\n\nmock.patch('pkg.data.DataLoader')\n"}, False),
        ({"user": "name = 'other.data.DataLoader'\n"}, True),
    ],
)
def test_who_else_takes_the_name(other: dict[str, str], waits: bool) -> None:
    text = outputs(convert(package(data=READS, **other)))["data.py"]
    assert (text == READS) is not waits
    assert ('offers(__name__, DataLoader="torch.utils.data.DataLoader")' in text) is waits


@pytest.mark.parametrize(
    ("more", "waits"),
    [
        ("", True),
        ("__all__ = ['DataLoader']\n", True),
        ("x = eval('1')\n", False),
        ("def f():\n    return locals(), vars(f)\n", True),
        ("x = vars()\n", False),
        ("DataLoader = None\n", False),
        ("def f():\n    global DataLoader\n    DataLoader = None\n", False),
        ("def f():\n    DataLoader = None\n    return DataLoader\n", True),
        ("del DataLoader\n", False),
        ("def __getattr__(name):\n    return name\n", False),
        ("def f(x: 'list[DataLoader]'): ...\n", True),
    ],
)
def test_what_the_file_does_with_the_name(more: str, waits: bool) -> None:
    conversion = convert(package(data=READS + more))
    assert ("lazy(" in outputs(conversion)["data.py"]) is waits
    assert bool(told(conversion)) is not waits


def test_a_star_gives_what_is_listed() -> None:
    files = package(data="__all__ = ['DataLoader', 'read']\n" + READS, user="from .data import *\n")
    assert "lazy(" in outputs(convert(files))["data.py"]


def test_a_private_name_is_given_to_nobody() -> None:
    text = READS.replace("import DataLoader", "import DataLoader as _Loader").replace("DataLoader(x)", "_Loader(x)")
    after = outputs(convert(package(data=text)))["data.py"]
    assert ALONE.format("data") in after
    assert "__getattr__" not in after


def test_a_name_of_the_file_hides_no_module() -> None:
    text = "import torch.utils.data as data\n" + READS.replace("return", "data = x\n    return")
    after = outputs(convert(package(data=text)))["data.py"]
    assert "    data = x\n    return torch_data.DataLoader(x)" in after
    assert 'data = porter_layers.lazy("torch.utils.data")\ntorch_data = porter_layers.lazy("torch.utils.data")' in after


def test_what_another_file_takes_on_import_is_told_there() -> None:
    files = package(data=READS, user="from .data import DataLoader\n\n\ndef f(x):\n    return DataLoader(x)\n")
    conversion = convert(files)
    assert told(conversion) == ["user.py:1:1 torch.utils.data.DataLoader"]
    assert outputs(conversion)["user.py"] == files["user.py"]


def test_a_module_that_another_file_takes_is_there_as_early_as_before() -> None:
    first = "import torch\nfrom .second import g\n\n\ndef f(x):\n    return g(torch.load(x))\n"
    second = "from .first import torch\n\n\ndef g(x):\n    return torch.hub, x\n"
    after = outputs(convert(package(first=first, second=second)))
    assert after["first.py"].index("lazy(") < after["first.py"].index("from .second")
    assert after["second.py"] == second


@pytest.mark.parametrize(
    "guard",
    [
        "try:\n    import torch\nexcept ImportError:\n    torch = None\n",
        "import typing\n\nif typing.TYPE_CHECKING:\n    import torch\n",
        "from contextlib import suppress\n\nwith suppress(ImportError):\n    import torch\n",
    ],
)
def test_a_guard_stays_and_needs_nothing(guard: str) -> None:
    text = guard + "\n\ndef f(x):\n    return torch.load(x)\n"
    conversion = convert(package(io=text))
    assert outputs(conversion)["io.py"] == text
    assert told(conversion) == []


@pytest.mark.parametrize(
    ("block", "names"),
    [
        ("import sys\n\nif sys.argv:\n    import torch\n", ["torch"]),
        ("try:\n    import torch\nexcept ImportError:\n    raise SystemExit(1)\n", ["torch"]),
        ("from torch.hub import *\n", ["torch.hub"]),
    ],
)
def test_an_import_in_a_block_cannot_wait(block: str, names: list[str]) -> None:
    conversion = convert(package(io=block + "\n\ndef f(x):\n    return torch.load(x)\n"))
    assert [line.rpartition(" ")[2] for line in told(conversion)] == names
    assert "lazy(" not in outputs(conversion)["io.py"]


def test_a_file_that_does_not_find_the_generated_module_keeps_its_imports() -> None:
    net = "from torch import nn\n\nACTS = [nn.LeakyReLU]\n"
    files = {"pkg/__init__.py": "", "pkg/net.py": net, "tool/save.py": SAVES}
    conversion = convert(files)
    assert list(conversion.added) == ["pkg/porter_layers.py"]
    assert outputs(conversion)["tool/save.py"] == SAVES


def test_a_program_that_changes_the_path_finds_it_behind_that() -> None:
    text = "import sys\n\nsys.path.append('src')\nfrom net import act\n" + SAVES
    text += "\n\nif __name__ == '__main__':\n    save(1)\n"
    files = {"src/net.py": "from torch import nn\n\nact = nn.LeakyReLU(0.1)\nACTS = [nn.LeakyReLU]\n", "run.py": text}
    conversion = convert(files)
    after = outputs(conversion)["run.py"]
    assert "lazy(" not in after or after.index("sys.path") < after.index("porter_layers")


def test_the_way_back_imports_at_once() -> None:
    net = "import torch\nfrom torch import nn\n\nACT = nn.ReLU()\nload = lambda: torch.load\n"
    files = package(io=SAVES, data=READS, net=net)
    once = outputs(convert(files))
    back = convert(once, "torch")
    assert back.removed == ("porter_layers.py",)
    assert outputs(back)["io.py"] == SAVES
    head = "import torch.utils.data as data\nfrom torch.utils.data import DataLoader\n"
    assert outputs(back)["data.py"] == head + READS.partition("\n")[2].replace("DataLoader", "data.DataLoader")


def test_a_second_run_sees_what_waits_and_changes_nothing() -> None:
    once = convert(package(io=SAVES, data=READS))
    again = convert(outputs(once))
    assert outputs(again) == outputs(once)
    left = [sorted(f.message for f in run.findings if f.level is Level.MANUAL) for run in (once, again)]
    assert left[0] == left[1] == ["no rule for torch.save", "no rule for torch.utils.data.DataLoader"]


def test_what_is_written_for_it_later_waits_too() -> None:
    once = outputs(convert(package(io=SAVES)))
    added = "import torch.nn.functional as F\n\n\ndef g(x):\n    return F.softplus(torch.load(x))\n"
    after = outputs(convert({**once, "io.py": once["io.py"] + added}))["io.py"]
    assert after.count("import porter_layers") == 1
    assert 'F = porter_layers.lazy("torch.nn.functional")\n' in after.partition(SAVES.partition("\n")[2])[2]


def test_line_ends_and_semicolons_stay() -> None:
    text = "import os; import torch\r\n\r\n\r\ndef save(x):\r\n    torch.save(x, os)\r\n"
    text = "from torch import nn\r\nact = nn.ReLU()\r\n" + text
    result = convert_text(text, rules(), Options("mindspore", mark=False))
    assert 'import os; torch = porter_layers.lazy("torch")\r\n' in result.text.replace("; import porter_layers", "")
    assert "\n" not in result.text.replace("\r\n", "")
