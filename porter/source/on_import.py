"""What runs when a file is imported, unlike what waits for a call or for the file to be run as a program."""

from __future__ import annotations

import ast

from porter.source.kinds import FUNCTIONS
from porter.source.names import SourceModule, dotted_parts
from porter.source.scopes import ancestors


def postpones(module: SourceModule) -> bool:
    """Whether annotations of a file are not evaluated: `from __future__ import annotations`."""
    body = module.tree.body
    futures = [node for node in body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    return any(alias.name == "annotations" for node in futures for alias in node.names)


def runs_on_import(node: ast.AST, postponed: bool) -> bool:
    """Whether an expression, or a statement, is evaluated when its file is imported.

    `postponed`: annotations are not evaluated. An expression inside a text never is.
    """
    below: ast.AST = node
    for above in ancestors(node):
        if isinstance(above, FUNCTIONS) and _is_inside(above, below, postponed):
            return False
        if postponed and isinstance(above, (ast.arg, ast.AnnAssign)) and above.annotation is below:
            return False
        if isinstance(above, ast.If) and below in above.body and _is_never_on_import(above.test):
            return False
        below = above
    return True


def _is_inside(function: ast.AST, below: ast.AST, postponed: bool) -> bool:
    """Whether a part of a function waits for its call; its decorators and defaults do not."""
    if isinstance(below, ast.arguments) or below in getattr(function, "decorator_list", ()):
        return False
    return postponed or below is not getattr(function, "returns", None)


def _is_never_on_import(test: ast.expr) -> bool:
    """`__name__ == "__main__"`, and `TYPE_CHECKING`."""
    if (dotted_parts(test) or [""])[-1] == "TYPE_CHECKING":
        return True
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = [test.left, test.comparators[0]]
    texts = [side.value for side in sides if isinstance(side, ast.Constant)]
    return texts == ["__main__"] and any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
