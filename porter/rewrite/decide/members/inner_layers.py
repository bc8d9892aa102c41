"""`layer = norm.bn2d`: the layer inside a layer, of which the other framework has none."""

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


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """A finding for each read of such a layer that does not go on to one of its parameters."""
    paths = tree.rules.paths[tree.options.source]
    inner = {head: {p for p in paths if p.startswith(f"{head}.")} for p in paths if (head := p.rpartition(".")[0])}
    objects = Objects(file, tree)
    for node, _ in file.module.scopes.attributes if inner else ():
        above = parent(node)
        goes_on = isinstance(above, ast.Attribute) and f"{node.attr}.{above.attr}" in inner.get(node.attr, ())
        if node.attr not in inner or goes_on or id(node) in file.resolved:
            continue
        known = objects.of(node.value)
        kinds = [kind for kind in known.kinds if kind.ours is not None]
        if kinds or (known.unknown and tree.makers):
            start = file.module.text.span(node)[1] - len(node.attr.encode())
            text = f"there is no layer inside the other side's layer: what {node.attr} holds is in the layer itself"
            reason = Reason(Code.ATTRIBUTE_ABSENT, text)
            label = kinds[0].rule.name if kinds else f"attribute {node.attr}"
            yield told(file.path, start, Level.MANUAL, label, reason, known.some)
