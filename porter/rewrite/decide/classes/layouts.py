"""Classes that Python cannot make on the other side: a Cell has a layout of its own in memory, and so has a dict."""

from __future__ import annotations

import ast
import builtins

from porter.codes import Code
from porter.rewrite.decide.classes.hierarchy import Hierarchy
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.decision import Reason
from porter.source.names import dotted_parts

PLAIN = frozenset({"object", "type", "property", "super", "staticmethod", "classmethod"})
LAYOUTS = frozenset(name for name, value in vars(builtins).items() if isinstance(value, type)) - PLAIN
OF_STANDARD = frozenset({"OrderedDict", "defaultdict", "deque", "Counter"})
"""Classes of `collections` that are built in."""


def layout_reasons(hierarchy: Hierarchy) -> dict[TreeClass, Reason]:
    """Classes that cannot change sides, since they, or some that derive from them, have a built-in class above them.

    Torch's Module is a plain class, which goes with any other.
    """
    found: dict[TreeClass, Reason] = {}
    for entry in hierarchy.classes if hierarchy.options.to == "mindspore" else ():
        names = [name for base in entry.node.bases if (name := _built_in(base, entry, hierarchy))]
        for heir in hierarchy.below([entry]) & hierarchy.derived if names else ():
            why = Reason(Code.CLASS_HELD, f"no class can derive from both a Cell and {names[0]}")
            found |= dict.fromkeys(hierarchy.derived.intersection(hierarchy.ancestry(heir)), why)
    return found


def _built_in(base: ast.expr, entry: TreeClass, hierarchy: Hierarchy) -> str:
    parts = dotted_parts(base.value if isinstance(base, ast.Subscript) else base)
    if not parts:
        return ""
    meaning = hierarchy.index.meaning(parts[0], entry.scope)
    if meaning is not None:
        home, _, name = ".".join([meaning[1], *parts[1:]]).rpartition(".")
        return name if home == "collections" and name in OF_STANDARD else ""
    return parts[0] if len(parts) == 1 and parts[0] in LAYOUTS and entry.scope.lookup(parts[0]) is None else ""
