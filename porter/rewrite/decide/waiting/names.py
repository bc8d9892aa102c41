"""Which imports of a file can wait: what a module's name is used for, and who takes a name from the file."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.names.groups import Group
from porter.source.handed import handed_on
from porter.source.index import TreeIndex
from porter.source.names import chain, dotted_parts
from porter.source.scopes import parent
from porter.source.waiting import GETTER, is_offer, waits

RELOADING = frozenset({"reload"})
ANYWHERE = frozenset({"eval", "exec", "globals"})
AT_TOP = frozenset({"locals", "vars"})
"""Functions that give the names of a file to whatever text there is; of these only at its top."""


class Takers:
    """What other files of a tree do with the names of a module."""

    def __init__(self, index: TreeIndex) -> None:
        self.index = index

    @cached_property
    def starred(self) -> frozenset[str]:
        """Modules of which some file imports all names."""
        modules = self.index.modules.values()
        return frozenset(origin for module in modules for _, origin in module.scopes.stars)

    @cached_property
    def stored(self) -> frozenset[str]:
        """Dotted names that some file sets from outside: `layers.Tensor = Own`."""
        return frozenset(self._stored())

    def _stored(self) -> Iterator[str]:
        for module in self.index.modules.values():
            for node, scope in module.scopes.attributes:
                parts = None if isinstance(node.ctx, ast.Load) else dotted_parts(node)
                found = self.index.meaning(parts[0], scope) if parts else None
                if parts and found is not None:
                    yield ".".join([found[1], *parts[1:]])

    @cached_property
    def taken(self) -> Mapping[str, frozenset[str]]:
        """By module: the names that other files import from it."""
        return handed_on(self.index)

    @cached_property
    def spelled(self) -> frozenset[str]:
        """Texts with dots in them, by which something may be looked up or replaced."""
        modules = self.index.modules.values()
        return frozenset(str(node.value) for m in modules for node, _ in m.scopes.strings if "." in str(node.value))


@dataclass(frozen=True)
class Waiters:
    """Answers for the imports of one file. `fixed`: names that text leads to."""

    file: FileFacts
    fixed: frozenset[str]
    takers: Takers

    def is_taken(self, group: Group) -> bool:
        """Whether another file of the tree imports a name from this one, maybe before this one is through."""
        dotted = self.file.module.dotted
        return dotted in self.takers.starred or group.name in self.takers.taken.get(dotted, ())

    def is_there(self, group: Group) -> bool:
        """Whether a name is imported by statements of the file's top that always run, and by nothing else."""
        scope = self.file.module.scopes.module
        bindings = scope.bindings.get(group.name, []) if group.scope is scope else []
        own = bool(bindings) and all(b.is_import and b.alias >= 0 for b in bindings)
        return own and not group.guarded and all(parent(b.node) is self.file.module.tree for b in bindings)

    def is_waiting(self, group: Group) -> bool:
        """Whether an earlier run has seen to it."""
        return bool(group.bindings) and all(waits(b.node) for b in group.bindings)

    def is_own(self, group: Group) -> bool:
        """Whether it is imported from the framework itself, not from another file of the tree."""
        return all((b.target or "").partition(".")[0] == self.file.options.source for b in group.bindings)

    def is_module(self, group: Group) -> bool:
        """Whether a name is a module's: it is imported as one, or is used for its attributes alone."""
        if all(isinstance(b.node, ast.Import) for b in group.bindings):
            return True
        rules, source = self.file.rules, self.file.options.source
        if rules.find(group.meaning, source) is not None:
            return False
        if group.meaning in rules.modules(source):
            return True
        reads = self.reads(group)
        short = group.meaning.rpartition(".")[2]
        return bool(reads) and short.islower() and all(isinstance(parent(node), ast.Attribute) for node in reads)

    def is_offered(self, group: Group) -> bool:
        """Whether other code may take a name from the file."""
        return not group.name.startswith("_") or group.name in self.file.module.exported

    def reads(self, group: Group) -> list[ast.Name]:
        """Where the file reads a name of its top."""
        scope = self.file.module.scopes.module
        found = self.file.module.reads.get(group.name, [])
        return [node for node, where in found if (home := where.lookup(group.name)) is not None and home[0] is scope]

    def can_wait(self, group: Group) -> bool:
        """Whether an object that imports the module later does all that is done with the name."""
        if not self.is_there(group) or not self.is_own(group):
            return False
        if self.is_module(group):
            return not any(map(_is_for_itself, self.reads(group)))
        return group.name not in self.fixed and not self._opens and self._is_free(group)

    def _is_free(self, group: Group) -> bool:
        """Whether nobody sets a name from outside, and whoever takes it is given it by a function of the module."""
        module, name = self.file.module, group.name
        dotted = f"{module.dotted}.{name}"
        if dotted in self.takers.stored | self.takers.spelled or not self._can_be_renamed(group):
            return False
        starred = module.dotted in self.takers.starred and name not in module.exported
        return not (self.is_offered(group) and (starred or GETTER in module.scopes.module.bindings or self._has_offers))

    def _can_be_renamed(self, group: Group) -> bool:
        """Whether the text holds the name where the syntax tree says."""
        text = self.file.module.text
        spans = [text.span(node) for node in self.reads(group)]
        spans += [(start, start + len(group.name.encode())) for start in self.texts(group)]
        return all(text.slice(start, end) == group.name for start, end in spans)

    def texts(self, group: Group) -> list[int]:
        """Byte offsets of the name inside annotations that are texts."""
        found = (r for r in self.file.references if r.root is None and r.name == group.name)
        return [reference.start for reference in found if reference.binding_scope is group.scope]

    @cached_property
    def _has_offers(self) -> bool:
        return any(map(is_offer, self.file.module.tree.body))

    @cached_property
    def _opens(self) -> bool:
        """Whether the file reads names that its text does not: `eval`, `globals`."""
        for call, scope in self.file.module.scopes.calls:
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            if name in ANYWHERE or (name in AT_TOP and not call.args and scope.kind == "module"):
                return True
        return False


def _is_for_itself(node: ast.Name) -> bool:
    """Whether it matters which object a module is: it is called, reloaded, or compared with another one."""
    above = parent(node)
    if isinstance(above, ast.Call):
        function = chain(node)[1][-1] if above.func is node else (dotted_parts(above.func) or [""])[-1]
        return above.func is node or function in RELOADING
    if isinstance(above, ast.Compare):
        sides = [above.left, *above.comparators]
        others = [side for side in sides if side is not node]
        return any(not (isinstance(side, ast.Constant) and side.value is None) for side in others)
    return False
