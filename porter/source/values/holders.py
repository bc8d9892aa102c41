"""Who else holds the object that a local name stands for: what a change in place would do to them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from porter.source.kinds import LOOPS, position
from porter.source.scopes import Binding, Scope, ancestors, parent, scope_of
from porter.source.stores import FILLS
from porter.source.things import ClassOf
from porter.source.values import origins

if TYPE_CHECKING:
    from porter.source.values.engine import Values

Kind = Literal["fresh", "shared", "parameter", "unknown"]
ORDER: tuple[Kind, ...] = ("parameter", "shared", "unknown", "fresh")
"""What an object is taken for when it may come by several ways: the first."""
STEPS, DEEPEST = 200, 12
"""Names that are looked at for one question, and how far they lead from it: then nothing is known."""
DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Starred)


@dataclass(frozen=True, slots=True)
class Holders:
    """`fresh`: nobody else has the object. `parameter`: the caller has it. `shared`: another name, a container, an
    attribute or a closure. `by`: the place that shares it, or tells that it came from outside.
    """

    kind: Kind
    by: ast.AST | None = None


def worst(found: Iterable[Holders]) -> Holders:
    """What to say of an object that may be any of several."""
    given = list(found)
    return min(given, key=lambda each: ORDER.index(each.kind)) if given else Holders("unknown")


def holders(values: Values, name: ast.Name) -> Holders:
    """Who else has the object of a name at the place where it stands; for the target of `x += y`, just before."""
    values.family.steps = STEPS
    return worst(_holders(values, name, frozenset()))


def holders_within(values: Values, name: ast.Name) -> Holders:
    """The same as a part of another question."""
    return worst(_holders(values, name, frozenset()))


def _holders(values: Values, name: ast.Name, met: frozenset[int]) -> Iterator[Holders]:
    values.family.steps -= 1
    found = _lookup(values, name) if values.family.steps > 0 and len(met) < DEEPEST else None
    if found is None or found[0].kind not in ("function", "module") or isinstance(found[0].node, ast.Lambda):
        yield Holders("unknown", name)
        return
    home, bindings = found
    for binding in bindings:
        if id(binding) in met:
            continue
        yield from _given(values, binding, home, met | {id(binding)})
        yield from _copies(values, binding, home, name)


def _lookup(values: Values, name: ast.Name) -> tuple[Scope, list[Binding]] | None:
    """The scope of a name, and the bindings that may have given it its value before the place."""
    if isinstance(name.ctx, ast.Load):
        scope = scope_of(name) or values.scope(name)
        found = scope.lookup(name.id)
        return (found[0], values.flow.reaching(name, found[0])) if found is not None else None
    scope = values.scope(parent(name) or name)
    found = scope.lookup(name.id)
    own = next((b for b in found[1] if b.node is name), None) if found is not None else None
    return (found[0], values.flow.before(own, found[0])) if found is not None and own is not None else None


def _given(values: Values, binding: Binding, home: Scope, met: frozenset[int]) -> Iterator[Holders]:
    """Who had the object when a binding gave it the name."""
    node = binding.node
    if isinstance(node, ast.arg):
        yield Holders("parameter", node)
        return
    if not isinstance(node, ast.Name):
        yield Holders("shared", node)
        return
    statement = parent(node)
    if isinstance(statement, ast.AugAssign):
        for before in values.flow.before(binding, home):
            if id(before) not in met:
                yield from _given(values, before, home, met | {id(before)})
                yield from _copies(values, before, home, node)
        return
    if isinstance(statement, ast.Assign) and len(statement.targets) > 1:
        yield Holders("shared", next(target for target in statement.targets if target is not node))
    yield from _of_statement(values, node, statement, met)


def _of_statement(values: Values, node: ast.Name, statement: ast.AST | None, met: frozenset[int]) -> Iterator[Holders]:
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and statement.value is not None:
        if isinstance(statement, ast.NamedExpr) and not isinstance(parent(statement), (ast.Compare, ast.If, ast.Expr)):
            yield Holders("shared", statement)
        yield from came(values, statement.value, node.id, met)
    elif isinstance(statement, (ast.Tuple, ast.List)):
        yield from _unpacked(values, node, statement, met)
    else:
        yield Holders("shared" if isinstance(statement, (ast.For, ast.comprehension)) else "unknown", statement)


def _unpacked(values: Values, node: ast.Name, target: ast.Tuple | ast.List, met: frozenset[int]) -> Iterator[Holders]:
    """`a, b = c, d`; of what a call gives, the call's own arguments may be parts."""
    statement = parent(target)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        yield Holders("shared", statement)
        return
    value = statement.value
    if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
        yield from came(values, value.elts[target.elts.index(node)], node.id, met)
    elif isinstance(value, ast.Call):
        yield from came(values, value, node.id, met)
    else:
        yield Holders("shared", value)


def came(values: Values, value: ast.expr, name: str, met: frozenset[int]) -> Iterator[Holders]:
    """Who has the object that an expression gives, once `name` has it too."""
    if isinstance(
        value, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Constant, ast.JoinedStr, ast.ListComp, ast.DictComp)
    ):
        yield Holders("fresh")
    elif isinstance(value, ast.Name):
        yield from _holders(values, value, met) if value.id == name else [_of_name(values, value, met)]
    elif isinstance(value, ast.IfExp):
        yield from came(values, value.body, name, met)
        yield from came(values, value.orelse, name, met)
    elif isinstance(value, ast.BoolOp):
        for each in value.values:
            yield from came(values, each, name, met)
    elif isinstance(value, ast.NamedExpr):
        yield Holders("shared", value.target)
    elif isinstance(value, (ast.Subscript, ast.Attribute)) and isinstance(value.value, ast.Name):
        inner = value.value
        yield from _holders(values, inner, met) if inner.id == name else [Holders("shared", value)]
    elif isinstance(value, ast.Call):
        yield from _called(values, value, name, met)
    else:
        yield Holders("shared" if isinstance(value, (ast.Subscript, ast.Attribute)) else "unknown", value)


