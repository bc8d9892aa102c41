"""What an import finds in a tree: Python says, by running small random trees; what depends on the start is a doubt."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.source.finder import DOUBT, Doubt
from porter.source.index import TreeIndex
from porter.source.text import read_text

from .import_trees import found_by_porter, found_by_python, random_tree

ONE = "class Base:\n    pass\n"
MAIN = "if __name__ == '__main__':\n    print()\n"


def index_of(files: dict[str, str], root: str = "tree") -> TreeIndex:
    index = TreeIndex.build(root, {p: read_text(text.encode()) for p, text in files.items()}, frozenset(files))
    for module in index.modules.values():
        assert module.scopes
    return index


def found(index: TreeIndex, path: str, name: str = "Base") -> str:
    """The file that a name at a file's top comes from; "?" for a doubt, else the name itself."""
    (binding,) = index.modules[path].scopes.module.bindings[name]
    target = index.resolve(binding.target or "")
    home = index.by_dotted.get(target) or index.by_dotted.get(target.rpartition(".")[0])
    return home.path if home is not None else DOUBT if target.startswith(DOUBT) else target


@pytest.mark.parametrize("block", range(6))
def test_what_python_finds_is_found_or_doubted(block: int, tmp_path: Path) -> None:
    compared = doubts = 0
    for seed in range(1000 + 12 * block, 1012 + 12 * block):
        tree = random_tree(seed)
        tree.write(tmp_path / str(seed))
        truth, ours = found_by_python(tree, tmp_path / str(seed)), found_by_porter(tree)
        differing = {place: (path, ours[place]) for place, path in truth.items() if ours[place] != path}
        assert {place: pair for place, pair in differing.items() if pair[1] != DOUBT} == {}, f"seed {seed}"
        compared, doubts = compared + len(truth), doubts + len(differing)
    assert compared > 5
    assert doubts < compared / 2


FOUND = {
    "the top, from a folder": ({"a/base.py": ONE, "a/net.py": "from a.base import Base\n"}, "a/net.py", "a/base.py"),
    "the folder of a script": ({"a/base.py": ONE, "a/net.py": "from base import Base\n"}, "a/net.py", "a/base.py"),
    "src": ({"src/p/base.py": ONE, "tools/t.py": "from p.base import Base\n"}, "tools/t.py", "src/p/base.py"),
    "the script's own folder before the top": (
        {"a/base.py": ONE, "a/net.py": f"from base import Base\n{MAIN}", "base.py": ONE},
        "a/net.py",
        "a/base.py",
    ),
    "the top before the folder, for what the top starts": (
        {"a/base.py": ONE, "a/net.py": "from base import Base\n", "base.py": ONE, "main.py": f"import a.net\n{MAIN}"},
        "a/net.py",
        "base.py",
    ),
    "the folder of the script that imports the file": (
        {"s/run.py": f"import lib.net\n{MAIN}", "s/lib/net.py": "from base import Base\n", "s/base.py": ONE},
        "s/lib/net.py",
        "s/base.py",
    ),
    "the file that has the name": (
        {"a/base.py": "x = 1\n", "a/net.py": f"from base import Base\n{MAIN}", "base.py": ONE},
        "a/net.py",
        "base.py",
    ),
    "the package before a module of its name": (
        {"base.py": "x = 1\n", "base/__init__.py": ONE, "net.py": "from base import Base\n"},
        "net.py",
        "base/__init__.py",
    ),
    "a module before a folder of its name": (
        {"base.py": ONE, "base/Base.py": "", "net.py": "from base import Base\n"},
        "net.py",
        "base.py",
    ),
    "a module before a folder of its name, in a folder": (
        {"a/base.py": ONE, "a/base/Base.py": "", "net.py": "from a.base import Base\n"},
        "net.py",
        "a/base.py",
    ),
    "two packages of one name, each from inside": (
        {"a/p/__init__.py": "", "a/p/base.py": ONE, "b/p/__init__.py": "", "b/p/base.py": ONE}
        | {"b/p/net.py": "from .base import Base\n"},
        "b/p/net.py",
        "b/p/base.py",
    ),
    "the tree as a package without a file that says so": (
        {"base.py": ONE, "net.py": "from tree.base import Base\n"},
        "net.py",
        "base.py",
    ),
    "a folder of the framework's name": (
        {"torch/Base.py": ONE, "net.py": "from torch import Base\n"},
        "net.py",
        "torch.Base",
    ),
    "a file of the framework's name": (
        {"torch.py": ONE, "net.py": "from torch import Base\n"},
        "net.py",
        "torch.py",
    ),
    "a file of the framework's name that the program does not see": (
        {"tools/torch.py": ONE, "net.py": f"from torch import Base\n{MAIN}"},
        "net.py",
        "torch.Base",
    ),
    "a module of Python's that is loaded before": (
        {"io.py": ONE, "net.py": "from io import Base\n"},
        "net.py",
        "io.Base",
    ),
    "a folder that lacks the name": (
        {"data/other.py": ONE, "net.py": "from data import Base\n"},
        "net.py",
        "data.Base",
    ),
    "nothing above the tree": ({"net.py": "from ...base import Base\n", "base.py": ONE}, "net.py", "~above.base.Base"),
}


@pytest.mark.parametrize(("files", "path", "expected"), FOUND.values(), ids=FOUND.keys())
def test_the_usual_places(files: dict[str, str], path: str, expected: str) -> None:
    index = index_of(files)
    assert found(index, path) == expected
    assert index.finder.doubts == set()


DOUBTED = {
    "two programs start it": (
        {
            "a/base.py": ONE,
            "a/net.py": f"from base import Base\n{MAIN}",
            "base.py": ONE,
            "m.py": f"import a.net\n{MAIN}",
        },
        "a/net.py",
        ("a/base.py", "base.py"),
    ),
    "started as a module, or with the top on the path": (
        {"a/base.py": ONE, "a/net.py": "import a.other\nfrom base import Base\n", "base.py": ONE, "a/other.py": ""},
        "a/net.py",
        ("a/base.py", "base.py"),
    ),
    "two folders that are not the program's": (
        {"src/base.py": ONE, "base.py": ONE, "a/net.py": "from base import Base\n"},
        "a/net.py",
        ("base.py", "src/base.py"),
    ),
    "the framework or a file": (
        {"a/torch.py": ONE, "a/net.py": f"from torch import Base\n{MAIN}", "m.py": f"import a.net\n{MAIN}"},
        "a/net.py",
        ("", "a/torch.py"),
    ),
}


@pytest.mark.parametrize(("files", "path", "places"), DOUBTED.values(), ids=DOUBTED.keys())
def test_what_depends_on_the_start_is_a_doubt(files: dict[str, str], path: str, places: tuple[str, ...]) -> None:
    index = index_of(files)
    assert found(index, path) == DOUBT
    (doubt,) = index.finder.doubts
    line = files[path].split("\n").index(f"from {doubt.name} import Base") + 1
    assert doubt == Doubt(path, line, 1, doubt.name, places)
