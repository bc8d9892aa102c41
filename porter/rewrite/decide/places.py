"""The imports of a file, as places where new ones can stand."""

from __future__ import annotations

import ast

from porter.source.names import SourceModule
from porter.source.scopes import Binding, Scope, parent


def is_plain(bindings: list[Binding], scope: Scope) -> bool:
    """Whether the first of some import statements always runs: directly in its scope's body."""
    nodes = [b.node for b in bindings if isinstance(b.node, (ast.Import, ast.ImportFrom))]
    return bool(nodes) and parent(min(nodes, key=lambda node: node.lineno)) is scope.node


def existing(module: SourceModule, qualified: str, layers: str) -> str | None:
    """A name that the file already imports a module under, at its top; `layers` is in any package."""
    for name, bindings in module.scopes.module.bindings.items():
        target = bindings[0].target if len(bindings) == 1 else None
        if target is None or parent(bindings[0].node) is not module.tree:
            continue
        if target == qualified or (qualified == layers and target.rpartition(".")[2] == layers):
            node = bindings[0].node
            bare = isinstance(node, ast.Import) and node.names[bindings[0].alias].asname is None
            if not (bare and "." in qualified):
                return name
    return None
