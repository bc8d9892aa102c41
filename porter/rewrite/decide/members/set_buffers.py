"""Registered buffers that a program sets to another tensor: MindSpore's refuse that when the program runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.decision import SILENT, Decision, Need, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.source.index import enclosing_class, is_self

METHOD = "register_buffer"
LABEL = f"nn.Module.{METHOD}"


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """One for each buffer of a class that moves, where the tree sets an attribute of its name to something."""
    if tree.options.to != "mindspore":
        return
    for call, _ in file.module.scopes.calls:
        name = _registered(call)
        inside = enclosing_class(call)
        entry = tree.hierarchy.by_node.get(inside) if name and inside is not None else None
        if entry is None or not tree.movers.may_move(entry) or not _is_set(name, file, tree):
            continue
        text = f"the buffer {name} is set elsewhere, which MindSpore refuses: write into it, as in self.{name}[:] = .."
        start = file.module.text.span(call.func)[1] - len(METHOD)
        needs = (Need((entry.place,), MOVES, SILENT),)
        yield told(file.path, start, Level.MANUAL, LABEL, Reason(Code.METHOD_ABSENT, text), needs)


def _registered(call: ast.Call) -> str:
    """The name of the buffer that a call registers on `self`; "" for another call, and a name that is made."""
    method = call.func
    if not isinstance(method, ast.Attribute) or method.attr != METHOD or not is_self(method.value):
        return ""
    given = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "name")]
    name = given[0].value if given and isinstance(given[0], ast.Constant) else ""
    return name if isinstance(name, str) else ""


def _is_set(name: str, file: FileFacts, tree: TreeFacts) -> bool:
    """Whether some statement gives an attribute of the name another value than None."""
    stores = [store for store in tree.values(file).stores.sets.get(name, ()) if store.kind in ("value", "added")]
    return any(not (isinstance(store.value, ast.Constant) and store.value.value is None) for store in stores)
