"""Classes that only others derive from (`_BatchNorm`): a test for one becomes a test for the counterparts of these."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from porter.codes import Code
from porter.findings import Kind
from porter.rewrite.decide.change import Move
from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.classes.type_tests import both, is_beside, made_of, place_of
from porter.rewrite.decide.decision import Decision, Form, Need, Reason, Way
from porter.rewrite.decide.facts import FileFacts, Use
from porter.rewrite.decide.tree import TreeFacts
from porter.rules.model import Rule
from porter.source.scopes import parent

ONLY_NAMED = "only what derives from {name} has a counterpart: it is named in annotations and type tests alone"
NO_TUPLE = "the counterparts of what derives from {name} are several classes, which cannot stand here"
NO_MEMBER = "nothing that derives from {name} has a counterpart"
OTHERS = "objects of {names} stay as they were, others change sides: the test names both"


def why_not(use: Use, rule: Rule, file: FileFacts) -> Reason | None:
    """Why a use of an abstract class has to stay; None where it need not."""
    if use.kind is Kind.TYPE_TEST and rule.no_type_test:
        return Reason(Code.NO_COUNTERPART, rule.no_type_test)
    if not rule.type_test or use.kind is Kind.ANNOTATION:
        return None
    name = str(rule.torch.name)
    if use.kind is not Kind.TYPE_TEST:
        return Reason(Code.NO_COUNTERPART, ONLY_NAMED.format(name=name))
    if isinstance(parent(use.reference.node), (ast.BinOp, ast.MatchClass)):
        return Reason(Code.NO_COUNTERPART, NO_TUPLE.format(name=name))
    known = [found for found in file.rules.derived(rule) if found.side(file.options.to).name]
    return None if known else Reason(Code.NO_COUNTERPART, NO_MEMBER.format(name=name))


def with_members(use: Use, decision: Decision, file: FileFacts, tree: TreeFacts) -> Decision:
    """The decision about a test for an abstract class: both classes are named where some of the objects stay."""
    rule, way = use.rule, decision.ways[0]
    if rule is None or not rule.type_test or use.kind is not Kind.TYPE_TEST or not isinstance(way.change, Move):
        return decision
    if is_beside(use, way.change, file):
        return replace(decision, ways=(Way(Form.STAYS),))
    staying = list(_staying(rule, file, tree))
    made = [each for each in file.rules.derived(rule) if each.name in tree.made]
    needs = [Need((place_of(each),), MOVES, made_of(each)) for each in made]
    first = () if staying else (replace(way, needs=(*way.needs, *needs)),)
    why = Reason(Code.BOTH_CLASSES, OTHERS.format(names=" and ".join(staying) or "some of these classes"))
    second: tuple[Way, ...] = tuple(both(use, way, way.change, why)) if staying or needs else ()
    return replace(decision, ways=(*first, *second, *decision.ways[1:]))


def _staying(rule: Rule, file: FileFacts, tree: TreeFacts) -> Iterator[str]:
    """What derives from an abstract class, is used in the tree, and has no counterpart."""
    crossing = {each.torch.name for each in file.rules.derived(rule) if each.mindspore.name}
    yield from (name for name in rule.type_test if name in tree.used and name not in crossing)
    if tree.used.get(str(rule.torch.name), set()) - {Kind.TYPE_TEST, Kind.ANNOTATION}:
        yield f"what derives from {rule.torch.name}"
