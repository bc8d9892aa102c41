"""Everything that was chosen for one file, with its imports, as edits and records are made from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from porter.rewrite.decide.decision import Choice
from porter.rewrite.decide.names.groups import Group
from porter.rewrite.decide.names.imports import ImportPlan
from porter.source.names import SourceModule


@dataclass(frozen=True)
class FilePlan:
    """The choices of one file. `groups`: the import that a name is reached through, by the identity of its choice."""

    module: SourceModule
    choices: tuple[Choice, ...]
    imports: ImportPlan
    groups: Mapping[int, Group]

    @cached_property
    def names(self) -> tuple[Choice, ...]:
        """Choices about names of the framework."""
        return tuple(choice for choice in self.choices if choice.decision.reference is not None)

    def spelled(self, choice: Choice) -> str:
        """What the file writes for the target of a choice; "" where nothing has to be imported."""
        if choice.target is None:
            return ""
        return self.imports.text(choice.target, self.groups.get(id(choice)))

    def takes_layers(self, layers: str) -> Iterator[bool]:
        """Whether each name, and each import, moves to the generated module of this name."""
        yield from (choice.target is not None and choice.target.module == layers for choice in self.choices)
        yield from (group.takes is not None and group.takes.module == layers for group in self.imports.groups)
        yield self.imports.waits is not None
