"""How the programs of a tree may be started, and which folders Python then searches for what each file imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from porter.source.layout import ABOVE, ELSEWHERE, Hit, Layout, above, join
from porter.source.text import SourceText

SRC = "src"
ANY = "*"
"""Stands for all names: what a star import lets in, or a module makes at run time."""
MAKERS = frozenset({"__getattr__", "globals", "exec", "vars"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """One import statement: the module that it spells, and the `names` that it takes from it."""

    level: int
    parts: tuple[str, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """A way to start some programs: the folders that Python searches before all others, one for each way.

    `certain`: folders that are searched however they are started, or nothing of these programs runs. `weak`: nothing
    shows that they are ever started, so any folder around them may be. `library`: they are used from outside the tree.
    """

    first: tuple[str, ...]
    certain: frozenset[str]
    weak: bool = False
    library: bool = False


@dataclass
class Starts:
    """The ways to start the programs of one tree."""

    layout: Layout
    texts: Mapping[str, SourceText]
    _wanted: dict[str, list[Wanted]] = field(default_factory=dict)
    _bound: dict[str, set[str]] = field(default_factory=dict)
    _usual: dict[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def folders(self) -> frozenset[str]:
        """Folders with files that may be started: those outside packages, and those with a main program."""
        outside = {above(path) for path in self.texts if self.layout.package_of[above(path)] is None}
        return frozenset(outside | {above(path) for path, text in self.texts.items() if b"__main__" in text.data})

    def usual(self, path: str) -> frozenset[str]:
        """Folders that are searched whatever is started: the tree's top, `src`, those that packages lie in."""
        own = above(path)
        if own not in self._usual:
            roots = {"", *self.layout.parents, *({SRC} & self.layout.folders)}
            self._usual[own] = frozenset(roots | ({own} if self.layout.package_of[own] is None else set()))
        return self._usual[own]

    def of(self, path: str) -> frozenset[Start]:
        """The starts that reach a file."""
        return frozenset(start for start, reached in self._reached.items() if path in reached)

    @cached_property
    def inside(self) -> frozenset[str]:
        """Outermost packages with a program that only runs as a file: it imports what lies beside it by bare names."""
        packages = ((path, self.layout.package_of[above(path)]) for path, text in self.texts.items() if _is_main(text))
        return frozenset(p for path, p in packages if p is not None and above(path) in self._start(path).certain)

    @cached_property
    def certain(self) -> frozenset[str]:
        """Folders that are searched when some program of the tree is started, as far as something shows it."""
        shown = [start.certain for start in self._reached if not start.weak and not start.library]
        return frozenset(root for roots in shown for root in roots)

    def search(self, first: str, path: str, wanted: Wanted) -> list[Hit]:
        """What an import of a file finds when `first` is searched first: nothing, one thing, or one of several."""
        found = self.layout.find(first, wanted.parts, wanted.names)
        if wanted.parts[0] in ELSEWHERE:
            return [found] if found is not None and found.regular else []
        if self.gives(found, wanted) and found is not None:
            return [found]
        roots = self._others(path, wanted.parts[0])
        hits = {hit.path: hit for root in roots if (hit := self._whole(root, wanted)) is not None}
        inside = [hit for hit in hits.values() if hit.root != ABOVE or self.layout.is_package]
        return inside or list(hits.values())

    def _others(self, path: str, name: str) -> list[str]:
        places = self.layout.where.get(name, [])
        return [root for root in places if root in self.usual(path) or root in self.folders or root == ABOVE]

    @cached_property
    def _reached(self) -> dict[Start, set[str]]:
        """The files that each way to start reaches; what none does is started by itself."""
        imported = {target for path in self.texts for target in self._anywhere(path) if target != path}
        groups: dict[Start, set[str]] = {}
        for path, text in self.texts.items():
            packaged = self.layout.package_of[above(path)]
            if packaged is not None:
                root = self.layout.parent(packaged)
                groups.setdefault(Start((root,), frozenset({root}), library=True), set()).add(path)
            if _is_main(text) or (packaged is None and path not in imported):
                groups.setdefault(self._start(path), set()).add(path)
        self._spread(groups)
        missed = set(self.texts).difference(*groups.values())
        for path in missed:
            groups.setdefault(self._start(path), set()).add(path)
        self._spread(groups)
        return groups

    def _spread(self, groups: dict[Start, set[str]]) -> None:
        for start, reached in groups.items():
            todo = list(reached)
            while todo:
                path = todo.pop()
                found = {target for first in start.first for target in self._imported(path, first)} - reached
                reached |= found
                todo += found

    def _start(self, path: str) -> Start:
        """How a file is started: by itself, or, where its own folder lacks what it imports, as a module too."""
        own = above(path)
        needed, own_alone = self._needs(path, own)
        package = self.layout.package_of[own]
        if package is not None and not own_alone:
            needed.add(self.layout.parent(package))
        if own_alone or not needed:
            weak = not (own_alone or _does_something(self.texts[path]))
            return Start((own,), frozenset(_around(own) if weak else {own, *needed}), weak)
        return Start((own, *sorted(needed - {own})), frozenset(needed))

    def _needs(self, path: str, own: str) -> tuple[set[str], bool]:
        """Folders beside the program's own that have to be searched, and whether only its own has something."""
        needed, own_alone, todo, met = set[str](), False, [path], {path}
        while todo:
            importer = todo.pop()
            for wanted in self.wanted(importer):
                if wanted.level or wanted.parts[0] in ELSEWHERE:
                    needed.update([""] if wanted.level > len(self.layout.between(own, above(importer)) or ()) else ())
                    continue
                others = (r for r in self._others(importer, wanted.parts[0]) if r != own)
                roots = [root for root in others if self._whole(root, wanted) is not None]
                found = self._whole(own, wanted)
                if found is None:
                    needed.update(roots if len(roots) == 1 else ())
                else:
                    own_alone = own_alone or not roots
                new = set(self._loaded(found, wanted)) - met
                met |= new
                todo += new
        return needed - {own}, own_alone

    def _whole(self, root: str, wanted: Wanted) -> Hit | None:
        found = self.layout.find(root, wanted.parts, wanted.names)
        return found if self.gives(found, wanted) else None

    def gives(self, hit: Hit | None, wanted: Wanted) -> bool:
        """Whether all of an import is there: the module, and the names that are taken from it."""
        if hit is None or hit.rest or hit.folder or not wanted.names:
            return hit is not None and not hit.rest
        if hit.path not in self.texts:
            return True
        bound, folder = self._bound_in(hit.path), above(hit.path) if _is_package(hit) else ""
        return ANY in bound or all(n in bound or (folder and self.layout.child(folder, n)) for n in wanted.names)

    def _bound_in(self, path: str) -> set[str]:
        if path not in self._bound:
            self._bound[path] = set(_bound(self.texts[path].tree))
        return self._bound[path]

    def wanted(self, path: str) -> list[Wanted]:
        """The imports of a file."""
        if path not in self._wanted:
            self._wanted[path] = list(_imports(self.texts[path].tree)) if path in self.texts else []
        return self._wanted[path]

    def _anywhere(self, path: str) -> Iterator[str]:
        """Files that the imports of a file may load, wherever Python searches."""
        for wanted in self.wanted(path):
            if wanted.level:
                yield from self._loaded(self.relative(path, wanted), wanted)
            else:
                for root in self._others(path, wanted.parts[0]):
                    yield from self._loaded(self.layout.find(root, wanted.parts, wanted.names), wanted)

    def _imported(self, path: str, first: str) -> Iterator[str]:
        for wanted in self.wanted(path):
            hits = [self.relative(path, wanted)] if wanted.level else self.search(first, path, wanted)
            for hit in hits:
                yield from self._loaded(hit, wanted)

    def relative(self, path: str, wanted: Wanted) -> Hit | None:
        """What a relative import of a file finds: it starts at the file's folder, wherever Python searches."""
        folder = path.split("/")[:-1]
        count = len(folder) - wanted.level + 1
        if count < 0:
            return None
        base = "/".join(folder[:count])
        if wanted.parts:
            return self.layout.find(base, wanted.parts, wanted.names)
        package = join(base, "__init__.py")
        return Hit(base, package if package in self.layout.paths else base, package not in self.layout.paths)

    def _loaded(self, hit: Hit | None, wanted: Wanted) -> Iterator[str]:
        """The file that is loaded, the packages around it, and the modules among the names that are taken from it."""
        if hit is None:
            return
        folder = hit.path if hit.folder else above(hit.path)
        inside = [self.layout.child(folder, name) for name in wanted.names] if _is_package(hit) else []
        around = [join(each, "__init__.py") for each in _around(folder)]
        yield from (path for path in [hit.path, *inside, *around] if path in self.texts)


