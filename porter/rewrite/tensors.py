"""`x += y`: torch adds into the tensor that others may hold too, MindSpore makes a new one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal

from porter.findings import Level
from porter.rewrite.classes import Hierarchy
from porter.rewrite.outcomes import NameEdit, Remark, Settings
from porter.source.index import enclosing_class, enclosing_function
from porter.source.names import SourceModule
from porter.source.scopes import Scope, ancestors, parent

Origin = Literal["parameter", "shared", "fresh"]
OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
NUMBERS = frozenset({"int", "float", "bool", "str"})


def augmented(module: SourceModule, hierarchy: Hierarchy, settings: Settings) -> Iterator[NameEdit | Remark]:
    """What to do about the augmented assignments in the methods of classes that move."""
    for node, scope in module.scopes.augmented:
        inside = enclosing_class(node)
        entry = hierarchy.by_node.get(inside) if inside is not None else None
        if entry is None or not entry.moves or type(node.op) not in OPERATORS:
            continue
        if not isinstance(node.target, ast.Name):
            continue
        origin = _origin(node, node.target.id, scope)
        if origin is not None:
            yield from _decide(module, node, origin, settings)


def _decide(
    module: SourceModule, node: ast.AugAssign, origin: Origin, settings: Settings
) -> Iterator[NameEdit | Remark]:
    assert isinstance(node.target, ast.Name)
    name, operator = node.target.id, OPERATORS[type(node.op)]
    start, end = module.text.span(node)
    written = f"{name} {operator}= ..."
    if settings.to == "mindspore":
        if origin != "fresh":
            held = "its caller" if origin == "parameter" else "another name"
            message = f"{written} changes a tensor that {held} holds too; MindSpore makes a new one"
            yield Remark(start, Level.REVIEW, "x += y", message)
        return
    if origin == "fresh":
        message = f"{written} happens in place in torch, which refuses it where a gradient needs the old values"
        yield Remark(start, Level.REVIEW, "x += y", message)
        return
    value = module.text.slice(module.text.span(node.value)[0], end)
    simple = isinstance(node.value, (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant)) or operator == "+"
    value = value if simple or value.startswith("(") else f"({value})"
    yield NameEdit(start, end, f"{name} = {name} {operator} {value}")


def _origin(node: ast.AugAssign, name: str, scope: Scope) -> Origin | None:
    """Where a local name's tensor comes from at this statement; None when it is no tensor, as far as can be told."""
    function = enclosing_function(node)
    if function is None or scope.kind != "function":
        return None
    before = [b.node for b in scope.bindings.get(name, []) if _line(b.node) < node.lineno]
    last = max(before, key=_line, default=None)
    if isinstance(last, ast.arg):
        return "parameter" if _may_be_tensor(last, function) else None
    statement = parent(last) if last is not None else None
    if not isinstance(statement, ast.Assign):
        return None
    if isinstance(statement.value, (ast.Name, ast.IfExp)):
        return "shared" if _is_forward(function) else None
    if isinstance(statement.value, ast.Call) and _is_forward(function):
        return "shared" if _copied(node, name, statement, scope) else "fresh"
    return None


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))


def _is_forward(function: ast.AST) -> bool:
    return getattr(function, "name", "") in ("forward", "construct")


def _may_be_tensor(argument: ast.arg, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    if not _is_forward(function):
        return False
    return not (isinstance(argument.annotation, ast.Name) and argument.annotation.id in NUMBERS)


def _copied(node: ast.AugAssign, name: str, since: ast.Assign, scope: Scope) -> bool:
    """Whether another name was given the same tensor in between (`skip = x`, `xs.append(x)`)."""
    function = next((a for a in ancestors(node) if isinstance(a, (ast.FunctionDef, ast.AsyncFunctionDef))), None)
    for other in ast.walk(function) if function else ():
        if not since.lineno < _line(other) < node.lineno:
            continue
        if isinstance(other, ast.Assign) and isinstance(other.value, ast.Name) and other.value.id == name:
            return True
        appends = isinstance(other, ast.Call) and isinstance(other.func, ast.Attribute) and other.func.attr == "append"
        if appends and any(isinstance(a, ast.Name) and a.id == name for a in other.args):  # type: ignore[attr-defined]
            return True
    return False
