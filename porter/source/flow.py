"""Reaching definitions: which of the statements that bind a name may have given it its value at a place."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from porter.source.kinds import FUNCTIONS
from porter.source.places import body_of, place_of
from porter.source.scopes import Binding, Scope, ancestors, parent
from porter.source.walrus import always_met, comes_before, met_when_true

State = frozenset[int]
NOWHERE: State = frozenset()
"""No binding: the place cannot be reached, or the name has no value there yet."""
SWALLOWS = frozenset({"suppress", "raises", "assertRaises", "assertRaisesRegex"})
"""Context managers that go on after an error in their block."""


class Flow:
    """Answers for one file; the way through a scope is followed once for each name that is bound more than once."""

    def __init__(self) -> None:
        self.ways: dict[tuple[int, str], _Way] = {}
        self.jumps: dict[int, set[int]] = {}
        self.places: dict[ast.Name, ast.stmt | None] = {}

    def reaching(self, node: ast.Name, home: Scope) -> list[Binding]:
        """The bindings in `home`, the scope that the name is found in, whose value a read of it may get."""
        bindings = home.bindings[node.id]
        if len(bindings) == 1 or (home.kind != "function" and home.kind != "module"):
            return bindings
        if node not in self.places:
            self.places[node] = place_of(node, home)
        place = self.places[node]
        if place is None or isinstance(home.node, ast.Lambda):
            return bindings
        return self._way(home, node.id).at_place(node, place)

    def before(self, binding: Binding, home: Scope) -> list[Binding]:
        """What a name was before the statement that binds it: for `x += y`."""
        bindings = home.bindings[binding.name]
        if home.kind not in ("function", "module") or isinstance(home.node, ast.Lambda):
            return [other for other in bindings if other is not binding]
        return self._way(home, binding.name).before(binding)

    def _way(self, home: Scope, name: str) -> _Way:
        key = (id(home), name)
        if key not in self.ways:
            if id(home) not in self.jumps:
                self.jumps[id(home)] = found = set[int]()
                _note_jumps(body_of(home.node), found)
            self.ways[key] = way = _Way(home, home.bindings[name], self.jumps[id(home)])
            way.follow()
        return self.ways[key]


def _note_jumps(block: Iterable[ast.stmt], found: set[int]) -> bool:
    """Note the compound statements that hold a jump."""
    any_here = False
    for statement in block:
        if isinstance(statement, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
            any_here = True
        elif not isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            below = [_note_jumps(inner, found) for inner in inner_blocks(statement)]
            if any(below):
                found.add(id(statement))
                any_here = True
    return any_here


def inner_blocks(statement: ast.AST) -> Iterator[list[ast.stmt]]:
    """The blocks of statements directly inside a statement."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, None)
        if isinstance(block, list) and block:
            yield block
    for name in ("handlers", "cases"):
        for holder in getattr(statement, name, ()):
            yield holder.body


@dataclass(slots=True)
class _Loop:
    breaks: State = NOWHERE
    continues: State = NOWHERE


