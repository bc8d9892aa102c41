"""Whether an expression can only be True or False, so that nothing has to make it one of them."""

from __future__ import annotations

import ast

from porter.source.kinds import CHECKS, FUNCTIONS
from porter.source.scopes import ancestors

GIVES_BOOL = frozenset({"bool", "isinstance", "issubclass", "hasattr", "callable", "any", "all"})


def is_truth(node: ast.expr) -> bool:
    """`not x`, `x is None`, `x in xs`, `mode == "a"`, `isinstance(..)`, made of such, or a parameter `x: bool`."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, bool)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not)
    if isinstance(node, ast.BoolOp):
        return all(map(is_truth, node.values))
    if isinstance(node, ast.IfExp):
        return is_truth(node.body) and is_truth(node.orelse)
    if isinstance(node, ast.Compare):
        return all(isinstance(sign, CHECKS) for sign in node.ops) or _compares_text(node)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in GIVES_BOOL
    return isinstance(node, ast.Name) and _is_declared(node)


def _compares_text(node: ast.Compare) -> bool:
    """`mode == "a"`: a comparison of numbers may give a bool of numpy's, which MindSpore refuses."""
    right = node.comparators[-1]
    return len(node.ops) == 1 and isinstance(right, ast.Constant) and isinstance(right.value, str)


def _is_declared(name: ast.Name) -> bool:
    """Whether a name is a parameter `x: bool` that the function around it gives nothing else."""
    function = next((node for node in ancestors(name) if isinstance(node, FUNCTIONS)), None)
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    said = next((each.annotation for each in every if each.arg == name.id), None)
    if not isinstance(said, ast.Name) or said.id != "bool":
        return False
    return not any(
        isinstance(node, ast.Name) and node.id == name.id and not isinstance(node.ctx, ast.Load)
        for node in ast.walk(function)
    )
