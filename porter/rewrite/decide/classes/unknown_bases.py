"""Base classes from outside the tree: whether they are layers cannot be seen, so what depends on it is told."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.classes.movers import Moved
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.decision import SILENT, Decision, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.rules.model import TITLES
from porter.source.index import enclosing_class


def tell(file: FileFacts, tree: TreeFacts, moved: Moved) -> Iterator[Decision]:
    """Remarks about the classes of a file of which one base is unknown, or shares its methods with what moves."""
    builders = _builders(file, moved)
    for node, _ in file.module.scopes.classes:
        entry = moved.hierarchy.by_node[node]
        reason = _torn(entry, moved) or _unknown(entry, file, moved, node in builders)
        if reason and node.bases:
            start, _ = file.module.text.span(node.bases[0])
            yield told(file.path, start, Level.MANUAL, "nn.Module", reason)


def _torn(entry: TreeClass, moved: Moved) -> Reason:
    mixin = moved.torn(entry)
    if not mixin:
        return SILENT
    return Reason(Code.TORN, f"{mixin} gives its methods to classes that move too, and they have new names")


def _unknown(entry: TreeClass, file: FileFacts, moved: Moved, builds: bool) -> Reason:
    hierarchy = moved.hierarchy
    theirs, ours = TITLES[file.options.source], TITLES[file.options.to]
    if moved.moves(entry) or moved.moved(entry):
        outside = hierarchy.bases[entry].outside
        text = f"{outside}; if it is a {theirs} layer, it does not go with {ours}'s"
        return Reason(Code.UNKNOWN_BASE, text) if outside else SILENT
    outside = hierarchy.bases[entry].outside or min(hierarchy.outside[entry], default="")
    said = entry in hierarchy.derived or entry in hierarchy.held
    called = hierarchy.words.methods.keys() & entry.methods and (
        file.references or file.others or hierarchy.bases[entry].doubtful
    )
    if not outside or said or not (builds or called):
        return SILENT
    text = f"{outside}; if it is a {theirs} layer, so is this class, and it does not move"
    return Reason(Code.UNKNOWN_BASE, text)


def _builders(file: FileFacts, moved: Moved) -> set[ast.ClassDef | None]:
    """Classes of a file that build layers in their methods."""
    found: set[ast.ClassDef | None] = set()
    for call, _ in file.module.scopes.calls:
        name = file.known.get(id(call.func))
        if name is not None and moved.hierarchy.is_layer(name):
            found.add(enclosing_class(call))
    return found