def _around(folder: str) -> Iterator[str]:
    """A folder and those around it, up to the tree's top."""
    parts = folder.split("/") if folder else []
    return ("/".join(parts[:count]) for count in range(len(parts) + 1))


def _is_package(hit: Hit) -> bool:
    return hit.folder or hit.path.rpartition("/")[2] == "__init__.py"


def _is_main(text: SourceText) -> bool:
    """Whether a file does something when it is started: `if __name__ == "__main__":`."""
    if b"__main__" not in text.data:
        return False
    tests = [node.test for node in text.tree.body if isinstance(node, ast.If)]
    return any(isinstance(node, ast.Name) and node.id == "__name__" for test in tests for node in ast.walk(test))


def _does_something(text: SourceText) -> bool:
    """Whether a file is more than definitions: it calls something, loops, or has a main program."""
    calls = (node.value for node in text.tree.body if isinstance(node, ast.Expr))
    loops = (ast.For, ast.While, ast.With)
    return (
        _is_main(text)
        or any(isinstance(c, ast.Call) for c in calls)
        or any(isinstance(node, loops) for node in text.tree.body)
    )


def _imports(tree: ast.Module) -> Iterator[Wanted]:
    todo: list[ast.AST] = [*tree.body]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            yield from (Wanted(0, tuple(alias.name.split("."))) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield wanted_of(node)
        else:
            todo += _statements(node)


def _bound(tree: ast.Module) -> Iterator[str]:
    """Names that a module gives: those that are bound outside of its functions and classes."""
    yield from ("__name__", "__file__", "__doc__")
    todo: list[ast.AST] = [*tree.body]
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield ANY if node.name in MAKERS else node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, ast.Name):
            yield ANY if node.id in MAKERS else node.id
        else:
            todo += ast.iter_child_nodes(node)


def wanted_of(node: ast.ImportFrom) -> Wanted:
    """What a `from` import wants."""
    parts = tuple(node.module.split(".")) if node.module else ()
    return Wanted(node.level, parts, tuple(alias.name for alias in node.names))


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """The statements inside one, which are all that may import."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        inner: Sequence[ast.AST] | ast.AST = getattr(node, name, ())
        if isinstance(inner, list):
            yield from inner
