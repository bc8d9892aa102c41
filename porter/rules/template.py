"""A file whose definitions are copied into the generated module: read and parsed, never imported and never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from porter.rules.model import Framework

STANDALONE = Path(__file__).parent.parent / "runtime" / "standalone"
"""The templates that porter ships, in a folder for each framework that they compute with."""
OWN = "standalone"
"""The folder of such files beside the rules of a user."""
NO_LAYERS = {"__init__", "members", "waiting"}

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


class Template:
    """The definitions of a file, and what each of them takes from where. Raises SyntaxError or ValueError.

    `imports`: a local name -> the lines that bind it. `siblings`: a local name -> file beside this one, name there.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.splitlines()
        self.tree = ast.parse(text)
        self.definitions: dict[str, Definition] = {}
        self.imports: dict[str, list[str]] = {}
        self.siblings: dict[str, tuple[str, str]] = {}
        for node in self.tree.body:
            self._note(node)

    def _note(self, node: ast.stmt) -> None:
        if isinstance(node, Definition):
            name = defined_name(node)
            if name:
                self.definitions[name] = node
        elif isinstance(node, ast.ImportFrom) and node.level:
            for alias in node.names:
                self.siblings[alias.asname or alias.name] = (node.module or "", alias.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                single = type(node)(**{**vars(node), "names": [alias]})
                self.imports.setdefault(local, []).append(ast.unparse(single))

    def source(self, name: str) -> str:
        """Text of a definition with its decorators and the comments right above it."""
        node = self.definitions[name]
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(d.lineno for d in decorators)]) - 1
        while first > 0 and self.lines[first - 1].startswith("#"):
            first -= 1
        return "\n".join(self.lines[first : node.end_lineno])

    def names(self, name: str) -> list[str]:
        """Names that a definition reads of this file, in the order of the alphabet."""
        found = {n.id for n in ast.walk(self.definitions[name]) if isinstance(n, ast.Name)}
        return sorted(found & {*self.definitions, *self.imports, *self.siblings})


def defined_name(node: Definition) -> str:
    """The one name that a definition gives a value to; "" where it is no single name."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] * bool(node.value)
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else ""


parsed = lru_cache(maxsize=256)(Template)


def find(side: Framework, name: str, own: Sequence[Path] = ()) -> Path | None:
    """The file of a template: in a folder of one's own (the first that has it), or among the shipped ones."""
    places = [*(folder / OWN for folder in own), STANDALONE]
    return next((path for place in places if (path := place / side / f"{name}.py").is_file()), None)


def known(side: Framework, own: Sequence[Path] = ()) -> list[str]:
    """The names of all templates that a rule can name."""
    places = [*(folder / OWN for folder in own), STANDALONE]
    return sorted({path.stem for place in places for path in (place / side).glob("*.py")} - NO_LAYERS)


def load(side: Framework, name: str, own: Sequence[Path] = ()) -> Template:
    """A template that is known to be sound."""
    path = find(side, name, own)
    assert path is not None, name
    return parsed(path.read_text(encoding="utf-8"))


def collect(side: Framework, template: str, name: str, own: Sequence[Path] = ()) -> Iterator[tuple[str, str, Template]]:
    """The definition `name` and everything it depends on, dependencies first: template, name there, parsed."""
    yield from _collect(side, template, name, own, set())


def _collect(
    side: Framework, template: str, name: str, own: Sequence[Path], seen: set[tuple[str, str]]
) -> Iterator[tuple[str, str, Template]]:
    if (template, name) in seen:
        return
    seen.add((template, name))
    source = load(side, template, own)
    if name in source.siblings:
        yield from _collect(side, *source.siblings[name], own, seen)
        return
    for other in source.names(name):
        if other != name and (other in source.definitions or other in source.siblings):
            yield from _collect(side, template, other, own, seen)
    yield template, name, source
