"""What the type tests around a place leave of what an expression can be."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from porter.source import guards, tensors
from porter.source.guards import Teller, Told, key_of
from porter.source.kinds import FUNCTIONS, LOOPS, position
from porter.source.names import SourceModule
from porter.source.scopes import Scope, ancestors, parent, scope_of
from porter.source.things import (
    NONE,
    NOTHING,
    UNKNOWN,
    Answer,
    ClassOf,
    Function,
    Instance,
    OfTree,
    Plain,
    Sequence,
    Thing,
    assume,
    known,
    union,
)
from porter.source.values import names, owners, stated

if TYPE_CHECKING:
    from porter.source.values.engine import Values

CASE = re.compile(rb"case\b")
"""Begins with letters, which are searched for many times faster than the start of a line."""
Position = tuple[int, int]


class _Teller(Teller):
    """Reads the tests of one file."""

    def __init__(self, values: Values) -> None:
        self.values = values

    def value_of(self, node: ast.Name) -> tuple[ast.expr, ast.AST] | None:
        scope = scope_of(node)
        found = scope.lookup(node.id) if scope is not None else None
        if found is None:
            return None
        bindings = self.values.flow.reaching(node, found[0])
        statement = parent(bindings[0].node) if len(bindings) == 1 else None
        if isinstance(statement, ast.Assign) and statement.targets == [bindings[0].node]:
            return statement.value, statement
        return None


def matched_keys(module: SourceModule) -> frozenset[str]:
    """What a file matches against patterns."""
    data = module.text.data
    if b"match " not in data or not any(_begins_line(data, found.start()) for found in CASE.finditer(data)):
        return frozenset()
    return frozenset(key_of(node.subject) for node in ast.walk(module.tree) if isinstance(node, ast.Match))


def _begins_line(data: bytes, at: int) -> bool:
    return not data[data.rfind(b"\n", 0, at) + 1 : at].strip()


def narrowed(values: Values, node: ast.expr, answer: Answer) -> Answer:
    """The answer after the tests that hold where an expression stands."""
    maybe_none = NONE in answer.things and len(answer.things) > 1
    if not maybe_none and not values.tested:
        return answer
    if isinstance(node, ast.Name) and (node.id not in values.tested and not maybe_none):
        return answer
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or (answer.things and _is_settled(answer)):
        return answer
    key = key_of(node)
    if not key or (key not in values.tested and not maybe_none):
        return answer
    return _told(values, node, key, answer)


def _is_settled(answer: Answer) -> bool:
    """Whether an expression is a function or a module, which nobody tests."""
    return all(isinstance(thing, Function) for thing in answer.things)


def _told(values: Values, node: ast.expr, key: str, answer: Answer) -> Answer:
    teller = _Teller(values)
    for condition in guards.conditions(node):
        if isinstance(condition.test, ast.expr) and _is_it(condition.test, key) and condition.truth:
            answer = answer if _is_blocked(values, node, condition.test) else _less_none(answer)
            continue
        for told in teller.told(condition, key):
            if _is_blocked(values, node, told.since):
                continue
            if told.positive:
                found = _positive(values, told, answer)
                if found.things:
                    return assume(found, _changed_meanwhile(values, node))
            else:
                answer = _negative(values, told, answer)
    return answer


def _is_it(test: ast.expr, key: str) -> bool:
    """`if m:`."""
    return isinstance(test, (ast.Name, ast.Attribute, ast.NamedExpr)) and key_of(test) == key


def _less_none(answer: Answer) -> Answer:
    left = answer.things - {NONE}
    return Answer(left, answer.assumed) if left else answer


def _positive(values: Values, told: Told, answer: Answer) -> Answer:
    """Those of the known things that pass a test; where none is known to, whatever passes it."""
    wanted = union(classes(values, node) for node in told.classes)
    if not wanted.things:
        return UNKNOWN
    passing = frozenset(t for t in answer.things if any(_fits(values, t, want) for want in wanted.things))
    if passing and not answer.assumed:
        return Answer(passing, wanted.assumed)
    return wanted


def _negative(values: Values, told: Told, answer: Answer) -> Answer:
    wanted = union(classes(values, node) for node in told.classes)
    if not wanted.things or not answer.things:
        return answer
    left = frozenset(t for t in answer.things if not any(_is_out(values, t, w, told) for w in wanted.things))
    if left == answer.things and answer.assumed and any(map(_is_tensor, wanted.things)):
        # What is taken for a tensor may be of either framework: a run may have changed the test alone.
        left = frozenset(thing for thing in left if not _is_tensor(thing))
    return Answer(left, answer.assumed) if left else NOTHING


def _is_tensor(thing: Thing) -> bool:
    return isinstance(thing, Instance) and tensors.is_tensor(thing.name)


def _is_out(values: Values, thing: Thing, want: Thing, told: Told) -> bool:
    """Whether a test that failed rules a thing out; a test for the very class leaves those that derive from it."""
    if told.exact and isinstance(thing, Instance) and thing.made_at is None and not tensors.is_tensor(thing.name):
        return False
    if told.exact and isinstance(thing, OfTree):
        return False
    return _fits(values, thing, want)


def _fits(values: Values, thing: Thing, want: Thing) -> bool:
    """Whether a thing is an instance of what a test wants."""

    if isinstance(want, OfTree):
        return isinstance(thing, OfTree) and want.node in values.lineage.ancestry(thing.node)
    if isinstance(want, Instance):
        if isinstance(thing, OfTree):
            bases = owners.framework_bases(values, thing.node)
            return want.name in bases or (want.name in tensors.BASES and any(values.is_layer(b) for b in bases))
        is_base = want.name in tensors.BASES and isinstance(thing, Instance)
        if is_base and isinstance(thing, Instance) and not tensors.is_tensor(thing.name):
            return values.is_layer(thing.name) or tensors.is_container(thing.name) or thing.name in tensors.BASES
        either = frozenset(tensors.TENSOR_OF.values())
        return isinstance(thing, Instance) and (thing.name == want.name or {thing.name, want.name} <= either)
    if isinstance(want, Sequence):
        return isinstance(thing, Sequence) and thing.kind == want.kind
    return isinstance(want, Plain) and thing == want


def classes(values: Values, node: ast.expr) -> Answer:
    """Instances of the classes that a test names: one, a tuple, `A | B`, a name for one of these."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return union(classes(values, each) for each in node.elts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return union([classes(values, node.left), classes(values, node.right)])
    if isinstance(node, ast.Constant) and node.value is None:
        return known(NONE)
    builtin = names.is_builtin(values, node)
    if builtin:
        return known(stated.BUILTIN_TYPES[builtin]) if builtin in stated.BUILTIN_TYPES else UNKNOWN
    answer = values.ask(node)
    found = [_instance(values, thing) for thing in answer.things]
    return assume(union(found), answer.assumed) if found else UNKNOWN


