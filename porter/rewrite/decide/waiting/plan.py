"""What takes the place of the imports of a file that wait: one line a module, and one for whoever takes names from it.

    torch = porter_layers.lazy("torch")
    __getattr__ = porter_layers.offers(__name__, no_grad="torch.no_grad")

All that a file imports of the source framework waits, or nothing of it does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from porter.rewrite.decide.change import NameEdit
from porter.rewrite.decide.names.groups import Group
from porter.rewrite.decide.names.imports import free_name
from porter.rewrite.decide.waiting.names import Waiters
from porter.rewrite.decide.waiting.waits import Waits
from porter.source.names import SourceModule
from porter.source.scopes import parent, scope_of
from porter.source.waiting import GETTER, LAZY, OFFERS, waits

WIDTH = 100


@dataclass
class Planner:
    """Plans for the groups of one file that can wait.

    `layers` is the file's name of the generated module, `taken` are names that the conversion gives to modules.
    """

    waiters: Waiters
    groups: Sequence[Group]
    layers: str
    taken: Sequence[str]
    made: dict[str, str] = field(default_factory=dict)

    def plan(self, layers_import: ast.stmt | None) -> Waits:
        """All of it. `layers_import`: the statement that imports the generated module already."""
        modules = [group for group in self.groups if self.waiters.is_module(group)]
        names = [group for group in self.groups if group not in modules]
        lines = {group.name: self._call(group.name, _loaded(group)) for group in modules}
        homes = {group: self._home(group, modules) for group in names if self._is_read(group)}
        lines |= {local: self._call(local, [home]) for home, local in self.made.items()}
        offered = [group for group in names if self.waiters.is_offered(group)]
        if offered:
            lines[GETTER] = self._offers(offered)
        renamed = tuple(edit for group, local in homes.items() for edit in self._renamed(group, local))
        return Waits(tuple(self.groups), homes, lines, renamed, self._anchor(layers_import))

    def _anchor(self, layers_import: ast.stmt | None) -> ast.stmt:
        """The last of the imports around; the first that waits, where another file may take its name meanwhile."""
        statements = [statement for group in self.groups for statement in group.statements]
        is_taken = any(map(self.waiters.is_taken, self.groups))
        found = min(statements, key=_line) if is_taken else max(statements, key=_line)
        if layers_import is not None:
            found = max(found, layers_import, key=_line)
        return found if is_taken else _last_of_run(self.module, found)

    @property
    def module(self) -> SourceModule:
        """The file."""
        return self.waiters.file.module

    def _call(self, local: str, modules: Iterable[str]) -> str:
        given = ", ".join(f'"{name}"' for name in modules)
        return f"{local} = {self.layers}.{LAZY}({given})"

    def _offers(self, groups: Iterable[Group]) -> str:
        """The line by which others get names from the file."""
        given = ["__name__", *(f'{group.name}="{group.meaning}"' for group in groups)]
        start = f"{GETTER} = {self.layers}.{OFFERS}("
        line = f"{start}{', '.join(given)})"
        if len(line) <= WIDTH:
            return line
        return self.module.text.newline.join([start, *(f"    {each}," for each in given), ")"])

    def _is_read(self, group: Group) -> bool:
        return bool(self.waiters.reads(group) or self.waiters.texts(group))

    def _home(self, group: Group, modules: Iterable[Group]) -> str:
        """A name of the file for the module that a name comes from, which nothing hides where the name is read."""
        home = group.meaning.rpartition(".")[0]
        found = [each.name for each in modules if each.meaning == home] + [*self._earlier(home)]
        found += [self.made[home]] if home in self.made else []
        for local in found:
            if all(self._is_seen(local, node) for node in self.waiters.reads(group)):
                return local
        self.made[home] = free_name(self.module, home, [*self.taken, *self.made.values(), self.layers], frozenset())
        return self.made[home]

    def _earlier(self, home: str) -> Iterator[str]:
        for name, bindings in self.module.scopes.module.bindings.items():
            if all(b.target == home and waits(b.node) and isinstance(b.node, ast.Import) for b in bindings):
                yield name

    def _is_seen(self, local: str, node: ast.Name) -> bool:
        """Whether a name means at a place what it means at the file's top."""
        scope = scope_of(node)
        found = scope.lookup(local) if scope is not None else None
        return found is None or found[0] is self.module.scopes.module

    def _renamed(self, group: Group, local: str) -> Iterator[NameEdit]:
        gone = {id(c.reference.root) for c in group.choices if not c.keeps_name and not c.harmless}
        written = group.meaning.rpartition(".")[2]
        starts = [self.module.text.span(node)[0] for node in self.waiters.reads(group) if id(node) not in gone]
        for start in [*starts, *self.waiters.texts(group)]:
            yield NameEdit(start, start + len(group.name.encode()), f"{local}.{written}")


def _line(node: ast.stmt) -> int:
    return node.lineno


def _loaded(group: Group) -> list[str]:
    """The modules that the imports of a name load: itself first."""
    found = [group.meaning]
    for binding in group.bindings:
        if isinstance(binding.node, ast.Import) and binding.node.names[binding.alias].asname is None:
            found.append(binding.node.names[binding.alias].name)
    return list(dict.fromkeys(found))


def _last_of_run(module: SourceModule, statement: ast.stmt) -> ast.stmt:
    """The last of the imports that follow a statement without any other code between them."""
    body = module.tree.body
    found = statement
    for following in body[body.index(statement) + 1 :] if parent(statement) is module.tree else ():
        beside = [each for each in body if each.lineno == following.lineno]
        if not all(isinstance(each, (ast.Import, ast.ImportFrom)) for each in beside):
            break
        found = following
    return found
