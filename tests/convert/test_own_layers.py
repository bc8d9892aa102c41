"""A user's own `porter_layers` is never written over, and stays what the user's own imports find."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from porter.convert import Conversion, convert_tree
from porter.rewrite.options import Options
from porter.source.tree import LeftOut, Tree
from tests.convert.harness import rules

USE = "import torch.nn as nn\n\n\ndef block(c, norm=nn.InstanceNorm3d):\n    return norm(c, affine=True)\n"
OWN = "WIDTH = 3\n"


def tree_of(files: dict[str, str], **more: object) -> Tree:
    return replace(Tree(Path("tree"), {p: text.encode() for p, text in files.items()}), **more)  # type: ignore[arg-type]


def convert(tree: Tree, to: str = "mindspore") -> Conversion:
    return convert_tree(tree, rules(), Options(to))  # type: ignore[arg-type]


def texts(conversion: Conversion) -> dict[str, str]:
    return {file.path: file.after.decode() for file in conversion.files} | conversion.added


OCCUPIED = {
    "a file": tree_of({"net.py": USE, "porter_layers.py": OWN}),
    "a file that is no Python": tree_of({"net.py": USE, "porter_layers.py": "print 'x'\n"}),
    "a package": tree_of({"net.py": USE, "porter_layers/__init__.py": OWN}),
    "a folder of data": tree_of({"net.py": USE}, others=("porter_layers/weights.bin",)),
    "a file in other letters": tree_of({"net.py": USE}, others=("Porter_Layers.py",)),
    "a compiled module": tree_of({"net.py": USE}, others=("porter_layers.cpython-311.so",)),
    "an excluded file": tree_of({"net.py": USE}, left_out=(LeftOut("porter_layers.py", "excluded"),)),
    "an ignored folder": tree_of({"net.py": USE}, left_out=(LeftOut("porter_layers/", "ignored"),)),
    "a file that cannot be read": tree_of({"net.py": USE}, unreadable={"porter_layers.py": "Permission denied"}),
    "a pipe": tree_of({"net.py": USE}, skipped={"porter_layers": "a named pipe"}),
    "a file elsewhere": tree_of({"net.py": USE, "tools/porter_layers.py": OWN}),
}


@pytest.mark.parametrize("tree", OCCUPIED.values(), ids=OCCUPIED.keys())
def test_the_generated_module_takes_another_name_and_says_so(tree: Tree) -> None:
    conversion = convert(tree)
    assert set(conversion.added) == {"porter_layers_2.py"}
    assert conversion.layers == "porter_layers_2.py"
    assert conversion.removed == ()
    assert texts(conversion)["net.py"].startswith("import porter_layers_2\n\n\ndef block(c, norm=porter_layers_2.Inst")
    assert [str(f) for f in conversion.findings if f.rule == "file" and "generated" in f.message] == [
        f"{_occupied(tree)}:1:1: review PT054 file: porter_layers is the name of a module of yours, "
        "so the generated module is porter_layers_2.py"
    ]
    unchanged = {path: data.decode() for path, data in tree.files.items() if path != "net.py"}
    assert {path: texts(conversion)[path] for path in unchanged} == unchanged


def _occupied(tree: Tree) -> str:
    paths = [*tree.files, *tree.others, *tree.unreadable, *tree.skipped, *(each.path for each in tree.left_out)]
    return next(path for path in paths if "porter_layers" in path.lower())


def test_names_that_are_taken_are_passed_over() -> None:
    conversion = convert(tree_of({"net.py": USE, "porter_layers.py": OWN, "porter_layers_2/x.py": OWN}))
    assert set(conversion.added) == {"porter_layers_3.py"}


@pytest.mark.parametrize("name", ["porter_layer.py", "porter_layers_2.py", "my_porter_layers.py", "porter.json"])
def test_other_names_are_no_reason_for_another_one(name: str) -> None:
    conversion = convert(tree_of({"net.py": USE, name: OWN}))
    assert set(conversion.added) == {"porter_layers.py"}
    assert not [f for f in conversion.findings if "generated" in f.message]


IMPORTS = [
    "import porter_layers\n\nwidth = porter_layers.WIDTH\n",
    "from porter_layers import WIDTH\n",
    "import porter_layers as layers\n\nwidth = layers.WIDTH\n",
]


@pytest.mark.parametrize("own", IMPORTS)
def test_the_users_imports_find_the_users_module(own: str) -> None:
    conversion = convert(tree_of({"net.py": own + USE, "porter_layers.py": OWN}))
    text = texts(conversion)["net.py"]
    assert own.splitlines()[0] in text.splitlines()
    assert own.splitlines()[-1] in text.splitlines()
    assert "norm=porter_layers_2.InstanceNorm3d" in text
    assert "import porter_layers_2" in text


@pytest.mark.parametrize("files", [{"net.py": USE}, {"pkg/__init__.py": "", "pkg/net.py": "from . import own\n" + USE}])
def test_a_second_run_keeps_the_name_and_the_way_back_removes_porters_module_alone(files: dict[str, str]) -> None:
    files = {**files, "pkg/own.py": "", "porter_layers.py": OWN}
    once = texts(convert(tree_of(files)))
    again = convert(tree_of(once))
    assert texts(again) == once
    assert not [f for f in again.findings if "generated" in f.message]
    back = convert(tree_of(once), "torch")
    assert [path.rpartition("/")[2] for path in back.removed] == ["porter_layers_2.py"]
    assert texts(back)["porter_layers.py"] == OWN
    assert "porter_layers" not in "".join(text for path, text in texts(back).items() if path != "porter_layers.py")


def test_a_new_file_is_served_by_the_module_that_is_there() -> None:
    once = texts(convert(tree_of({"net.py": USE, "porter_layers.py": OWN})))
    again = convert(tree_of({**once, "new.py": USE.replace("Instance", "Batch")}))
    assert set(again.added) == {"porter_layers_2.py"}
    assert "porter_layers_2.BatchNorm3d" in texts(again)["new.py"]


def test_the_manifest_knows_the_generated_module_by_one_name() -> None:
    sites = convert(tree_of({"net.py": USE, "porter_layers.py": OWN})).sites
    names = [site.names_after for site in sites if site.rule == "nn.InstanceNorm3d"]
    assert {"porter_layers_2": "porter_layers"} in names
