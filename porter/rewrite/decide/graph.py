"""Which parts of a tree refer to which: classes and functions, statements, or files, through every import."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from porter.findings import Kind
from porter.rewrite.decide.decision import Place
from porter.rewrite.options import Whole
from porter.source.generated import is_generated
from porter.source.index import TreeIndex, is_annotation
from porter.source.kinds import DEFINITIONS
from porter.source.names import SourceModule, chain, names_in_string
from porter.source.origins import longest_module
from porter.source.scopes import Scope, parent
from porter.source.uses import IMPORTERS

IMPORTS = (ast.Import, ast.ImportFrom)
DEFINES = re.compile(rb"(?:async\s+)?(?:class|def)\s+")


def name_start(module: SourceModule, node: ast.stmt) -> int:
    """Where the name of a class or function stands in its statement."""
    start, _ = module.text.span(node)
    match = DEFINES.match(module.text.data, start)
    return match.end() if match is not None else start


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """What stays as it was, or changes, as one: `start` is where the finding of it stands."""

    module: SourceModule
    name: str
    start: int

    @property
    def place(self) -> Place:
        """The key of the decision about it."""
        return Place(self.module.path, self.start, self.start, Kind.UNIT)


class Division:
    """The units of one file: outermost classes and functions, and the other statements; or the file as one."""

    def __init__(self, module: SourceModule, whole: Whole) -> None:
        self.module = module
        self.spans: list[tuple[int, int, Unit]] = []
        self.statements: list[tuple[int, int, Unit]] = []
        if whole == "file":
            unit = Unit(module, module.path, self._first_line())
            self.statements.append((0, len(module.text.data) + 1, unit))
        else:
            for statement in module.tree.body:
                self._add(statement)
        self._starts = [start for start, _, _ in self.spans]
        self._statement_starts = [start for start, _, _ in self.statements]

    @property
    def units(self) -> Iterator[Unit]:
        """All of them."""
        yield from (unit for _, _, unit in (*self.spans, *self.statements))

    def at(self, offset: int) -> Unit | None:
        """The unit around a place; None for an import, which follows what is read through it."""
        for spans, starts in ((self.spans, self._starts), (self.statements, self._statement_starts)):
            index = bisect_right(starts, offset) - 1
            if index >= 0 and offset < spans[index][1]:
                return spans[index][2]
        return None

    def of(self, node: ast.AST) -> Unit | None:
        """The unit around a node."""
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        return self.at(self.module.text.offset(line, column)) if line else None

    def _first_line(self) -> int:
        """The first statement that is neither a docstring nor an import from `__future__`."""
        for statement in self.module.tree.body:
            text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if not text and not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
                return self._span(statement)[0]
        return 0

    def _span(self, statement: ast.stmt) -> tuple[int, int]:
        return self.module.text.span(statement)

    def _add(self, statement: ast.stmt) -> None:
        start, end = self._span(statement)
        if isinstance(statement, DEFINITIONS):
            first = min([start, *(self.module.text.span(node)[0] for node in statement.decorator_list)])
            self.spans.append((first, end, Unit(self.module, statement.name, name_start(self.module, statement))))
        elif not isinstance(statement, IMPORTS):
            self.statements.append((start, end, Unit(self.module, _named(statement), start)))
            for inner in _inner(statement):
                self._add_inner(inner)

    def _add_inner(self, statement: ast.stmt) -> None:
        """A definition under `if` or `try` is a unit too; what else stands there is part of the statement around."""
        if isinstance(statement, DEFINITIONS):
            self._add(statement)
        else:
            for inner in _inner(statement):
                self._add_inner(inner)


def _inner(statement: ast.stmt) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, (ast.ExceptHandler, ast.match_case)):
            yield from child.body


def _named(statement: ast.stmt) -> str:
    """What a finding calls a statement: by the name that it gives a value, or by its line."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    return names[0] if names else f"the statement in line {statement.lineno}"


