"""Ignored modules that a tree cannot be imported without."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.source.patterns import Patterns
from porter.source.tree import Tree
from porter.source.walk import Reading, read_tree


def tree_of(root: Path, ignore: str, files: dict[str, str], exclude: str = "") -> Tree:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / ".gitignore").write_text(ignore)
    return read_tree(root, Reading(exclude=(Patterns(root.resolve(), tuple(exclude.split())),) if exclude else ()))


@pytest.mark.parametrize(
    "line",
    [
        "from ._version import version",
        "from . import _version",
        "from pkg import _version",
        "from pkg._version import version",
        "import pkg._version",
        "import pkg._version as v",
        "try:\n    from ._version import version\nexcept ImportError:\n    version = None",
        "def f():\n    from pkg import _version",
    ],
)
def test_a_module_is_carried_however_it_is_imported(tmp_path: Path, line: str) -> None:
    files = {"pkg/__init__.py": "", "pkg/a.py": f"{line}\n", "pkg/_version.py": "version = 1\n"}
    tree = tree_of(tmp_path, "_version.py\n*.pyc\n", files)
    assert tree.carried == {"pkg/_version.py": "pkg/a.py"}
    assert "pkg/_version.py" in tree.others
    assert "pkg/_version.py" not in tree.files
    assert tree.left_out == ()


@pytest.mark.parametrize(
    "line", ["from .. import _version", "import _version_info", "x = '_version'", "from other import _version", ""]
)
def test_what_nobody_imports_is_left_out(tmp_path: Path, line: str) -> None:
    files = {"pkg/__init__.py": "", "pkg/a.py": f"{line}\n", "pkg/_version.py": "version = 1\n"}
    tree = tree_of(tmp_path, "_version.py\n", files)
    assert tree.carried == {}
    assert [each.path for each in tree.left_out] == ["pkg/_version.py"]


def test_what_a_carried_module_imports_is_carried_with_the_packages_around_it(tmp_path: Path) -> None:
    files = {
        "net.py": "from gen.proto import net_pb2\n",
        "gen/__init__.py": "",
        "gen/proto/__init__.py": "",
        "gen/proto/net_pb2.py": "from . import base_pb2\n",
        "gen/proto/base_pb2.py": "",
        "gen/proto/unused_pb2.py": "",
    }
    tree = tree_of(tmp_path, "gen/\n", files)
    assert set(tree.carried) == {
        "gen/__init__.py", "gen/proto/__init__.py", "gen/proto/net_pb2.py", "gen/proto/base_pb2.py",
    }  # fmt: skip


def test_compiled_modules_are_carried(tmp_path: Path) -> None:
    files = {"pkg/__init__.py": "from pkg import _C\n", "pkg/_C.cpython-311-x86_64-linux-gnu.so": ""}
    tree = tree_of(tmp_path, "*.so\n", files)
    assert set(tree.carried) == {"pkg/_C.cpython-311-x86_64-linux-gnu.so"}


def test_a_tree_that_is_a_package_imports_itself_by_its_name(tmp_path: Path) -> None:
    root = tmp_path / "pkg"
    root.mkdir()
    files = {"__init__.py": "", "sub/__init__.py": "", "sub/a.py": "from pkg._version import v\n", "_version.py": ""}
    assert set(tree_of(root, "_version.py\n", files).carried) == {"_version.py"}


def test_environments_and_caches_are_never_carried(tmp_path: Path) -> None:
    files = {"a.py": "import lib.x\n", "lib/pyvenv.cfg": "", "lib/x.py": ""}
    assert tree_of(tmp_path, "", files).carried == {}


def test_what_was_excluded_and_is_imported_is_told(tmp_path: Path) -> None:
    files = {"a.py": "from old import net\n", "old/__init__.py": "", "old/net.py": ""}
    tree = tree_of(tmp_path, "", files, exclude="old")
    assert tree.carried == {}
    assert "old/net.py: is excluded, but a.py imports it" in tree.notes


def test_a_file_that_is_no_python_imports_nothing(tmp_path: Path) -> None:
    files = {"a.py": "import _version\nprint 'x'\n", "_version.py": ""}
    assert tree_of(tmp_path, "_version.py\n", files).carried == {}


def test_a_module_in_src_is_carried_for_a_script_beside_it(tmp_path: Path) -> None:
    files = {"src/pkg/a.py": "", "src/pkg/_version.py": "", "tools/t.py": "from pkg import _version\n"}
    assert tree_of(tmp_path, "_version.py\n", files).carried == {"src/pkg/_version.py": "tools/t.py"}
    (tmp_path / "tools/t.py").write_text("from other import _version\n")
    assert read_tree(tmp_path).carried == {}
