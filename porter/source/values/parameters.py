"""What a parameter can be: `self`, what callers in the tree pass, its default, its annotation, how it is used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from porter.source import tensors
from porter.source.names import dotted_parts
from porter.source.scopes import ancestors, parent, scope_of
from porter.source.things import (
    NONE,
    NOTHING,
    UNKNOWN,
    Answer,
    Function,
    FunctionNode,
    Instance,
    Module,
    OfTree,
    Sequence,
    Thing,
    TreeClass,
    assume,
    known,
    union,
)
from porter.source.values import stated, usage

if TYPE_CHECKING:
    from porter.source.values.engine import Values


OF_CLASS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
"""Methods that get their class, whatever stands at them."""


def method_class(function: ast.AST | None) -> ast.ClassDef | None:
    """The class whose body a function stands in."""
    above = parent(function) if function is not None else None
    while isinstance(above, (ast.If, ast.Try, ast.With)):
        above = parent(above)
    return above if isinstance(above, ast.ClassDef) else None


def has_decorator(function: ast.AST, *names: str) -> bool:
    """Whether one of some decorators stands at a function."""
    decorators = getattr(function, "decorator_list", None)
    if not decorators:
        return False
    found = (d.func if isinstance(d, ast.Call) else d for d in decorators)
    return any((dotted_parts(each) or [""])[-1] in names for each in found)


def first_argument(function: ast.AST) -> ast.arg | None:
    """The parameter that a method gets its object by."""
    arguments: ast.arguments = function.args  # type: ignore[attr-defined]
    return next(iter([*arguments.posonlyargs, *arguments.args]), None)


def self_class(values: Values, node: ast.expr) -> ast.ClassDef | None:
    """The class around a method whose `self` an expression is; `super()` stands for the same object."""
    known = values.family.selves
    if node not in known:
        known[node] = _self_class(values, node)
    return known[node]


def _self_class(values: Values, node: ast.expr) -> ast.ClassDef | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super":
        return next((inside for above in ancestors(node) if (inside := method_class(above)) is not None), None)
    if not isinstance(node, ast.Name):
        return None
    scope = scope_of(node)
    found = scope.lookup(node.id) if scope is not None else None
    if found is None or len(found[1]) != 1 or not isinstance(found[1][0].node, ast.arg):
        return None
    argument = found[1][0].node
    function = parent(parent(argument) or argument)
    if function is None or isinstance(function, ast.Lambda) or not is_receiver(argument) or _is_of_class(function):
        return None
    return method_class(function)


def is_receiver(argument: ast.arg) -> bool:
    """Whether a parameter is the `self` of a method."""
    function = parent(parent(argument) or argument)
    if method_class(function) is None or function is None or has_decorator(function, "staticmethod"):
        return False
    return first_argument(function) is argument


def _is_of_class(function: ast.AST) -> bool:
    """Whether a method gets the class, and no object of it."""
    return has_decorator(function, "classmethod") or getattr(function, "name", "") in OF_CLASS


MOST_CALLS = 40
"""Calls by one name that are followed for a parameter: a name with more is that of many functions."""


def parameter(values: Values, node: ast.arg) -> Answer:
    """What a function's parameter can be."""
    arguments = parent(node)
    function = parent(arguments) if arguments is not None else None
    if not isinstance(arguments, ast.arguments) or function is None:
        return UNKNOWN
    if is_receiver(node) and not isinstance(function, ast.Lambda):
        inside = method_class(function)
        assert inside is not None
        return known(TreeClass(inside) if _is_of_class(function) else OfTree(inside))
    if node is arguments.vararg:
        return assume(known(Sequence(frozenset(), "tuple")), "")
    if node is arguments.kwarg:
        return known(Sequence(frozenset(), "dict"))
    return _outer(values, node, function)  # type: ignore[arg-type]


def _outer(values: Values, node: ast.arg, function: FunctionNode) -> Answer:
    """A parameter that the caller gives: nobody sees all callers."""
    told = stated.annotated(values, node.annotation, node.arg) if node.annotation is not None else UNKNOWN
    default = default_of(function, node)
    start = values.ask(default) if default is not None else None
    if told.things:
        return union([told, start]) if start is not None and start.things == {NONE} else told
    reads = usage.reads_of(values, node, function)
    if usage.is_asked(values, reads, function):
        return _used(values, node, start)
    given = NOTHING if is_forward(function) else union(passed(values, node, function))
    if given.things:
        found = union([given, *([start] if start is not None else [])])
        if found.things:
            return assume(found, f"{node.arg} is taken for what its callers in this tree pass")
    if usage.is_given(values, reads):
        return _used(values, node, start)
    if given is not NOTHING or start is None or not start.things or start.things == {NONE}:
        return UNKNOWN
    return assume(start, f"{node.arg} is taken for its default")


