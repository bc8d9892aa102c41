"""Type tests that hold at a place: what `isinstance(m, X)` around a use, or before it, says of `m`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from porter.source.kinds import COMPREHENSIONS, FUNCTIONS
from porter.source.scopes import ancestors, parent

LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
TESTS = frozenset({"isinstance", "issubclass", "type", "is_tensor"})
SAME = (ast.Eq, ast.Is)
NOT_SAME = (ast.NotEq, ast.IsNot)
MAX_NAMES = 4


@dataclass(frozen=True, slots=True)
class Told:
    """What one test tells of an object: it is an instance of one of the `classes`, or (`positive` false) of none.

    `since`: the test, or the statement that gave the name that is tested its value: from there on it holds.
    `exact`: of the class itself, not of one that derives from it.
    """

    classes: tuple[ast.expr, ...]
    since: ast.AST
    positive: bool = True
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression that is true, or false, at a place; or a pattern that has matched a subject."""

    test: ast.expr | ast.pattern
    truth: bool
    subject: ast.expr | None = None


def key_of(node: ast.expr) -> str:
    """Two expressions with one key have the same text: `m`, `self.norm`, `blocks[0]`; "" where nobody compares them."""
    if type(node) is ast.Name:
        return node.id
    if type(node) is ast.Attribute:
        start = key_of(node.value)
        return f"{start}.{node.attr}" if start else ""
    if type(node) is ast.NamedExpr:
        return node.target.id
    if type(node) is ast.Subscript and type(node.slice) in (ast.Constant, ast.Name):
        start = key_of(node.value)
        where = node.slice.id if isinstance(node.slice, ast.Name) else repr(node.slice.value)  # type: ignore[attr-defined]
        return f"{start}[{where}]" if start else ""
    return ""


def conditions(node: ast.AST) -> Iterator[Condition]:
    """What is true at a node whenever it is reached, the nearest first; nothing outside its function counts."""
    below: ast.AST = node
    for above in ancestors(node):
        yield from _around(above, below)
        if isinstance(below, ast.stmt):
            yield from _left_early(above, below)
        if isinstance(above, (*FUNCTIONS, ast.ClassDef)):
            return
        below = above


def _around(above: ast.AST, below: ast.AST) -> Iterator[Condition]:
    if isinstance(above, (ast.If, ast.While)):
        if below in above.body:
            yield Condition(above.test, True)
        elif below in above.orelse and isinstance(above, ast.If):
            yield Condition(above.test, False)
    elif isinstance(above, ast.IfExp) and below is not above.test:
        yield Condition(above.test, below is above.body)
    elif isinstance(above, ast.BoolOp):
        for value in reversed(above.values[: above.values.index(below)]):  # type: ignore[arg-type]
            yield Condition(value, isinstance(above.op, ast.And))
    elif isinstance(above, ast.comprehension) and below in above.ifs:
        yield from (Condition(test, True) for test in reversed(above.ifs[: above.ifs.index(below)]))
    elif isinstance(above, COMPREHENSIONS):
        yield from _in_comprehension(above, below)
    elif isinstance(above, ast.match_case) and below is not above.pattern:
        yield from _in_case(above, below)


def _in_comprehension(above: ast.AST, below: ast.AST) -> Iterator[Condition]:
    generators: list[ast.comprehension] = above.generators  # type: ignore[attr-defined]
    before = generators[: generators.index(below)] if isinstance(below, ast.comprehension) else generators
    for generator in reversed(before):
        yield from (Condition(test, True) for test in reversed(generator.ifs))


def _in_case(case: ast.match_case, below: ast.AST) -> Iterator[Condition]:
    match = parent(case)
    if case.guard is not None and below is not case.guard:
        yield Condition(case.guard, True)
    if isinstance(match, ast.Match):
        yield Condition(case.pattern, True, match.subject)


def _left_early(above: ast.AST, below: ast.stmt) -> Iterator[Condition]:
    """`if not isinstance(m, X): return`, or `assert isinstance(m, X)`, before a statement in its block."""
    block = next((b for b in _blocks(above) if below in b), [])
    for statement in reversed(block[: block.index(below)] if block else []):
        if isinstance(statement, ast.Assert):
            yield Condition(statement.test, True)
        elif isinstance(statement, ast.If):
            if leaves(statement.body):
                yield Condition(statement.test, False)
            elif statement.orelse and leaves(statement.orelse):
                yield Condition(statement.test, True)