def _instance(values: Values, thing: Thing) -> Answer:
    if isinstance(thing, Sequence):
        return union(_instance(values, each) for each in thing.items) if thing.items else UNKNOWN
    derived = values.knowledge.derived(thing.name) if isinstance(thing, ClassOf) else ()
    if derived:
        return union(stated.instance(values, ClassOf(name)) for name in derived)
    return stated.instance(values, thing)


def _is_blocked(values: Values, node: ast.expr, since: ast.AST) -> bool:
    """Whether a name in the expression may have got another value between a test and the place."""
    return any(_rebound(values, each, node, since) for each in ast.walk(node) if isinstance(each, ast.Name)) or any(
        _set_again(values, each, node, since) for each in ast.walk(node) if isinstance(each, ast.Attribute)
    )


def _rebound(values: Values, name: ast.Name, node: ast.expr, since: ast.AST) -> bool:
    scope = scope_of(name)
    found = scope.lookup(name.id) if scope is not None else None
    if found is None or (len(found[1]) == 1 and isinstance(found[1][0].node, ast.arg)):
        return False
    if any(_is_foreign(binding.node, found[0]) for binding in found[1]):
        return True
    return any(_lies_between(binding.node, node, since) for binding in found[1])


def _is_foreign(binding: ast.AST, home: Scope) -> bool:
    """Whether a function binds a name of another scope (`global`, `nonlocal`): then a call may change it."""
    if isinstance(binding, ast.arg) or home.kind not in ("function", "module"):
        return False
    around = next((a for a in ancestors(binding) if isinstance(a, (*FUNCTIONS, ast.Module))), None)
    return around is not home.node


def _set_again(values: Values, attribute: ast.Attribute, node: ast.expr, since: ast.AST) -> bool:
    known, name = values.family.by_file, attribute.attr
    if name not in known:
        known[name] = {}
        for store in values.stores.sets.get(name, ()):
            known[name].setdefault(store.module, []).append(store)
    return any(_lies_between(store.node, node, since) for store in known[name].get(values.module, ()))


def _lies_between(binding: ast.AST, node: ast.expr, since: ast.AST) -> bool:
    where, start, end = position(binding), _end(since), position(node)
    if start <= where < end:
        return True
    first = position(since)
    for above in ancestors(node):
        if isinstance(above, FUNCTIONS):
            return False
        outside = isinstance(above, LOOPS) and not position(above) <= first <= _end(above)
        if outside and position(above) <= where <= _end(above):
            return True
    return False


def _end(node: ast.AST) -> Position:
    return getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)


def _changed_meanwhile(values: Values, node: ast.expr) -> str:
    """An attribute that is set outside of constructors may be set by a call after its test."""
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and _is_set_later(values, each.attr):
            return f"{each.attr} is not set again between the test and its use"
    return ""


def _is_set_later(values: Values, name: str) -> bool:
    """Whether something in the tree sets an attribute outside of a constructor."""
    known = values.family.set_later
    if name not in known:
        stores = values.stores.sets.get(name, ())
        known[name] = any(store.kind != "deleted" and not _in_constructor(store.node) for store in stores)
    return known[name]


def _in_constructor(node: ast.AST) -> bool:
    function = next((a for a in ancestors(node) if isinstance(a, FUNCTIONS)), None)
    return getattr(function, "name", "") == "__init__"


def captured(values: Values, node: ast.MatchAs | ast.MatchStar | ast.MatchMapping) -> Answer:
    """What a name in a pattern gets."""
    from porter.source.values import attributes

    if not isinstance(node, ast.MatchAs):
        return UNKNOWN
    if node.pattern is not None:
        wanted = guards.pattern_classes(node.pattern)
        return union(classes(values, each) for each in wanted) if wanted else UNKNOWN
    above = parent(node)
    if isinstance(above, ast.match_case):
        match = parent(above)
        return values.ask(match.subject) if isinstance(match, ast.Match) else UNKNOWN
    if isinstance(above, ast.MatchClass) and node in above.kwd_patterns:
        attr = above.kwd_attrs[above.kwd_patterns.index(node)]
        return attributes.of_answer(values, classes(values, above.cls), attr)
    return UNKNOWN
