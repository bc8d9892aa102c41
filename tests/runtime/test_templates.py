"""What `porter convert` relies on when it copies definitions out of the standalone modules, without importing them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from porter.rules.data import is_data

RUNTIME = Path(__file__).parents[2] / "porter" / "runtime"
TEMPLATES = sorted(path for path in (RUNTIME / "standalone").rglob("*.py") if path.name != "__init__.py")
DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
CHEAP = {"collections", "__future__", "functools", "numbers", "re", "typing", "warnings", "math", "contextlib"}
CHEAP |= {"importlib", "threading", "types", "sys"}

templates = pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}-{path.stem}")


def test_there_are_templates_for_both_frameworks() -> None:
    assert {path.parent.name for path in TEMPLATES} == {"mindspore", "torch"}


def _is_empty(node: ast.expr) -> bool:
    """`dict[str, int]()`: a table that is filled when the module runs."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Subscript) and not node.args


@templates
def test_only_a_docstring_imports_constants_functions_and_classes(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert isinstance(body[0], ast.Expr)
    for node in body[1:]:
        if isinstance(node, ast.Assign):
            assert is_data(node.value) or _is_empty(node.value), ast.unparse(node)
        elif isinstance(node, ast.Expr):
            assert isinstance(node.value, ast.Constant), ast.unparse(node)  # what a constant is for
        else:
            assert isinstance(node, (ast.Import, ast.ImportFrom, *DEFINITIONS)), ast.unparse(node)


def there(path: Path) -> set[str]:
    """What is there wherever a framework is: MindSpore needs numpy itself."""
    return {path.parent.name, "numpy"} if path.parent.name == "mindspore" else {path.parent.name}


@templates
def test_it_needs_its_framework_and_siblings_only(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= {*there(path), *CHEAP}
        elif isinstance(node, ast.ImportFrom) and node.level:
            assert node.level == 1 and node.module and (path.parent / f"{node.module}.py").exists()
        elif isinstance(node, ast.ImportFrom):
            assert str(node.module).split(".")[0] in {path.parent.name, *CHEAP}
        assert not isinstance(node, (ast.Global, ast.Nonlocal))


@templates
def test_no_name_is_defined_twice_where_modules_are_joined(path: Path) -> None:
    """A module and the siblings that it imports from end in one file: what they share must be the same thing."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own = {node.name for node in tree.body if isinstance(node, DEFINITIONS)}
    taken = {
        alias.name for node in tree.body if isinstance(node, ast.ImportFrom) and node.level for alias in node.names
    }
    assert not own & taken


@templates
def test_the_text_runs_where_porter_is_not(path: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    framework = path.parent.name
    pytest.importorskip(framework, reason=f"{framework} is not installed")
    package = tmp_path / "copied"
    package.mkdir()
    (package / "__init__.py").touch()
    for sibling in path.parent.glob("*.py"):
        (package / sibling.name).write_text(sibling.read_text(encoding="utf-8"), encoding="utf-8")
    code = (
        "import sys; sys.modules['porter'] = None\n"
        f"import copied.{path.stem}\n"
        "print(*({'torch', 'mindspore'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert set(result.stdout.split()) <= {framework}


@pytest.mark.parametrize("module", ["porter.runtime", "porter.runtime.standalone"])
def test_the_package_imports_no_framework(module: str) -> None:
    code = f"import sys, {module}; print({{'torch', 'mindspore', 'numpy'}} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=RUNTIME.parents[1], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "set()"
