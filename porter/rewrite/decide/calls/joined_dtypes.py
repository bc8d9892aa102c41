"""`torch.cat([h, x])` of tensors of several dtypes: torch gives the widest of them, MindSpore has no such operation."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Need, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.source.scopes import parent
from porter.source.values import Values

SHORT = {"half": "float16", "float": "float32", "double": "float64", "int": "int32", "long": "int64"}
CASTS = {**SHORT, "bfloat16": "bfloat16", "short": "int16", "bool": "bool"}
"""Methods that give a tensor of a dtype."""
TAKING = frozenset({"to", "type", "astype"})
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
        elements = given[0].elts if given and isinstance(given[0], (ast.List, ast.Tuple)) else []
        found = {dtype_of(element, values) for element in elements}
        if len(found) > 1:
            level = Level.MANUAL if "" not in found or _beside_itself(elements, values) else Level.REVIEW
            needs = (Need((file.place(use),), CONVERTED, SILENT),)
            yield told(file.path, use.start, level, use.rule.name, Reason(Code.CALL_REFUSED, TEXT), needs)


def _beside_itself(elements: list[ast.expr], values: Values) -> bool:
    """Whether a tensor is joined with what a cast made of it: nobody casts to the dtype that is there."""
    names = {element.id for element in elements if isinstance(element, ast.Name)}
    return any(_root(element, values) in names for element in elements if dtype_of(element, values))


def _root(node: ast.expr, values: Values, steps: int = 1) -> str:
    """The name of the tensor that a cast is made of."""
    if isinstance(node, ast.Name) and steps:
        found = values.scope(node).lookup(node.id)
        given = [parent(binding.node) for binding in found[1]] if found is not None else []
        return next((_root(each.value, values, 0) for each in given if isinstance(each, ast.Assign)), "")
    receiver = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
    return receiver.id if isinstance(receiver, ast.Name) else ""


def dtype_of(node: ast.expr, values: Values, steps: int = 4) -> str:
    """The dtype that an expression was made by a cast, as the text shows; "" where it shows none."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in CASTS and not node.args:
            return CASTS[node.func.attr]
        named = [*node.args, *(keyword.value for keyword in node.keywords)] if node.func.attr in TAKING else []
        dtypes = [SHORT.get(each.attr, each.attr) for each in named if isinstance(each, ast.Attribute)]
        return dtypes[0] if dtypes and dtypes[0].rstrip("0123456789") in ("float", "int", "bfloat", "uint") else ""
    if not isinstance(node, ast.Name) or not steps:
        return ""
    found = values.scope(node).lookup(node.id)
    bindings = values.flow.reaching(node, found[0]) if found is not None and found[0].kind != "class" else []
    given = [parent(binding.node) for binding in bindings]
    kinds = {dtype_of(each.value, values, steps - 1) for each in given if isinstance(each, ast.Assign)}
    return kinds.pop() if len(kinds) == 1 and len(given) == 1 else ""
