"""Classes of the tree that say what an object can do: a layer that derives from none of them is one all the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from porter.rewrite.decide.classes.hierarchy import Hierarchy
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.source.names import dotted_parts

EMPTY = (ast.Pass, ast.Raise)


def protocols(hierarchy: Hierarchy) -> Iterator[tuple[TreeClass, list[TreeClass]]]:
    """Each `typing.Protocol` that names a method which is renamed, and the layers that it fits; each fits no other.

    What fits is no layer, or has both names: the protocol keeps its name, and what it stands for is not known.
    """
    names = hierarchy.words.methods
    for entry in hierarchy.classes:
        own = hierarchy.methods[entry]
        if own.isdisjoint(names) or not is_protocol(entry, hierarchy) or entry in hierarchy.derived:
            continue
        fitting = [each for each in hierarchy.classes if each is not entry and fits(each, entry, hierarchy)]
        layers = [each for each in fitting if each in hierarchy.derived]
        if layers and len(layers) == len(fitting) and own.isdisjoint(names.values()):
            yield entry, layers


def is_protocol(entry: TreeClass, hierarchy: Hierarchy) -> bool:
    """Whether a class statement, and no class above it alone, makes a protocol."""
    for base in entry.node.bases:
        parts = dotted_parts(base.value if isinstance(base, ast.Subscript) else base) or []
        meaning = hierarchy.index.meaning(parts[0], entry.scope) if parts else None
        name = ".".join([meaning[1], *parts[1:]]) if meaning is not None else ""
        if name.partition(".")[0].startswith("typing") and name.endswith(".Protocol"):
            return True
    return False


def fits(entry: TreeClass, interface: TreeClass, hierarchy: Hierarchy) -> bool:
    """Whether a class has the methods of another one; a layer has those of all layers beside its own."""
    if is_protocol(entry, hierarchy):
        return False
    wanted = {name for name in hierarchy.methods[interface] if not name.startswith("__")}
    if entry in hierarchy.derived:
        wanted &= {*hierarchy.words.methods}
    return wanted <= hierarchy.methods[entry]


class Interfaces:
    """Answers for one tree."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self.hierarchy = hierarchy

    def stands_for_layers(self, entry: TreeClass, method: str) -> bool:
        """Whether a layer of the tree may be given where a class that is none is asked for, and has a method.

        A protocol asks for no more than its methods. Another class asks for what derives from it, or is registered for
        it: where nothing of the tree that does so has the method, the annotation is wrong, or says too little.
        """
        layers = self.hierarchy.derived
        if is_protocol(entry, self.hierarchy):
            return any(fits(each, entry, self.hierarchy) for each in layers)
        able = any(method in self.hierarchy.methods[each] for each in layers)
        return able and (entry in self._registered or not self._has(entry, method))

    def _has(self, entry: TreeClass, method: str) -> bool:
        """Whether an object of a class, or of one below it, has a method that does something."""
        above = self.hierarchy.definers(entry, method)
        below = (each for each in self.hierarchy.below([entry]) if method in each.methods)
        return any(not _is_empty(each.definitions[method].body) for each in (*above, *below))

    @cached_property
    def _registered(self) -> set[TreeClass]:
        """Abstract classes that the tree registers others for: `Step.register(Net)`, `@Step.register`."""
        found: set[TreeClass | None] = set()
        for module in self.hierarchy.index.modules.values():
            for node, scope in module.scopes.attributes:
                if node.attr == "register":
                    found.add(self.hierarchy.class_of(node.value, module, scope))
        return {entry for entry in found if entry is not None}


def _is_empty(body: list[ast.stmt]) -> bool:
    """`...`, `pass`, `raise NotImplementedError`, a docstring alone."""
    return all(
        isinstance(each, EMPTY) or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in body
    )
