"""Imports whose success decides something: what follows them in a `try`, its handlers and its `else`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from porter.source.scopes import ancestors

ERROR = re.compile(r"(Error|Exception|Warning)$")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def is_guarded(statement: ast.stmt) -> bool:
    """Whether a program goes on where an import fails, so that taking the import away decides for it."""
    below: ast.AST = statement
    for above in ancestors(statement):
        if isinstance(above, DEFINITIONS):
            return False
        if isinstance(above, ast.Try) and below in above.body and any(map(_goes_on, above.handlers)):
            return True
        if isinstance(above, (ast.With, ast.AsyncWith)) and any(map(_swallows, above.items)):
            return True
        below = above
    return False


def _goes_on(handler: ast.ExceptHandler) -> bool:
    """A handler that only raises something else decides nothing."""
    return not isinstance(handler.body[-1], ast.Raise)


def _swallows(item: ast.withitem) -> bool:
    """`suppress(ImportError)`, `pytest.raises(ImportError)`: a context that is given exceptions."""
    call = item.context_expr
    return isinstance(call, ast.Call) and any(ERROR.search(name) for arg in call.args for name in _names(arg))


def _names(node: ast.expr) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, (ast.Name, ast.Attribute)):
            yield each.id if isinstance(each, ast.Name) else each.attr
