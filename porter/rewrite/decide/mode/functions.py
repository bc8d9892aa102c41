"""The functions of a tree, and who calls each."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.mode.callees import Callees, Function
from porter.source.kinds import DEFS
from porter.source.scopes import Scope, parent

__all__ = ["DEFS", "Called", "Function", "Functions", "parameter_of", "positional"]


@dataclass(frozen=True, slots=True, eq=False)
class Called:
    """A call, and where it stands."""

    node: ast.Call
    scope: Scope
    file: FileFacts


class Functions:
    """Answers for one tree."""

    def __init__(self, files: Mapping[str, FileFacts], callees: Callees) -> None:
        self.files = files
        self.callees = callees
        self._calls: dict[Function, list[Called]] = {}

    def calls(self, function: Function) -> list[Called]:
        """Where the tree calls a function; a method also where nothing is known of the object but the name."""
        if function not in self._calls:
            self._calls[function] = list(self._callers(function))
        return self._calls[function]

    def _callers(self, function: Function) -> Iterator[Called]:
        method = isinstance(parent(function), ast.ClassDef)
        for call, scope, file in self.callees.by_name.get(function.name, ()):
            callee = self.callees.of(call.func, scope, file)
            loose = method and callee.unknown and isinstance(call.func, ast.Attribute)
            if loose or function in callee.functions:
                yield Called(call, scope, file)

    def handed(self, function: Function) -> bool:
        """Whether a function is named somewhere without being called, so that anything may call it."""
        return any(function in self.callees.of(n, scope, file).functions for n, scope, file in self._named(function))

    def _named(self, function: Function) -> list[tuple[ast.expr, Scope, FileFacts]]:
        return self._names.get(function.name, [])

    @cached_property
    def homes(self) -> dict[ast.AST, tuple[FileFacts, Scope]]:
        """The file and the scope of each function that reads a name."""
        files = self.files.values()
        return {scope.node: (file, scope) for file in files for _, scope in file.module.scopes.reads}

    @cached_property
    def _names(self) -> Mapping[str, list[tuple[ast.expr, Scope, FileFacts]]]:
        """Names and attributes that are read and not called, by their last part, where a function has that name."""
        found: dict[str, list[tuple[ast.expr, Scope, FileFacts]]] = defaultdict(list)
        names = {function.name for function in self.homes if isinstance(function, DEFS)}
        for file in self.files.values():
            scopes = file.module.scopes
            for name, scope in scopes.reads:
                if name.id in names and getattr(parent(name), "func", None) is not name:
                    found[name.id].append((name, scope, file))
            for node, scope in scopes.attributes:
                read = node.attr in names and isinstance(node.ctx, ast.Load)
                if read and getattr(parent(node), "func", None) is not node:
                    found[node.attr].append((node, scope, file))
        return found


def positional(function: Function, call: ast.Call) -> list[str]:
    """The parameters that the positional arguments of a call are for."""
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    bound = isinstance(call.func, ast.Attribute) or function.name == "__init__"  # `Net(4)` has no `self` either
    method = isinstance(parent(function), ast.ClassDef) and bound
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)
    return names[1:] if method and not static else names


def parameter_of(function: Function, call: ast.Call, node: ast.AST) -> str | None:
    """The parameter that gets an argument, or the `*args` that do; None where that is not plain."""
    keyword = next((k.arg for k in call.keywords if k.value is node or k is node), None)
    if keyword is not None:
        known = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        return keyword if any(a.arg == keyword for a in known) else None
    place = next((i for i, argument in enumerate(call.args) if argument is node), len(call.args))
    if place == len(call.args) or any(isinstance(a, ast.Starred) for a in call.args[:place]):
        return None
    names = positional(function, call)
    star = function.args.vararg.arg if function.args.vararg else None
    return names[place] if place < len(names) else star
