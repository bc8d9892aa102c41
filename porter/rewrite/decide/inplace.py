"""`x += y`: torch adds into the tensor that others may hold too, MindSpore makes a new one."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.change import NameEdit, Write
from porter.rewrite.decide.classes import MOVES
from porter.rewrite.decide.decision import SILENT, Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.telling import QUIET, told
from porter.rewrite.decide.tree import TreeFacts
from porter.source.index import enclosing_class, enclosing_function
from porter.source.scopes import Scope, ancestors, parent

Origin = Literal["parameter", "shared", "fresh"]
ORIGINS: tuple[Origin, ...] = ("parameter", "shared", "fresh")
"""What a tensor is taken for when it may come from several places: the first."""
OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
ASSIGNS = re.compile(rb"[ \t]*[-+*/]=[ \t]*")
NUMBERS = frozenset({"int", "float", "bool", "str"})


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """What to do about the augmented assignments in the methods of classes that change sides."""
    for node, scope in file.module.scopes.augmented:
        inside = enclosing_class(node)
        entry = tree.hierarchy.by_node.get(inside) if inside is not None else None
        if entry is None or type(node.op) not in OPERATORS or not isinstance(node.target, ast.Name):
            continue
        if entry in tree.hierarchy.derived or entry in tree.movers.supporters:
            origin = _origin(node, node.target.id, scope)
            if origin is not None:
                needs = (Need((entry.place,), MOVES, SILENT),)
                there = tree.options.to == "mindspore"
                yield from _there(file, node, origin, needs) if there else _back(file, node, origin, needs)


def _written(node: ast.AugAssign) -> str:
    assert isinstance(node.target, ast.Name)
    return f"{node.target.id} {OPERATORS[type(node.op)]}= ..."


def _there(file: FileFacts, node: ast.AugAssign, origin: Origin, needs: tuple[Need, ...]) -> Iterator[Decision]:
    """MindSpore makes a new tensor, which matters where somebody else holds the old one."""
    if origin != "fresh":
        held = "its caller" if origin == "parameter" else "another name"
        text = f"{_written(node)} changes a tensor that {held} holds too; MindSpore makes a new one"
        start, _ = file.module.text.span(node)
        yield told(file.path, start, Level.REVIEW, "x += y", Reason(Code.IN_PLACE, text), needs)


def _back(file: FileFacts, node: ast.AugAssign, origin: Origin, needs: tuple[Need, ...]) -> Iterator[Decision]:
    """torch would change what others hold too, so the sum is written out."""
    start, end = file.module.text.span(node)
    if origin == "fresh":
        text = f"{_written(node)} happens in place in torch, which refuses it where a gradient needs the old values"
        yield told(file.path, start, Level.REVIEW, "x += y", Reason(Code.IN_PLACE, text), needs)
        return
    edits = tuple(_sum(file, node))
    if edits:
        place = Place(file.path, start, end, Kind.TENSOR)
        yield Decision(place, (Way(Form.WRITTEN, Write(edits), needs=needs), QUIET), "x += y")


def _sum(file: FileFacts, node: ast.AugAssign) -> Iterator[NameEdit]:
    """`x += y` as `x = x + y`; nothing where a comment or a line break in between is something to care for."""
    assert isinstance(node.target, ast.Name)
    text = file.module.text
    start, end = text.span(node)
    name, operator = node.target.id, OPERATORS[type(node.op)]
    match = ASSIGNS.match(text.data, text.span(node.target)[1])
    if match is None:
        return
    bracket = match.end() == text.span(node.value)[0] and not _binds_tighter(node.value, node.op)
    yield NameEdit(start, match.end(), f"{name} = {name} {operator} {'(' if bracket else ''}")
    if bracket:
        yield NameEdit(end, end, ")")


def _binds_tighter(value: ast.expr, operator: ast.operator) -> bool:
    """Whether `x + value` needs no brackets around the value to compute what `x += value` adds."""
    if isinstance(value, (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant)):
        return True
    product = isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Mult, ast.Div, ast.Pow, ast.MatMult))
    return product and isinstance(operator, (ast.Add, ast.Sub))


def _origin(node: ast.AugAssign, name: str, scope: Scope) -> Origin | None:
    """Where a local name's tensor comes from at this statement; None when it is no tensor, as far as can be told."""
    function = enclosing_function(node)
    if function is None or scope.kind != "function":
        return None
    origins = {_given(binding, node, name, function, scope) for binding in _reaching(node, name, scope)}
    return next((origin for origin in ORIGINS if origin in origins), None)


def _reaching(node: ast.AugAssign, name: str, scope: Scope) -> Iterator[ast.AST]:
    """What may have given a name its tensor: the last statement, and those before it where that may not have run."""
    bindings = _bindings(scope, name)
    around = [node, *ancestors(node)]
    for index in range(bisect_left(bindings, node.lineno, key=_line) - 1, -1, -1):
        binding = bindings[index]
        statement = parent(binding)
        yield binding
        if isinstance(binding, ast.arg) or (isinstance(statement, ast.stmt) and _runs_before(statement, around)):
            return


@lru_cache(maxsize=64)  # a long function asks again for each of its statements
def _bindings(scope: Scope, name: str) -> list[ast.AST]:
    """What gives a name its value by the order of lines, but for `x += y`, which asks for what was there before."""
    nodes = [b.node for b in scope.bindings.get(name, []) if not isinstance(parent(b.node), ast.AugAssign)]
    return sorted(nodes, key=_line)


def _runs_before(statement: ast.stmt, around: Sequence[ast.AST]) -> bool:
    """Whether a statement stands in a block that goes on to the nodes `around` a place."""
    above = parent(statement)
    blocks = [getattr(above, name, None) for name in ("body", "orelse", "finalbody")]
    return any(isinstance(block, list) and statement in block and any(a in block for a in around) for block in blocks)


def _given(
    binding: ast.AST, node: ast.AugAssign, name: str, function: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope
) -> Origin | None:
    if isinstance(binding, ast.arg):
        return "parameter" if _may_be_tensor(binding, function) else None
    statement = parent(binding)
    if not isinstance(statement, ast.Assign) or not _is_forward(function):
        return None
    if isinstance(statement.value, (ast.Name, ast.IfExp)):
        return "shared"
    if isinstance(statement.value, ast.Call):
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
