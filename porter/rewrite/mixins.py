"""Classes that lend their methods to layers: those are renamed with the layers' own, and in their other heirs too."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from porter.rewrite.classes import TreeClass


def spread(classes: Collection[TreeClass], names: frozenset[str]) -> None:
    """Let plain classes go with the layers that derive from them, where methods with one of `names` are at stake.

    A mixin of a class that moves is called through it, so its `forward` is renamed; every other class that inherits it
    then has the new name too, and follows. A class that has to stay cannot, and is `torn` from the mixin.
    """
    heirs = _heirs(classes)
    for entry in [e for e in classes if e.moves or e.moved]:
        for mixin in entry.ancestry():
            if not mixin.framework_bases():
                _follow(mixin, entry)
    for mixin in [e for e in classes if (e.moves or e.moved) and not e.framework_bases()]:
        if not _speaks(mixin, names):
            continue
        for heir in _below(mixin, heirs):
            if heir.framework_bases() or any(a.reason for a in heir.ancestry()):
                heir.torn = "" if heir.moves or heir.moved else mixin.node.name
                continue
            for plain in heir.ancestry():
                _follow(plain, mixin)


def _follow(entry: TreeClass, leader: TreeClass) -> None:
    entry.moves = entry.moves or leader.moves
    entry.moved = not entry.moves and (entry.moved or leader.moved)


def _heirs(classes: Collection[TreeClass]) -> dict[int, list[TreeClass]]:
    heirs: dict[int, list[TreeClass]] = {}
    for entry in classes:
        for base in entry.bases:
            heirs.setdefault(id(base), []).append(entry)
    return heirs


def _below(entry: TreeClass, heirs: dict[int, list[TreeClass]]) -> Iterator[TreeClass]:
    """Every class of the tree that derives from one, each once."""
    seen = [*heirs.get(id(entry), ())]
    for current in seen:
        yield current
        seen += [heir for heir in heirs.get(id(current), ()) if heir not in seen]


def _speaks(entry: TreeClass, names: frozenset[str]) -> bool:
    """Whether a class defines or uses a method of one of these names."""
    for node in ast.walk(entry.node):
        if isinstance(node, ast.Attribute) and node.attr in names:
            return True
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in names:
            return True
    return False
