"""Who, anywhere in a tree, ever sets an attribute of a name, fills what lies in it, or calls a function of a name."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace

from porter.source.names import SourceModule
from porter.source.scopes import parent

FILLS = frozenset({"append", "add", "extend", "insert", "update", "setdefault", "appendleft", "add_module"}) | {
    "register_module",
    "insert_child_to_cell",
    "__setitem__",
    "__iadd__",
}
"""Methods that put something into a container."""
SETS = {
    "add_module": "module",
    "register_module": "module",
    "insert_child_to_cell": "module",
    "register_buffer": "tensor",
    "register_parameter": "tensor",
    "insert_param_to_cell": "tensor",
    "__setattr__": "value",
}
"""Methods that set an attribute by its name, and what they set it to."""
HANDS = frozenset(
    {ast.Call, ast.keyword, ast.Assign, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.NamedExpr, ast.AnnAssign}
)
"""Nodes around an object that may hand it to somebody who fills it."""
DICTS = frozenset({"__dict__", "_modules", "_parameters", "_buffers", "_cells", "_params"})
"""Attributes behind which all others lie: who writes there may set any."""


@dataclass(frozen=True, slots=True)
class Store:
    """One place that sets an attribute of `owner`. `value`: None where the statement does not tell what it gets.

    `prefix`: what a name that is made at run time begins with, where that is written out (`f"unit{i}"`).
    `kind`: value, added (`+=`), module, tensor (a buffer or a parameter), or deleted.
    """

    module: SourceModule
    node: ast.expr
    owner: ast.expr
    value: ast.expr | None
    kind: str = "value"
    prefix: str = ""


class Stores:
    """The table of a whole tree, built once; nothing here judges what an owner is."""

    def __init__(self, modules: Iterable[SourceModule]) -> None:
        self.sets: dict[str, list[Store]] = {}
        self.open_sets: list[Store] = []
        self.fills: dict[str, list[tuple[SourceModule, ast.Attribute]]] = {}
        self.handed: dict[str, list[tuple[SourceModule, ast.Attribute]]] = {}
        self.calls: dict[str, list[tuple[SourceModule, ast.Call]]] = {}
        self.dynamic: set[str] = set()
        for module in modules:
            self._read(module)

    def _read(self, module: SourceModule) -> None:
        """One pass over the attributes and the calls of a file."""
        fills, handed, open_sets = self.fills, self.handed, self.open_sets
        for node, _ in module.scopes.attributes:
            if type(node.ctx) is not ast.Load:
                self._add(node.attr, _target(module, node))
                continue
            above = getattr(node, "parent", None)
            if type(above) is ast.Attribute:
                if above.attr in FILLS:
                    fills.setdefault(node.attr, []).append((module, node))
            elif type(above) is ast.Subscript:
                if type(above.ctx) is not ast.Load and above.value is node:
                    fills.setdefault(node.attr, []).append((module, node))
            elif type(above) in HANDS and getattr(above, "func", None) is not node:
                handed.setdefault(node.attr, []).append((module, node))
            if node.attr in DICTS and _is_written(node):
                open_sets.append(Store(module, node, node.value, None))
        calls = self.calls
        for call, _ in module.scopes.calls:
            function = call.func
            if type(function) is ast.Name:
                name = function.id
            elif type(function) is ast.Attribute:
                name = function.attr
            else:
                continue
            calls.setdefault(name, []).append((module, call))
            if name == "setattr" or name == "delattr" or name in SETS:
                self._called(module, call, name)
            elif name in ("exec", "globals", "eval") and type(function) is ast.Name:
                self.dynamic.add(module.path)
            elif name == "vars" and call.args and _is_written(call):
                open_sets.append(Store(module, call, call.args[0], None))

    def _add(self, name: str, store: Store) -> None:
        self.sets.setdefault(name, []).append(store)

    def _called(self, module: SourceModule, call: ast.Call, name: str) -> None:
        """`setattr(m, "norm", v)`, `m.add_module("norm", v)`, `object.__setattr__(m, "norm", v)`."""
        if isinstance(call.func, ast.Attribute) and len(call.args) < 3 and name in SETS:
            owner, rest = call.func.value, list(call.args)
        else:
            owner, rest = (call.args[0] if call.args else call.func), list(call.args[1:])
        by_name = {k.arg: k.value for k in call.keywords}
        words = ("module", "tensor", "param", "value")
        value = rest[1] if len(rest) > 1 else next((by_name[word] for word in words if word in by_name), None)
        named = rest[0] if rest else by_name.get("name")
        kind = "deleted" if name == "delattr" else SETS.get(name, "value")
        store = Store(module, call, owner, value, kind)
        if isinstance(named, ast.Constant) and isinstance(named.value, str):
            self._add(named.value, store)
        elif kind != "deleted":
            self.open_sets.append(replace(store, prefix=_beginning(named)))


def _beginning(node: ast.expr | None) -> str:
    """`f"unit{i}"`, `"c%d" % i`, `"layer" + str(i)`, `"c{}".format(i)`: what the text begins with."""
    if isinstance(node, ast.JoinedStr) and node.values:
        return _beginning(node.values[0])
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        return _beginning(node.left).partition("%")[0]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _beginning(node.func.value).partition("{")[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_written(node: ast.expr) -> bool:
    """Whether something is put into the dictionary that an expression gives."""
    above = parent(node)
    if isinstance(above, ast.Subscript):
        return not isinstance(above.ctx, ast.Load)
    return isinstance(above, ast.Attribute) and above.attr in FILLS


def _target(module: SourceModule, node: ast.Attribute) -> Store:
    """What an assignment gives an attribute; None where a loop, `with` or an unpacking does."""
    above = parent(node)
    if isinstance(above, ast.AugAssign):
        return Store(module, node, node.value, above.value, "added")
    if isinstance(node.ctx, ast.Del):
        return Store(module, node, node.value, None, "deleted")
    if isinstance(above, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
        value = above.value
        if value is None:
            return Store(module, node, node.value, None, "deleted")  # `self.x: int` alone sets nothing
        return Store(module, node, node.value, value)
    return Store(module, node, node.value, None)
