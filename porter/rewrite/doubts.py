"""What cannot be told of the imports of a tree: which of several files one finds, and who misses the new module."""

from __future__ import annotations

from collections.abc import Iterator, Set

from porter.findings import Finding, Level
from porter.rewrite.place import Place
from porter.rewrite.whole import TreePlan
from porter.source.index import TreeIndex
from porter.source.layout import above


def doubts(index: TreeIndex, concerned: Set[str]) -> Iterator[Finding]:
    """Imports that may find a file which the conversion concerns, or something else."""
    for doubt in sorted(index.finder.doubts):
        if not concerned.isdisjoint(doubt.places):
            places = " or ".join(place or "an installed module" for place in doubt.places)
            message = f"{doubt.name} is {places}, by how the program is started: nothing is assumed of it"
            yield Finding(doubt.path, doubt.line, doubt.column, Level.REVIEW, "import", message)


def lost(plan: TreePlan) -> Iterator[Finding]:
    """Files that find the generated module only when one more folder is searched than those of their own imports."""
    place = Place(plan.index, plan.layers_path)
    for path in plan.layers_users if plan.wanted else ():
        if place.is_lost(path):
            folder = above(plan.layers_path) or "the top of the tree"
            message = f"{plan.layers_path} is not where this program is started from: put {folder} on PYTHONPATH"
            yield Finding(path, 1, 1, Level.REVIEW, "file", message)
