"""A sample out of a batch, given to a layer that takes batches only on the other side: `self.conv(x[0])`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.decision import Decision, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.objects import Objects
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.source.scopes import parent
from porter.source.tensors import FORWARD, is_tensor
from porter.source.things import Instance
from porter.source.values import Values


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """A caution at the first such call of a file, for each rule."""
    rules = {rule.name for rule in tree.rules.chosen(tree.made) if rule.batched}
    if tree.options.to != "mindspore" or not rules:
        return
    objects, seen = Objects(file, tree), set[str]()
    for call, _ in file.module.scopes.calls:
        level = _level(call.args[0], objects.values) if len(call.args) == 1 else None
        if level is None or id(call.func) in file.resolved:
            continue
        known = objects.of(call.func)
        for kind in known.kinds:
            if kind.rule.name in rules - seen:
                seen.add(kind.rule.name)
                start, reason = file.module.text.span(call)[0], Reason(Code.CONDITION, kind.rule.batched)
                yield told(file.path, start, level, kind.rule.name, reason, known.some)


def _level(node: ast.expr, values: Values) -> Level | None:
    """`x[0]` and `sample` in `for sample in x`, where `x` is a tensor, or all that a layer is called with."""
    if isinstance(node, ast.Subscript):
        index = node.slice
        return _of(node.value, values) if isinstance(index, ast.Constant) and type(index.value) is int else None
    if not isinstance(node, ast.Name):
        return None
    found = values.scope(node).lookup(node.id)
    for binding in values.flow.reaching(node, found[0]) if found is not None else ():
        above = parent(binding.node)
        if isinstance(above, (ast.For, ast.comprehension)) and above.target is binding.node:
            return _of(above.iter, values)
    return None


def _of(node: ast.expr, values: Values) -> Level | None:
    """How sure it is that something is a batch, and no list of them."""
    answer = values.of(node)
    if answer.things:
        batch = all(isinstance(thing, Instance) and is_tensor(thing.name) for thing in answer.things)
        return (Level.REVIEW if answer.assumed else Level.CHANGED) if batch else None
    found = values.scope(node).lookup(node.id) if isinstance(node, ast.Name) else None
    argument = found[1][0].node if found is not None and len(found[1]) == 1 else None
    arguments = parent(argument) if isinstance(argument, ast.arg) and argument.annotation is None else None
    function = parent(arguments) if isinstance(arguments, ast.arguments) and len(arguments.args) == 2 else None
    return Level.REVIEW if getattr(function, "name", "") in FORWARD else None
