"""Which frameworks a tree imports, by a look at its import statements alone."""

from __future__ import annotations

import ast

from porter.source.text import Unreadable, read_text
from porter.source.tree import Tree

FRAMEWORKS = ("torch", "mindspore")


def imported_frameworks(tree: Tree) -> dict[str, int]:
    """Number of files that import each framework."""
    counts = dict.fromkeys(FRAMEWORKS, 0)
    for raw in tree.files.values():
        if not any(name.encode() in raw for name in FRAMEWORKS):
            continue
        try:
            roots = {root for node in ast.walk(read_text(raw).tree) for root in _roots(node)}
        except Unreadable:
            continue
        for name in FRAMEWORKS:
            counts[name] += name in roots
    return counts


def _roots(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [(node.module or "").partition(".")[0]]
    return []
