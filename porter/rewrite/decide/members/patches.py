"""Classes of the framework that a program changes for all of their objects."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from porter.rewrite.decide.facts import FileFacts
from porter.rules.model import Rule
from porter.source.index import is_self
from porter.source.text import SourceText
from porter.source.things import ClassOf
from porter.source.values import Values

LOOKUPS = frozenset({"getattr", "setattr", "hasattr", "delattr"})
SETTERS = frozenset({"setattr", "delattr", "object"})
"""Functions that are given a class and a member's name: Python's own, and those of tests (`patch.object`)."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of a class: where, the expression that names the class, its rule, and the member (None: not known).

    `sure`: the expression names no class of the framework that has no rule. `text`: where a text names the member.
    """

    node: ast.expr
    of: ast.expr
    rule: Rule
    member: str | None
    sure: bool
    text: ast.Constant | None = None


def patches(file: FileFacts, values: Values) -> Iterator[Patch]:
    """`nn.ReLU.forward = quiet`, `del nn.ReLU.tag`, `setattr(nn.ReLU, "tag", 7)`, also of a class in a variable."""
    for node, _ in file.module.scopes.attributes:
        if not isinstance(node.ctx, ast.Load) and not is_self(node.value):
            for rule, sure in layer_classes(node.value, file, values):
                yield Patch(node, node.value, rule, node.attr, sure)
    for call, _ in file.module.scopes.calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in SETTERS and len(call.args) > 1:
            text = call.args[1]
            named = text if isinstance(text, ast.Constant) and isinstance(text.value, str) else None
            member = str(named.value) if named is not None else None
            for rule, sure in layer_classes(call.args[0], file, values):
                yield Patch(call, call.args[0], rule, member, sure, named)


def name_end(patch: Patch, text: SourceText) -> int:
    """Where the name of a member ends that can be given another name; 0 where it cannot: no plain literal names it."""
    if not patch.sure:
        return 0
    if patch.text is None:
        return text.span(patch.node)[1] if isinstance(patch.node, ast.Attribute) else 0
    start, end = text.span(patch.text)
    return end - 1 if text.slice(start, end) in (f"'{patch.member}'", f'"{patch.member}"') else 0


def is_accessor(node: ast.expr) -> bool:
    """Whether it is a call of a function of Python's that takes a member's name as a text."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in LOOKUPS


def layer_classes(node: ast.expr, file: FileFacts, values: Values) -> Iterator[tuple[Rule, bool]]:
    """The framework's layers that an expression can name, and whether these are all of the framework's."""
    use = file.by_node.get(id(node))
    names = sorted(t.name for t in values.of(node).things if isinstance(t, ClassOf)) if use is None else []
    rules = [use.rule] if use is not None else [file.rules.find(name, file.options.source) for name in names]
    for rule in rules:
        if rule is not None and rule.is_class and rule.name.startswith("nn."):
            yield rule, None not in rules
