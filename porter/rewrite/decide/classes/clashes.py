"""What a class may do under torch's base class, and MindSpore's refuses when an object is made."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.classes.hierarchy import Hierarchy
from porter.rewrite.decide.classes.movers import Moved
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.decision import Decision, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.telling import told, was_told
from porter.rewrite.decide.tree import TreeFacts
from porter.source.index import enclosing_class, is_self
from porter.source.scopes import parent
from porter.source.things import Instance, OfTree, Thing
from porter.source.values import Values

FALLBACK = "__getattr__"
_Clash = tuple[TreeClass, ast.stmt | ast.expr, str, str]
PROPERTIES = frozenset({"property", "cached_property"})


def tell(file: FileFacts, tree: TreeFacts, moved: Moved) -> Iterator[Decision]:
    """A remark for each such place of a class that changes sides."""
    if tree.options.to != "mindspore":
        return
    found = [*_fallbacks(file, moved.hierarchy), *_over_properties(file, tree, moved.hierarchy)]
    for entry, node, label, text in found:
        start = file.module.text.span(node)[0]
        if moved.moves(entry) or (moved.moved(entry) and was_told(file.module, start, text)):
            yield told(file.path, start, Level.MANUAL, label, Reason(Code.RESERVED, text))


def _fallbacks(file: FileFacts, hierarchy: Hierarchy) -> Iterator[_Clash]:
    """A `__getattr__` that asks the object for what its constructor has yet to set."""
    for node, _ in file.module.scopes.classes:
        entry = hierarchy.by_node[node]
        method = entry.definitions.get(FALLBACK)
        name = _unset(method, entry, hierarchy) if method is not None else ""
        if method is not None and name:
            text = f"MindSpore's Cell looks for attributes before {name} is set: this then asks for {name} without end"
            yield entry, method, f"nn.Module.{FALLBACK}", text


def _unset(method: ast.FunctionDef | ast.AsyncFunctionDef, entry: TreeClass, hierarchy: Hierarchy) -> str:
    """The attribute that a fallback reads of its own object without a guard; "" for none."""
    guards = {each.value for test in ast.walk(method) if isinstance(test, ast.Compare) for each in _texts(test)}
    early = {each.value for call in ast.walk(entry.node) if _is_early(call) for each in _texts(call)}
    bound = {each.id for each in _names_of(entry.node)} | hierarchy.methods[entry]
    safe = guards | early | bound
    for node in ast.walk(method):
        read = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and is_self(node.value)
        if read and isinstance(node, ast.Attribute) and not node.attr.startswith("__") and node.attr not in safe:
            return node.attr
    return ""


def _texts(node: ast.AST) -> Iterator[ast.Constant]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str))


def _is_early(node: ast.AST) -> bool:
    """`object.__setattr__(self, "net", net)` goes past the base class, so it can stand before its constructor."""
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "__setattr__"


def _names_of(node: ast.ClassDef) -> Iterator[ast.Name]:
    """Names that the body of a class gives a value."""
    for statement in node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        yield from (target for target in targets if isinstance(target, ast.Name))


def _over_properties(file: FileFacts, tree: TreeFacts, hierarchy: Hierarchy) -> Iterator[_Clash]:
    """`self.head = nn.Conv3d(...)`, where `head` is a property: torch keeps the layer beside it."""
    values: Values = tree.values(file)
    for node, _ in file.module.scopes.attributes:
        statement, inside = parent(node), enclosing_class(node)
        if inside is None or not isinstance(node.ctx, ast.Store) or not is_self(node.value):
            continue
        entry = hierarchy.by_node[inside]
        if not isinstance(statement, ast.Assign) or not _is_property(node.attr, entry, hierarchy):
            continue
        if any(_is_layer(thing, values, hierarchy) for thing in values.of(statement.value).things):
            text = f"{node.attr} is a property, and MindSpore's Cell keeps no layer under a name that is there already"
            yield entry, node, f"nn.Module.{node.attr}", text


def _is_property(name: str, entry: TreeClass, hierarchy: Hierarchy) -> bool:
    for each in hierarchy.ancestry(entry):
        for method in each.node.body:
            if isinstance(method, ast.FunctionDef) and method.name == name:
                return any(getattr(d, "id", getattr(d, "attr", "")) in PROPERTIES for d in method.decorator_list)
    return False


def _is_layer(thing: Thing, values: Values, hierarchy: Hierarchy) -> bool:
    if isinstance(thing, OfTree):
        entry = hierarchy.by_node.get(thing.node)
        return entry is not None and (entry in hierarchy.derived or entry in hierarchy.targets)
    return isinstance(thing, Instance) and values.is_layer(thing.name)
