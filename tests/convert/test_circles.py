"""Files that hand names to one another in circles, or over long ways: a look-up asks each file once, and ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from porter.convert import Options, convert_tree
from porter.source.handed import bind_stars
from porter.source.index import TreeIndex
from porter.source.text import read_text
from porter.source.tree import Tree

from .harness import rules

Files = dict[str, str]


class Counted(dict[str, Any]):
    """A dict that says no when it is asked too often."""

    def __init__(self, values: dict[str, Any], limit: int) -> None:
        super().__init__(values)
        self.left = limit

    def get(self, key: str, default: Any = None) -> Any:
        self.left -= 1
        assert self.left > 0, "the files were asked again and again"
        return super().get(key, default)


def indexed(files: Files, questions: int) -> TreeIndex:
    """The index of a tree, which may be asked so often for each of its files."""
    index = TreeIndex.build("tree", {p: read_text(t.encode()) for p, t in files.items()}, frozenset(files))
    index.by_dotted = Counted(index.by_dotted, questions * len(files))
    return index


def stars(count: int, last: str = "") -> Files:
    """Files that each star-import all the others."""
    every = {f"m{i}.py": "".join(f"from m{j} import *\n" for j in range(count) if j != i) for i in range(count)}
    return every | {f"m{count - 1}.py": every[f"m{count - 1}.py"] + last}


def ring(count: int) -> Files:
    """Files that each star-import the next, in a circle."""
    return {f"m{i}.py": f"from m{(i + 1) % count} import *\n" for i in range(count)}


def test_a_name_that_no_file_of_a_circle_has_is_looked_up_once_in_each() -> None:
    assert indexed(stars(4) | {"a.py": "gone = 1\n"}, 30).resolve("m0.gone") == "m0.gone"
    assert indexed(ring(500) | {"a.py": "gone = 1\n"}, 10).resolve("m0.gone") == "m0.gone"


def test_a_name_of_the_last_file_of_a_circle_is_found() -> None:
    assert indexed(stars(4, "from torch import nn\n"), 30).resolve("m0.nn.Conv3d") == "torch.nn.Conv3d"
    assert indexed(stars(4, "here = 1\n"), 30).resolve("m0.here") == "m3.here"


def test_reads_of_stars_in_a_circle_ask_each_file_once() -> None:
    index = indexed(stars(5, "from torch import nn\n") | {"a.py": "from m0 import *\nnn.ReLU(gone)\n"}, 60)
    bind_stars(index)
    assert [reference.qualified for reference in index.references(index.modules["a.py"])] == ["torch.nn.ReLU"]


@pytest.mark.parametrize("line", ["from m{} import nn\n", "from m{} import *\n"])
def test_a_name_may_come_over_a_thousand_files(line: str) -> None:
    files = {f"m{i}.py": line.format(i + 1) for i in range(1000)} | {"m1000.py": "from torch import nn\n"}
    assert indexed(files, 10).resolve("m0.nn.ReLU") == "torch.nn.ReLU"


@pytest.mark.parametrize(
    ("files", "name", "found"),
    [
        ({"a.py": "from b import x\n", "b.py": "from a import x\n"}, "a.x", "a.x"),
        ({"a.py": "from b import x\n", "b.py": "from a import x\n", "c.py": "from a import x\n"}, "c.x", "a.x"),
        ({"a.py": "from a import x\n"}, "a.x.y", "a.x.y"),
        ({"a.py": "from a.x import x\n"}, "a.x", "a.x.x"),
        ({"a.py": "from b import *\n", "b.py": "from a import x\n"}, "a.x", "b.x"),
    ],
)
def test_imports_in_a_circle_end_where_it_closes(files: Files, name: str, found: str) -> None:
    index = indexed(files, 20)
    assert index.resolve(name) == found
    assert index.resolve(name) == found


def test_a_module_that_names_itself_is_looked_through() -> None:
    assert indexed({"a.py": "import a as b\nfrom torch import nn\n"}, 30).resolve("a.b.b.b.nn") == "torch.nn"


def tower(path: str, depth: int) -> Files:
    """Packages in packages, each of which star-imports the two below it."""
    text = "from .a import *\nfrom .b import *\n" if depth else "from torch import nn\n"
    below = [tower(f"{path}/{name}", depth - 1) for name in "ab"] if depth else []
    return {f"{path}/__init__.py": text} | {p: t for files in below for p, t in files.items()}


@pytest.mark.parametrize(
    "files",
    [
        lambda: stars(4, "from torch import nn\n"),
        lambda: ring(40) | {"m7.py": "from m8 import *\nfrom torch import nn\n"},
        lambda: tower("m0", 6),
    ],
    ids=["each of the others", "ring", "tower"],
)
def test_a_tree_with_circles_is_converted(files: Callable[[], Files]) -> None:
    tree = files() | {"use.py": "from m0 import *\nfrom m0 import gone\nlayer = nn.ReLU()\ngone, absent\n"}
    result = convert_tree(
        Tree(Path("tree"), {p: t.encode() for p, t in tree.items()}), rules(), Options("mindspore", mark=False)
    )
    after = {file.path: file.after.decode() for file in result.files}
    assert [text for text in after.values() if "torch" in text] == []
    assert after["use.py"].endswith("layer = ms_nn.ReLU()\ngone, absent\n")
    assert [finding for finding in result.findings if finding.rule == "porter bug"] == []
