"""The program that counts the modules of a tree that can be imported."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.imported import Failure, Imported, Lost, import_tree, lost, module_names, report

PACKAGE = {
    "__init__.py": "",
    "good.py": "import sys\nprint('noise')\nvalue = sys.argv\n",
    "bad.py": "from .good import value\nvalue.missing\n",
    "ends.py": "import os\nos._exit(3)\n",
    "leaves.py": "raise SystemExit(2)\n",
    "__main__.py": "raise RuntimeError\n",
    "not-a-module.py": "",
    "inner/late.py": "from kit.good import value\n",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return written(tmp_path / "out", PACKAGE)


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_names_of_a_package_start_with_its_own(package: Path) -> None:
    found = ["kit", "kit.bad", "kit.ends", "kit.good", "kit.inner.late", "kit.leaves"]
    assert sorted(module_names(package, "kit")) == found


def test_names_of_a_folder_are_relative_to_it(tmp_path: Path) -> None:
    folder = written(tmp_path / "work", {"net.py": "", "parts/gate.py": "", "parts/__init__.py": ""})
    assert sorted(module_names(folder, "work")) == ["net", "parts", "parts.gate"]


def test_each_module_is_imported_under_the_given_name(package: Path) -> None:
    found = import_tree(package, "kit", module_names(package, "kit"), 60)
    assert found.good == {"kit", "kit.good", "kit.inner.late"}
    assert {failure.name: (failure.error, failure.where) for failure in found.failures} == {
        "kit.bad": ("AttributeError: 'list' object has no attribute 'missing'", "kit/bad.py:2: value.missing"),
        "kit.ends": ("the process ended with 3", ""),
        "kit.leaves": ("SystemExit: 2", "kit/leaves.py:1: raise SystemExit(2)"),
    }


def test_an_installed_package_of_the_name_is_no_copy_of_the_tree(tmp_path: Path) -> None:
    folder = written(tmp_path / "work", {"net.py": ""})
    found = import_tree(folder, "work", ["json"], 60)
    assert [failure.error.partition(":")[0] for failure in found.failures] == ["found elsewhere"]


def test_what_takes_too_long_is_a_failure(tmp_path: Path) -> None:
    folder = written(tmp_path / "work", {"slow.py": "import time\ntime.sleep(60)\n", "z.py": ""})
    found = import_tree(folder, "work", ["slow", "z"], 2)
    assert found == Imported(frozenset({"z"}), (Failure("slow", "it took longer than 2 s"),))


def test_losses_are_grouped_and_only_what_was_good_counts() -> None:
    before = Imported(frozenset({"a", "b", "c", "d", "gone"}), (Failure("e", "E"),))
    failures = (Failure("a", "X", "f:1"), Failure("b", "X", "f:1"), Failure("c", "Y"), Failure("e", "X", "f:1"))
    assert lost(before, Imported(frozenset({"d"}), failures)) == [
        Lost(Failure("a", "X", "f:1"), 2),
        Lost(Failure("c", "Y"), 1),
        Lost(Failure("gone", "the module is not there any more"), 1),
    ]


@pytest.mark.parametrize("broken", [False, True])
def test_the_report_ends_with_1_where_something_is_lost(broken: bool) -> None:
    before = Imported(frozenset({"a", "b"}), (Failure("c", "E"),))
    failures = (Failure("b", "X: [y]", "f.py:1: x"),) if broken else ()
    after = Imported(frozenset({"a"} if broken else {"a", "b"}), failures)
    text = io.StringIO()
    assert report(before, after, Console(file=text, width=200)) == int(broken)
    first = f"3 modules; 2 import before, {1 if broken else 2} of them after"
    rest = ["    1 b: X: [y]", "      f.py:1: x"] if broken else []
    assert text.getvalue().splitlines() == [first, *rest]
