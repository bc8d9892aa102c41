"""Python's scopes as values: who binds a name, and where a name is read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

ScopeKind = Literal["module", "function", "class", "comprehension"]


@dataclass(eq=False, slots=True)
class Binding:
    """One statement that gives a name its meaning. `target` is the qualified name of an import.

    `alias` is the place of the name among those of the import; below 0 where a star lets it in.
    """

    name: str
    scope: Scope
    node: ast.AST
    target: str | None = None
    alias: int = 0

    @property
    def is_import(self) -> bool:
        """Whether an import statement makes the binding."""
        return self.target is not None


@dataclass(eq=False, slots=True)
class Scope:
    """A namespace of the language, with everything that binds in it."""

    kind: ScopeKind
    node: ast.AST
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    outer: dict[str, Literal["global", "nonlocal"]] = field(default_factory=dict)

    @property
    def module(self) -> Scope:
        """The file's own scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def lookup(self, name: str) -> tuple[Scope, list[Binding]] | None:
        """The scope that a read of `name` here finds it in, by the language's rules; None when it is not bound."""
        scope: Scope | None = self
        first = True
        while scope is not None:
            if (first or scope.kind != "class") and name in scope.bindings:
                return scope, scope.bindings[name]
            first = False
            scope = scope.parent
        return None


@dataclass(slots=True)
class Scopes:
    """All scopes of a file, the names it reads, its imports (with what a `from` names) and its classes.

    `imported`: the names that stand for all modules, and names of modules, that its statements import.

    `named` are the names that some statement imports or sets to a dotted name: only those can mean a framework's.
    `let_in` are those that only a star import of another file of the tree gives; `closed`: there are no other stars.
    """

    module: Scope
    reads: list[tuple[ast.Name, Scope]] = field(default_factory=list)
    deletions: list[tuple[ast.Name, Scope]] = field(default_factory=list)
    imports: list[tuple[ast.Import | ast.ImportFrom, str]] = field(default_factory=list)
    imported: list[str] = field(default_factory=list)
    stars: list[tuple[ast.ImportFrom, str]] = field(default_factory=list)
    classes: list[tuple[ast.ClassDef, Scope]] = field(default_factory=list)
    strings: list[tuple[ast.Constant, Scope]] = field(default_factory=list)
    calls: list[tuple[ast.Call, Scope]] = field(default_factory=list)
    augmented: list[tuple[ast.AugAssign, Scope]] = field(default_factory=list)
    attributes: list[tuple[ast.Attribute, Scope]] = field(default_factory=list)
    patterns: list[tuple[ast.MatchClass, Scope]] = field(default_factory=list)
    results: list[tuple[ast.Return | ast.Yield | ast.YieldFrom, Scope]] = field(default_factory=list)
    bound: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    string_lines: set[int] = field(default_factory=set)
    let_in: set[str] = field(default_factory=set)
    closed: bool = False


def parent(node: ast.AST) -> ast.AST | None:
    """The node that holds this one (set by `analyse`)."""
    return getattr(node, "parent", None)


def scope_of(node: ast.AST) -> Scope | None:
    """The scope that a name is read in (set by `analyse`); None for anything else."""
    return getattr(node, "scope", None)


def ancestors(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes around this one, inmost first."""
    above: ast.AST | None = getattr(node, "parent", None)
    while above is not None:
        yield above
        above = getattr(above, "parent", None)
