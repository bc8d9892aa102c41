"""Whose object a place may mean that sets an attribute, and what keeps an answer about attributes from being known."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from porter.source import tensors
from porter.source.stores import Store
from porter.source.things import NOTHING, NUMBER, Answer, ClassOf, Instance, OfTree, Thing, TreeClass
from porter.source.values import parameters

if TYPE_CHECKING:
    from porter.source.values.engine import Values

Place = TypeVar("Place")
ByClass: TypeAlias = dict[ast.ClassDef | None, list[tuple[int, Place]]]
"""Places by the class on whose `self` they do something (None: on another object), each with its number in the tree."""


def doubt(values: Values, node: ast.ClassDef) -> str:
    """What in the tree may set any attribute of an object, or give another for it."""
    found = values.circles.run((id(node), ""), lambda: Answer(frozenset({NUMBER}), _reason(values, node)))
    return found.assumed


def _reason(values: Values, node: ast.ClassDef) -> str:
    kin = values.lineage.relatives(node)
    for each in kin:
        for hook in ("__setattr__", "__getattribute__"):
            if hook in values.lineage.body(each):
                return f"{each.name} defines {hook}"
    for store in _open_sets(values, kin):
        if concerns(values, values.beside(store.module), store.owner, node, kin):
            return f"{store.module.path}:{store.node.lineno} sets attributes by names made at run time"
    if values.lineage.is_strange(node):
        return f"a base of {node.name} is not known"
    strange = next((each for each in kin if values.lineage.is_strange(each)), None)
    return f"a base of {strange.name} is not known" if strange is not None else ""


def stores_of(values: Values, node: ast.ClassDef, name: str) -> Iterator[tuple[Store, str]]:
    """The places that may set an attribute of an object, each with the assumption that it brings."""
    kin = values.lineage.relatives(node)
    own = set(values.lineage.ancestry(node))
    begun = (store for store in _begun(values) if name.startswith(store.prefix))
    for store in chain(near(by_class(values, name), kin), begun):
        if store.kind == "deleted":
            continue
        member = values.beside(store.module)
        inside = parameters.self_class(member, store.owner)
        if inside is not None:
            if inside in own:
                yield store, ""
            elif inside in kin:
                yield store, f"{inside.name} sets {name} too"
        elif concerns(values, member, store.owner, node, kin):
            yield store, f"{store.module.path}:{store.node.lineno} may set {name} from outside"


def by_class(values: Values, name: str) -> ByClass[Store]:
    """The places that set an attribute by the class whose `self` they set it on."""
    known = values.family.stores
    if name not in known:
        known[name] = _sorted(values, values.stores.sets.get(name, ()))
    return known[name]


def _sorted(values: Values, stores: Iterable[Store]) -> ByClass[Store]:
    found: ByClass[Store] = {}
    for number, store in enumerate(stores):
        inside = parameters.self_class(values.beside(store.module), store.owner)
        found.setdefault(inside, []).append((number, store))
    return found


def near(found: ByClass[Place], kin: frozenset[ast.ClassDef]) -> Iterator[Place]:
    """Those on `self` of one of some classes, and all on other objects, in the order of the tree."""
    few = len(kin) < len(found)
    classes = (None, *kin) if few else [cls for cls in found if cls is None or cls in kin]
    places = [each for cls in classes for each in found.get(cls, ())]
    return (place for _, place in sorted(places, key=itemgetter(0)))


def _open_sets(values: Values, kin: frozenset[ast.ClassDef]) -> Iterator[Store]:
    """The places that may set any attribute of some classes, whatever its name begins with."""
    family = values.family
    if family.open_sets is None:
        family.open_sets = _sorted(values, (store for store in values.stores.open_sets if not store.prefix))
    return near(family.open_sets, kin)


def _begun(values: Values) -> tuple[Store, ...]:
    """The places that set attributes by names of which only the beginning is written out."""
    family = values.family
    if family.begun is None:
        family.begun = tuple(store for store in values.stores.open_sets if store.prefix)
    return family.begun


def concerns(values: Values, member: Values, owner: ast.expr, node: ast.ClassDef, kin: frozenset[ast.ClassDef]) -> bool:
    """Whether an owner, an expression of the file of `member`, may be an object of a class; `kin`: its relatives."""
    inside = parameters.self_class(member, owner)
    if inside is not None:
        return inside in kin
    answer = member.ask(owner)
    if answer is NOTHING:
        return False
    return not answer.things or any(_may_be(values, thing, node, kin) for thing in answer.things)


def _may_be(values: Values, thing: Thing, node: ast.ClassDef, kin: frozenset[ast.ClassDef]) -> bool:
    if isinstance(thing, (OfTree, TreeClass)):
        return thing.node in kin
    if not isinstance(thing, Instance) or thing.made_at is not None or tensors.is_tensor(thing.name):
        return False
    return thing.name in tensors.BASES or thing.name in framework_bases(values, node)


def framework_bases(values: Values, node: ast.ClassDef) -> tuple[str, ...]:
    """Qualified names of the framework's classes that a class derives from, by itself or by an ancestor."""
    found = values.circles.run((id(node), "bases"), lambda: _framework_bases(values, node))
    return tuple(sorted(thing.name for thing in found.things if isinstance(thing, ClassOf)))


def _framework_bases(values: Values, node: ast.ClassDef) -> Answer:
    found: set[Thing] = set()
    for each in values.lineage.ancestry(node):
        member = values.home(each)
        for base in each.bases:
            bare = base.value if isinstance(base, ast.Subscript) else base
            found.update(thing for thing in member.ask(bare).things if isinstance(thing, ClassOf))
    return Answer(frozenset(found))
