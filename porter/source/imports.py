"""Which frameworks a tree imports, by a look at its import statements alone."""

from __future__ import annotations

import ast
import re

from porter.source.text import Unreadable, read_text
from porter.source.tree import Tree

FRAMEWORKS = ("torch", "mindspore")
STATEMENT = {name: re.compile(rb"^[ \t;]*(?:import|from)[ \t][^\n#]*\b" + name.encode(), re.M) for name in FRAMEWORKS}


def imported_frameworks(tree: Tree) -> dict[str, int]:
    """Number of files that import each framework.

    Files are parsed only where their text cannot settle it: when lines that look like imports of both frameworks turn
    up, some of them may stand in strings.
    """
    likely = {name: [p for p, raw in tree.files.items() if STATEMENT[name].search(raw)] for name in FRAMEWORKS}
    if all(likely.values()):
        likely = {name: [p for p in paths if name in _imported(tree.files[p])] for name, paths in likely.items()}
    return {name: len(paths) for name, paths in likely.items()}


def _imported(raw: bytes) -> set[str]:
    try:
        return {root for node in ast.walk(read_text(raw).tree) for root in _roots(node)}
    except Unreadable:
        return set()


def _roots(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [(node.module or "").partition(".")[0]]
    return []
