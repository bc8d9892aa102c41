"""Star imports of the framework of which a file reads nothing: they can go with the names that the file spells out."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.decision import Decision, Reason
from porter.rewrite.decide.telling import told
from porter.source.index import TreeIndex
from porter.source.names import SourceModule
from porter.source.scopes import Binding

OF_EVERY_FILE = frozenset({*dir(builtins), "__file__", "__path__", "__annotations__"})
OPENING = frozenset({"eval", "exec", "globals", "locals", "vars"})
"""Functions by which a program reads names that its text does not."""


def idle_stars(module: SourceModule, index: TreeIndex, framework: str) -> tuple[ast.ImportFrom, ...]:
    """The star imports of the framework that give nothing which the file, or another one of the tree, reads."""
    scopes = module.scopes
    stars = [
        star
        for star, origin in scopes.stars
        if origin not in index.by_dotted and _is_of(index.resolve(origin), framework)
    ]
    if not stars or module.exported or module.path.endswith("__init__.py"):
        return ()
    read = {node.id for node, scope in scopes.reads if scope.lookup(node.id) is None}
    if read - OF_EVERY_FILE or read & OPENING or _is_imported(module, index):
        return ()
    last = max(star.lineno for star in stars)
    return (
        ()
        if any(_may_be_covered(bindings, last, index, framework) for bindings in _read_here(module))
        else tuple(stars)
    )


def _read_here(module: SourceModule) -> Iterator[list[Binding]]:
    """What binds each name of the file's top that the file reads."""
    scopes = module.scopes
    names = {node.id for node, _ in scopes.reads}
    return (bindings for name, bindings in scopes.module.bindings.items() if name in names)


def _may_be_covered(bindings: list[Binding], line: int, index: TreeIndex, framework: str) -> bool:
    """Whether a star import further down may give a name that something else than the framework has given before."""
    before = (binding for binding in bindings if getattr(binding.node, "lineno", 0) < line)
    return any(not _is_of(index.resolve(binding.target or ""), framework) for binding in before)


def tell_idle(module: SourceModule, stars: tuple[ast.ImportFrom, ...]) -> Iterator[Decision]:
    """That they go."""
    for star in stars:
        text = f"the names of {star.module} are no longer importable from here: nothing in this file uses them"
        yield told(module.path, module.text.span(star)[0], Level.REVIEW, "import", Reason(Code.NOT_HANDED_ON, text))


def _is_of(dotted: str, framework: str) -> bool:
    return dotted.partition(".")[0] == framework


def _is_imported(module: SourceModule, index: TreeIndex) -> bool:
    """Whether some file of the tree imports this one, so that its names may be read there."""
    for other in index.modules.values():
        if other is module:
            continue
        if any(index.by_dotted.get(origin) is module for _, origin in other.scopes.stars):
            return True
        targets = [b.target or "" for found in other.scopes.module.bindings.values() for b in found]
        if any(
            index.by_dotted.get(t) is module or index.by_dotted.get(t.rpartition(".")[0]) is module for t in targets
        ):
            return True
    return False
