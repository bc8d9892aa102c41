"""A class statement of the tree, and what it derives from."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property

from porter.findings import Kind
from porter.rewrite.decide.decision import SILENT, Place, Reason
from porter.rewrite.decide.facts import Use
from porter.source.names import SourceModule
from porter.source.scopes import Scope


@dataclass(frozen=True, eq=False)
class TreeClass:
    """A class statement of the tree."""

    module: SourceModule
    node: ast.ClassDef
    scope: Scope

    @property
    def name(self) -> str:
        """As the statement calls it."""
        return self.node.name

    @cached_property
    def definitions(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        """Methods by name, the last definition of each."""
        return {n.name: n for n in self.node.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}

    @cached_property
    def methods(self) -> frozenset[str]:
        """Names of the methods that the statement defines."""
        return frozenset(n.name for n in self.node.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))

    @property
    def place(self) -> Place:
        """The key of the decision whether it changes sides."""
        return Place(self.module.path, *self.module.text.span(self.node), Kind.CLASS)


@dataclass(frozen=True, slots=True)
class Bases:
    """What a class derives from: names of the framework, classes of the tree, and what is neither.

    `held`: why the class must stay, whatever else is decided. `target`: some base is the target framework's already,
    from an earlier run, say. `outside`: what is not known of a base that nothing in the tree tells about; `doubtful`:
    it may be one of several in the tree.
    """

    uses: tuple[Use, ...] = ()
    classes: tuple[TreeClass, ...] = ()
    held: Reason = SILENT
    target: bool = False
    outside: str = ""
    doubtful: bool = False
