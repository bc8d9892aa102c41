"""Tests for a class of which some objects change sides and others stay: they have to name both frameworks' classes."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import replace

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.change import Beside, Move
from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts, Use
from porter.rules.model import Rule
from porter.source.scopes import parent

MAKING = frozenset({Kind.CALL, Kind.BASE, Kind.VALUE, Kind.STRING})
"""Roles in which a class gives objects, there or later."""
TESTING = frozenset({Kind.TYPE_TEST, Kind.COMPARISON})


def place_of(rule: Rule) -> Place:
    """The key of the decision whether all objects of a class change sides."""
    return Place(f"<{rule.name}>", 0, 0, Kind.CLASS)


def is_whole(place: Place) -> bool:
    """Whether a place is that key of a class."""
    return place.kind is Kind.CLASS and place.path.startswith("<") and place.start == place.end


def decide_whole(files: Collection[FileFacts]) -> Iterator[Decision]:
    """For each class that the tree makes objects of: whether all that makes them changes sides, or some of it."""
    makers: dict[str, list[Need]] = {}
    rules: dict[str, Rule] = {}
    for file in files:
        for use in file.uses:
            if use.rule is not None and use.rule.is_class and use.kind in MAKING:
                rules[use.rule.name] = use.rule
                makers.setdefault(use.rule.name, []).append(Need((file.place(use),), CONVERTED, SILENT))
    changed = {rule.name for file in files for rule in _changed(file)}
    for name, rule in rules.items():
        places = tuple(place for need in makers[name] for place in need.places)
        some = Way(Form.BOTH, needs=(Need(places, CONVERTED, SILENT),) if name not in changed else ())
        yield Decision(place_of(rule), (Way(Form.MOVES, needs=tuple(makers[name])), some, Way(Form.STAYS)))


def _changed(file: FileFacts) -> Iterator[Rule]:
    """Classes that a file names as the target framework's already, which an earlier run may have changed."""
    for key, name in file.known.items():
        side = file.options.source if key in file.earlier else file.options.to
        rule = file.rules.find(name, side)
        if rule is not None and rule.is_class:
            yield rule


def with_both(use: Use, decision: Decision, file: FileFacts, made: frozenset[str]) -> Decision:
    """The decision about a type test: the target's class where all objects are its, else both classes.

    A rule that has a note for type tests says there what they miss.
    """
    way = decision.ways[0]
    tests = use.rule is not None and use.rule.is_class and use.kind in TESTING and Kind.TYPE_TEST not in use.rule.notes
    if not tests or use.rule is None or use.rule.name not in made or not isinstance(way.change, Move):
        return decision
    if use.kind is Kind.TYPE_TEST and is_beside(use, way.change, file):
        return replace(decision, ways=(Way(Form.STAYS),))
    needs = (*way.needs, Need((place_of(use.rule),), MOVES, made_of(use.rule)))
    return replace(
        decision,
        ways=(replace(way, needs=needs), *both(use, way, way.change, _both_named(use.rule)), *decision.ways[1:]),
    )


def made_of(rule: Rule) -> Reason:
    """Why a test for one class of a rule is not enough."""
    text = f"some objects of {rule.torch.name} or of what derives from it stay as they were, others change sides"
    return Reason(Code.BOTH_CLASSES, text)


def _both_named(rule: Rule) -> Reason:
    reason = made_of(rule)
    return Reason(reason.code, f"{reason.text}: the test names both classes")


def both(use: Use, way: Way, move: Move, why: Reason) -> Iterator[Way]:
    """The test for either class; nothing where one expression cannot name both."""
    texts = _texts(use)
    if texts is not None:
        change = Beside(move.start, move.end, move.target, *texts)
        yield Way(Form.BOTH, change, Level.REVIEW, why, needs=way.needs)


def _texts(use: Use) -> tuple[str, str, str] | None:
    """What stands before, between and behind the two names."""
    node = use.reference.node
    above = parent(node)
    if use.kind is not Kind.TYPE_TEST:
        return None
    if isinstance(above, ast.MatchClass):
        plain = not above.patterns and not above.kwd_patterns
        return ("", "() | ", "") if plain else None
    if isinstance(above, (ast.Tuple, ast.List, ast.Set)):
        return "", ", ", ""
    return ("", " | ", "") if isinstance(above, ast.BinOp) else ("(", ", ", ")")


def is_beside(use: Use, move: Move, file: FileFacts) -> bool:
    """Whether an earlier run has put the target beside the name."""
    above = parent(use.reference.node)
    if isinstance(above, ast.MatchClass):
        above = parent(above)
        nodes = (
            [p.cls for p in above.patterns if isinstance(p, ast.MatchClass)] if isinstance(above, ast.MatchOr) else []
        )
    elif isinstance(above, ast.BinOp):
        nodes = [above.left, above.right]
    else:
        nodes = [*above.elts] if isinstance(above, (ast.Tuple, ast.List, ast.Set)) else []
    spelled = {file.already.get(id(node), "") for node in nodes}
    target = move.target.qualified
    inside = f".{target}" if move.target.module == file.options.layers else target  # it may be in a package
    return any(name == target or name.endswith(inside) for name in spelled)
