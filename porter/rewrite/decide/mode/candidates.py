"""Which calls can build a layer at all, by their names: most calls of a tree are none of these, and none has to ask."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from porter.rewrite.decide.facts import FileFacts, Use
from porter.rewrite.decide.mode.callees import OWN, Function
from porter.source.index import enclosing_function
from porter.source.kinds import BUILTINS, DEFS
from porter.source.scopes import Scope
from porter.source.stores import Stores

NAMING = (ast.Name, ast.Attribute, ast.Subscript, ast.IfExp, ast.BoolOp, ast.Lambda)
"""Expressions that can give a class or a function, and are no call."""


class Candidates:
    """Answers for one tree. `gives`: whether a function gives a layer that it builds to its callers."""

    def __init__(
        self,
        files: Mapping[str, FileFacts],
        stores: Stores,
        is_layer: Callable[[Use], bool],
        gives: Callable[[Function], bool],
    ) -> None:
        self.files = files
        self.stores = stores
        self.is_layer = is_layer
        self.gives = gives

    def may_build(self, call: ast.Call, scope: Scope, file: FileFacts) -> bool:
        """Whether a call may give a layer: of a class, of what may hold one, or of a function that gives one."""
        use = file.by_node.get(id(call.func))
        if use is not None:
            return self.is_layer(use)
        names = _called(call.func, scope)
        if names is None or not self._classes.isdisjoint(names):
            return True
        return any(self.gives(function) for name in names for function in self._givers.get(name, ()))

    @cached_property
    def _givers(self) -> Mapping[str, list[Function]]:
        """The functions that give something back, by their names."""
        found: dict[str, dict[Function, None]] = defaultdict(dict)
        for file in self.files.values():
            for node, _ in file.module.scopes.results:
                function = enclosing_function(node) if node.value is not None else None
                if function is not None:
                    found[function.name][function] = None
        return {name: list(functions) for name, functions in found.items()}

    @cached_property
    def _classes(self) -> frozenset[str]:
        """Names of classes, and of what is set to something that may be one."""
        found = {*OWN}
        found.update(name for name, stores in self.stores.sets.items() if any(_may_hold(s.value) for s in stores))
        for file in self.files.values():
            for node, _ in file.module.scopes.classes:
                found.add(node.name)
                found.update(_held(node.body))
            found.update(_held(file.module.tree.body))
        return frozenset(found)


def _may_hold(value: ast.expr | None) -> bool:
    return value is None or isinstance(value, NAMING)


def _held(body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and _may_hold(statement.value):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _called(node: ast.expr, scope: Scope) -> tuple[str, ...] | None:
    """The names by which a function or a class is called; None where it can be anything."""
    if isinstance(node, ast.Attribute):
        return (node.attr,)
    if not isinstance(node, ast.Name):
        return None
    found = scope.lookup(node.id)
    if found is None:
        return () if node.id in BUILTINS else (node.id,)
    if not all(b.target or isinstance(b.node, (*DEFS, ast.ClassDef)) for b in found[1]):
        return None
    return (node.id, *(b.target.rpartition(".")[2] for b in found[1] if b.target))
