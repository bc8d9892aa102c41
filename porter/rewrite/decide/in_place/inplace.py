"""`x += y`: torch adds into the tensor that others may hold too, MindSpore makes a new one."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Nodes
from functools import lru_cache
from typing import Literal

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.change import NameEdit, Write
from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.decision import SILENT, Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.in_place.kept_dtype import TEXT, keeps_narrow
from porter.rewrite.decide.telling import QUIET, told
from porter.rewrite.decide.tree import ANY_CHANGE, TreeFacts
from porter.source.index import enclosing_class, enclosing_function
from porter.source.scopes import Scope, ancestors, parent
from porter.source.tensors import is_tensor
from porter.source.things import Instance, Sequence, Thing
from porter.source.values import Values

Origin = Literal["parameter", "shared", "unknown", "fresh"]
ORIGINS: tuple[Origin, ...] = ("parameter", "shared", "fresh")
"""What a tensor is taken for when it may come from several places: the first."""
OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
ASSIGNS = re.compile(rb"[ \t]*[-+*/]=[ \t]*")
NUMBERS = frozenset({"int", "float", "bool", "str"})


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """What to do about the augmented assignments to tensors that change sides."""
    values = tree.values(file)
    for node, scope in file.module.scopes.augmented:
        inside = enclosing_class(node)
        entry = tree.hierarchy.by_node.get(inside) if inside is not None else None
        moving = entry is not None and tree.movers.may_move(entry)
        if type(node.op) not in OPERATORS or not (moving or (entry is None and tree.makers)):
            continue
        origin = _seen(node, values)
        if origin is None and moving and isinstance(node.target, ast.Name):
            origin = _origin(node, node.target.id, scope)
        place = entry.place if entry is not None else ANY_CHANGE
        if origin is not None:
            needs = (Need((place,), MOVES, SILENT),)
            there = tree.options.to == "mindspore"
            yield from _there(file, node, origin, needs) if there else _back(file, node, origin, needs)
            if there and origin == "fresh" and keeps_narrow(node, values):
                start, _ = file.module.text.span(node)
                yield told(file.path, start, Level.CHANGED, "x += y", Reason(Code.IN_PLACE, TEXT), needs)


def _seen(node: ast.AugAssign, values: Values) -> Origin | None:
    """Who else holds what a statement changes, where that is seen to be a tensor; None where it is not."""
    if not isinstance(node.target, ast.Name):
        things = {*values.of(node.target).things, *_elements(node.target, values)}
        return "shared" if any(isinstance(t, Instance) and is_tensor(t.name) for t in things) else None
    before = values.before(node.target)
    if not any(isinstance(t, Instance) and is_tensor(t.name) for t in before.things):
        return None
    return values.holders(node.target).kind


def _elements(node: ast.expr, values: Values) -> Iterator[Thing]:
    """What lies in the list, or the dict, of which an element is changed, and what was put into it at the start."""
    if not isinstance(node, ast.Subscript):
        return
    for thing in values.of(node.value).things:
        if isinstance(thing, Sequence):
            yield from thing.items
    found = values.scope(node.value).lookup(node.value.id) if isinstance(node.value, ast.Name) else None
    for binding in found[1] if found is not None else ():
        statement = parent(binding.node)
        written = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
        elements = written.elts if isinstance(written, (ast.List, ast.Tuple)) else []
        elements = [each for each in written.values if each] if isinstance(written, ast.Dict) else elements
        yield from (thing for element in elements for thing in values.of(element).things)


def _written(node: ast.AugAssign) -> str:
    return f"{ast.unparse(node.target)} {OPERATORS[type(node.op)]}= ..."


HELD: Mapping[Origin, tuple[str, Level]] = {
    "parameter": ("its caller holds too", Level.CHANGED),
    "shared": ("another name holds too", Level.CHANGED),
    "unknown": ("somebody else may hold too", Level.REVIEW),
}


def _there(file: FileFacts, node: ast.AugAssign, origin: Origin, needs: tuple[Need, ...]) -> Iterator[Decision]:
    """MindSpore makes a new tensor, which matters where somebody else holds the old one."""
    if origin != "fresh":
        held, level = HELD[origin]
        text = f"{_written(node)} changes a tensor that {held}; MindSpore makes a new one"
        start, _ = file.module.text.span(node)
        yield told(file.path, start, level, "x += y", Reason(Code.IN_PLACE, text), needs)


def _back(file: FileFacts, node: ast.AugAssign, origin: Origin, needs: tuple[Need, ...]) -> Iterator[Decision]:
    """torch would change what others hold too, so the sum is written out."""
    start, end = file.module.text.span(node)
    if origin == "fresh":
        text = f"{_written(node)} happens in place in torch, which refuses it where a gradient needs the old values"
        yield told(file.path, start, Level.REVIEW, "x += y", Reason(Code.IN_PLACE, text), needs)
        return
    edits = tuple(_sum(file, node)) if isinstance(node.target, ast.Name) else ()
    if edits:
        place = Place(file.path, start, end, Kind.TENSOR)
        yield Decision(place, (Way(Form.WRITTEN, Write(edits), needs=needs), QUIET), "x += y")
    elif not isinstance(node.target, ast.Name):
        text = f"{_written(node)} happens in place in torch, for all that hold the tensor; MindSpore makes a new one"
        yield told(file.path, start, Level.CHANGED, "x += y", Reason(Code.IN_PLACE, text), needs)


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


def _runs_before(statement: ast.stmt, around: Nodes[ast.AST]) -> bool:
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
