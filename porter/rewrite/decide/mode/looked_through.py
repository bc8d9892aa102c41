"""What a call calls where no name of it stands there: `partial(Net, 4)()`, `globals()["Net"]()`."""

from __future__ import annotations

import ast

from porter.rewrite.decide.classes.hierarchy import Hierarchy
from porter.rewrite.decide.facts import FileFacts
from porter.source.names import dotted_parts
from porter.source.scopes import Scope, parent
from porter.source.things import Module
from porter.source.values import Values

TABLES = frozenset({"globals", "vars"})
MOST_HOPS = 4


def meaning_of(node: ast.expr, scope: Scope, file: FileFacts) -> str:
    """The qualified name that an import gives an expression; "" for any other."""
    parts = dotted_parts(node)
    found = file.index.meaning(parts[0], scope) if parts else None
    return ".".join([found[1], *parts[1:]]) if parts and found is not None else ""


def bound_by_partial(node: ast.expr, scope: Scope, file: FileFacts) -> ast.expr | None:
    """What `partial(Net, 4)` will call, also in a variable that is nothing else; None for anything else."""
    for _ in range(MOST_HOPS):
        value = value_of(node, scope)
        if not isinstance(value, ast.Call) or not value.args:
            return None
        if meaning_of(value.func, scope, file) != "functools.partial":
            return None
        node = value.args[0]
        if not isinstance(value_of(node, scope), ast.Call):
            return node
    return None


def value_of(node: ast.expr, scope: Scope) -> ast.expr:
    """What the one statement that binds a name gives it; the expression itself where that is not plain."""
    found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    if found is None or len(found[1]) != 1:
        return node
    statement = parent(found[1][0].node)
    plain = isinstance(statement, ast.Assign) and found[1][0].node in statement.targets
    return statement.value if plain and isinstance(statement, ast.Assign) else node


def table_of(node: ast.expr, scope: Scope, file: FileFacts, values: Values) -> tuple[str, ast.expr] | None:
    """The module of the tree that a name is looked up in, and the name: `globals()[name]`, `getattr(nets, name)`."""
    if isinstance(node, ast.Subscript) and _is_own_table(node.value, scope):
        return file.path, node.slice
    if not isinstance(node, ast.Call):
        return None
    name = getattr(node.func, "id", "")
    if name == "getattr" and len(node.args) > 1 and scope.lookup(name) is None:
        path = _module(node.args[0], scope, file, values)
        return (path, node.args[1]) if path else None
    taken = isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args
    if taken and isinstance(node.func, ast.Attribute) and _is_own_table(node.func.value, scope):
        return file.path, node.args[0]
    return None


def _is_own_table(node: ast.expr, scope: Scope) -> bool:
    name = getattr(node.func, "id", "") if isinstance(node, ast.Call) and not node.args else ""
    return name in TABLES and scope.lookup(name) is None


def _module(node: ast.expr, scope: Scope, file: FileFacts, values: Values) -> str:
    """The path of the module of the tree that an expression gives."""
    own = isinstance(node, ast.Subscript) and getattr(node.slice, "id", "") == "__name__"
    if own and isinstance(node, ast.Subscript) and meaning_of(node.value, scope, file) == "sys.modules":
        return file.path
    names = [thing.name for thing in values.of(node).things if isinstance(thing, Module)]
    module = file.index.by_dotted.get(names[0]) if len(names) == 1 else None
    return module.path if module is not None else ""


def class_named(path: str, text: str, hierarchy: Hierarchy) -> ast.ClassDef | None:
    """The class that a name of a module stands for."""
    module = hierarchy.index.modules.get(path)
    bindings = module.scopes.module.bindings.get(text, []) if module is not None else []
    node = bindings[0].node if len(bindings) == 1 else None
    return node if isinstance(node, ast.ClassDef) else None
