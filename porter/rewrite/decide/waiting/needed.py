"""Places of a file that need the source framework when the file is imported, so that its import cannot wait."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from porter.rewrite.decide.decision import Choice
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.file import FilePlan
from porter.rules.model import Framework
from porter.rules.paths import canonical
from porter.source.guarded import is_guarded
from porter.source.on_import import postpones, runs_on_import
from porter.source.scopes import ancestors
from porter.source.waiting import waits


@dataclass(frozen=True, slots=True, order=True)
class Needed:
    """A place, by its byte offset, and the name that it needs there."""

    start: int
    name: str


def uses_on_import(plan: FilePlan, source: Framework) -> Iterator[Needed]:
    """Uses of names that stay and run when the file is imported."""
    postponed = postpones(plan.module)
    for choice in plan.names:
        node = choice.reference.root
        if node is None or not choice.keeps_name or choice.harmless or not runs_on_import(node, postponed):
            continue
        if not _is_tried(node):
            yield Needed(choice.place.start, _name(choice, source))


def imports_on_import(file: FileFacts) -> Iterator[Needed]:
    """Imports that run when the file is imported, and that no name is waited for by: stars, and those in a block."""
    module, postponed = file.module, postpones(file.module)
    for node, origin in module.scopes.imports:
        if waits(node) or is_guarded(node) or not runs_on_import(node, postponed):
            continue
        star = any(alias.name == "*" for alias in node.names)
        if not star and node in module.tree.body:
            continue
        names = [origin] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        for name in names:
            resolved = file.index.resolve(name)
            if resolved.partition(".")[0] == file.options.source and not file.index.shadows(module, resolved):
                yield Needed(module.text.span(node)[0], resolved)


def _name(choice: Choice, source: Framework) -> str:
    rule = choice.decision.rule
    return str(rule.side(source).name) if rule is not None else canonical(choice.reference.qualified)


def _is_tried(node: ast.AST) -> bool:
    """Whether the file goes on where a use fails, as behind an import that is tried."""
    statement = next((above for above in ancestors(node) if isinstance(above, ast.stmt)), None)
    return statement is not None and is_guarded(statement)
