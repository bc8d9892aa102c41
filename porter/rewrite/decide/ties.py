"""What ties parts of a tree that do not name each other: a patched class of the framework."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from porter.rewrite.decide.facts import FileFacts, Use
from porter.rewrite.decide.graph import Unit, UnitGraph
from porter.source.scopes import parent

ALL_LAYERS = "nn.Module"


def patched(files: Iterable[FileFacts], graph: UnitGraph) -> Iterator[tuple[Unit, Unit]]:
    """`nn.InstanceNorm3d.forward = quiet` changes what every other use of that class gives."""
    users: dict[str, dict[Unit, None]] = defaultdict(dict)
    patches: dict[Unit, set[str]] = defaultdict(set)
    for file in files:
        for use in file.uses:
            unit = graph.at(file.place(use)) if use.rule is not None else None
            if unit is not None and use.rule is not None:
                users[use.rule.name][unit] = None
                if _patches(use):
                    patches[unit].add(use.rule.name)
    for unit, names in patches.items():
        yield from ((unit, user) for name in names for user in _concerned(name, users))


def _concerned(name: str, users: Mapping[str, Collection[Unit]]) -> Iterator[Unit]:
    names = [each for each in users if each.startswith("nn.")] if name == ALL_LAYERS else [name]
    yield from (user for each in names for user in users[each])


def _patches(use: Use) -> bool:
    node = use.reference.node
    above = parent(node)
    if isinstance(above, ast.Attribute):
        return isinstance(above.ctx, (ast.Store, ast.Del))
    sets = isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id in ("setattr", "delattr")
    return sets and isinstance(above, ast.Call) and above.args[:1] == [node]
