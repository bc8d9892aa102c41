"""What is put into lists, dictionaries and containers of layers after they were made."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from porter.source import tensors
from porter.source.names import SourceModule
from porter.source.scopes import Binding, parent
from porter.source.stores import FILLS, Store
from porter.source.things import (
    NONE,
    NOTHING,
    NUMBER,
    UNKNOWN,
    Answer,
    ClassOf,
    Instance,
    Sequence,
    Thing,
    assume,
    known,
    union,
)
from porter.source.values import displays, names, owners, parameters

if TYPE_CHECKING:
    from porter.source.values.engine import Values

READERS = (ast.For, ast.AsyncFor, ast.comprehension, ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.If, ast.While)
"""Places where a container is only looked at."""
LOOKERS = (
    *READERS,
    ast.IfExp,
    ast.Starred,
    ast.FormattedValue,
    ast.Return,
    ast.Yield,
    ast.Expr,
    ast.Assert,
    ast.Delete,
)
EMPTY_CALLS = frozenset({"list", "dict", "set", "OrderedDict", "defaultdict", "deque", "ModuleList", "Sequential"})


def can_be_filled(answer: Answer) -> bool:
    """Whether something can be put into what an answer names."""
    return any(isinstance(t, Sequence) and t.kind in displays.CHANGEABLE for t in answer.things)


def of_name(values: Values, node: ast.Name, binding: Binding, answer: Answer) -> Answer:
    """A list by its name: with all that is put into it by that name."""
    statement = parent(node)
    start = getattr(statement, "value", None)
    added, why = _by_name(values, node)
    return _filled(answer, added, why, empty=_is_empty(start))


def _by_name(values: Values, node: ast.Name) -> tuple[list[Answer], str]:
    """What is put into a local container, and the assumption that nobody else fills it."""
    added: list[Answer] = []
    why = ""
    for read in _reads_of(values, node):
        found, harmless = fill(values, read)
        if found is not None:
            added.append(found)
        elif not harmless:
            why = f"{node.id} is handed on, and is taken to be filled here alone"
    return added, why


def _reads_of(values: Values, node: ast.Name) -> Iterable[ast.Name]:
    scope = values.scope(parent(node) or node)
    found = scope.lookup(node.id)
    if found is None:
        return ()
    return values.reads_of(found[0], node.id)


def fill(values: Values, use: ast.expr) -> tuple[Answer | None, bool]:
    """What one use of a container puts into it; else whether the use leaves it as it is."""
    above = parent(use)
    if isinstance(above, ast.Attribute):
        call = parent(above)
        if isinstance(call, ast.Call) and call.func is above:
            return (_put(values, call, above.attr), True) if above.attr in FILLS else (None, True)
        return None, False
    if isinstance(above, ast.Subscript) and above.value is use:
        if not isinstance(above.ctx, ast.Store):
            return None, True
        given = names.assigned(values, above)
        return (displays.inside(values, given) if isinstance(above.slice, ast.Slice) else given), True
    if isinstance(above, LOOKERS):
        return None, True
    if isinstance(above, ast.Tuple) and isinstance(parent(above), ast.Return):
        return None, True
    call = parent(above) if isinstance(above, ast.keyword) else above
    return None, isinstance(call, ast.Call) and (call.func is use or _only_reads(values, call))


def _only_reads(values: Values, call: ast.Call) -> bool:
    """Whether what is called leaves its arguments as they are: Python's own functions, and a framework's."""
    if names.is_builtin(values, call.func):
        return True
    things = values.ask(call.func).things
    return bool(things) and all(isinstance(thing, ClassOf) for thing in things)


def _put(values: Values, call: ast.Call, method: str) -> Answer:
    """What a method puts into a container."""
    given = [*call.args, *(k.value for k in call.keywords)]
    if not given or any(isinstance(each, ast.Starred) for each in given):
        return UNKNOWN
    if method in ("append", "add", "appendleft"):
        return values.ask(given[0])
    if method in ("extend", "update", "__iadd__"):
        return union(displays.inside(values, values.ask(each)) for each in given)
    return values.ask(given[1]) if len(given) > 1 else known(NONE)


def _is_empty(node: ast.expr | None) -> bool:
    """`[]`, `{}`, `list()`, `nn.ModuleList()`."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return not node.elts
    if isinstance(node, ast.Dict):
        return not node.keys
    name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
    if name == "defaultdict":
        return False
    return name in EMPTY_CALLS and isinstance(node, ast.Call) and not node.args and not node.keywords


