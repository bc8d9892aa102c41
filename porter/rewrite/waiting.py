"""Let imports of the source framework wait in the files of a plan that can be imported without it then."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.decision import Choice, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.file import FilePlan
from porter.rewrite.decide.names.groups import Group
from porter.rewrite.decide.names.handing import when_it_waits
from porter.rewrite.decide.names.imports import free_name
from porter.rewrite.decide.places import existing
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.rewrite.decide.waiting.names import Takers, Waiters
from porter.rewrite.decide.waiting.needed import Needed, imports_on_import, uses_on_import
from porter.rewrite.decide.waiting.plan import Planner
from porter.rewrite.late import is_missed
from porter.rewrite.place import Place, place
from porter.rules.model import TITLES
from porter.source.kinds import position
from porter.source.layout import package_root
from porter.source.waiting import GETTER, LAZY, OFFERS, imported_by, waits


@dataclass(frozen=True)
class Waiting:
    """Plans for one tree; the generated module lies at a `place`. `fixed`: by file, names that text leads to."""

    tree: TreeFacts
    place: Place
    fixed: Mapping[str, frozenset[str]]

    def plans(self, files: Mapping[str, FilePlan]) -> Iterator[tuple[str, FilePlan]]:
        """The files whose plan is another one now."""
        takers = Takers(self.tree.index)
        for path, plan in files.items():
            file = self.tree.files[path]
            waiters = Waiters(file, self.fixed[path], takers)
            new = _OfFile(file, plan, waiters, self.place).planned()
            if new is not plan:
                yield path, new


@dataclass(frozen=True)
class _OfFile:
    file: FileFacts
    plan: FilePlan
    waiters: Waiters
    place: Place

    def planned(self) -> FilePlan:
        groups = [*self._kept(), *self._unused()]
        staying = [group for group in groups if not self.waiters.is_waiting(group) and not self._is_lent(group)]
        needed = {*uses_on_import(self.plan, self.file.options.source), *imports_on_import(self.file)}
        needed |= {self._needs(group) for group in staying if self._runs(group) and not self.waiters.can_wait(group)}
        if needed:
            return self._told(sorted(needed))
        can_wait = sorted((group for group in staying if self._runs(group)), key=_place_of)
        return self._waiting(can_wait) if can_wait else self.plan

    def _is_lent(self, group: Group) -> bool:
        """Whether a module is taken from another file of the tree, where its import waits, or does not."""
        return not self.waiters.is_own(group) and self.waiters.is_module(group)

    def _kept(self) -> Iterator[Group]:
        """Imports of the framework that stay, as the plan says."""
        source = self.file.options.source
        for group in self.plan.imports.groups:
            if group.bindings and group.kept and group.meaning.partition(".")[0] == source:
                yield group

    def _unused(self) -> Iterator[Group]:
        """Imports that nothing in the file uses, and that stay since nothing else changes there."""
        planned = {group.name for group in self.plan.imports.groups if group.scope.kind == "module"}
        scope = self.file.module.scopes.module
        for name, meaning in self.file.unused_imports:
            if name not in planned and meaning.partition(".")[0] == self.file.options.source:
                bindings = [binding for binding in scope.bindings[name] if binding.is_import]
                yield Group(name, scope, meaning, bindings, kept=True)

    def _runs(self, group: Group) -> bool:
        """Whether an import runs when the file is imported, and a failure is one of the file."""
        module = self.file.module
        return not group.guarded and any(statement in module.tree.body for statement in group.statements)

    def _needs(self, group: Group) -> Needed:
        return Needed(self.file.module.text.span(group.statements[0])[0], group.meaning)

    def _told(self, needed: list[Needed]) -> FilePlan:
        """The plan, with a remark for each place that does not let the imports wait."""
        theirs = TITLES[self.file.options.source]
        reason = Reason(Code.ON_IMPORT, f"this runs when the file is imported, which needs {theirs} then")
        choices: list[Choice] = []
        for each in needed:
            decision = told(self.file.path, each.start, Level.REVIEW, each.name, reason)
            choices.append(Choice(decision, decision.ways[0], Level.REVIEW, reason))
        return replace(self.plan, choices=(*self.plan.choices, *choices))

    def _waiting(self, groups: list[Group]) -> FilePlan:
        module, layers = self.file.module, self.file.options.layers
        imports = self.plan.imports
        local = imports.aliases.get(layers) or existing(module, layers, layers)
        local = local or free_name(module, layers, imports.aliases.values(), frozenset())
        statement = self._layers_import()
        waits_plan = Planner(self.waiters, groups, local, tuple(imports.aliases.values())).plan(statement)
        all_groups = [*imports.groups, *(group for group in groups if group not in imports.groups)]
        aliases = {**imports.aliases, layers: local}
        new = replace(imports, groups=all_groups, aliases=aliases, waits=waits_plan)
        plan = replace(self.plan, imports=new, choices=tuple(map(self._when_it_waits, self.plan.choices)))
        if is_missed(self.place, plan, layers) or not self.place.is_found(self.file.path):
            return self.plan
        self._provide(new.groups, new.loose)
        return plan

    def _when_it_waits(self, choice: Choice) -> Choice:
        reason = when_it_waits(choice.reason, self.file.options)
        return choice if reason is choice.reason else replace(choice, reason=reason)

    def _layers_import(self) -> ast.stmt | None:
        """The statement by which the file imports the generated module already."""
        module, layers = self.file.module, self.file.options.layers
        name = existing(module, layers, layers)
        node = module.scopes.module.bindings[name][0].node if name is not None else None
        return node if isinstance(node, (ast.Import, ast.ImportFrom)) else None

    def _provide(self, groups: list[Group], loose: tuple[str, ...]) -> None:
        """Let the first import of the framework import the generated module too, where nothing else does."""
        layers, there = self.file.options.layers, self._layers_import()
        for group in groups:
            if there in group.statements and group.meaning.rpartition(".")[2] == layers:
                group.kept, group.removed = True, False
        if there is not None or layers in loose:
            return
        plain = [group for group in groups if group.bindings and group.plain and group.scope.kind == "module"]
        if all(layers not in group.provides and not _takes(group, layers) for group in plain):
            min(plain, key=lambda group: group.line).provides.append(layers)


def restored_imports(file: FileFacts) -> Iterator[tuple[str, str]]:
    """Imports of the generated module of a file whose imports wait no longer: (name, meaning)."""
    roots = {name.partition(".")[0] for node in file.module.tree.body if waits(node) for name in imported_by(node)}
    if roots == {file.options.to}:
        unread = (name for name in sorted(file.asking_names) if name not in file.module.reads)
        yield from ((name, file.options.layers) for name in unread)


def needs(plan: FilePlan) -> Iterator[str]:
    """What a file needs of the generated module for its imports that wait."""
    lines = plan.imports.waits.lines if plan.imports.waits is not None else {}
    yield from {OFFERS if name == GETTER else LAZY for name in lines}


def with_room(found: Place, users: Collection[str], files: Mapping[str, FilePlan], generated: Collection[str]) -> Place:
    """The place of the generated module, where files whose imports wait can find it too, if there is one.

    `users` need it in any case; inside a package of theirs it stays.
    """
    if generated or (users and package_root(found.path, found.index.paths) is not None):
        return found
    more = [path for path, plan in files.items() if path in users or any(g.kept for g in plan.imports.groups)]
    wider = place(found.index, more, generated, found.name)
    return wider if all(map(wider.is_found, users)) else found


def _place_of(group: Group) -> tuple[int, int, int]:
    """Where the first import of a name stands."""
    return min((*position(binding.node), binding.alias) for binding in group.bindings)


def _takes(group: Group, layers: str) -> bool:
    return group.takes is not None and group.takes.module == layers and not group.takes.name
