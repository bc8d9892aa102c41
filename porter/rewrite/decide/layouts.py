"""Classes that Python cannot make on the other side: a Cell has a layout of its own in memory, and so has a dict."""

from __future__ import annotations

import ast
import builtins

from porter.codes import Code
from porter.rewrite.decide.decision import SILENT, Reason
from porter.rewrite.decide.hierarchy import Hierarchy
from porter.rewrite.decide.tree_class import TreeClass
from porter.source.names import dotted_parts

PLAIN = frozenset({"object", "type", "property", "super", "staticmethod", "classmethod"})
LAYOUTS = frozenset(name for name, value in vars(builtins).items() if isinstance(value, type)) - PLAIN
OF_STANDARD = frozenset({"OrderedDict", "defaultdict", "deque", "Counter"})
"""Classes of `collections` that are built in."""


def layout_reason(entry: TreeClass, hierarchy: Hierarchy) -> Reason:
    """Why a class cannot change sides: some class above it is built into Python; torch's Module is a plain one."""
    if hierarchy.options.to != "mindspore" or entry not in hierarchy.derived:
        return SILENT
    for above in hierarchy.ancestry(entry):
        for base in above.node.bases:
            name = _built_in(base, above, hierarchy)
            if name:
                return Reason(Code.CLASS_HELD, f"no class can derive from both a Cell and {name}")
    return SILENT


def _built_in(base: ast.expr, entry: TreeClass, hierarchy: Hierarchy) -> str:
    parts = dotted_parts(base.value if isinstance(base, ast.Subscript) else base)
    if not parts:
        return ""
    meaning = hierarchy.index.meaning(parts[0], entry.scope)
    if meaning is not None:
        home, _, name = ".".join([meaning[1], *parts[1:]]).rpartition(".")
        return name if home == "collections" and name in OF_STANDARD else ""
    return parts[0] if len(parts) == 1 and parts[0] in LAYOUTS and entry.scope.lookup(parts[0]) is None else ""
