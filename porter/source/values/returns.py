"""What a function of the tree gives back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from porter.source.scopes import scope_of
from porter.source.things import NONE, NOTHING, UNKNOWN, Answer, FunctionNode, Sequence, known, union
from porter.source.values import parameters, stated

if TYPE_CHECKING:
    from porter.source.values.engine import Values

NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
CONTEXTS = ("contextmanager", "asynccontextmanager")


@dataclass(frozen=True, slots=True)
class Ends:
    """The ways out of a function: the values of its `return` and `yield`, and whether there is a bare `return`."""

    values: tuple[ast.expr, ...]
    yields: tuple[ast.expr | None, ...]
    bare: bool
    raises: bool
    stub: bool


def ends(function: FunctionNode) -> Ends:
    """Find the ways out of a function."""
    if isinstance(function, ast.Lambda):
        return Ends((function.body,), (), False, False, False)
    found: list[ast.expr] = []
    yields: list[ast.expr | None] = []
    bare = False
    for node in _own(function.body):
        if isinstance(node, ast.Return):
            if node.value is None:
                bare = True
            else:
                found.append(node.value)
        elif isinstance(node, ast.Yield):
            yields.append(node.value)
        elif isinstance(node, ast.YieldFrom):
            yields.append(None)
    body = [s for s in function.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    raises = bool(body) and isinstance(body[-1], ast.Raise)
    stub = all(isinstance(s, ast.Pass) for s in body) or parameters.has_decorator(function, "abstractmethod")
    return Ends(tuple(found), tuple(yields), bare, raises, stub)


def _own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of a function that are not another function's."""
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, NESTED):
            continue
        yield node
        if isinstance(
            node, (ast.stmt, ast.excepthandler, ast.match_case, ast.Expr, ast.Yield, ast.YieldFrom, ast.Await)
        ):
            todo += ast.iter_child_nodes(node)
        elif isinstance(node, ast.NamedExpr):
            todo.append(node.value)


def returned(values: Values, function: FunctionNode, call: ast.Call | None = None) -> Answer:
    """What a call of a function gives. A parameter that is handed back is what the call passes."""
    member = values.home(function)
    if isinstance(function, ast.AsyncFunctionDef) or parameters.has_decorator(function, *CONTEXTS):
        return UNKNOWN
    found = values.family.ends_of(function)
    if call is not None and not found.yields:
        handed = [_handed(member, value, function) for value in found.values]
        if any(argument is not None for argument in handed):
            answers = (
                member.ask(value) if argument is None else _argument(values, call, function, argument)
                for value, argument in zip(found.values, handed, strict=True)
            )
            return union(chain([known(NONE)] if found.bare else [], answers))
    return member.circles.run((id(function), "returns"), lambda: _returned(member, function, found))


def _returned(values: Values, function: FunctionNode, found: Ends) -> Answer:
    if found.yields:
        inside = union(UNKNOWN if each is None else values.ask(each) for each in found.yields)
        return Answer(frozenset({Sequence(inside.things, "iterator")}), inside.assumed if inside.things else "")
    if found.stub and not found.values:
        return NOTHING if parameters.has_decorator(function, "abstractmethod") else _told(values, function)
    if not found.values:
        return NOTHING if found.raises and not found.bare else known(NONE)
    answer = union(chain([known(NONE)] if found.bare else [], map(values.ask, found.values)))
    if (answer.things and answer.assumed != stated.SOME_LAYER) or answer is NOTHING:
        return answer
    told = _told(values, function)
    return told if told.things else answer


def _told(values: Values, function: FunctionNode) -> Answer:
    """What the annotation of the result says."""
    annotation = getattr(function, "returns", None)
    if annotation is None:
        return UNKNOWN
    return stated.annotated(values, annotation, f"what {getattr(function, 'name', '')} returns")


def _handed(values: Values, value: ast.expr, function: FunctionNode) -> ast.arg | None:
    """The parameter that an expression hands back as it came."""
    if not isinstance(value, ast.Name):
        return None
    scope = scope_of(value)
    found = scope.lookup(value.id) if scope is not None else None
    if found is None or found[0].node is not function:
        return None
    bindings = values.flow.reaching(value, found[0])
    node = bindings[0].node if len(bindings) == 1 else None
    return node if isinstance(node, ast.arg) and not parameters.is_receiver(node) else None


def _argument(values: Values, call: ast.Call, function: FunctionNode, argument: ast.arg) -> Answer:
    """What a call passes for a parameter, or its default."""
    bound = isinstance(call.func, ast.Attribute) and parameters.method_class(function) is not None
    skip = 1 if bound and not parameters.has_decorator(function, "staticmethod") else 0
    if not isinstance(function, ast.Lambda) and function.name in ("forward", "construct", "__call__"):
        skip = 1
    given = parameters.argument_of(call, function, argument, skip)
    if given is not None:
        return values.home(call).ask(given)
    plain = not any(isinstance(a, ast.Starred) for a in call.args) and all(k.arg for k in call.keywords)
    default = parameters.default_of(function, argument)
    member = values.home(function)
    return member.ask(default) if plain and default is not None else UNKNOWN
