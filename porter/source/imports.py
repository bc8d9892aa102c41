"""Which frameworks a tree imports, by a look at its import statements alone."""

from __future__ import annotations

import ast
import re

from porter.source.text import Unreadable, read_text
from porter.source.tree import Tree
from porter.source.waiting import STATEMENT as WAITING
from porter.source.waiting import framework_imports

FRAMEWORKS = ("torch", "mindspore")
STATEMENT = {name: re.compile(rb"\b(?:import|from)[ \t][^\n#]*\b" + name.encode()) for name in FRAMEWORKS}


def imported_frameworks(tree: Tree) -> dict[str, int]:
    """Number of files that import each framework.

    Files are parsed only where their text cannot settle it: when lines that look like imports of both frameworks turn
    up, some of them may stand in strings.
    """
    likely = {name: [p for p, raw in tree.files.items() if _is_likely(name, raw)] for name in FRAMEWORKS}
    if all(likely.values()):
        likely = {name: [p for p in paths if name in _imported(_tree(tree.files[p]))] for name, paths in likely.items()}
    return {name: len(paths) for name, paths in likely.items()}


def _is_likely(framework: str, raw: bytes) -> bool:
    return any(pattern.search(raw) for pattern in (STATEMENT[framework], WAITING[framework]))


def _imported(tree: ast.Module) -> set[str]:
    """Roots of what a file imports, at once or when it is used."""
    return {root for node in ast.walk(tree) for root in _roots(node)} | {*framework_imports(tree)}


def _tree(raw: bytes) -> ast.Module:
    """The syntax tree of a file; an empty one of what is no Python."""
    try:
        return read_text(raw).tree
    except Unreadable:
        return ast.Module([], [])


def _roots(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [(node.module or "").partition(".")[0]]
    return []
