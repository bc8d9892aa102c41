"""`attrgetter("weight")`, `methodcaller("modules")`: members by a text that is not looked up where it stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.decision import SILENT, Decision, Need, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.method_texts import GETTERS
from porter.rewrite.decide.telling import told, was_told
from porter.rewrite.decide.tree import ANY_CHANGE, TreeFacts
from porter.rewrite.decide.vocabulary import ASKED_METHODS


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """A finding for each text that names a member which is called differently afterwards."""
    methods = tree.hierarchy.words
    watched = tree.rules.changes[tree.options.source] | ASKED_METHODS[tree.options.to]
    watched = (watched | methods.absent.keys()) - methods.methods.keys()  # a text that names those is told as such
    for call, _ in file.module.scopes.calls if tree.makers or file.module.text.marks else ():
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        for argument in call.args if name in GETTERS else ():
            member = _member(argument, watched)
            if member:
                text = f"{name} is given the member {member} as a text, which is spelled differently afterwards"
                start = file.module.text.span(argument)[0]
                needs = () if was_told(file.module, start, text) else (Need((ANY_CHANGE,), MOVES, SILENT),)
                if needs and not tree.makers:
                    continue
                reason = Reason(Code.UNKNOWN_OBJECT, text)
                yield told(file.path, start, Level.MANUAL, f"attribute {member}", reason, needs)


def _member(node: ast.expr, watched: frozenset[str]) -> str:
    """The first part of a dotted text that is one of these names."""
    text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return next((part for part in text.split(".") if part in watched), "")
