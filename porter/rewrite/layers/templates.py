"""Copy definitions out of the standalone modules of `porter/runtime`, by their text, with what they depend on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from porter.rules.model import Framework

FOLDER = Path(__file__).parents[2] / "runtime" / "standalone"


@dataclass(frozen=True, slots=True)
class Piece:
    """One top-level definition of a generated module, and the import lines that it needs."""

    name: str
    text: str
    imports: tuple[str, ...] = ()


class _Template:
    def __init__(self, side: Framework, name: str) -> None:
        self.side: Framework = side
        self.text = (FOLDER / side / f"{name}.py").read_text(encoding="utf-8")
        self.lines = self.text.splitlines()
        self.tree = ast.parse(self.text)
        self.definitions: dict[str, ast.stmt] = {}
        self.imports: dict[str, str] = {}
        self.siblings: dict[str, tuple[str, str]] = {}
        for node in self.tree.body:
            self._note(node)

    def _note(self, node: ast.stmt) -> None:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            self.definitions[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            self.definitions[node.targets[0].id] = node
        elif isinstance(node, ast.ImportFrom) and node.level:
            for alias in node.names:
                self.siblings[alias.asname or alias.name] = (node.module or "", alias.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                single = type(node)(**{**vars(node), "names": [alias]})
                self.imports[local] = ast.unparse(single)

    def source(self, node: ast.stmt) -> str:
        """Text of a definition with its decorators and the comments right above it."""
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(d.lineno for d in decorators)]) - 1
        while first > 0 and self.lines[first - 1].startswith("#"):
            first -= 1
        return "\n".join(self.lines[first : node.end_lineno])

    def names(self, node: ast.stmt) -> list[str]:
        """Names that a definition reads, in the order of the file they are defined in."""
        found = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        return sorted(found & {*self.definitions, *self.imports, *self.siblings})


@cache
def _template(side: Framework, name: str) -> _Template:
    return _Template(side, name)


def template_pieces(side: Framework, template: str, name: str) -> Iterator[Piece]:
    """The definition `name` of a template and everything it depends on, dependencies first."""
    yield from _collect(side, template, name, set())


def _collect(side: Framework, template: str, name: str, seen: set[str]) -> Iterator[Piece]:
    source = _template(side, template)
    if name in seen:
        return
    seen.add(name)
    if name in source.siblings:
        module, original = source.siblings[name]
        yield from _collect(side, module, original, seen - {name} if original == name else seen)
        return
    node = source.definitions[name]
    used = source.names(node)
    for other in used:
        if other != name and (other in source.definitions or other in source.siblings):
            yield from _collect(side, template, other, seen)
    lines = [source.imports[n] for n in used if n in source.imports]
    if "from __future__ import annotations" in source.text:
        lines.append("from __future__ import annotations")
    yield Piece(name, source.source(node), tuple(lines))
