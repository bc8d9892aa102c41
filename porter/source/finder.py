"""What the imports of a tree's files find: a module of the tree, nothing of it, or one of several that nobody knows."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from porter.source.layout import ABOVE, ELSEWHERE, Hit, Layout, above
from porter.source.starts import Starts, Wanted, wanted_of
from porter.source.text import SourceText

LOADED = frozenset({"abc", "codecs", "encodings", "io", "os", "site", "stat", *sys.builtin_module_names})
"""Modules that Python has loaded before a program starts: no file of a tree is ever found in their place."""
DOUBT = "?"
"""Begins the name of what may be one of several modules, so that it is taken for none of them."""


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    """An import that finds one of several `places` of the tree ("" for an installed module), by how it is started."""

    path: str
    line: int
    column: int
    name: str
    places: tuple[str, ...]


class Finder:
    """Answers for one tree. A doubt that was met is kept."""

    def __init__(self, layout: Layout, texts: Mapping[str, SourceText]) -> None:
        self.layout = layout
        self.starts = Starts(layout, texts)
        self.doubts: set[Doubt] = set()
        self._known: dict[tuple[str, Wanted], Sequence[Hit | None]] = {}

    def find(self, path: str, wanted: Wanted) -> Sequence[Hit | None]:
        """What an absolute import of a file may find; several answers are a doubt. None: nothing of the tree."""
        name = wanted.parts[0]
        if name not in self.layout.where or name in LOADED:
            return [None]
        key = (path, wanted)
        if key not in self._known:
            self._known[key] = self._find(path, wanted)
        return self._known[key]

    def _find(self, path: str, wanted: Wanted) -> Sequence[Hit | None]:
        name, usual = wanted.parts[0], self.starts.usual(path)
        roots = [r for r in self.layout.where[name] if r in usual or r in self.starts.folders or r == ABOVE]
        hits = [hit for root in roots if (hit := self.layout.find(root, wanted.parts, wanted.names)) is not None]
        if name in ELSEWHERE:
            return self._started(path, wanted) if any(hit.regular for hit in hits) else [None]
        whole = [hit for hit in hits if not hit.rest] or [hit for hit in hits if hit.regular]
        if len({hit.path for hit in whole}) < 2:
            return [*whole[:1]] or [None]
        return self._started(path, wanted)

    def _started(self, path: str, wanted: Wanted) -> Sequence[Hit | None]:
        """What is found by all the ways in which a program may be started that reaches the file."""
        starts, built_in = self.starts.of(path), wanted.parts[0] in ELSEWHERE
        ways = {first for start in starts for first in (start.certain if start.weak and built_in else start.first)}
        if built_in:  # a program inside a package is not run as a file without a sign of it
            ways = {first for first in ways if self.layout.package_of.get(first) is None} or ways
        found: dict[str, Hit | None] = {}
        for first in sorted(ways):
            hits = self.starts.search(first, path, wanted)
            found |= {hit.path: hit for hit in hits}
            if not hits and built_in:
                found[""] = None
        return list(found.values()) or [None]


@dataclass(frozen=True, slots=True)
class FileImports:
    """The imports of one file."""

    finder: Finder
    path: str

    def module(self, dotted: str, node: ast.Import | None = None) -> str:
        """The name that stands for a module as the file spells it."""
        parts = tuple(dotted.split("."))
        hits = self.finder.find(self.path, Wanted(0, parts))
        if len(hits) > 1:
            return self._doubt(dotted, hits, node)
        return dotted if hits[0] is None else self._named(hits[0])

    def first(self, dotted: str, node: ast.Import) -> str:
        """What `import a.b.c` gives the name `a`."""
        parts = tuple(dotted.split("."))
        hits = self.finder.find(self.path, Wanted(0, parts))
        if len(hits) > 1:
            return self._doubt(parts[0], hits, node)
        layout, hit = self.finder.layout, hits[0]
        if hit is None:
            return parts[0]
        return layout.folder_name("") if hit.root == ABOVE else layout.name_of(layout.child(hit.root, parts[0]))

    def names(self, node: ast.ImportFrom) -> tuple[str, list[str]]:
        """The module that a `from` import reads, and what each of the names is that it takes from there."""
        wanted, dotted = wanted_of(node), node.module or ""
        if node.level:
            hits: Sequence[Hit | None] = [self.finder.starts.relative(self.path, wanted)]
            dotted = self._relative(wanted)
        else:
            hits = self.finder.find(self.path, wanted)
        if len(hits) > 1:
            dotted = self._doubt(dotted, hits, node)
        hit = hits[0] if len(hits) == 1 else None
        origin = dotted if hit is None else self._named(hit)
        return origin, [self._member(hit, origin, dotted, alias.name) for alias in node.names]

    def _named(self, hit: Hit) -> str:
        return ".".join([self.finder.layout.name_of(hit.path), *hit.rest])

    def _member(self, hit: Hit | None, origin: str, dotted: str, name: str) -> str:
        if hit is None or hit.rest:
            return f"{origin}.{name}"
        if hit.folder or hit.path.rpartition("/")[2] == "__init__.py":
            child = self.finder.layout.child(hit.path if hit.folder else above(hit.path), name)
            if child:
                return self.finder.layout.name_of(child)
        return f"{dotted if hit.folder else origin}.{name}"

    def _relative(self, wanted: Wanted) -> str:
        """The name of what a relative import looks for, so that it is never taken for an installed module."""
        folder = self.path.split("/")[:-1]
        count = len(folder) - wanted.level + 1
        base = "/".join(folder[: max(count, 0)])
        head = self.finder.layout.folder_name(base) if count >= 0 else ABOVE
        return ".".join([head, *wanted.parts])

    def _doubt(self, dotted: str, hits: Sequence[Hit | None], node: ast.Import | ast.ImportFrom | None) -> str:
        if node is not None:
            places = sorted("" if hit is None else hit.path for hit in hits)
            spelled = node.names[0].name if isinstance(node, ast.Import) else f"{node.module}"
            self.finder.doubts.add(
                Doubt(self.path, node.lineno, node.col_offset + 1, spelled if dotted else "", tuple(places))
            )
        return f"{DOUBT}{dotted}"
