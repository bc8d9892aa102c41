"""Which class of a tree derives from which, as far as the names among its bases tell."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cached_property

from porter.source.index import TreeIndex
from porter.source.kinds import DEFS
from porter.source.names import SourceModule, dotted_parts
from porter.source.origins import longest_module
from porter.source.scopes import Binding, Scope, parent

FRAMEWORKS = frozenset({"torch", "mindspore"})
MAX_HOPS = 20


class Lineage:
    """The classes of a tree. Nothing is looked up before it is asked for."""

    def __init__(self, index: TreeIndex) -> None:
        self.index = index
        self.found: dict[ast.ClassDef, tuple[ast.ClassDef, ...]] = {}
        self.strange: dict[ast.ClassDef, bool] = {}
        self.above: dict[ast.ClassDef, tuple[ast.ClassDef, ...]] = {}
        self.kin: dict[ast.ClassDef, frozenset[ast.ClassDef]] = {}
        self.below: dict[ast.ClassDef, frozenset[ast.ClassDef]] = {}
        self.bodies: dict[ast.ClassDef, dict[str, list[ast.stmt]]] = {}

    @cached_property
    def scopes(self) -> dict[ast.ClassDef, tuple[SourceModule, Scope]]:
        """Every class of the tree, with its file and the scope that it stands in."""
        return {
            node: (module, scope) for module in self.index.modules.values() for node, scope in module.scopes.classes
        }

    @cached_property
    def children(self) -> dict[ast.ClassDef, list[ast.ClassDef]]:
        """For each class those that name it as a base."""
        children: dict[ast.ClassDef, list[ast.ClassDef]] = {}
        for node in self.scopes:
            for base in self.bases(node):
                children.setdefault(base, []).append(node)
        return children

    def bases(self, node: ast.ClassDef) -> tuple[ast.ClassDef, ...]:
        """The classes of the tree among the bases of a class."""
        if node not in self.found:
            self.found[node] = ()  # a class that is its own base ends here
            _, scope = self.scopes[node]
            given = [self.named(_bare(base), scope) for base in node.bases]
            found = [each for bases in given for each in bases if each is not node]
            self.found[node] = tuple(dict.fromkeys(found))
            open_ends = (b for b, classes in zip(node.bases, given, strict=True) if not classes)
            self.strange[node] = any(self._is_strange(_bare(base), scope) for base in open_ends)
        return self.found[node]

    def is_strange(self, node: ast.ClassDef) -> bool:
        """Whether the class, or an ancestor, has a base of which nothing is known, or a metaclass."""
        for each in self.ancestry(node):
            self.bases(each)
            if self.strange[each] or any(k.arg == "metaclass" and not _is_abstract(k.value) for k in each.keywords):
                return True
        return False

    def _is_strange(self, base: ast.expr, scope: Scope) -> bool:
        """Neither a framework's nor Python's own."""
        parts = dotted_parts(base)
        if not parts:
            return True
        meaning = self.index.meaning(parts[0], scope)
        if meaning is None:
            return scope.lookup(parts[0]) is not None
        root = meaning[1].partition(".")[0]
        return root not in FRAMEWORKS and root not in sys.stdlib_module_names

    def ancestry(self, node: ast.ClassDef) -> tuple[ast.ClassDef, ...]:
        """A class and those that it derives from, near ones first."""
        if node not in self.above:
            self.above[node] = tuple(self._ancestry(node))
        return self.above[node]

    def _ancestry(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        found = [node]
        seen = {node}
        for current in found:
            new = [base for base in self.bases(current) if base not in seen]
            found += new
            seen.update(new)
        return found

    def descendants(self, node: ast.ClassDef) -> frozenset[ast.ClassDef]:
        """The classes that derive from a class, itself left out."""
        if node not in self.below:
            found: set[ast.ClassDef] = set()
            todo = [node]
            while todo:
                new = [child for child in self.children.get(todo.pop(), ()) if child not in found]
                found.update(new)
                todo += new
            self.below[node] = frozenset(found - {node})
        return self.below[node]

    def relatives(self, node: ast.ClassDef) -> frozenset[ast.ClassDef]:
        """All classes whose methods an instance of a class, or of one that derives from it, can have."""
        if node not in self.kin:
            found = set(self.ancestry(node))
            for child in self.descendants(node):
                found.update(self.ancestry(child))
            self.kin[node] = frozenset(found)
        return self.kin[node]

    def body(self, node: ast.ClassDef) -> dict[str, list[ast.stmt]]:
        """Statements of the class body by the name that they bind."""
        if node not in self.bodies:
            names: dict[str, list[ast.stmt]] = {}
            self.bodies[node] = names
            for statement in _statements(node.body):
                for name in _bound(statement):
                    names.setdefault(name, []).append(statement)
        return self.bodies[node]

    def defined(self, node: ast.ClassDef, name: str) -> tuple[ast.ClassDef, list[ast.stmt]] | None:
        """The nearest class in the ancestry whose body binds a name, and the statements that do."""
        for each in self.ancestry(node):
            found = self.body(each).get(name)
            if found:
                return each, found
        return None

    def overrides(self, node: ast.ClassDef, name: str) -> list[tuple[ast.ClassDef, list[ast.stmt]]]:
        """Other classes that an object taken for one of `node` may get the name from."""
        own = self.defined(node, name)
        others = self.relatives(node) - set(self.ancestry(node))
        found = [(each, self.body(each)[name]) for each in others if name in self.body(each)]
        return [pair for pair in found if own is None or pair[0] is not own[0]]

    def named(self, node: ast.expr, scope: Scope, hops: int = 0) -> tuple[ast.ClassDef, ...]:
        """The class statements of the tree that a dotted name stands for."""
        parts = dotted_parts(node)
        found = scope.lookup(parts[0]) if parts else None
        if not parts or found is None or hops > MAX_HOPS:
            return ()
        classes: list[ast.ClassDef] = []
        for binding in found[1]:
            classes += self._given(binding, found[0], parts[1:], hops)
        return tuple(dict.fromkeys(classes))

    def _given(self, binding: Binding, home: Scope, rest: list[str], hops: int) -> Iterator[ast.ClassDef]:
        if isinstance(binding.node, ast.ClassDef):
            yield from _nested(binding.node, rest)
        elif binding.target:
            yield from self.spelled(".".join([self.index.resolve(binding.target), *rest]), hops + 1)
        else:
            statement = parent(binding.node)
            if isinstance(statement, ast.Assign) and binding.node in statement.targets and not rest:
                yield from self.named(statement.value, home, hops + 1)

    def spelled(self, qualified: str, hops: int = 0) -> Iterator[ast.ClassDef]:
        """The classes of a dotted name that starts with a module of the tree."""
        module, rest = longest_module(self.index.resolve(qualified), self.index.by_dotted)
        if module is None or not rest or hops > MAX_HOPS:
            return
        top = module.scopes.module
        for binding in top.bindings.get(rest[0], ()):
            yield from self._given(binding, top, rest[1:], hops + 1)


def _bare(node: ast.expr) -> ast.expr:
    """`Base[int]` is `Base`."""
    return node.value if isinstance(node, ast.Subscript) else node


def _is_abstract(node: ast.expr) -> bool:
    parts = dotted_parts(node)
    return bool(parts) and parts[-1] in ("ABCMeta", "EnumMeta")  # type: ignore[index]


def _nested(node: ast.ClassDef, rest: list[str]) -> Iterator[ast.ClassDef]:
    if not rest:
        yield node
        return
    for statement in node.body:
        if isinstance(statement, ast.ClassDef) and statement.name == rest[0]:
            yield from _nested(statement, rest[1:])


def _statements(block: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a class body, also those under `if` and `try`."""
    for statement in block:
        yield statement
        if isinstance(statement, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
            for name in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(statement, name, []))
            for handler in getattr(statement, "handlers", ()):
                yield from _statements(handler.body)


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (*DEFS, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
    else:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        for target in targets:
            if target is not None:
                yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
