"""Texts that a program compares with names which differ between the frameworks: of classes, of parameters."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.decision import Decision, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.source.kinds import COLLECTIONS
from porter.source.scopes import Scope, parent

METHODS: Mapping[str, Callable[[str, str], object]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "find": str.find,
    "rfind": str.rfind,
    "index": str.find,
    "count": str.count,
    "__contains__": str.__contains__,
}
"""Methods by which a name is looked at, each with what it gives for a name and a text."""
COMMON = frozenset({"weight", "bias"})
"""Names of parameters that are words of everyday language too."""


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """A finding for each text that decides otherwise once classes and parameters have their new names."""
    texts = _Texts(file, tree)
    for constant, scope in file.module.scopes.strings:
        found = texts.of_class(constant, scope) or texts.of_parameter(constant, scope)
        if found is not None:
            place = file.module.text.span(constant)[0]
            yield told(file.path, place, found.level, found.label, Reason(found.code, found.text))


@dataclass(frozen=True, slots=True)
class _Told:
    level: Level
    label: str
    code: Code
    text: str


class _Texts:
    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.tree = tree
        self.options = tree.options

    @cached_property
    def classes(self) -> list[tuple[str, str, str]]:
        """Classes that are called differently: (rule, name here, name there)."""
        rows = self.tree.rules.table("renamed_classes")[self.options.source]
        return [(rule, here, there) for rule, here, there in rows]

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """Parameters that some layer of the other side calls differently: name here -> name there."""
        pairs: Mapping[str, str] = self.tree.rules.table("renamed_weights")[self.options.source]
        return pairs

    def of_class(self, node: ast.Constant, scope: Scope) -> _Told | None:
        """`type(m).__name__.startswith("ConvTranspose")`, `name.find("Conv")`, `name == "Sequential"`."""
        test, other = _test_of(node)
        text = str(node.value)
        if test is None or other is None or not self._is_class_name(other, scope):
            return self._as_key(node, text)
        for rule, here, there in self.classes:
            if test(here, text) != test(there, text):
                what = f"a text is compared with the name of a class, and {here} is called {there}"
                return _Told(Level.CHANGED, rule, Code.CLASS_NAME, what)
        return None

    def _as_key(self, node: ast.Constant, text: str) -> _Told | None:
        """`{"ConvTranspose3d": 2}[name]`, in a file that asks for the names of classes."""
        above = parent(node)
        key = isinstance(above, (ast.Set, ast.Subscript)) or (isinstance(above, ast.Dict) and node in above.keys)
        for rule, here, there in self.classes if key and self._names_classes else ():
            if text == here:
                what = (
                    f"a text is the name of a class, by which something may be looked up, and {here} is called {there}"
                )
                return _Told(Level.CHANGED, rule, Code.CLASS_NAME, what)
        return None

    @cached_property
    def _names_classes(self) -> bool:
        """Whether the file asks for the name of some object's class."""
        nodes = [node for node, _ in self.file.module.scopes.attributes if node.attr in ("__name__", "__qualname__")]
        return any(
            isinstance(node.value, (ast.Call, ast.Attribute))
            and (getattr(node.value, "attr", "") == "__class__" or ast.unparse(node.value).startswith("type("))
            for node in nodes
        )

    def _is_class_name(self, node: ast.expr, scope: Scope) -> bool:
        """`type(m).__name__`, `m.__class__.__name__`, or a name that some statement gives such a value."""
        if isinstance(node, ast.Attribute) and node.attr in ("__name__", "__qualname__"):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("lower", "upper"):
            return False  # the texts of the rules are not in that spelling
        found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
        for binding in found[1] if found is not None else ():
            statement = parent(binding.node)
            value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) else None
            if isinstance(value, ast.Attribute) and value.attr in ("__name__", "__qualname__"):
                return True
        return False

    def of_parameter(self, node: ast.Constant, scope: Scope) -> _Told | None:
        """`key.endswith("running_mean")`, `"running_var" in key`, `key in ("weight", "bias")`."""
        test, other = _test_of(node)
        last = str(node.value).rpartition(".")[2]
        there = self.parameters.get(last)
        looked_up = last != node.value and _is_key(node)
        compared = test is not None and other is not None and not _is_written_out(other, scope)
        if there is None or not (compared or looked_up):
            return None
        level = Level.REVIEW if last in COMMON else Level.CHANGED
        what = f"a text names the parameter {last}, which is called {there} in some layers of the other side"
        return _Told(level, f"parameter {last}", Code.PARAMETER_NAME, what)


def _is_key(node: ast.Constant) -> bool:
    """`state["0.weight"]`, `state.pop("fc.bias")`."""
    above = parent(node)
    if isinstance(above, ast.Call):
        method = above.func.attr if isinstance(above.func, ast.Attribute) else ""
        return method in ("get", "pop", "setdefault") and node in above.args[:1]
    return isinstance(above, ast.Subscript) and above.slice is node


def _is_written_out(node: ast.expr, scope: Scope) -> bool:
    """Whether an expression is a text, or a collection that the file itself writes: no name of a parameter is in it."""
    found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    for binding in found[1] if found is not None else ():
        statement = parent(binding.node)
        value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(value, (ast.Constant, ast.JoinedStr, ast.Dict, *COLLECTIONS)):
            return True
    return isinstance(node, (ast.Constant, ast.JoinedStr, ast.Dict, *COLLECTIONS))


def _test_of(node: ast.Constant) -> tuple[Callable[[str, str], object] | None, ast.expr | None]:
    """How a text is compared with a name, and the expression of that name; (None, None) where it is not."""
    above = parent(node)
    whole: ast.expr = node
    if isinstance(above, COLLECTIONS):
        whole, above = above, parent(above)
    if isinstance(above, ast.Call) and isinstance(above.func, ast.Attribute) and whole in above.args[:1]:
        method = METHODS.get(above.func.attr)
        return (method, above.func.value) if method is not None else (None, None)
    if not isinstance(above, ast.Compare) or len(above.ops) != 1:
        return None, None
    other = above.comparators[0] if above.left is whole else above.left
    if isinstance(above.ops[0], (ast.In, ast.NotIn)):
        contained = above.left is node
        return (str.__contains__ if contained else str.__eq__), other
    return (str.__eq__, other) if isinstance(above.ops[0], (ast.Eq, ast.NotEq)) else (None, None)
