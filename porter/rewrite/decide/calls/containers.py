"""Containers of layers: what one framework takes as one list, the other takes as so many arguments."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import lru_cache

from porter.rewrite.decide.change import Argument, CallPlan, Refuse, UseClass
from porter.rules.model import Framework, Rule, other
from porter.source.kinds import FUNCTIONS
from porter.source.scopes import ancestors


def has_star(call: ast.Call) -> bool:
    """Whether the call has `*args` or `**kwargs`, so that its arguments are known only at run time."""
    return any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords)


def plan_container(
    rule: Rule, source: Framework, call: ast.Call, is_framework_name: Callable[[ast.expr], bool]
) -> CallPlan | UseClass | None:
    """What a container becomes by the form of its call alone; an empty one is there to be added to."""
    if rule.spreads:
        return plan_spread(call, is_framework_name)
    return UseClass("") if rule.grows and source == "torch" and is_empty(call) else None


def is_empty(call: ast.Call) -> bool:
    """Whether a container gets nothing: `ModuleList()`, `ModuleList([])`, `Sequential(OrderedDict())`."""
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return not has_star(call) and all(map(_holds_nothing, values))


def _holds_nothing(node: ast.expr) -> bool:
    if isinstance(node, (ast.List, ast.Tuple)):
        return not node.elts
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in ("list", "tuple", "OrderedDict") and not node.args and not node.keywords
    return isinstance(node, ast.Constant) and node.value is None


def plan_collected(rule: Rule, source: Framework, call: ast.Call) -> CallPlan | Refuse:
    """`CellList([a, b])` takes what `ModuleList([a, b])` takes; several arguments have no counterpart."""
    if call.keywords or len(call.args) > 1 or has_star(call):
        return Refuse(f"{rule.side(other(source)).name} takes one list of layers")
    return CallPlan((), untouched=True)


def plan_spread(call: ast.Call, is_framework_name: Callable[[ast.expr], bool]) -> CallPlan | UseClass:
    """`SequentialCell([a, b])` is `Sequential(*[a, b])`; whether a name stands for a list is known only at run time."""
    if call.keywords or not may_give_list(call.args, is_framework_name):
        return CallPlan((), untouched=True)
    if is_list(call.args[0]):
        return CallPlan((Argument(0, star=True),))
    return UseClass("whether it gets a list is known only at run time")


def may_give_list(arguments: Sequence[ast.expr], is_framework_name: Callable[[ast.expr], bool]) -> bool:
    """Whether arguments can be one list: a single one that may be so, or the `*args` that a function was given."""
    if len(arguments) != 1:
        return False
    given = arguments[0]
    return _is_handed_on(given.value) if isinstance(given, ast.Starred) else not is_no_list(given, is_framework_name)


def _is_handed_on(starred: ast.expr) -> bool:
    """Whether what stands behind a star is made of the `*args` of a function around it."""
    functions = [node for node in ancestors(starred) if isinstance(node, FUNCTIONS)]
    varied = {function.args.vararg.arg for function in functions if function.args.vararg is not None}
    return any(isinstance(node, ast.Name) and node.id in varied for node in ast.walk(starred))


def is_list(node: ast.expr) -> bool:
    """`[a, b]`, `[f(i) for i in x]`, `[a] * n`, `[a] + b`, `list(x)`, or a local name given only such."""
    return is_written_list(node) or (isinstance(node, ast.Name) and _holds_lists(node))


def is_written_list(node: ast.expr | None) -> bool:
    """Whether an expression makes a list itself."""
    if isinstance(node, (ast.List, ast.ListComp)):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mult)):
        return is_written_list(node.left) or is_written_list(node.right)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("list", "sorted")


def _holds_lists(name: ast.Name) -> bool:
    """Whether the function around it gives a name nothing but lists."""
    function = next((n for n in ancestors(name) if isinstance(n, FUNCTIONS)), None)
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    given = _given(function).get(name.id)
    return bool(given) and all(is_written_list(value) for value in given or ())


@lru_cache(maxsize=8)  # the calls of one function are asked about one after the other
def _given(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, list[ast.expr | None]]:
    """Name -> the values that a function gives it; None for one that no plain assignment tells (`+=` keeps a list)."""
    given: dict[str, list[ast.expr | None]] = {}
    told: set[int] = set()
    for node in ast.walk(function):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    given.setdefault(target.id, []).append(node.value)
                    told.add(id(target))
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
            told.add(id(node.target))
        elif id(node) not in told:
            for name in _bound(node):
                given.setdefault(name, []).append(None)
    return given


def _bound(node: ast.AST) -> Sequence[str]:
    """Names that a node gives a value: an argument, a loop, `with`, `global`."""
    if isinstance(node, ast.Name):
        return () if isinstance(node.ctx, ast.Load) else (node.id,)
    if isinstance(node, ast.arg):
        return (node.arg,)
    return node.names if isinstance(node, (ast.Global, ast.Nonlocal)) else ()


def is_no_list(node: ast.expr, is_framework_name: Callable[[ast.expr], bool]) -> bool:
    """Whether an expression is evidently no list: a layer that is built here, or an ordered dictionary."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name == "OrderedDict" or is_framework_name(node.func)
