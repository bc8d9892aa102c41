"""Names that imports bring into a file, and the uses of each: what becomes of an import is decided for all of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from porter.rewrite.decide.change import Target
from porter.rewrite.decide.decision import Choice
from porter.rewrite.decide.places import is_plain
from porter.source.guarded import is_guarded
from porter.source.names import SourceModule
from porter.source.scopes import Binding, Scope


@dataclass(eq=False)
class Group:
    """All imports that give one name in one scope its meaning, and what becomes of the uses of that name."""

    name: str
    scope: Scope
    meaning: str
    bindings: list[Binding]
    choices: list[Choice] = field(default_factory=list)
    kept: bool = False
    takes: Target | None = None
    removed: bool = False
    provides: list[str] = field(default_factory=list)

    @property
    def statements(self) -> list[ast.stmt]:
        """The import statements, each once, in order."""
        nodes = {id(b.node): b.node for b in self.bindings if isinstance(b.node, (ast.Import, ast.ImportFrom))}
        return sorted(nodes.values(), key=lambda n: n.lineno)

    @property
    def line(self) -> int:
        """First line of the first statement; where there is none, of the first use."""
        lines = [statement.lineno for statement in self.statements]
        return min(lines or (choice.reference.node.lineno for choice in self.choices))

    @cached_property
    def guarded(self) -> bool:
        """Whether the program goes on where one of the statements fails: none may leave the place where it is tried."""
        return any(map(is_guarded, self.statements))

    @property
    def plain(self) -> bool:
        """Whether the first statement always runs: directly in its scope's body."""
        return is_plain(self.bindings, self.scope)


def group_references(
    module: SourceModule, choices: Iterable[Choice], also: Iterable[tuple[str, str]]
) -> Iterator[Group]:
    """Collect the choices of a file by the import that they are reached through.

    `also` names module-level imports (name, meaning) of the source framework without any use.
    """
    groups: dict[tuple[int, str, bool], Group] = {}
    for choice in choices:
        reference = choice.reference
        key = (id(reference.binding_scope), reference.name, reference.through)
        if key not in groups:
            bindings = reference.binding_scope.bindings[reference.name]
            imports = [b for b in bindings if b.is_import and not reference.through]
            groups[key] = Group(reference.name, reference.binding_scope, reference.meaning, imports)
        groups[key].choices.append(choice)
    scope = module.scopes.module
    for name, meaning in also:
        if (id(scope), name, False) not in groups:
            imports = [b for b in scope.bindings[name] if b.is_import]
            groups[(id(scope), name, False)] = Group(name, scope, meaning, imports)
    yield from groups.values()
