"""What cannot be told of the imports of a tree: which of several files one finds, and who misses the new module."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from porter.findings import Finding, Level
from porter.rewrite.late import is_missed
from porter.rewrite.place import Place
from porter.rewrite.tree import TreePlan
from porter.source.index import TreeIndex
from porter.source.layout import above


def doubts(index: TreeIndex, concerned: Set[str]) -> Iterator[Finding]:
    """Imports that may find a file which the conversion concerns, or something else."""
    for doubt in sorted(index.finder.doubts):
        if not concerned.isdisjoint(doubt.places):
            places = " or ".join(place or "an installed module" for place in doubt.places)
            message = f"{doubt.name} is {places}, by how the program is started: nothing is assumed of it"
            yield Finding(doubt.path, doubt.line, doubt.column, Level.REVIEW, "import", message)


def assumed(index: TreeIndex, concerned: Set[str]) -> Iterator[Finding]:
    """That the tree is taken for the package which its files import."""
    name = index.root_name
    for path in sorted(concerned) if index.assumed else ():
        nodes = (node for node, _ in index.modules[path].scopes.imports)
        node = next((node for node in nodes if name in _roots(node)), None)
        if node is not None:
            message = f"this folder is taken for the package {name}: all that its files import from there is in it"
            yield Finding(path, node.lineno, node.col_offset + 1, Level.REVIEW, "import", message)
            return


def _roots(node: ast.Import | ast.ImportFrom) -> list[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return [name.partition(".")[0] for name in names if not getattr(node, "level", 0)]


def lost(plan: TreePlan, layers: str) -> Iterator[Finding]:
    """Files that find the generated module only when one more folder is searched than those of their own imports."""
    place = Place(plan.index, plan.layers_path)
    for path in plan.layers_users if plan.wanted or plan.members else ():
        if place.is_lost(path) or is_missed(place, plan.files[path], layers):
            folder = above(plan.layers_path) or "the top of the tree"
            message = f"{plan.layers_path} is not where this program is started from: put {folder} on PYTHONPATH"
            yield Finding(path, 1, 1, Level.REVIEW, "file", message)
