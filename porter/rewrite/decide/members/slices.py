"""Slices of classes over MindSpore's list of layers: a plain list there, and an object of the same class in torch."""

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

READERS = frozenset({"len", "enumerate", "zip", "list", "tuple", "reversed", "iter"})
"""Builtins that read what is in a list, and nothing else of it."""


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """A finding for `layers[1:]`, where the class of `layers` has methods of its own."""
    lists = tree.named.intersection(tree.rules.table("collects") if tree.options.source == "mindspore" else ())
    objects, scopes = Objects(file, tree), file.module.scopes
    for found in (scopes.reads, scopes.attributes, scopes.calls) if lists else ():
        for node, _ in found:
            if not _is_cut(node):
                continue
            known = objects.of(node)
            entries = [entry for entry in known.entries if tree.hierarchy.rule_names[entry] & lists]
            methods = frozenset().union(*(tree.hierarchy.methods[entry] for entry in entries))
            special = any(name.startswith("__") for name in methods)
            if special or (methods and not _is_gone_through(node)):
                rule = sorted(tree.hierarchy.rule_names[entries[0]] & lists)[0]
                name = entries[0].name
                text = f"a slice of {name} is a plain list of layers in MindSpore, and a {name} in torch"
                start = file.module.text.span(node)[0]
                yield told(file.path, start, Level.CHANGED, rule, Reason(Code.METHOD_DIFFERS, text), known.some)


def _is_gone_through(node: ast.expr) -> bool:
    """Whether nothing is done with the slice but what any list does: a loop, an index, `len`."""
    cut = parent(node)
    above = parent(cut) if cut is not None else None
    if isinstance(above, (ast.For, ast.comprehension)):
        return above.iter is cut
    if isinstance(above, ast.Subscript):
        return above.value is cut
    return isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id in READERS


def _is_cut(node: ast.expr) -> bool:
    above = parent(node)
    sliced = isinstance(above, ast.Subscript) and above.value is node and isinstance(above.slice, ast.Slice)
    return sliced and isinstance(above, ast.Subscript) and isinstance(above.ctx, ast.Load)