def _used(values: Values, node: ast.arg, start: Answer | None) -> Answer:
    """A parameter that is used as a tensor; None, too, where that is its default."""
    tensor = Instance(tensors.TENSOR_OF[values.knowledge.source])
    more = (NONE,) if start is not None and NONE in start.things else ()
    return Answer(frozenset[Thing]((tensor, *more)), f"{node.arg} is taken for a tensor, as it is used")


def is_forward(function: ast.AST) -> bool:
    """Whether a function is what runs when a layer of the tree is called."""
    return getattr(function, "name", "") in tensors.FORWARD and method_class(function) is not None


def default_of(function: FunctionNode, node: ast.arg) -> ast.expr | None:
    arguments = function.args
    placed = [*arguments.posonlyargs, *arguments.args]
    if node in placed:
        at = placed.index(node) - len(placed) + len(arguments.defaults)
        return arguments.defaults[at] if at >= 0 else None
    if node in arguments.kwonlyargs:
        return arguments.kw_defaults[arguments.kwonlyargs.index(node)]
    return None


def seen(values: Values, name: ast.Name) -> Answer:
    """What the calls that are understood pass for the parameter that a name reads."""
    found = values.scope(name).lookup(name.id)
    nodes = [binding.node for binding in found[1]] if found is not None else []
    node = nodes[0] if len(nodes) == 1 else None
    function = parent(parent(node) or node) if isinstance(node, ast.arg) else None
    if not isinstance(node, ast.arg) or not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return UNKNOWN
    return union(answer for answer in passed(values, node, function) if answer.things)


def passed(values: Values, node: ast.arg, function: FunctionNode) -> Iterator[Answer]:
    """What each call in the tree that is known to be one of the function passes."""
    name = getattr(function, "name", "")
    inside = method_class(function)
    if name in ("__init__", "__new__") and inside is not None:
        name = inside.name
    elif name in ("__call__", "") or name.startswith("__"):
        return
    calls = values.stores.calls.get(name, ())
    if len(calls) > MOST_CALLS:
        yield UNKNOWN
        return
    for module, call in calls:
        member = values.beside(module)
        bound = _is_call_of(member, call, function, inside)
        if bound is None:
            continue
        argument = argument_of(call, function, node, skip=1 if bound else 0)
        if argument is None:
            default = default_of(function, node)
            if default is None:
                yield UNKNOWN  # it comes by `*args` or `**kwargs`
            continue
        yield member.ask(argument)


def _is_call_of(values: Values, call: ast.Call, function: FunctionNode, inside: ast.ClassDef | None) -> bool | None:
    """Whether a call runs a function: True where its first parameter is not among the arguments; None: another's."""
    for thing in values.ask(call.func).things:
        if isinstance(thing, Function) and thing.node is function:
            static = inside is None or has_decorator(function, "staticmethod")
            by_class = isinstance(call.func, ast.Attribute) and any(
                isinstance(t, (TreeClass, Module)) for t in values.ask(call.func.value).things
            )
            return not static and (not by_class or has_decorator(function, "classmethod"))
        if isinstance(thing, TreeClass) and inside is not None and getattr(function, "name", "") == "__init__":
            found = values.lineage.defined(thing.node, "__init__")
            if found is not None and function in found[1]:
                return True
    return None


def argument_of(call: ast.Call, function: FunctionNode, node: ast.arg, skip: int) -> ast.expr | None:
    """The expression that a call passes for a parameter, if it is written out."""
    for keyword in call.keywords:
        if keyword.arg == node.arg:
            return keyword.value
    placed = [*function.args.posonlyargs, *function.args.args]
    at = placed.index(node) - skip if node in placed else -1
    if at < 0 or at >= len(call.args) or any(isinstance(a, ast.Starred) for a in call.args[: at + 1]):
        return None
    return call.args[at]
