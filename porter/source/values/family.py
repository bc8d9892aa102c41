"""What the files of one tree share when they are asked about, found when it is first needed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from porter.source.index import TreeIndex
from porter.source.lineage import Lineage
from porter.source.names import SourceModule
from porter.source.stores import Store
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
        self.ends: dict[int, Ends] = {}

    def ends_of(self, function: FunctionNode) -> Ends:
        """The ways out of a function of the tree."""
        if id(function) not in self.ends:
            self.ends[id(function)] = ends(function)
        return self.ends[id(function)]


def _packages(index: TreeIndex) -> frozenset[str]:
    """Dotted paths of the folders around the tree's modules."""
    found: set[str] = set()
    for name in index.by_dotted:
        parts = name.split(".")
        found.update(".".join(parts[:count]) for count in range(1, len(parts)))
    return frozenset(found)
