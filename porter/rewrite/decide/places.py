"""Whether a file has a place for new imports: where it has none, names that other files hand on stay as they are."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import cached_property

from porter.codes import Code
from porter.rewrite.decide.decision import CONVERTED, Decision, Form, Reason, Way
from porter.rewrite.decide.facts import FileFacts, Use
from porter.source.names import SourceModule
from porter.source.scopes import Binding, Scope, parent

HANDED_ON = Reason(Code.HANDED_ON, "another file hands it on, and it moves there")


class Homes:
    """The imports of one file, as places where new ones can stand."""

    def __init__(self, file: FileFacts) -> None:
        self.file = file

    def with_home(self, use: Use, decision: Decision) -> Decision:
        """The decision, without changes for which no import could be written.

        Such a name means the counterpart all the same, since it moves in the file that imports it.
        """
        if self._has_import or _imports(use):
            return decision
        return replace(decision, ways=tuple(self._handed_on(way) for way in decision.ways))

    def _handed_on(self, way: Way) -> Way:
        target = way.change.target if way.change is not None and way.form in CONVERTED else None
        if target is None or existing(self.file.module, target.module, self.file.options.layers) is not None:
            return way
        return Way(Form.HANDED_ON, why=HANDED_ON, needs=way.needs)

    @cached_property
    def _has_import(self) -> bool:
        """Whether some import of the framework always runs."""
        scope = self.file.module.scopes.module
        found = [(use.reference.binding_scope, _imports(use)) for use in self.file.uses]
        unused = [(scope, [b for b in scope.bindings[n] if b.is_import]) for n, _ in self.file.unused_imports]
        return any(bindings and is_plain(bindings, home) for home, bindings in [*found, *unused])


def _imports(use: Use) -> list[Binding]:
    """The import statements that give a name its meaning; none for a name that is reached in another way."""
    reference = use.reference
    bindings = reference.binding_scope.bindings[reference.name]
    return [b for b in bindings if b.is_import and not reference.through]


def is_plain(bindings: list[Binding], scope: Scope) -> bool:
    """Whether the first of some import statements always runs: directly in its scope's body."""
    nodes = [b.node for b in bindings if isinstance(b.node, (ast.Import, ast.ImportFrom))]
    return bool(nodes) and parent(min(nodes, key=lambda node: node.lineno)) is scope.node


def existing(module: SourceModule, qualified: str, layers: str) -> str | None:
    """A name that the file already imports a module under, at its top; `layers` is in any package."""
    for name, bindings in module.scopes.module.bindings.items():
        target = bindings[0].target if len(bindings) == 1 else None
        if target is None or parent(bindings[0].node) is not module.tree:
            continue
        if target == qualified or (qualified == layers and target.rpartition(".")[2] == layers):
            node = bindings[0].node
            bare = isinstance(node, ast.Import) and node.names[bindings[0].alias].asname is None
            if not (bare and "." in qualified):
                return name
    return None