def _of_name(values: Values, value: ast.Name, met: frozenset[int]) -> Holders:
    """Another name has it: the caller, too, if that is a parameter."""
    kinds = {each.kind for each in _holders(values, value, met)}
    return Holders("parameter" if "parameter" in kinds else "shared", value)


def _called(values: Values, call: ast.Call, name: str, met: frozenset[int]) -> Iterator[Holders]:
    """The result of a call: new, unless what is called may hand back what it gets."""
    sources = origins.handed_back(values, call)
    if sources is None:
        yield Holders("unknown", call)
        return
    if not sources:
        yield Holders("fresh")
    for source in sources:
        yield from came(values, source, name, met)


def _copies(values: Values, binding: Binding, home: Scope, place: ast.Name) -> Iterator[Holders]:
    """Whether somebody else was given the object between a binding and a place."""
    loops = _loops_around(place, binding)
    statement = next((above for above in ancestors(place) if isinstance(above, ast.stmt)), None)
    alike = {place, *(ast.walk(statement) if isinstance(statement, ast.AugAssign) else ())}
    for read in values.reads_of(home, binding.name):
        if read in alike or not _may_run_before(read, place, loops):
            continue
        if binding not in values.flow.reaching(read, home):
            continue
        found = _shares(values, read, place)
        if found is not None:
            yield found


def _loops_around(place: ast.AST, binding: Binding) -> list[ast.AST]:
    """The loops that a place is in and its binding is not."""
    around = [above for above in ancestors(place) if isinstance(above, LOOPS)]
    stays = isinstance(parent(binding.node), ast.AugAssign)  # which gives the name the object that it had
    inside = [*ancestors(binding.node)] if around and not stays else []
    return [loop for loop in around if loop not in inside]


def _may_run_before(read: ast.AST, place: ast.AST, loops: list[ast.AST]) -> bool:
    """By the order of lines, or by a loop around both that the binding is not in."""
    return position(read) < position(place) or (bool(loops) and any(above in loops for above in ancestors(read)))


def _shares(values: Values, read: ast.Name, place: ast.Name) -> Holders | None:
    """What one use of a name does: `skip = x`, `xs.append(x)`, `(y, x)`, `self.last = x`, `z = x.view(-1)`."""
    above = parent(read)
    if isinstance(above, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
        return Holders("shared", above)
    if isinstance(above, (DISPLAYS, ast.Yield, ast.withitem)):
        return Holders("shared", above) if not _is_consumed(values, above) else None
    if isinstance(above, (ast.IfExp, ast.BoolOp)):
        return Holders("shared", above) if isinstance(parent(above), (ast.Assign, ast.AnnAssign)) else None
    if isinstance(above, (ast.Subscript, ast.Attribute)):
        return _viewed(values, above, read, place)
    call = parent(above) if isinstance(above, ast.keyword) else above
    if isinstance(call, ast.Call) and call.func is not read:
        return _passed(values, call, read, place)
    return None


def _is_consumed(values: Values, display: ast.AST) -> bool:
    """Whether a list is made for a framework's function alone: `torch.cat([x, y])`."""
    call = parent(display)
    if not isinstance(call, ast.Call) or isinstance(display, ast.Starred):
        return False
    things = values.of(call.func).things
    return bool(things) and all(isinstance(thing, ClassOf) for thing in things)


def _viewed(values: Values, above: ast.expr, read: ast.Name, place: ast.Name) -> Holders | None:
    """`z = x[0]`, `z = x.T`, `z = x.view(-1)`: another name for the same numbers."""
    call = parent(above)
    if isinstance(above, ast.Attribute) and isinstance(call, ast.Call) and call.func is above:
        return _passed(values, call, read, place)
    views = isinstance(above, ast.Subscript) or above.attr in origins.VIEWS  # type: ignore[attr-defined]
    return Holders("shared", above) if views and _is_kept(above, read.id) else None


def _passed(values: Values, call: ast.Call, read: ast.Name, place: ast.Name) -> Holders | None:
    """A call that keeps what it gets, or hands it back to another name."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method in FILLS and read in call.args:
        return Holders("shared", call)
    sources = origins.handed_back(values, call)
    if sources is None:
        return Holders("unknown", call)
    back = any(source is read or read in ast.walk(source) for source in sources)
    return Holders("shared", call) if back and _is_kept(call, read.id) else None


def _is_kept(value: ast.expr, name: str) -> bool:
    """Whether a result gets another name, or lies in something: not when it only goes into a sum, or takes the name."""
    below: ast.AST = value
    for above in ancestors(value):
        if isinstance(above, (ast.Assign, ast.AnnAssign)):
            targets = above.targets if isinstance(above, ast.Assign) else [above.target]
            return not all(isinstance(t, ast.Name) and t.id == name for t in targets)
        if isinstance(above, (*DISPLAYS, ast.NamedExpr, ast.keyword)):
            return True
        if isinstance(above, ast.Attribute):
            below = above
            continue
        if isinstance(above, ast.Call):
            if above.func is not below:
                return True
        elif isinstance(above, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.stmt)):
            return False
        below = above
    return False