class UnitGraph:
    """The units of a tree, and which of them name which."""

    def __init__(
        self, index: TreeIndex, divisions: Mapping[str, Division], ties: Iterable[tuple[Unit, Unit]] = ()
    ) -> None:
        self.index = index
        self.divisions = divisions
        self.ties = tuple(ties)

    @classmethod
    def build(cls, index: TreeIndex, whole: Whole) -> UnitGraph:
        """The graph of a tree; `tied` adds what names do not tell."""
        modules = [module for module in index.modules.values() if not is_generated(module.text.data)]
        return cls(index, {module.path: Division(module, whole) for module in modules})

    def tied(self, ties: Iterable[tuple[Unit, Unit]]) -> UnitGraph:
        """The same units, with pairs that belong together though neither names the other."""
        return UnitGraph(self.index, self.divisions, ties)

    def at(self, place: Place) -> Unit | None:
        """The unit that a decision belongs to; none for what is about the whole tree."""
        division = self.divisions.get(place.path)
        return division.at(place.start) if division is not None else None

    @cached_property
    def uses(self) -> Mapping[Unit, Collection[Unit]]:
        """For each unit the other ones that it names."""
        found: dict[Unit, dict[Unit, None]] = defaultdict(dict)
        named = (pair for division in self.divisions.values() for pair in _Names(division, self).uses())
        for user, used in (*named, *self.ties):
            if user is not used:
                found[user][used] = None
        return {unit: tuple(used) for unit, used in found.items()}

    def named(self, division: Division, name: ast.Name, scope: Scope) -> Collection[Unit]:
        """The units that a name of a file leads to."""
        return _Names(division, self).of_name(name, scope)

    @cached_property
    def users(self) -> Mapping[Unit, Collection[Unit]]:
        """For each unit the other ones that name it."""
        found: dict[Unit, list[Unit]] = defaultdict(list)
        for user, used in self.uses.items():
            for unit in used:
                found[unit].append(user)
        return found

    def involved(self, start: Iterable[Unit]) -> set[Unit]:
        """Some units and all that name them, in any number of steps."""
        return _reached(start, self.users)

    def neighbours(self, unit: Unit, among: Collection[Unit]) -> Iterator[tuple[Unit, bool]]:
        """Units that a unit names, or that name it, and whether it is the one that names."""
        yield from ((used, True) for used in self.uses.get(unit, ()) if used in among)
        yield from ((user, False) for user in self.users.get(unit, ()) if user in among)

    def behind(self, qualified: str) -> Iterator[Unit]:
        """The units that give a dotted name of the tree its value; all of a file where the file itself is meant."""
        todo, seen = [qualified], set[str]()
        while todo:
            name = self.index.resolve(todo.pop())
            module, rest = longest_module(name, self.index.by_dotted)
            division = self.divisions.get(module.path) if module is not None else None
            if name in seen or module is None or division is None:
                continue
            seen.add(name)
            bindings = module.scopes.module.bindings.get(rest[0], []) if rest else []
            todo += [".".join([b.target, *rest[1:]]) for b in bindings if b.target]
            yield from division.units if not rest else ()
            yield from (unit for b in bindings if not b.target and (unit := division.of(b.node)) is not None)


def _reached(start: Iterable[Unit], ways: Mapping[Unit, Collection[Unit]]) -> set[Unit]:
    todo, found = [*start], set(start)
    while todo:
        new = set(ways.get(todo.pop(), ())) - found
        found |= new
        todo += new
    return found


class _Names:
    """The names that one file reads, and the units of the tree that they lead to."""

    def __init__(self, division: Division, graph: UnitGraph) -> None:
        self.division = division
        self.module = division.module
        self.graph = graph
        self._known: dict[tuple[int, str], tuple[Unit, ...]] = {}

    def uses(self) -> Iterator[tuple[Unit, Unit]]:
        """Pairs of the unit that names, and of the one that is named."""
        for node, scope in self.module.scopes.reads:
            user = self.division.of(node)
            if user is not None:
                yield from ((user, used) for used in self.of_name(node, scope))
        yield from self._by_call()
        for constant, scope in self.module.scopes.strings:
            user = self.division.of(constant) if is_annotation(constant) else None
            if user is not None and type(parent(constant)) is not ast.Expr:
                for dotted, _, _ in names_in_string(self.module.text, constant):
                    yield from ((user, used) for used in self._spelled(dotted.split("."), scope))

    def _by_call(self) -> Iterator[tuple[Unit, Unit]]:
        """`globals()["build"]` can be anything of the file, `import_module("nets.gate")` anything of another one."""
        for call, scope in self.module.scopes.calls:
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            user = self.division.of(call) if name in ("globals", *IMPORTERS) else None
            if user is None:
                continue
            first = call.args[0] if call.args else None
            if name == "globals" and scope.lookup(name) is None:
                yield from ((user, unit) for unit in self.division.units)
            elif isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield from ((user, unit) for unit in self.graph.behind(first.value))

    def of_name(self, node: ast.Name, scope: Scope) -> tuple[Unit, ...]:
        """The units that a name leads to, where it is read; those of a local name are known once it was asked for."""
        key = (id(scope), node.id)
        if key not in self._known:
            found = scope.lookup(node.id)
            imported = found is not None and any(b.target for b in found[1])
            if imported:
                return tuple(self._spelled(list(chain(node)[1]), scope))
            self._known[key] = tuple(self._spelled([node.id], scope))
        return self._known[key]

    def _spelled(self, parts: list[str], scope: Scope) -> Iterator[Unit]:
        """The units behind a dotted name as it is read in a scope."""
        found = scope.lookup(parts[0])
        if found is None or (found[0].kind != "module" and not any(b.target for b in found[1])):
            return
        for binding in found[1]:
            if binding.target:
                yield from self.graph.behind(".".join([binding.target, *parts[1:]]))
            elif (unit := self.division.of(binding.node)) is not None:
                yield unit
