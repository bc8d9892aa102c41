"""Lists, tuples, dictionaries and containers of layers: what is in them, and what comes out."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from porter.source import tensors
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
)

if TYPE_CHECKING:
    from porter.source.values.engine import Values

CHANGEABLE = frozenset({"list", "dict", "set"})


def plain(value: object) -> Plain:
    """The kind of a constant."""
    if value is None:
        return NONE
    if isinstance(value, (str, bytes)):
        return TEXT
    return NUMBER if isinstance(value, (int, float, complex)) else Plain("other")


def holding(answers: Iterable[Answer], kind: str, *, places: bool = False) -> Answer:
    """A container of some things; its items are not known as soon as one of them is not."""
    given = list(answers)
    inside = union(given)
    assumed = next((a.assumed for a in given if a.things and a.assumed), "")
    items = frozenset() if inside is NOTHING else inside.things
    kept = tuple(a.things for a in given) if places and given and len(given) <= 16 else ()
    return Answer(frozenset({Sequence(items, kind, kept)}), assumed)


def display(values: Values, node: ast.expr) -> Answer:
    """`[a, b]`, `(a, *rest)`, `{a, b}`."""
    assert isinstance(node, (ast.List, ast.Tuple, ast.Set))
    kind = "list" if isinstance(node, ast.List) else "tuple" if isinstance(node, ast.Tuple) else "set"
    starred = any(isinstance(e, ast.Starred) for e in node.elts)
    answers = [
        elements(values, values.ask(e.value)) if isinstance(e, ast.Starred) else values.ask(e) for e in node.elts
    ]
    return holding(answers, kind, places=kind == "tuple" and not starred)


def dictionary(values: Values, node: ast.expr) -> Answer:
    """`{"in": a, **more}`: its values."""
    assert isinstance(node, ast.Dict)
    pairs = zip(node.keys, node.values, strict=True)
    answers = [values.ask(value) if key is not None else inside(values, values.ask(value)) for key, value in pairs]
    return holding(answers, "dict")


def comprehension(values: Values, node: ast.expr) -> Answer:
    """`[f(x) for x in xs]`."""
    if isinstance(node, ast.DictComp):
        return holding([values.ask(node.value)], "dict")
    assert isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp))
    kind = "list" if isinstance(node, ast.ListComp) else "set" if isinstance(node, ast.SetComp) else "iterator"
    return holding([values.ask(node.elt)], kind)


def subscript(values: Values, node: ast.expr) -> Answer:
    """`xs[0]`, `d["in"]`, `x[:, 1]`."""
    assert isinstance(node, ast.Subscript)
    base = values.ask(node.value)
    if not base.things:
        return base
    found = union(_part(values, thing, node.slice) for thing in base.things)
    return assume(found, base.assumed)


def _part(values: Values, thing: Thing, where: ast.expr) -> Answer:
    if isinstance(thing, Sequence):
        return _of_sequence(thing, where)
    if isinstance(thing, Plain):
        return _of_plain(thing, sliced=isinstance(where, ast.Slice))
    if isinstance(thing, Instance):
        if tensors.is_tensor(thing.name):
            return known(Instance(thing.name))
        if isinstance(where, ast.Slice) and tensors.is_container(thing.name):
            return known(thing)
        return contents(values, thing)
    return UNKNOWN


def _of_plain(thing: Plain, *, sliced: bool) -> Answer:
    if thing == NONE:
        return NOTHING
    if thing == SIZE:
        return known(SIZE if sliced else NUMBER)
    return known(thing) if thing in (TEXT, ARRAY) else UNKNOWN


def _of_sequence(thing: Sequence, where: ast.expr) -> Answer:
    if isinstance(where, ast.Slice):
        return known(Sequence(thing.items, thing.kind))
    number = _whole(where)
    if thing.places and number is not None and -len(thing.places) <= number < len(thing.places):
        return Answer(thing.places[number])
    return Answer(thing.items)


def _whole(node: ast.expr) -> int | None:
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1, node.operand
    return sign * node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def elements(values: Values, answer: Answer) -> Answer:
    """What a loop over an object gets."""
    if not answer.things:
        return answer
    return assume(union(_looped(values, thing) for thing in answer.things), answer.assumed)


def _looped(values: Values, thing: Thing) -> Answer:
    if isinstance(thing, Sequence):
        return Answer(thing.items) if thing.kind != "dict" else UNKNOWN
    if isinstance(thing, Instance):
        if tensors.is_tensor(thing.name):
            return known(Instance(thing.name))
        return contents(values, thing) if not tensors.is_dictionary(thing.name) else known(TEXT)
    return _of_plain(thing, sliced=False) if isinstance(thing, Plain) else UNKNOWN


def inside(values: Values, answer: Answer) -> Answer:
    """What a container holds: the values of a dictionary."""
    if not answer.things:
        return answer
    found = (Answer(t.items) if isinstance(t, Sequence) else _looped(values, t) for t in answer.things)
    return assume(union(found), answer.assumed)


def pick(values: Values, answer: Answer, place: int, count: int, star: int) -> Answer:
    """What one name of an unpacking gets. `count`: how many names; `star`: the place of `*rest` among them, or -1."""
    if not answer.things:
        return answer
    if place == star:
        rest = elements(values, answer)
        return known(Sequence(rest.things)) if rest.things else known(Sequence(frozenset()))
    found: list[Answer] = []
    for thing in answer.things:
        at = place if star < 0 or place < star else place - count
        if isinstance(thing, Sequence) and thing.places and -len(thing.places) <= at < len(thing.places):
            found.append(Answer(thing.places[at]))
        else:
            found.append(_looped(values, thing))
    return assume(union(found), answer.assumed)


def contents(values: Values, thing: Instance) -> Answer:
    """What a container of layers holds, by how it was made and by what was put into it since."""
    call = thing.made_at
    if call is None or not tensors.is_container(thing.name):
        return UNKNOWN
    return values.circles.run((id(call), "contents"), lambda: _contents(values.home(call), thing, call))


def _contents(values: Values, thing: Instance, call: ast.Call) -> Answer:
    from porter.source.values import fills

    if call.keywords:
        return UNKNOWN
    answers: list[Answer] = []
    for argument in call.args:
        if isinstance(argument, ast.Starred):
            answers.append(elements(values, values.ask(argument.value)))
        else:
            answers.append(_argument(values, values.ask(argument), tensors.takes_list(thing.name)))
    return fills.of_container(values, call, answers)


def _argument(values: Values, answer: Answer, takes_list: bool) -> Answer:
    """A container takes layers, a list of them, or a dictionary; `OrderedDict([("a", layer)])` came as one before."""
    if not answer.things:
        return answer
    found: list[Answer] = []
    for thing in answer.things:
        if isinstance(thing, Sequence):
            found.append(inside(values, known(thing)))
        elif takes_list:
            found.append(_looped(values, thing))
        else:
            found.append(known(thing))
    return assume(union(found), answer.assumed)
