"""The role that an expression plays where it stands: called, derived from, tested for, compared, named as a type."""

from __future__ import annotations

import ast

from porter.findings import Kind
from porter.source.index import is_annotation
from porter.source.kinds import COLLECTIONS
from porter.source.scopes import ancestors, parent

TYPE_TESTS = frozenset({"isinstance", "issubclass"})


def kind_of(node: ast.expr) -> tuple[Kind, ast.Call | None]:
    """The role of an expression, and the call when it is what is called."""
    above = parent(node)
    if isinstance(above, ast.Call) and above.func is node:
        return Kind.CALL, above
    if isinstance(above, ast.ClassDef) and node in above.bases:
        return Kind.BASE, None
    if isinstance(above, ast.MatchClass):
        return Kind.TYPE_TEST, None
    if is_annotation(node):
        return Kind.ANNOTATION, None
    return _kind_in_collection(node), None


def _kind_in_collection(node: ast.expr) -> Kind:
    current: ast.AST = node
    for above in ancestors(node):
        if isinstance(above, ast.Call):
            tests = isinstance(above.func, ast.Name) and above.func.id in TYPE_TESTS
            return Kind.TYPE_TEST if tests and len(above.args) > 1 and above.args[1] is current else Kind.VALUE
        if isinstance(above, ast.Compare):
            return Kind.COMPARISON
        if isinstance(above, ast.BinOp) and not isinstance(above.op, ast.BitOr):
            return Kind.VALUE
        if not isinstance(above, (*COLLECTIONS, ast.BinOp)):
            return Kind.VALUE
        current = above
    return Kind.VALUE