@dataclass(slots=True)
class _Way:
    """The way of one name through one scope. Bindings are numbers here: their places in the scope's list."""

    home: Scope
    bindings: Sequence[Binding]
    jumps: set[int]
    at: dict[int, State] = field(default_factory=dict)
    by_statement: dict[int, list[int]] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    anywhere: State = NOWHERE
    loops: list[_Loop] = field(default_factory=list)

    def follow(self) -> None:
        """Follow the scope's statements. What other functions bind (`global`, `nonlocal`) is there at any time."""
        start: set[int] = set()
        anywhere: set[int] = set()
        for number, binding in enumerate(self.bindings):
            if isinstance(binding.node, ast.arg):
                start.add(number)
            elif not self._note(number, binding.node):
                anywhere.add(number)
        self.anywhere = frozenset(anywhere)
        self.block(body_of(self.home.node), frozenset(start))

    def _note(self, number: int, node: ast.AST) -> bool:
        """Note the statements around a binding, the inmost as the one that binds; False for another function's."""
        first = True
        below = node
        while below is not self.home.node:
            if isinstance(below, (ast.stmt, ast.ExceptHandler)):
                if first:
                    self.by_statement.setdefault(id(below), []).append(number)
                    first = False
                self.touched.add(id(below))
            above = parent(below)
            if above is None or (isinstance(above, FUNCTIONS) and above is not self.home.node):
                return False
            below = above
        return True

    def at_place(self, node: ast.Name, statement: ast.stmt) -> list[Binding]:
        """The bindings that reach a read of the name in a statement."""
        state = self._state(statement)
        here = [n for n in self.by_statement.get(id(statement), ()) if _is_inline(self.bindings[n].node)]
        for number in here:
            found = comes_before(self.bindings[number].node, node)
            state = frozenset({number}) if found == "always" else state | {number} if found == "perhaps" else state
        return self._given(state)

    def before(self, binding: Binding) -> list[Binding]:
        """The bindings that reach the statement of a binding."""
        statement = next((a for a in (binding.node, *ancestors(binding.node)) if isinstance(a, ast.stmt)), None)
        return self._given(self._state(statement)) if statement is not None else list(self.bindings)

    def _state(self, statement: ast.AST) -> State:
        """What reaches a statement; one that was not walked has none of the bindings in or around it."""
        for node in (statement, *ancestors(statement)):
            if id(node) in self.at:
                return self.at[id(node)]
            if node is self.home.node:
                break
        return NOWHERE

    def _given(self, state: State) -> list[Binding]:
        if not state:
            return list(self.bindings)
        return [self.bindings[number] for number in sorted(state | self.anywhere)]

    def block(self, statements: Iterable[ast.stmt], state: State) -> State:
        """What is left after some statements."""
        for statement in statements:
            key = id(statement)
            self.at[key] = state
            if key in self.touched or key in self.jumps:
                state = self._compound(statement, state)
            elif isinstance(statement, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
                state = self._jump(statement, state)
        return state

    def _jump(self, statement: ast.stmt, state: State) -> State:
        loop = self.loops[-1] if self.loops else None
        if loop is not None and isinstance(statement, ast.Break):
            loop.breaks |= state
        elif loop is not None and isinstance(statement, ast.Continue):
            loop.continues |= state
        return NOWHERE

    def _compound(self, statement: ast.stmt, state: State) -> State:
        if isinstance(statement, ast.If):
            return self._if(statement, state)
        if isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
            return self._loop(statement, state)
        if isinstance(statement, (ast.Try, ast.TryStar)):
            return self._try(statement, state)
        if isinstance(statement, (ast.With, ast.AsyncWith)):
            return self._with(statement, state)
        if isinstance(statement, ast.Match):
            return self._match(statement, state)
        after = self._bound(statement, state)
        jumps = isinstance(statement, (ast.Return, ast.Raise))
        return self._jump(statement, after) if jumps else after

    def _bound(self, statement: ast.AST, state: State, within: ast.AST | None = None) -> State:
        """What a simple statement, or one expression of a compound one, makes of the state."""
        for number in self.by_statement.get(id(statement), ()):
            node = self.bindings[number].node
            if within is not None and not (node is within or within in ancestors(node)):
                continue
            if isinstance(parent(node), ast.AnnAssign) and parent(node).value is None:  # type: ignore[union-attr]
                continue
            sure = always_met(node, within or statement) if _is_inline(node) else True
            state = frozenset({number}) if sure else state | {number}
        return state

    def _if(self, statement: ast.If, state: State) -> State:
        whole = self._bound(statement, state, statement.test)
        sure = [
            n for n in self.by_statement.get(id(statement), ()) if met_when_true(self.bindings[n].node, statement.test)
        ]
        body = self.block(statement.body, frozenset(sure[-1:]) or whole)
        return body | self.block(statement.orelse, whole)

    def _loop(self, statement: ast.For | ast.AsyncFor | ast.While, state: State) -> State:
        if isinstance(statement, ast.While):
            endless = isinstance(statement.test, ast.Constant) and bool(statement.test.value)
            targets: State = NOWHERE
        else:
            state, endless = self._bound(statement, state, statement.iter), False
            inside = (n for n in self.by_statement.get(id(statement), ()) if self._is_target(n, statement))
            targets = frozenset(inside)
        head = state
        while True:
            self.loops.append(_Loop())
            if isinstance(statement, ast.While):
                self.at[id(statement)] = head
                start = self._bound(statement, head, statement.test)
            else:
                start = targets or head
            end = self.block(statement.body, start)
            loop = self.loops.pop()
            again = head | end | loop.continues
            if again == head:
                break
            head = again
        left = self._bound(statement, head, statement.test) if isinstance(statement, ast.While) else head
        return self.block(statement.orelse, NOWHERE if endless else left) | loop.breaks

    def _is_target(self, number: int, statement: ast.For | ast.AsyncFor) -> bool:
        node = self.bindings[number].node
        return node is statement.target or statement.target in ancestors(node)

    def _inside(self, block: Iterable[ast.AST]) -> State:
        """All bindings in a block: an error may have ended it after any of them."""
        tops = {id(node) for node in block}
        found = (n for n, b in enumerate(self.bindings) if any(id(a) in tops for a in (b.node, *ancestors(b.node))))
        return frozenset(found)

    def _try(self, statement: ast.Try | ast.TryStar, state: State) -> State:
        body = self.block(statement.body, state)
        broken = state | self._inside(statement.body)
        outs = self.block(statement.orelse, body)
        for handler in statement.handlers:
            outs |= self.block(handler.body, self._bound(handler, broken))
        if not statement.finalbody:
            return outs
        after = self.block(statement.finalbody, outs)
        rest = [*statement.orelse, *statement.handlers]
        self.block(statement.finalbody, outs | broken | self._inside(rest))
        return after if outs else NOWHERE

    def _with(self, statement: ast.With | ast.AsyncWith, state: State) -> State:
        before = state
        for item in statement.items:
            state = self._bound(statement, state, item)
        after = self.block(statement.body, state)
        calls = [item.context_expr for item in statement.items if isinstance(item.context_expr, ast.Call)]
        names = {getattr(c.func, "attr", getattr(c.func, "id", "")) for c in calls}
        return after | before | state | self._inside(statement.body) if names & SWALLOWS else after

    def _match(self, statement: ast.Match, state: State) -> State:
        state = self._bound(statement, state, statement.subject)
        outs: State = NOWHERE
        for case in statement.cases:
            caught = frozenset(n for n in self.by_statement.get(id(statement), ()) if self._is_in(n, case))
            outs |= self.block(case.body, caught or state)
            state |= caught
            if case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None:
                return outs
        return outs | state

    def _is_in(self, number: int, case: ast.match_case) -> bool:
        node = self.bindings[number].node
        return node is case.pattern or case.pattern in ancestors(node)


def _is_inline(node: ast.AST) -> bool:
    """Whether a binding happens in the middle of its statement, where the statement goes on to read the name."""
    above = parent(node)
    if isinstance(above, ast.NamedExpr) and above.target is node:
        return True
    return any(isinstance(a, (ast.withitem, ast.pattern)) for a in (above, parent(above) if above else None))