def leaves(block: Sequence[ast.stmt]) -> bool:
    """Whether a block never goes on to what follows it."""
    last = block[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and leaves(last.body) and leaves(last.orelse)
    return isinstance(last, LEAVES)


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block


class Teller:
    """Reads conditions. `value_of` gives what a plain assignment gave a name that is tested, and the statement."""

    def value_of(self, node: ast.Name) -> tuple[ast.expr, ast.AST] | None:
        """`k = isinstance(m, A)`, then `if k:`."""
        raise NotImplementedError

    def told(self, condition: Condition, key: str) -> Iterator[Told]:
        """What a condition tells of the expression with a key."""
        if condition.subject is not None:
            if key_of(condition.subject) == key and isinstance(condition.test, ast.pattern):
                classes = pattern_classes(condition.test)
                if classes:
                    yield Told(classes, condition.subject)
        elif isinstance(condition.test, ast.expr):
            yield from self._test(condition.test, condition.truth, key, condition.test)

    def _test(self, test: ast.expr, truth: bool, key: str, since: ast.AST, hops: int = 0) -> Iterator[Told]:
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            yield from self._test(test.operand, not truth, key, since, hops)
        elif isinstance(test, ast.BoolOp):
            yield from self._chain(test, truth, key, since, hops)
        elif isinstance(test, ast.NamedExpr):
            yield from self._test(test.value, truth, key, since, hops)
        elif isinstance(test, ast.Name):
            given = self.value_of(test) if hops < MAX_NAMES else None
            if given is not None:
                yield from self._test(given[0], truth, key, given[1], hops + 1)
        elif isinstance(test, ast.Call):
            yield from _called(test, truth, key, since)
        elif isinstance(test, ast.Compare) and len(test.ops) == 1:
            yield from _compared(test, truth, key, since)

    def _chain(self, test: ast.BoolOp, truth: bool, key: str, since: ast.AST, hops: int) -> Iterator[Told]:
        """All of an `and` are true, all of an `or` are false; else one of them is, and nobody knows which."""
        if isinstance(test.op, ast.And) is truth:
            for value in test.values:
                yield from self._test(value, truth, key, since, hops)
            return
        found = [next((t for t in self._test(v, truth, key, since, hops) if t.positive), None) for v in test.values]
        tests = [told for told in found if told is not None]
        if tests and len(tests) == len(found):
            classes = tuple(node for told in tests for node in told.classes)
            yield Told(classes, tests[0].since, True, all(told.exact for told in tests))


def _called(test: ast.Call, truth: bool, key: str, since: ast.AST) -> Iterator[Told]:
    name = test.func.attr if isinstance(test.func, ast.Attribute) else getattr(test.func, "id", "")
    if name == "is_tensor" and len(test.args) == 1 and key_of(test.args[0]) == key:
        yield Told((test.func,), since, truth)
    if name not in ("isinstance", "issubclass") or len(test.args) != 2 or not isinstance(test.func, ast.Name):
        return
    if (name == "isinstance" and key_of(test.args[0]) == key) or (
        name == "issubclass" and _class_of(test.args[0], key)
    ):
        yield Told((test.args[1],), since, truth)


def _class_of(node: ast.expr, key: str) -> bool:
    """`type(m)`, `m.__class__`."""
    if isinstance(node, ast.Attribute) and node.attr == "__class__":
        return key_of(node.value) == key
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "type"
    return called and len(node.args) == 1 and key_of(node.args[0]) == key  # type: ignore[attr-defined]


def _compared(test: ast.Compare, truth: bool, key: str, since: ast.AST) -> Iterator[Told]:
    left, operator, right = test.left, test.ops[0], test.comparators[0]
    if isinstance(operator, (*SAME, *NOT_SAME)):
        positive = isinstance(operator, SAME) is truth
        if (isinstance(right, ast.Constant) and right.value is None and key_of(left) == key) or _class_of(left, key):
            yield Told((right,), since, positive, exact=True)
        elif _class_of(right, key):
            yield Told((left,), since, positive, exact=True)
    elif isinstance(operator, (ast.In, ast.NotIn)) and _class_of(left, key):
        yield Told((right,), since, isinstance(operator, ast.In) is truth, exact=True)


def pattern_classes(pattern: ast.pattern) -> tuple[ast.expr, ...]:
    """The classes that a pattern asks for; none where it takes others too."""
    if isinstance(pattern, ast.MatchClass):
        return (pattern.cls,)
    if isinstance(pattern, ast.MatchAs):
        return pattern_classes(pattern.pattern) if pattern.pattern is not None else ()
    if isinstance(pattern, ast.MatchOr):
        found = [pattern_classes(each) for each in pattern.patterns]
        return tuple(node for classes in found for node in classes) if all(found) else ()
    return ()


def tested_keys(calls: Sequence[ast.Call], attributes: Sequence[ast.Attribute]) -> frozenset[str]:
    """Keys of all expressions whose class a file tests, but for those of `match`."""
    found: set[str] = set()
    for call in calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in TESTS and call.args:
            found.add(key_of(call.args[0]))
    found.update(key_of(node.value) for node in attributes if node.attr == "__class__")
    return frozenset(found - {""})
