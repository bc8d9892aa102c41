"""Methods and attributes of classes that move, by names which their new base uses itself, or asks no more."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.classes.hierarchy import Hierarchy
from porter.rewrite.decide.classes.movers import Moved
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.decision import Decision, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.mode.fates import MODES
from porter.rewrite.decide.telling import told, was_told
from porter.rewrite.decide.tree import TreeFacts
from porter.source.index import enclosing_class, is_self
from porter.source.names import SourceModule
from porter.source.scopes import parent


def tell(file: FileFacts, tree: TreeFacts, moved: Moved) -> Iterator[Decision]:
    """A remark for each such name of a class, where it is first defined or set."""
    hierarchy, module = moved.hierarchy, file.module
    reserved = hierarchy.words.reserved
    places: dict[tuple[TreeClass, str], list[int]] = {}
    for entry, name, place in [*_defined(module, hierarchy), *_set(module, hierarchy)]:
        if name not in reserved:
            continue
        if moved.moves(entry) or (moved.moved(entry) and was_told(module, place, _message(name, hierarchy))):
            places.setdefault((entry, name), []).append(place)
    for (_, name), found in places.items():
        reason = Reason(Code.MODE_OVERRIDE if name in MODES else Code.RESERVED, _message(name, hierarchy))
        yield told(file.path, min(found), Level.MANUAL, f"nn.Module.{name}", reason)


def _message(name: str, hierarchy: Hierarchy) -> str:
    return f"the class has its own {name}: {hierarchy.words.reserved[name]}"


def _defined(module: SourceModule, hierarchy: Hierarchy) -> Iterator[tuple[TreeClass, str, int]]:
    """Methods, and names that the class itself gives a value."""
    for node, _ in module.scopes.classes:
        for statement in node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield hierarchy.by_node[node], statement.name, module.text.span(statement)[0]
            targets = [*statement.targets] if isinstance(statement, ast.Assign) else []
            targets += [statement.target] if isinstance(statement, ast.AnnAssign) else []
            for target in targets:
                if isinstance(target, ast.Name) and not _only_annotated(target):
                    yield hierarchy.by_node[node], target.id, module.text.span(target)[0]


def _set(module: SourceModule, hierarchy: Hierarchy) -> Iterator[tuple[TreeClass, str, int]]:
    """`self.NAME = ...`"""
    for node, _ in module.scopes.attributes:
        if node.attr in hierarchy.words.reserved and isinstance(node.ctx, ast.Store) and is_self(node.value):
            inside = enclosing_class(node)
            if inside is not None and not _only_annotated(node):
                yield hierarchy.by_node[inside], node.attr, module.text.span(node)[0]


def _only_annotated(target: ast.expr) -> bool:
    above = parent(target)
    return isinstance(above, ast.AnnAssign) and above.value is None
