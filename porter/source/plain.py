"""Expressions that are evidently no object of a framework: what Python or NumPy made, modules, `self`."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable
from enum import IntEnum

from porter.source.index import TreeIndex, is_self
from porter.source.names import dotted_parts
from porter.source.receivers import Receivers
from porter.source.scopes import COMPREHENSIONS, Scope, parent

TEXTS = (ast.Constant, ast.JoinedStr)
DISPLAYS = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Lambda, *COMPREHENSIONS)
LEAVING = frozenset({"numpy", "asnumpy", "tolist", "item"})
"""Methods by which a tensor of either framework becomes a value of NumPy or of Python."""
TYPES = frozenset(name for name, value in vars(builtins).items() if isinstance(value, type)) - {"object"}
ARRAYS = "numpy"
CLASSES = (sys.stdlib_module_names | {ARRAYS}) - {"typing"}
"""Packages whose classes are no tensors; what their functions give may be one, but for NumPy's."""


class _Sort(IntEnum):
    """What is known of an object. A holder is no tensor, and can hold some; what comes from an array is an array."""

    UNKNOWN = 0
    HOLDER = 1
    ARRAY = 2


class Plain:
    """Answers for one file; what cannot be told is never evident."""

    def __init__(self, index: TreeIndex, receivers: Receivers) -> None:
        self.index = index
        self.receivers = receivers
        self.met: dict[int, _Sort] = {}

    def is_plain(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an expression is no tensor, as can be seen from the file."""
        self.met = {}
        return self._sort(node, scope) > _Sort.UNKNOWN

    def _sort(self, node: ast.expr, scope: Scope) -> _Sort:
        """A value that is made from itself (`x = x[0]`) is what else it is made from."""
        found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
        key = id(node) if found is None else id(found[1])
        if key not in self.met:
            self.met[key] = _Sort.ARRAY
            self.met[key] = self._found(node, scope)
        return self.met[key]

    def _found(self, node: ast.expr, scope: Scope) -> _Sort:
        if isinstance(node, TEXTS):
            return _Sort.ARRAY
        if isinstance(node, DISPLAYS) or is_self(node) or self._is_imported(node, scope):
            return _Sort.HOLDER
        if isinstance(node, ast.Call):
            return self._made(node.func, scope)
        if isinstance(node, ast.BinOp):
            return min(self._sort(node.left, scope), self._sort(node.right, scope))
        if isinstance(node, ast.Name):
            return self._named(node, scope)
        if isinstance(node, (ast.Attribute, ast.Subscript)) and self._sort(node.value, scope) is _Sort.ARRAY:
            return _Sort.ARRAY
        return self._all(self.receivers.values(node), scope) if isinstance(node, ast.Attribute) else _Sort.UNKNOWN

    def _all(self, values: Iterable[ast.expr | None], scope: Scope) -> _Sort:
        sorts = [_Sort.UNKNOWN if value is None else self._sort(value, scope) for value in values]
        return min(sorts, default=_Sort.UNKNOWN)

    def _is_imported(self, node: ast.expr, scope: Scope) -> bool:
        """A module, or a name of another package; a value in a module of the tree could be a tensor."""
        target = self._target(node, scope)
        parts = target.split(".") if target else []
        paths = [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
        return bool(target) and (target in self.index.by_dotted or self.index.by_dotted.keys().isdisjoint(paths))

    def _target(self, node: ast.expr, scope: Scope) -> str:
        parts = dotted_parts(node)
        meaning = self.index.meaning(parts[0], scope) if parts else None
        return ".".join([meaning[1], *parts[1:]]) if parts and meaning else ""

    def _made(self, function: ast.expr, scope: Scope) -> _Sort:
        """Of a type of Python's, of a function of NumPy's, or of a method of a value of theirs."""
        if isinstance(function, ast.Name) and scope.lookup(function.id) is None:
            return _Sort.HOLDER if function.id in TYPES else _Sort.UNKNOWN
        if isinstance(function, ast.Attribute) and function.attr in LEAVING:
            return _Sort.ARRAY
        target = self._target(function, scope)
        if target:
            return _Sort.ARRAY if target.partition(".")[0] == ARRAYS else _Sort.UNKNOWN
        if not isinstance(function, ast.Attribute):
            return _Sort.UNKNOWN
        return _Sort.ARRAY if self._sort(function.value, scope) is _Sort.ARRAY else _Sort.UNKNOWN

    def _named(self, node: ast.Name, scope: Scope) -> _Sort:
        found = scope.lookup(node.id)
        nodes = [binding.node for binding in found[1]] if found else []
        if found is None or any(isinstance(n, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) for n in nodes):
            return _Sort.HOLDER if len(nodes) == 1 else _Sort.UNKNOWN
        if len(nodes) == 1 and isinstance(nodes[0], ast.arg):
            return self._annotated(nodes[0].annotation, found[0])
        statements = [parent(n) for n in nodes if not isinstance(parent(n), ast.AugAssign)]
        return self._all(map(_assigned, statements), found[0])

    def _annotated(self, annotation: ast.expr | None, scope: Scope) -> _Sort:
        """`names: list[str]`, `array: np.ndarray`, `array: np.ndarray | None`."""
        if isinstance(annotation, ast.BinOp):
            return min(self._annotated(annotation.left, scope), self._annotated(annotation.right, scope))
        node = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        if node is None or isinstance(node, ast.Constant):
            return _Sort.ARRAY if node is not None and node.value is None else _Sort.UNKNOWN
        root = self._target(node, scope).partition(".")[0]
        if root == ARRAYS:
            return _Sort.ARRAY
        builtin = isinstance(node, ast.Name) and scope.lookup(node.id) is None and node.id in TYPES
        return _Sort.HOLDER if builtin or root in CLASSES else _Sort.UNKNOWN


def _assigned(statement: ast.AST | None) -> ast.expr | None:
    return statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
