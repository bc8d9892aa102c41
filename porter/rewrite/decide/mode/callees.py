"""What a call calls: a name of the framework, classes and functions of the tree."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from porter.rewrite.decide.classes.hierarchy import Hierarchy
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.facts import FileFacts, Use
from porter.rewrite.decide.mode.looked_through import bound_by_partial, class_named, table_of
from porter.source.kinds import BUILTINS, DEFS
from porter.source.scopes import Scope
from porter.source.stores import Stores
from porter.source.things import ClassOf, in_order
from porter.source.things import Function as FunctionThing
from porter.source.things import TreeClass as ClassThing
from porter.source.values import Values

Function = ast.FunctionDef | ast.AsyncFunctionDef
OWN = frozenset({"cls", "__class__"})


@dataclass(frozen=True, slots=True)
class Callee:
    """What an expression that is called can be; nothing of all: not known.

    `use`: the framework's name stands there. `names`: names of the framework's that it can stand for. `other`: it can
    be something that is no class and no function, such as a layer. `sure`: it is nothing else than what is said.
    """

    use: Use | None = None
    names: tuple[str, ...] = ()
    entries: tuple[TreeClass, ...] = ()
    functions: tuple[Function, ...] = ()
    other: bool = False
    sure: bool = False

    @property
    def unknown(self) -> bool:
        """Whether nothing is known of it."""
        return not (self.use or self.names or self.entries or self.functions or self.other)


NOBODY = Callee()
PLAINLY = Callee(other=True, sure=True)


class Callees:
    """Answers for one tree."""

    def __init__(
        self,
        files: Mapping[str, FileFacts],
        hierarchy: Hierarchy,
        stores: Stores,
        values: Callable[[FileFacts], Values],
    ) -> None:
        self.files = files
        self.hierarchy = hierarchy
        self.stores = stores
        self.values = values
        self._found: dict[ast.expr, Callee] = {}

    def of(self, node: ast.expr, scope: Scope, file: FileFacts) -> Callee:
        """What the called expression of a file can be."""
        if node not in self._found:
            self._found[node] = self._of(node, scope, file)
        return self._found[node]

    def _of(self, node: ast.expr, scope: Scope, file: FileFacts) -> Callee:
        use = file.by_node.get(id(node))
        if use is not None:
            return Callee(use, sure=True)
        if isinstance(node, ast.Name) and node.id in BUILTINS and scope.lookup(node.id) is None:
            return PLAINLY
        if isinstance(node, ast.Attribute) and node.attr not in self._names and node.attr not in OWN:
            return NOBODY
        inner = bound_by_partial(node, scope, file)
        if inner is not None:
            return self.of(inner, scope, file)
        looked_up = self._by_text(node, scope, file)
        if looked_up is not None:
            return looked_up
        answer = self.values(file).of(node)
        things = in_order(answer.things)
        classes = (self.hierarchy.by_node.get(thing.node) for thing in things if isinstance(thing, ClassThing))
        entries = tuple(entry for entry in classes if entry is not None)
        names = tuple(thing.name for thing in things if isinstance(thing, ClassOf))
        nodes = (thing.node for thing in things if isinstance(thing, FunctionThing))
        functions = tuple(each for each in nodes if isinstance(each, DEFS))
        other = len(entries) + len(names) + len(functions) < len(things)
        sure = answer.is_known or (bool(entries) and _is_own_class(node))
        return Callee(None, names, entries, functions, other, sure)

    def _by_text(self, node: ast.expr, scope: Scope, file: FileFacts) -> Callee | None:
        """A class of the tree whose name a text says: `globals()["Net"]`."""
        table = table_of(node, scope, file, self.values(file))
        if table is None or not isinstance(table[1], ast.Constant):
            return None
        named = class_named(table[0], str(table[1].value), self.hierarchy)
        entry = self.hierarchy.by_node.get(named) if named is not None else None
        return Callee(entries=(entry,), sure=True) if entry is not None else None

    @cached_property
    def methods(self) -> frozenset[str]:
        """Names that the bodies of the tree's classes bind."""
        found: set[str] = set()
        for file in self.files.values():
            for node, _ in file.module.scopes.classes:
                found.update(each for statement in node.body for each in _bound(statement))
        return frozenset(found)

    @cached_property
    def _names(self) -> frozenset[str]:
        """Names by which an attribute can lead to a class or a function: some file binds or sets them."""
        top = (file.module.scopes.module.bindings for file in self.files.values())
        return self.methods.union(self.stores.sets, *top)

    @cached_property
    def by_name(self) -> Mapping[str, list[tuple[ast.Call, Scope, FileFacts]]]:
        """The calls of a tree by the last name of what is called, and by the name that an import gave another one."""
        found: dict[str, list[tuple[ast.Call, Scope, FileFacts]]] = defaultdict(list)
        for file in self.files.values():
            imported = file.module.scopes.named
            for call, scope in file.module.scopes.calls:
                function = call.func
                if isinstance(function, ast.Attribute):
                    found[function.attr].append((call, scope, file))
                elif isinstance(function, ast.Name):
                    for name in _names(function, scope) if function.id in imported else (function.id,):
                        found[name].append((call, scope, file))
        return found


def _bound(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (*DEFS, ast.ClassDef)):
        return [statement.name]
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _names(node: ast.Name, scope: Scope) -> list[str]:
    found = scope.lookup(node.id)
    targets = {b.target.rpartition(".")[2] for b in found[1] if b.target} if found is not None else set[str]()
    return [node.id, *sorted(targets - {node.id})]


def _is_own_class(node: ast.expr) -> bool:
    """`cls`, `self.__class__`, `type(self)`: a class that derives from the one around is a layer, too."""
    if isinstance(node, ast.Call):
        return getattr(node.func, "id", "") == "type" and len(node.args) == 1
    return getattr(node, "attr", getattr(node, "id", "")) in OWN
