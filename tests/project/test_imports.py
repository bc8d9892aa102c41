"""Who may import whom. A new arrow is a decision about the design: it is made here, not by an import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "porter"

ALLOWED = {
    "__init__": set(),
    "__main__": {"cli", "signals", "streams"},
    "cli": {
        "codes",
        "output",
        "git",
        "convert",
        "check",
        "report",
        "rules",
        "source",
        "findings",
        "results",
        "errors",
        "signals",
        "streams",
    },
    "output": {"signals", "git", "findings", "codes", "errors"},
    "git": {"errors"},
    "convert": {"source", "rewrite", "rules", "findings", "codes", "errors"},
    "check": {"convert", "proof", "frameworks", "source", "rules", "findings", "results", "errors"},
    "report": {"rules", "findings", "codes", "results", "errors", "signals"},
    "proof": {"rules", "findings", "results", "errors"},
    "rewrite": {"source", "rules", "findings", "codes", "signals"},
    "source": {"git", "findings", "errors"},
    "rules": {"findings", "errors"},
    "frameworks": {"runtime", "errors", "signals"},
    "runtime": set(),
    "results": set(),
    "findings": {"codes"},
    "codes": set(),
    "errors": set(),
    "streams": {"errors"},
    "signals": set(),
}
"""Part of porter -> parts that it may import."""

WINGS: dict[str, set[str]] = {
    "options": set(),
    "place": set(),
    "decide": {"options"},
    "layers": {"options", "decide"},
    "edit": {"options", "decide"},
    "tree": {"options", "place", "decide", "waiting"},
    "late": {"place", "decide"},
    "waiting": {"place", "late", "decide"},
    "parallel": {"options", "place", "late", "edit", "tree"},
    "doubts": {"place", "late", "tree"},
}
"""The same inside `rewrite`: what is decided knows nothing of how it is written."""

FRAMEWORKS = {"torch", "mindspore", "triton"}
OWNERS = {"frameworks", "runtime"}
"""The only parts that may import a framework."""

HEAVY = FRAMEWORKS | {"numpy"}
LIGHT = {
    "cli",
    "output",
    "git",
    "signals",
    "convert",
    "report",
    "rules",
    "source",
    "rewrite",
    "findings",
    "codes",
    "results",
    "errors",
    "streams",
}
"""Parts that `porter convert` loads: they do not import numpy either."""


def part_of(path: Path) -> str:
    """`porter/source/tree.py` belongs to `source`, `porter/convert.py` to `convert`."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module that a file imports, at any depth, with its line; relative imports spelled out."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(text for text in (base, node.module) if text)
            yield node.lineno, module
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names if module == "porter")


SOURCES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_imports_only_what_its_part_may(path: Path) -> None:
    part = part_of(path)
    for line, module in imports(path):
        owner = module.split(".")[1] if module.startswith("porter.") else ""
        if owner in ALLOWED:
            assert owner == part or owner in ALLOWED[part], f"{path}:{line}: {part} must not import {module}"
        top = module.split(".")[0]
        assert top not in FRAMEWORKS or part in OWNERS, f"{path}:{line}: only {sorted(OWNERS)} import {top}"
        assert top not in HEAVY or part not in LIGHT, f"{path}:{line}: {part} is loaded by convert, without {top}"


REWRITE = [path for path in SOURCES if part_of(path) == "rewrite" and path.name != "__init__.py"]


@pytest.mark.parametrize("path", REWRITE, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_wing_of_rewrite_imports_only_what_it_may(path: Path) -> None:
    wing = path.relative_to(PACKAGE).parts[1].removesuffix(".py")
    for line, module in imports(path):
        parts = module.split(".")
        if parts[:2] == ["porter", "rewrite"] and len(parts) > 2:
            assert parts[2] == wing or parts[2] in WINGS[wing], f"{path}:{line}: {wing} must not import {module}"


RECURSION = "porter.source.values"
"""Its files are one recursion over the syntax of Python: what a name is, asks what an attribute is, and so on."""


def _unit(module: str) -> str:
    return RECURSION if module.startswith(f"{RECURSION}.") else module


def run_time_imports(path: Path) -> Iterator[str]:
    """Modules that a file imports when it runs, each also as `package.name` for `from package import name`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_files_import_each_other_in_a_circle() -> None:
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in SOURCES}
    left: dict[str, set[str]] = {}
    for name, path in names.items():
        targets = {_unit(module) for module in run_time_imports(path) if module in names} - {_unit(name)}
        left[_unit(name)] = left.get(_unit(name), set()) | targets
    while left:
        leaves = [name for name, targets in left.items() if not targets & set(left)]
        assert leaves, f"a circle among {sorted(left)}"
        for name in leaves:
            del left[name]


def test_the_table_names_every_part() -> None:
    assert {part_of(path) for path in SOURCES} <= set(ALLOWED)


def test_no_arrow_runs_back_up() -> None:
    left = {part: set(targets) for part, targets in ALLOWED.items()}
    while left:
        leaves = [part for part, targets in left.items() if not targets & set(left)]
        assert leaves, f"a circle among {sorted(left)}"
        for part in leaves:
            del left[part]


def test_the_reader_of_imports_sees_all_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    path = tmp_path / "porter" / "source" / "x.py"
    path.parent.mkdir(parents=True)
    path.write_text(
        "import torch.nn\nfrom porter import check\nfrom . import tree\ndef f():\n    from ..report import a\n"
    )
    assert {module for _, module in imports(path)} == {
        "torch.nn",
        "porter",
        "porter.check",
        "porter.source",
        "porter.report",
    }
