"""What is written for the imports of a file that wait."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from porter.rewrite.decide.change import NameEdit
from porter.rewrite.decide.names.groups import Group


@dataclass(frozen=True)
class Waits:
    """The groups of a file that wait, the lines that are written for them, and the statement behind which these stand.

    `homes`: for names that are no modules: the name of the module that each is read from now.
    """

    groups: tuple[Group, ...]
    homes: Mapping[Group, str]
    lines: Mapping[str, str]
    renamed: tuple[NameEdit, ...]
    anchor: ast.stmt

    def local(self, name: str) -> tuple[str, str] | None:
        """How the file reads a name that waits and is no module: the name of its module, and that module."""
        found = ((g, local) for g, local in self.homes.items() if g.name == name)
        return next(((local, g.meaning.rpartition(".")[0]) for g, local in found), None)
