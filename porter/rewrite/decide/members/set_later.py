"""An attribute that is set on a finished layer: one framework looks at it in every call, the other does not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.decision import Decision, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.objects import Known, Objects
from porter.rewrite.decide.names.ways import prefers_class
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import Kind, TreeFacts
from porter.rules.model import SHORT, Framework, Rule, other
from porter.source.scopes import parent


@dataclass(frozen=True, slots=True)
class _Store:
    """A member that is set: of which object, at which byte, and to what, where the text shows that."""

    owner: ast.expr
    name: str
    start: int
    value: ast.expr | None


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """A finding for `pool.stride = 1`, `setattr(conv, "dilation", 2)` and `conv.bias = None` of known layers."""
    objects, source = Objects(file, tree), tree.options.source
    live, weights = tree.rules.live[source], tree.rules.weights if source == "torch" else frozenset()
    for store in _stores(file):
        if store.name in live:
            yield from _kept(store, objects.of(store.owner), file, tree)
        elif store.name in weights and _is_none(store.value):
            yield from _emptied(store, objects.of(store.owner), file)


def _stores(file: FileFacts) -> Iterator[_Store]:
    text = file.module.text
    for node, _ in file.module.scopes.attributes:
        if isinstance(node.ctx, ast.Store) and id(node) not in file.resolved:
            above = parent(node)
            value = above.value if isinstance(above, (ast.Assign, ast.AnnAssign)) else None
            yield _Store(node.value, node.attr, text.span(node)[1] - len(node.attr.encode()), value)
    for call, scope in file.module.scopes.calls:
        if getattr(call.func, "id", "") == "setattr" and len(call.args) == 3 and scope.lookup("setattr") is None:
            owner, name, value = call.args
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield _Store(owner, name.value, text.span(name)[0], value)


def _kept(store: _Store, known: Known, file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """Where only one of the two frameworks looks at the attribute again."""
    source = tree.options.source
    sides = [(kind, side) for kind in known.kinds if (side := _looks(kind, store.name, source, tree)) is not None]
    if sides:
        kind, side = sides[0]
        text = f"{SHORT[side]}'s layer looks at {store.name} in every call, {SHORT[other(side)]}'s only when it is made"
        sure = len(sides) == len(known.kinds) and not known.assumed and not known.other
        level, reason = Level.CHANGED if sure else Level.REVIEW, Reason(Code.ATTRIBUTE_ABSENT, text)
        yield told(file.path, store.start, level, kind.rule.name, reason, known.some)


def _looks(kind: Kind, name: str, source: Framework, tree: TreeFacts) -> Framework | None:
    """The side that looks at an attribute again; None where both do, or none, or the generated class does as well."""
    generated = kind.generated or (kind.ours is not None and prefers_class(kind.ours, tree))
    if kind.rule.layer.get(tree.options.to) and generated:
        return None
    return next((side for side, names in kind.rule.live_on(source).items() if name in names), None)


def _emptied(store: _Store, known: Known, file: FileFacts) -> Iterator[Decision]:
    """`conv.bias = None`: torch's layer goes on without it."""
    rules: list[Rule] = [kind.rule for kind in known.kinds if store.name in kind.rule.weights]
    if rules:
        text = f"torch's layer goes on without {store.name}, MindSpore's takes no None: make it without one"
        reason = Reason(Code.ATTRIBUTE_ABSENT, text)
        yield told(file.path, store.start, Level.CHANGED, rules[0].name, reason, known.some)


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
