"""Names whose calls become something of another shape: what the rule's templates make of each use."""

from __future__ import annotations

import ast

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.calls.filling import filled
from porter.rewrite.decide.calls.forms import Fits, Unfit, choose
from porter.rewrite.decide.calls.kinds import Kinds
from porter.rewrite.decide.change import Move, Target, target_of
from porter.rewrite.decide.decision import SILENT, Form, Reason, Way
from porter.rewrite.decide.facts import FileFacts, Use
from porter.rewrite.decide.tree import TreeFacts
from porter.rules.model import Rule


def formed(use: Use, rule: Rule, file: FileFacts, tree: TreeFacts) -> Way:
    """The best way for a use of a name whose rule has templates."""
    node = use.inner or use.reference.node
    read = rule.side(rule.source).signature is None
    if use.kind is not Kind.CALL and not read:
        return _by_function(use, rule, tree)
    call = use.call if not read else None
    kinds = Kinds(file, tree)
    found = choose(rule, call, kinds.of)
    if isinstance(found, Unfit):
        return Way(Form.STAYS, level=Level.MANUAL, why=Reason(Code.CALL_REFUSED, found.why))
    notes = tuple(Reason(Code.CONDITION, note) for note in getattr(found, "notes", ()))
    if not isinstance(found, Fits):
        return _by_function(use, rule, tree)
    level = Level.REVIEW if notes else Level.SAFE
    name = rule.side(tree.options.to).name
    if found.entry.template is None and name is not None:
        return Way(Form.NATIVE, Move(use.start, use.end, target_of(name)), level, SILENT, notes)
    whole: ast.expr = call if call is not None else node
    fill = filled(rule, found, whole, None, file.module.text, kinds.of) if found.entry.template else None
    return Way(Form.NATIVE, fill, level, SILENT, notes) if fill else _by_function(use, rule, tree, notes)


def _by_function(use: Use, rule: Rule, tree: TreeFacts, notes: tuple[Reason, ...] = ()) -> Way:
    """The function of the generated module takes every call as it stands."""
    name = str(rule.side(rule.source).name).rpartition(".")[2]
    move = Move(use.start, use.end, Target(tree.options.layers, name))
    return Way(Form.LAYER, move, Level.REVIEW if notes else Level.SAFE, SILENT, notes)
