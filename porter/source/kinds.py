"""Kinds of syntax that are asked for in many places, each under one name."""

from __future__ import annotations

import ast
import builtins

DEFS = (ast.FunctionDef, ast.AsyncFunctionDef)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
COLLECTIONS = (ast.Tuple, ast.List, ast.Set)
CHECKS = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
"""Operators of comparisons that give a truth value whatever they compare."""
BUILTINS = frozenset(dir(builtins))


def position(node: ast.AST) -> tuple[int, int]:
    """Line and column of a node; zeros for what has none."""
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def is_off(node: ast.expr) -> bool:
    """Whether a value is written out as one that turns an option off."""
    return isinstance(node, ast.Constant) and not node.value
