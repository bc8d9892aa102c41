"""All decisions about one file, as its edits and records are made from them."""

from __future__ import annotations

from dataclasses import dataclass, field

from porter.rewrite.imports import Group, ImportPlan
from porter.rewrite.outcomes import NameEdit, Outcome, Remark
from porter.source.names import SourceModule


@dataclass
class FilePlan:
    """All decisions about one file. `fixed`: names that keep their meaning, since text that stays leads to them."""

    module: SourceModule
    outcomes: list[Outcome]
    edits: list[NameEdit] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    imports: ImportPlan | None = None
    groups: dict[int, Group] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()


def written(plan: FilePlan, outcome: Outcome) -> str:
    """What stands in place of a converted name."""
    assert plan.imports is not None
    return plan.imports.text(outcome, plan.groups[id(outcome)])
