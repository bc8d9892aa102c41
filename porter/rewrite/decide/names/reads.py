"""Where the names of a tree are read, and what they are given: the facts that flows are followed by."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

from porter.source.index import TreeIndex, enclosing_class, is_self, reading_scope
from porter.source.names import SourceModule, chain, dotted_parts
from porter.source.origins import longest_module
from porter.source.scopes import Scope, parent, scope_of

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class FileReads:
    """One file: its names by the scope that binds them, and its attributes by the class around them."""

    def __init__(self, module: SourceModule) -> None:
        self.module = module
        self._by_name: dict[str, dict[Scope, list[ast.Name]]] = {}

    @staticmethod
    def scope_at(node: ast.expr) -> Scope | None:
        """The scope that a name is looked up in; None for what is no name that is read."""
        scope = scope_of(node)
        return scope if scope is None or scope.kind != "class" else reading_scope(node, scope)

    def reads(self, name: str, home: Scope) -> Sequence[ast.Name]:
        """Where a name is read that a scope binds."""
        if name not in self._by_name:
            found: dict[Scope, list[ast.Name]] = {}
            for node, inside in self.module.reads.get(name, ()):
                scope = inside if inside.kind != "class" else reading_scope(node, inside)
                there = scope.lookup(name)
                if there is not None:
                    found.setdefault(there[0], []).append(node)
            self._by_name[name] = found
        return self._by_name[name].get(home, ())

    @cached_property
    def attributes(self) -> Mapping[tuple[ast.ClassDef | None, str], list[ast.Attribute]]:
        """Where `self.NAME`, `cls.NAME` and `Class.NAME` are read inside a class."""
        found: dict[tuple[ast.ClassDef | None, str], list[ast.Attribute]] = {}
        for node, _ in self.module.scopes.attributes:
            if isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name):
                inside = enclosing_class(node)
                own = inside is not None and node.value.id in (inside.name, "cls")
                if inside is not None and (own or is_self(node.value)):
                    found.setdefault((inside, node.attr), []).append(node)
        return found

    def values(self, node: ast.Attribute) -> list[ast.expr]:
        """Everything but None that the class around `self.NAME` gives it; empty where some of that is not known."""
        given = self._given.get((enclosing_class(node), node.attr), []) if is_self(node.value) else []
        known = [value for value in given if value is not None]
        plain = [value for value in known if not (isinstance(value, ast.Constant) and value.value is None)]
        return plain if len(known) == len(given) else []

    @cached_property
    def _given(self) -> Mapping[tuple[ast.ClassDef | None, str], list[ast.expr | None]]:
        """What each `self.NAME` is set to, by the class around; None for what is no plain assignment."""
        found: dict[tuple[ast.ClassDef | None, str], list[ast.expr | None]] = {}
        for target, _ in self.module.scopes.attributes:
            if isinstance(target.ctx, ast.Store) and is_self(target.value):
                found.setdefault((enclosing_class(target), target.attr), []).append(_assigned(target))
        return found

    @cached_property
    def bound_in(self) -> dict[int, Scope]:
        """The scope that each statement, target and parameter binds its name in."""
        found: dict[int, Scope] = {}
        todo = {*map(itemgetter(1), self.module.scopes.reads), self.module.scopes.module}
        for scope in list(todo):
            while scope.parent is not None and scope.parent not in todo:
                scope = scope.parent
                todo.add(scope)
        for scope in todo:
            found.update({id(binding.node): scope for bindings in scope.bindings.values() for binding in bindings})
        return found


@dataclass(frozen=True, slots=True)
class Definition:
    """A function of the tree; `bound`: how many of its parameters a call does not give (`self`)."""

    function: Function
    place: FileReads
    bound: int = 0


class TreeReads:
    """Answers for a tree; files are looked into when they are asked about."""

    def __init__(self, index: TreeIndex) -> None:
        self.index = index
        self.places: dict[str, FileReads] = {}

    def place(self, path: str) -> FileReads:
        """The facts of one file."""
        if path not in self.places:
            self.places[path] = FileReads(self.index.modules[path])
        return self.places[path]

    def reads(self, target: ast.expr, place: FileReads) -> list[tuple[ast.expr, FileReads]] | None:
        """Where what is stored in a target is read; None where that cannot be seen."""
        if isinstance(target, ast.Name):
            scope = place.bound_in.get(id(target)) or self._home(target, place)
            return None if scope is None else self.named(target.id, scope, place)
        if isinstance(target, ast.Attribute) and is_self(target.value):
            return [(node, place) for node in place.attributes.get((enclosing_class(target), target.attr), ())]
        return None

    def named(self, name: str, scope: Scope, place: FileReads) -> list[tuple[ast.expr, FileReads]]:
        """Where a name of a scope is read: in its file, and a module's own in others."""
        if scope.kind == "class" and isinstance(scope.node, ast.ClassDef):
            inside = [(node, place) for node in place.attributes.get((scope.node, name), ())]
            return [*inside, *((node, place) for node in place.reads(name, scope))]
        found: list[tuple[ast.expr, FileReads]] = [(node, place) for node in place.reads(name, scope)]
        if scope.kind == "module":
            found += self._elsewhere(name, place)
        return found

    def parameter(self, argument: ast.arg, place: FileReads) -> Iterator[tuple[ast.expr, FileReads]]:
        """Where a parameter is read in its function."""
        scope = place.bound_in.get(id(argument))
        if scope is not None:
            yield from ((node, place) for node in place.reads(argument.arg, scope))

    def scope_of(self, function: Function, place: FileReads) -> Scope:
        """The scope that a function's name is bound in."""
        return place.bound_in.get(id(function), place.module.scopes.module)

    def values(self, node: ast.expr, place: FileReads) -> list[ast.expr | None]:
        """Everything that a name, or an attribute of `self`, is given; None for what is no plain assignment."""
        if isinstance(node, ast.Attribute):
            return [*place.values(node)]
        scope = place.scope_at(node) if isinstance(node, ast.Name) else None
        found = scope.lookup(node.id) if scope is not None and isinstance(node, ast.Name) else None
        return [_assigned(binding.node) for binding in found[1]] if found is not None else []

    def is_builtin(self, node: ast.Name, place: FileReads) -> bool:
        """Whether a name is bound nowhere in its file."""
        scope = place.scope_at(node)
        return scope is not None and scope.lookup(node.id) is None

    def is_imported(self, node: ast.expr, place: FileReads) -> bool:
        """Whether an expression is reached through an import."""
        parts = dotted_parts(node)
        return bool(parts) and self.meaning(node, place) is not None

    def definition(self, node: ast.expr, place: FileReads) -> Definition | None:
        """The function of the tree that an expression names, which may be a method of `self` or a constructor."""
        if isinstance(node, ast.Attribute) and is_self(node.value):
            return _method(enclosing_class(node), node.attr, place)
        parts = dotted_parts(node)
        if not parts:
            return None
        found = self._home(node, place) if len(parts) == 1 else None
        if found is not None and not any(b.is_import for b in found.bindings[parts[0]]):
            return _defined(found, parts[0], place)
        meaning = self.meaning(node, place)
        module, rest = longest_module(meaning, self.index.by_dotted) if meaning else (None, [])
        if module is None or len(rest) != 1:
            return None
        return _defined(module.scopes.module, rest[0], self.place(module.path))

    def meaning(self, node: ast.expr, place: FileReads) -> str | None:
        """The qualified name of what an expression names, where an import leads to it."""
        parts = dotted_parts(node) or [""]
        root = node
        while isinstance(root, ast.Attribute):
            root = root.value
        scope = place.scope_at(root)
        found = self.index.meaning(parts[0], scope) if scope is not None else None
        return self.index.resolve(".".join([found[1], *parts[1:]])) if found is not None else None

    def _home(self, node: ast.expr, place: FileReads) -> Scope | None:
        scope = place.scope_at(node)
        found = scope.lookup(node.id) if scope is not None and isinstance(node, ast.Name) else None
        return found[0] if found is not None else None

    def _elsewhere(self, name: str, place: FileReads) -> Iterator[tuple[ast.expr, FileReads]]:
        """Where other files read a name of a module."""
        qualified, word = f"{place.module.dotted}.{name}", name.encode()
        for path, node in self._spelled.get(qualified, ()):
            if path != place.module.path and word in self.index.modules[path].text.data:
                yield node, self.place(path)

    @cached_property
    def _spelled(self) -> Mapping[str, list[tuple[str, ast.expr]]]:
        """The names and attributes of all files that imports lead to in the tree, by what they mean."""
        found: dict[str, list[tuple[str, ast.expr]]] = {}
        roots = {name.partition(".")[0] for name in self.index.by_dotted}
        for path, module in self.index.modules.items():
            named = module.scopes.named
            for node, scope in module.scopes.reads:
                meaning = self.index.meaning(node.id, scope) if node.id in named else None
                if meaning is None or meaning[1].partition(".")[0] not in roots:
                    continue
                nodes, parts = chain(node)
                for count, each in enumerate(nodes, 1):
                    qualified = ".".join((meaning[1], *parts[1:count]))
                    found.setdefault(self.index.resolve(qualified), []).append((path, each))
        return found


def _assigned(node: ast.AST) -> ast.expr | None:
    statement = parent(node)
    return statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) else None


def _method(inside: ast.ClassDef | None, name: str, place: FileReads, constructed: bool = False) -> Definition | None:
    for node in inside.body if inside is not None else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
            static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)
            return Definition(node, place, 0 if static else 1)
    return None


def _defined(scope: Scope, name: str, place: FileReads) -> Definition | None:
    bindings = scope.bindings.get(name, [])
    node = bindings[0].node if len(bindings) == 1 else None
    if isinstance(node, ast.ClassDef):
        return _method(node, "__init__", place)
    return Definition(node, place) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None
