"""What the files of one tree share when they are asked about, found when it is first needed."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from porter.source.index import TreeIndex
from porter.source.lineage import Lineage
from porter.source.names import SourceModule
from porter.source.stores import Store, Stores
from porter.source.things import FunctionNode
from porter.source.values.circles import Circles
from porter.source.values.returns import Ends, ends

if TYPE_CHECKING:
    from porter.source.values.engine import Values


class Family:
    """What the files of one tree share: the answers, and who asks for which file."""

    def __init__(self, index: TreeIndex) -> None:
        self.circles = Circles()
        self.members: dict[str, Values] = {}
        self.lineage = Lineage(index)
        self.modules = {id(module.tree): module for module in index.modules.values()}
        self.packages = _packages(index)
        self.steps = 0
        self.entered: set[int] = set()
        self.stores: dict[str, dict[ast.ClassDef | None, list[tuple[int, Store]]]] = {}
        self.uses: dict[str, dict[ast.ClassDef | None, list[tuple[int, tuple[SourceModule, ast.Attribute]]]]] = {}
        self.open_sets: dict[ast.ClassDef | None, list[tuple[int, Store]]] | None = None
        self.begun: tuple[Store, ...] | None = None
        self.selves: dict[ast.expr, ast.ClassDef | None] = {}
        self.set_later: dict[str, bool] = {}
        self.by_file: dict[str, dict[SourceModule, list[Store]]] = {}
        self.held: dict[str, bool] = {}
        self.ends: dict[int, Ends] = {}

    def ends_of(self, function: FunctionNode) -> Ends:
        """The ways out of a function of the tree."""
        if id(function) not in self.ends:
            self.ends[id(function)] = ends(function)
        return self.ends[id(function)]

    def can_hold(self, name: str, stores: Stores) -> bool:
        """Whether an attribute of a name can be something else than a function."""
        if name not in self.held:
            begun = any(store.prefix and name.startswith(store.prefix) for store in stores.open_sets)
            self.held[name] = begun or name in stores.sets or name in self._bound
        return self.held[name]

    @cached_property
    def _bound(self) -> frozenset[str]:
        """Names that a module or a class binds, but for those of functions."""
        bodies = (self.lineage.body(node) for node in self.lineage.scopes)
        found = {name for body in bodies for name, given in body.items() if not all(map(_is_method, given))}
        for module in self.modules.values():
            tops = module.scopes.module.bindings.items()
            found.update(name for name, given in tops if not all(_is_method(binding.node) for binding in given))
        return frozenset(found)


def _is_method(node: ast.AST) -> bool:
    """Whether a statement defines a function, which nothing decorates."""
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.decorator_list


def _packages(index: TreeIndex) -> frozenset[str]:
    """Dotted paths of the folders around the tree's modules."""
    found: set[str] = set()
    for name in index.by_dotted:
        parts = name.split(".")
        found.update(".".join(parts[:count]) for count in range(1, len(parts)))
    return frozenset(found)