def _filled(answer: Answer, added: list[Answer], why: str, *, empty: bool) -> Answer:
    """An answer with more in its containers."""
    more = union(added)
    found: set[Thing] = set()
    for thing in answer.things:
        if isinstance(thing, Sequence) and thing.kind in displays.CHANGEABLE:
            start = NOTHING if empty and not thing.items else Answer(thing.items)
            inside = union([start, more])
            found.add(Sequence(inside.things, thing.kind, thing.places if more is NOTHING else ()))
        else:
            found.add(thing)
    assumed = answer.assumed or (more.assumed if more.things else "") or why
    return Answer(frozenset(found), assumed)


def of_attribute(values: Values, node: ast.ClassDef, name: str, answer: Answer) -> Answer:
    """A list that is an attribute: with all that anybody in the tree puts into it."""

    added, why = by_attribute(values, node, name)
    stores = [store for store, _ in owners.stores_of(values, node, name) if store.kind == "value"]
    empty = bool(stores) and all(_is_empty(getattr(parent(s.node), "value", None)) for s in stores)
    return _filled(answer, added, why, empty=empty)


def by_attribute(values: Values, node: ast.ClassDef, name: str) -> tuple[list[Answer], str]:
    """What is put into an attribute of the objects of a class, and the assumption that nobody else fills it."""

    kin = values.lineage.relatives(node)
    own = set(values.lineage.ancestry(node))
    added: list[Answer] = []
    why = ""
    for module, use in owners.near(_uses(values, name), kin):
        member = values.beside(module)
        inside = parameters.self_class(member, use.value)
        if not owners.concerns(values, member, use.value, node, kin):
            continue
        found, harmless = fill(member, use)
        if found is not None:
            added.append(found)
        if (found is not None and inside not in own) or (found is None and not harmless):
            why = f"{module.path}:{use.lineno} may fill {name}"
    return added, why


def _uses(values: Values, name: str) -> owners.ByClass[tuple[SourceModule, ast.Attribute]]:
    """The places that fill an attribute, or hand it on, by the class whose `self` has it."""
    known = values.family.uses
    if name not in known:
        known[name] = {}
        places = (*values.stores.fills.get(name, ()), *values.stores.handed.get(name, ()))
        for number, (module, use) in enumerate(places):
            inside = parameters.self_class(values.beside(module), use.value)
            known[name].setdefault(inside, []).append((number, (module, use)))
    return known[name]


def of_container(values: Values, call: ast.Call, answers: list[Answer]) -> Answer:
    """What a container of layers holds: what it was made of, and what was put into it where it is held."""
    above = parent(call)
    targets = above.targets if isinstance(above, ast.Assign) else [getattr(above, "target", None)]
    target = targets[0] if len(targets) == 1 and isinstance(above, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) else None
    why = ""
    if isinstance(target, ast.Name):
        added, why = _by_name(values, target)
    elif isinstance(target, ast.Attribute) and (inside := parameters.self_class(values, target.value)) is not None:
        added, why = by_attribute(values, inside, target.attr)
    else:
        added = []
        if not (isinstance(above, ast.Call) and _only_reads(values, above)) and not isinstance(above, ast.For):
            why = "what is put into a container of layers where it is held is not followed"
    return assume(union([*answers, *added]), why) if answers or added else UNKNOWN


def stored(values: Values, store: Store) -> Answer:
    """What a place that sets an attribute gives it."""
    if store.kind == "tensor":
        if isinstance(store.value, ast.Constant) and store.value.value is None:
            return known(NONE)
        return known(Instance(tensors.TENSOR_OF[values.knowledge.source]))
    if store.kind == "added":
        given = values.ask(store.value) if store.value is not None else UNKNOWN
        return NOTHING if given.things == {NUMBER} else given
    if isinstance(store.node, ast.Attribute):
        return names.assigned(values, store.node)
    return values.ask(store.value) if store.value is not None else UNKNOWN
