"""`h += x` where `h` was made narrow: torch keeps its dtype in place, and the sum of two has the wider one."""

from __future__ import annotations

import ast

from porter.source.scopes import parent
from porter.source.values import Values

NARROW = frozenset({"half", "bfloat16", "int", "long", "short", "char", "byte"})
"""Methods that give a tensor of a dtype which others are wider than."""
CASTS = frozenset({"to", "type", "astype", "type_as", "view_as"})
DTYPES = NARROW | {"float16", "int8", "int16", "int32", "int64", "uint8"}
TEXT = "in place torch keeps the dtype of the left side, which was made narrow; MindSpore's result has the wider dtype"


def keeps_narrow(node: ast.AugAssign, values: Values) -> bool:
    """Whether a sum changes the dtype of its target, unless the other side of it is as narrow."""
    if not isinstance(node.target, ast.Name) or isinstance(node.value, ast.Constant) or _is_cast(node.value):
        return False
    scope = values.scope(parent(node.target) or node.target)
    found = scope.lookup(node.target.id)
    own = next((b for b in found[1] if b.node is node.target), None) if found is not None else None
    given = [parent(b.node) for b in values.flow.before(own, found[0])] if found is not None and own is not None else []
    return any(isinstance(each, ast.Assign) and _is_cast(each.value) for each in given)


def _is_cast(node: ast.expr) -> bool:
    """`x.half()`, `x.to(torch.float16)`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr in NARROW:
        return not node.args
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    return node.func.attr in CASTS and any(isinstance(a, ast.Attribute) and a.attr in DTYPES for a in arguments)
