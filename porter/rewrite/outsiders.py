"""Base classes from outside the tree: whether they are layers cannot be seen, so what depends on it is told."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.findings import Level
from porter.rewrite.classes import Hierarchy, TreeClass
from porter.rewrite.outcomes import Remark
from porter.rewrite.plan import FilePlanner
from porter.source.index import enclosing_class

FRAMEWORK = {"torch": "PyTorch", "mindspore": "MindSpore"}


def outsiders(planner: FilePlanner, hierarchy: Hierarchy) -> Iterator[Remark]:
    """Remarks about the classes of a file of which one base is unknown, or shares its methods with what moves."""
    builders = _builders(planner, hierarchy)
    for node, _ in planner.module.scopes.classes:
        entry = hierarchy.by_node[node]
        message = _torn(entry) or _unknown(entry, planner, hierarchy, node in builders)
        if message and node.bases:
            start, _ = planner.module.text.span(node.bases[0])
            yield Remark(start, Level.MANUAL, "nn.Module", message, message)


def _torn(entry: TreeClass) -> str:
    return f"{entry.torn} gives its methods to classes that move too, and they have new names" if entry.torn else ""


def _unknown(entry: TreeClass, planner: FilePlanner, hierarchy: Hierarchy, builds: bool) -> str:
    theirs, ours = FRAMEWORK[planner.settings.source], FRAMEWORK[planner.settings.to]
    if entry.moves or entry.moved:
        what = f"{entry.outside}; if it is a {theirs} layer, it does not go with {ours}'s"
        return what if entry.outside else ""
    outside = next((a.outside for a in entry.ancestry() if a.outside), "")
    told = entry.framework_bases() or any(a.reason for a in entry.ancestry())
    called = hierarchy.methods.keys() & entry.methods.keys() and (
        planner.references or planner.others or entry.doubtful
    )
    if not outside or told or not (builds or called):
        return ""
    return f"{outside}; if it is a {theirs} layer, so is this class, and it does not move"


def _builders(planner: FilePlanner, hierarchy: Hierarchy) -> set[ast.ClassDef | None]:
    """Classes of a file that build layers in their methods."""
    found: set[ast.ClassDef | None] = set()
    for call, _ in planner.module.scopes.calls:
        name = planner.receivers.resolve(call.func)
        if name is not None and hierarchy.is_layer(name):
            found.add(enclosing_class(call))
    return found
