"""Where in a scope an expression runs: at its statement, or later, when a function or a generator does."""

from __future__ import annotations

import ast

from porter.source.kinds import FUNCTIONS
from porter.source.scopes import Scope, ancestors, parent


def place_of(node: ast.AST, home: Scope) -> ast.stmt | None:
    """The statement of the scope that a node stands in; None where it runs at another time than the statement."""
    below: ast.AST = node
    statement: ast.stmt | None = None
    for above in ancestors(node):
        if statement is None and isinstance(below, ast.stmt):
            statement = below
        if above is home.node:
            return statement or (below if isinstance(below, ast.stmt) else None)
        if isinstance(above, FUNCTIONS) and runs_later(above, below):
            return None
        if _is_late(above, below):
            return None
        if isinstance(above, (FUNCTIONS, ast.ClassDef)):
            statement = None
        below = above
    return None


def runs_later(function: ast.AST, below: ast.AST) -> bool:
    """Whether a part of a function runs when it is called; defaults and decorators run where it is defined."""
    if isinstance(function, ast.Lambda):
        return below is function.body
    return below in body_of(function)


def _is_late(above: ast.AST, below: ast.AST) -> bool:
    """Whether a part of a generator runs when somebody asks for its elements; its first iterable is taken at once."""
    if isinstance(above, ast.comprehension):
        generator = parent(above)
        first = isinstance(generator, ast.GeneratorExp) and generator.generators[0] is above and above.iter is below
        return isinstance(generator, ast.GeneratorExp) and not is_eaten(generator) and not first
    return isinstance(above, ast.GeneratorExp) and not isinstance(below, ast.comprehension) and not is_eaten(above)


EATERS = frozenset({"all", "any", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"})


def is_eaten(generator: ast.AST) -> bool:
    """Whether a generator is run where it stands: `sum(... for ...)`, `[*(... for ...)]`."""
    above = parent(generator)
    if isinstance(above, ast.Starred):
        return True
    if isinstance(above, ast.Call):
        return isinstance(above.func, ast.Name) and above.func.id in EATERS and generator in above.args
    return isinstance(above, (ast.For, ast.comprehension)) and above.iter is generator


def body_of(node: ast.AST) -> list[ast.stmt]:
    body = getattr(node, "body", [])
    return body if isinstance(body, list) else []
