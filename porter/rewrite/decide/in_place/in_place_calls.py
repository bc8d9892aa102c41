"""`x.add_(y)` as a statement: on a local tensor that nobody else holds it is `x = x.add(y)`, in either framework."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.change import NameEdit, Write
from porter.rewrite.decide.decision import SILENT, Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.telling import QUIET
from porter.rewrite.decide.tree import ANY_CHANGE, TreeFacts
from porter.source.scopes import parent
from porter.source.tensors import is_tensor
from porter.source.things import Instance
from porter.source.values import Values

DTYPE = "in place the tensor keeps its dtype, while the sum with another tensor has the wider of the two"


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """Decisions about the statements that are nothing but a change in place of a local tensor."""
    values = tree.values(file)
    methods = {name for rule in tree.rules.about_members for name in _in_place(rule.differs.get(tree.options.to, {}))}
    for call, _ in file.module.scopes.calls if tree.makers else ():
        method = call.func
        if (
            not isinstance(method, ast.Attribute)
            or method.attr not in methods
            or not isinstance(parent(call), ast.Expr)
        ):
            continue
        if isinstance(method.value, ast.Name) and _is_own(method.value, values):
            yield _decision(call, method, method.value.id, file)


def place_of(method: ast.Attribute, file: FileFacts) -> Place:
    """The key of the decision about a call of a method in place."""
    start, end = file.module.text.span(method)
    return Place(file.path, start, end, Kind.TENSOR)


def _in_place(differs: object) -> Iterator[str]:
    """Methods that one side does in place and the other does not."""
    for name, difference in differs.items() if isinstance(differs, dict) else ():
        if difference.in_place and name.endswith("_"):
            yield name


def _is_own(name: ast.Name, values: Values) -> bool:
    """Whether a name is known to be a tensor that nobody else holds."""
    answer = values.of(name)
    tensors = [isinstance(thing, Instance) and is_tensor(thing.name) for thing in answer.things]
    return bool(tensors) and all(tensors) and values.holders(name).kind == "fresh"


def _decision(call: ast.Call, method: ast.Attribute, name: str, file: FileFacts) -> Decision:
    start, end = file.module.text.span(method)
    pieces = (NameEdit(start, start, f"{name} = "), NameEdit(end - 1, end, ""))
    plain = all(isinstance(argument, ast.Constant) for argument in call.args) and not call.keywords
    level, conditions = (Level.SAFE, ()) if plain else (Level.REVIEW, (Reason(Code.CONDITION, DTYPE),))
    needs = (Need((ANY_CHANGE,), frozenset({Form.MOVES}), SILENT),)
    way = Way(Form.WRITTEN, Write(pieces), level, SILENT, conditions, needs)
    return Decision(place_of(method, file), (way, QUIET), f"Tensor.{method.attr}")
