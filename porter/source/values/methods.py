"""What a method gives, by the thing that it is called on and by its name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from porter.source import tensors
from porter.source.tensors import words
from porter.source.things import (
    ARRAY,
    NONE,
    NOTHING,
    NUMBER,
    OBJECT,
    SIZE,
    TEXT,
    UNKNOWN,
    Answer,
    Instance,
    OfTree,
    Plain,
    Sequence,
    Thing,
    TreeClass,
    assume,
    known,
    union,
)
from porter.source.values import displays, owners

if TYPE_CHECKING:
    from porter.source.values.engine import Values

RECORD_COPIES = frozenset({"_replace", "_make", "model_copy"})
"""Methods by which a record makes another one of its class."""
PARSED = frozenset({"parse_args", "add_argument_group", "add_subparsers", "add_parser"})
"""Methods of the objects that read a command line which give another of these."""
TEXTS = frozenset({"split", "rsplit", "splitlines", "partition", "rpartition"})
ASKS = words(
    """
    startswith endswith find rfind index rindex count isdigit isalpha isidentifier isupper islower isspace
    isnumeric isalnum
    """
)
NOTHINGS = words(
    """
    append extend insert remove clear sort reverse update add discard
    """
)


def method(values: Values, thing: Thing, name: str, node: ast.Call) -> Answer:
    """What a method of one thing gives."""
    if isinstance(thing, Instance):
        if tensors.is_tensor(thing.name):
            return _of_tensor(values, thing, name, node)
        return _of_layer(values, thing, name, node)
    if isinstance(thing, Sequence):
        return _of_sequence(values, thing, name, node)
    if isinstance(thing, Plain):
        return _of_plain(thing, name, node)
    if isinstance(thing, OfTree):
        return _of_object(values, thing, name, node)
    if isinstance(thing, TreeClass) and name == "apply":
        return _applied(values, thing)
    return UNKNOWN


def _of_tensor(values: Values, thing: Instance, name: str, node: ast.Call) -> Answer:
    from porter.source.values import calls

    what = values.knowledge.method_returns(thing.name, name)
    if what == "self":
        return known(Instance(thing.name))
    if what is None and name in tensors.EITHER:
        return calls.either(values, name, node, given=len(node.args))
    if what is None and name == "type":
        return known(Instance(thing.name)) if node.args else known(TEXT)
    if what is None and name == "tolist":
        return known(Plain("numbers"))
    return calls.shaped(values, what or tensors.method_returns(name, values.knowledge.source), thing.name, node)


def _of_layer(values: Values, thing: Instance, name: str, node: ast.Call) -> Answer:
    """A method of a framework's own object."""
    from porter.source.values import calls

    what = values.knowledge.method_returns(thing.name, name)
    if what == "self":
        return known(thing)
    if what is not None:
        return calls.shaped(values, what, thing.name, node)
    if name in tensors.FORWARD:
        return calls.layer(values, thing, node)
    if tensors.is_container(thing.name):
        found = _of_container(values, thing, name)
        if found is not UNKNOWN:
            return found
    is_layer = tensors.is_container(thing.name) or thing.name in tensors.BASES or values.is_layer(thing.name)
    return _of_any_layer(values, known(thing), name) if is_layer else UNKNOWN


def _of_container(values: Values, thing: Instance, name: str) -> Answer:
    if name in ("values", "children", "cells", "pop"):
        inside = displays.contents(values, thing)
        return inside if name == "pop" else Answer(frozenset({Sequence(inside.things, "iterator")}), inside.assumed)
    if name in ("items", "named_children"):
        inside = displays.contents(values, thing)
        pair = Sequence(frozenset(), "tuple", (frozenset({TEXT}), inside.things))
        return Answer(frozenset({Sequence(frozenset({pair}), "iterator")}), inside.assumed)
    return UNKNOWN


def _of_any_layer(values: Values, itself: Answer, name: str) -> Answer:
    """A method that all layers have."""
    from porter.source.values import calls

    one: frozenset[Thing] = frozenset({calls.tensor(values)})
    if name in tensors.SELF:
        return itself
    if name in tensors.PARAMETERS:
        return known(Sequence(one, "iterator"))
    if name in tensors.NAMED_PARAMETERS:
        return known(Sequence(frozenset({Sequence(frozenset(), "tuple", (frozenset({TEXT}), one))}), "iterator"))
    if name in tensors.STATES:
        return known(Sequence(one, "dict"))
    if name in tensors.NAMED_LAYERS:
        return known(
            Sequence(frozenset({Sequence(frozenset(), "tuple", (frozenset({TEXT}), frozenset()))}), "iterator")
        )
    if name in ("children", "modules", "cells"):
        return known(Sequence(frozenset(), "iterator"))
    return known(NONE) if name in tensors.NO_RESULT else UNKNOWN


def _of_object(values: Values, thing: OfTree, name: str, node: ast.Call) -> Answer:
    """A method that an object of the tree has from a framework's base class."""

    bases = owners.framework_bases(values, thing.node)
    if not bases:
        return known(thing) if name in RECORD_COPIES else UNKNOWN
    if any(base in tensors.BASES or values.is_layer(base) or tensors.is_container(base) for base in bases):
        found = _of_any_layer(values, known(thing), name)
        if found is not UNKNOWN:
            return found
    answers = [method(values, Instance(base), name, node) for base in bases if base not in tensors.BASES]
    return next((assume(each, "the class has the method of its base") for each in answers if each.things), UNKNOWN)


def _applied(values: Values, thing: TreeClass) -> Answer:
    """`Function.apply(x)` of a function with its own gradient."""
    from porter.source.values import calls

    bases = owners.framework_bases(values, thing.node)
    if not any(base.endswith("autograd.Function") for base in bases):
        return UNKNOWN
    return assume(known(calls.tensor(values)), f"{thing.node.name}.apply is taken to give a tensor")


def _of_sequence(values: Values, thing: Sequence, name: str, node: ast.Call) -> Answer:
    if name in NOTHINGS:
        return known(NONE)
    if name in ("pop", "get", "setdefault", "popleft", "__getitem__"):
        more = [values.ask(node.args[1])] if len(node.args) > 1 else []
        more += [known(NONE)] if name == "get" and len(node.args) == 1 else []
        return union([Answer(thing.items), *more])
    if name == "copy":
        return known(thing)
    if thing.kind == "dict":
        if name == "values":
            return known(Sequence(thing.items, "iterator"))
        if name == "items":
            pair = Sequence(frozenset(), "tuple", (frozenset(), thing.items))
            return known(Sequence(frozenset({pair}), "iterator"))
        return known(Sequence(frozenset(), "iterator")) if name == "keys" else UNKNOWN
    return known(NUMBER) if name in ("index", "count") else UNKNOWN


def _of_plain(thing: Plain, name: str, node: ast.Call) -> Answer:
    if thing == NONE:
        return NOTHING
    if thing == TEXT:
        if name in TEXTS:
            return known(Sequence(frozenset({TEXT})))
        return known(NUMBER) if name in ASKS else known(TEXT)
    if thing == ARRAY:
        return known(Plain("numbers")) if name == "tolist" else known(NUMBER) if name == "item" else known(ARRAY)
    if thing == SIZE:
        return known(NUMBER)
    if thing == OBJECT and name in PARSED:
        return known(OBJECT)
    return known(NUMBER) if thing == NUMBER else UNKNOWN
