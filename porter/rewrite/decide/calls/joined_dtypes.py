"""`torch.cat([h, x])` of tensors of several dtypes: torch gives the widest of them, MindSpore has no such operation."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.calls.dtypes import NOT_KNOWN, Dtype, Dtypes, assigned
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Need, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.source.values import Values

JOINED = "cat"
TEXT = "torch gives the widest dtype of what it joins, and MindSpore refuses several: make them one before"


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """A finding for each list of which the text shows, or where a cast lets one suspect, that its dtypes differ."""
    if tree.options.to != "mindspore":
        return
    values: Values = tree.values(file)
    for use in file.uses:
        if use.rule is None or use.rule.name != JOINED or use.call is None:
            continue
        given = [*use.call.args[:1], *(k.value for k in use.call.keywords if k.arg in ("tensors", None))]
        level = _level(given[0], values) if given else None
        if level is not None:
            needs = (Need((file.place(use),), CONVERTED, SILENT),)
            yield told(file.path, use.start, level, use.rule.name, Reason(Code.CALL_REFUSED, TEXT), needs)


def _level(node: ast.expr, values: Values) -> Level | None:
    """How sure it is that the tensors of a list are of several dtypes; None where nothing says so."""
    dtypes = Dtypes(values)
    elements = [(each, each if isinstance(each, Dtype) else dtypes.of(each)) for each in dtypes.elements(node)]
    found = {dtype for _, dtype in elements}
    if any(one.differs(other) for one, other in combinations(found, 2)) or _beside_itself(elements, values):
        return Level.MANUAL
    unknown = NOT_KNOWN in found or Dtype("floats") in found
    return Level.REVIEW if unknown and any(dtype.cast for dtype in found) else None


def _beside_itself(elements: list[tuple[ast.expr | Dtype, Dtype]], values: Values) -> bool:
    """Whether a tensor is joined with what a cast made of it: nobody casts to the dtype that is there."""
    names = {element.id for element, dtype in elements if isinstance(element, ast.Name) and not dtype.is_one}
    made = (element for element, dtype in elements if isinstance(element, ast.expr) and dtype.is_one)
    return any(_root(element, values) in names for element in made)


def _root(node: ast.expr, values: Values, steps: int = 1) -> str:
    """The name of the tensor that a cast, or a comparison, is made of."""
    if isinstance(node, ast.Name) and steps:
        found = (_root(value, values, 0) for value in assigned(node, values) if value is not None)
        return next(found, "")
    if isinstance(node, ast.Compare):
        return node.left.id if isinstance(node.left, ast.Name) else ""
    receiver = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
    return receiver.id if isinstance(receiver, ast.Name) else ""
