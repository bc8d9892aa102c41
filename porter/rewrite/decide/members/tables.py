"""Attributes of layers by way of their own table: `vars(conv)["stride"] = 2`, `object.__setattr__(conv, "stride", 2)`.

`getattr` and its like are decided by `lookups`, and methods by `methods`; here nothing can be written, so it is told.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.decision import Decision, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.method_texts import Look, looks
from porter.rewrite.decide.members.objects import Objects
from porter.rewrite.decide.members.patches import LOOKUPS
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import Kind, TreeFacts
from porter.source.scopes import parent


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """A finding for each attribute of a known layer that its table holds on one side alone, or in another form."""
    objects = Objects(file, tree)
    for look in looks(file.module):
        if look.of is None or _is_builtin(look) or not look.texts:
            continue
        known = objects.of(look.of)
        for kind in known.kinds:
            names = sorted(look.texts & _unlike(kind, tree))
            if names:
                text = f"the layer's own table holds {names[0]} in another form, or not at all, on the other side"
                start = file.module.text.span(look.name)[0]
                reason = Reason(Code.ATTRIBUTE_ABSENT, text)
                yield told(file.path, start, Level.MANUAL, kind.rule.name, reason, known.some)
                break


def _is_builtin(look: Look) -> bool:
    """Whether it is a call of `getattr` and its like."""
    call = parent(look.name)
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in LOOKUPS


def _unlike(kind: Kind, tree: TreeFacts) -> frozenset[str]:
    """Attributes of a layer that the two frameworks' layers keep, or look at, in different ways."""
    rule, options = kind.rule, tree.options
    if kind.ours is None or not rule.name.startswith("nn.") or rule.methods:
        return frozenset()
    live = frozenset().union(*rule.live_on(options.source).values())
    return live | rule.attribute_changes(options.source).keys() | rule.absent.get(options.to, {}).keys()
