"""Classes of the framework that a program changes for all of their objects."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from porter.rewrite.decide.facts import FileFacts
from porter.rules.model import Rule
from porter.source.index import is_self
from porter.source.things import ClassOf
from porter.source.values import Values

SETTERS = frozenset({"setattr", "delattr", "object"})
"""Functions that are given a class and a member's name: Python's own, and those of tests (`patch.object`)."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of a class: where, the expression that names the class, its rule, and the member (None: not known)."""

    node: ast.expr
    of: ast.expr
    rule: Rule
    member: str | None


def patches(file: FileFacts, values: Values) -> Iterator[Patch]:
    """`nn.ReLU.forward = quiet`, `del nn.ReLU.tag`, `setattr(nn.ReLU, "tag", 7)`, also of a class in a variable."""
    for node, _ in file.module.scopes.attributes:
        if not isinstance(node.ctx, ast.Load) and not is_self(node.value):
            for rule in _classes(node.value, file, values):
                yield Patch(node, node.value, rule, node.attr)
    for call, _ in file.module.scopes.calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in SETTERS and len(call.args) > 1:
            text = call.args[1]
            member = text.value if isinstance(text, ast.Constant) and isinstance(text.value, str) else None
            for rule in _classes(call.args[0], file, values):
                yield Patch(call, call.args[0], rule, member)


def _classes(node: ast.expr, file: FileFacts, values: Values) -> Iterator[Rule]:
    """The framework's classes that an expression can name."""
    use = file.by_node.get(id(node))
    names = sorted(t.name for t in values.of(node).things if isinstance(t, ClassOf)) if use is None else []
    for rule in [use.rule] if use is not None else [file.rules.find(name, file.options.source) for name in names]:
        if rule is not None and rule.is_class and rule.name.startswith("nn."):
            yield rule
