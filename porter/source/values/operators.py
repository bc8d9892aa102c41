"""Arithmetic, comparison, conditional expressions: what comes out of what goes in."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from porter.source import tensors
from porter.source.kinds import CHECKS
from porter.source.things import (
    ARRAY,
    NONE,
    NOTHING,
    NUMBER,
    SIZE,
    TEXT,
    UNKNOWN,
    Answer,
    Instance,
    Plain,
    Sequence,
    Thing,
    assume,
    known,
    union,
    without,
)

if TYPE_CHECKING:
    from porter.source.values.engine import Values

WRITES = (ast.Mod, ast.Add, ast.Mult)
"""What a text can do with anything: `"%s" % x`."""


def binary(values: Values, node: ast.expr) -> Answer:
    """`a + b`."""
    assert isinstance(node, ast.BinOp)
    return combine(node.op, values.ask(node.left), values.ask(node.right))


def combine(operator: ast.operator, left: Answer, right: Answer) -> Answer:
    """What an operator makes of two values."""
    if left is NOTHING or right is NOTHING:
        return NOTHING
    if left.things == {TEXT} and isinstance(operator, WRITES):
        return left
    if (_all_tensors(left) and not right.things) or (_all_tensors(right) and not left.things):
        tensor = next(iter((left if left.things else right).things))
        return Answer(frozenset({_fresh(tensor)}), "what a tensor is combined with is taken for a tensor or a number")
    if not left.things or not right.things:
        return UNKNOWN
    found = union(_pair(operator, one, other) for one in left.things for other in right.things)
    return assume(assume(found, left.assumed), right.assumed)


def _all_tensors(answer: Answer) -> bool:
    return bool(answer.things) and all(isinstance(t, Instance) and tensors.is_tensor(t.name) for t in answer.things)


def _fresh(thing: Thing) -> Thing:
    """The result is another object than the operand."""
    return Instance(thing.name) if isinstance(thing, Instance) else thing


def _pair(operator: ast.operator, left: Thing, right: Thing) -> Answer:
    if left == TEXT and isinstance(operator, WRITES):
        return known(TEXT)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Instance) and tensors.is_tensor(one.name):
            takes = isinstance(other, Plain) or (isinstance(other, Instance) and tensors.is_tensor(other.name))
            return known(Instance(one.name)) if takes and other != NONE else (NOTHING if other == NONE else UNKNOWN)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, (Sequence,)):
            return _sequences(operator, one, other)
        if one == SIZE and isinstance(operator, (ast.Add, ast.Mult)):
            return known(SIZE)
        if one == NONE:
            return NOTHING
    if isinstance(left, Plain) and isinstance(right, Plain) and {left, right} <= {NUMBER, ARRAY, TEXT}:
        return known(ARRAY if ARRAY in (left, right) else TEXT if TEXT in (left, right) else NUMBER)
    return UNKNOWN


def _sequences(operator: ast.operator, one: Sequence, other: Thing) -> Answer:
    """`[a] + [b]`, `[a] * 3`, `a | b` of dictionaries."""
    if isinstance(other, Sequence):
        items = one.items | other.items if one.items and other.items else frozenset[Thing]()
        return known(Sequence(items, one.kind))
    if isinstance(operator, ast.Mult) and other == NUMBER:
        return known(Sequence(one.items, one.kind))
    return known(Sequence(frozenset(), one.kind)) if other == SIZE else UNKNOWN


def unary(values: Values, node: ast.expr) -> Answer:
    """`-x`, `not x`."""
    assert isinstance(node, ast.UnaryOp)
    if isinstance(node.op, ast.Not):
        return known(NUMBER)
    answer = values.ask(node.operand)
    if not answer.things:
        return answer
    return assume(union(_turned(thing) for thing in answer.things), answer.assumed)


def _turned(thing: Thing) -> Answer:
    if isinstance(thing, Instance) and tensors.is_tensor(thing.name):
        return known(_fresh(thing))
    return known(thing) if thing in (NUMBER, ARRAY) else UNKNOWN


def compare(values: Values, node: ast.expr) -> Answer:
    """`a < b`: of tensors a tensor; `is` and `in` give a truth value."""
    assert isinstance(node, ast.Compare)
    if all(isinstance(op, CHECKS) for op in node.ops):
        return known(NUMBER)
    sides = [values.ask(side) for side in (node.left, *node.comparators)]
    found = [_compared(one, other) for one, other in itertools.pairwise(sides)]
    return union(found)


def _compared(left: Answer, right: Answer) -> Answer:
    if left is NOTHING or right is NOTHING:
        return NOTHING
    things = left.things | right.things
    assumed = left.assumed or right.assumed
    if _all_tensors(left) or _all_tensors(right):
        sure = left.things and right.things
        tensor = next(iter((left if _all_tensors(left) else right).things))
        why = assumed if sure else "what a tensor is compared with is taken for a tensor or a number"
        return Answer(frozenset({_fresh(tensor)}), why)
    if not left.things or not right.things:
        return UNKNOWN
    if ARRAY in things and things <= {ARRAY, NUMBER, TEXT}:
        return Answer(frozenset({ARRAY}), assumed)
    simple = all(isinstance(t, Plain) and t in (NUMBER, TEXT, NONE, SIZE) for t in things)
    return Answer(frozenset({NUMBER}), assumed) if simple else UNKNOWN


def chain(values: Values, node: ast.expr) -> Answer:
    """`a or b`: one of them; None is not what `or` gives unless it is the last."""
    assert isinstance(node, ast.BoolOp)
    answers = [values.ask(value) for value in node.values]
    if isinstance(node.op, ast.Or):
        answers[:-1] = [without(answer, NONE) for answer in answers[:-1]]
    return union(answers)


def choice(values: Values, node: ast.expr) -> Answer:
    """`a if test else b`."""
    assert isinstance(node, ast.IfExp)
    return union([values.ask(node.body), values.ask(node.orelse)])


def walrus(values: Values, node: ast.expr) -> Answer:
    """`(m := f())`."""
    assert isinstance(node, ast.NamedExpr)
    return values.ask(node.value)
