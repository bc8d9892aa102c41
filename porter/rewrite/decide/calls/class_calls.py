"""Calls of an object's own class, `type(layer)(4)`: the class of the other framework would be given these arguments."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from porter.rewrite.decide.facts import FileFacts
from porter.rules.load import RuleBook
from porter.source.scopes import Scope, parent
from porter.source.things import ClassOf, Instance
from porter.source.values import Values


def called_classes(file: FileFacts, rules: RuleBook, values: Values) -> Iterator[str]:
    """Rules whose class is called through one of its objects somewhere in a file."""
    for call, scope in file.module.scopes.calls:
        of = _object_of(call.func, scope)
        if of is None:
            continue
        names = [thing.name for thing in values.of(of).things if isinstance(thing, (Instance, ClassOf))]
        found = [rule for name in names if (rule := rules.find(name, file.options.source)) is not None]
        yield from (rule.name for rule in found if rule.is_class)
        if not values.of(of).things:
            yield from _fitting(call, of, rules.table("parameters")[file.options.source])


def _object_of(node: ast.expr, scope: Scope) -> ast.expr | None:
    """The object whose class an expression is: `type(m)`, `m.__class__`, or a name that was given one of these."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        return node.args[0] if node.func.id == "type" and not node.keywords else None
    if isinstance(node, ast.Attribute):
        return node.value if node.attr == "__class__" else None
    found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    for binding in found[1] if found is not None else ():
        statement = parent(binding.node)
        given = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) else None
        if given is not None and not isinstance(given, ast.Name):
            return _object_of(given, scope)
    return None


def _fitting(call: ast.Call, of: ast.expr, parameters: Mapping[str, list[str]]) -> Iterator[str]:
    """For an object that is not known: the layers that have every option which the call names."""
    asked = {node.attr for argument in call.args for node in ast.walk(argument) if _reads(node, of)}  # type: ignore[attr-defined]
    asked |= {keyword.arg for keyword in call.keywords if keyword.arg is not None}
    yield from (name for name, known in parameters.items() if asked and asked.issubset(known))


def _reads(node: ast.AST, of: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and ast.dump(node.value) == ast.dump(of)
