"""Where the generated module lies, and by which name each file imports it, so that it is found from every start."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from pathlib import PurePosixPath

from porter.source.index import TreeIndex
from porter.source.layout import ELSEWHERE, above, join, package_root
from porter.source.names import SourceModule


def place(index: TreeIndex, users: Iterable[str], generated: Iterable[str], name: str) -> Place:
    """The place of the generated module: that of an earlier one, inside the one package that needs it, or where the
    programs that need it find it."""
    earlier = sorted(generated)
    return Place(index, earlier[0] if earlier else _chosen(index, list(users), name))


@dataclass(frozen=True)
class Place:
    """The path of the generated module in a tree."""

    index: TreeIndex
    path: str

    def spelled(self, path: str) -> str:
        """How a file of the tree spells the generated module: `.porter_layers`, `package.porter_layers` or bare."""
        home = package_root(self.path, self.index.paths)
        if home is None:
            return self._outside(path) or self._from("", path) or self._name
        module, layout = self.index.modules[path], self.index.finder.layout
        if package_root(path, self.index.paths) != home:
            root = _root_of(self.index, module, home) or layout.parent(home)
            return ".".join([*(layout.between(root, home) or ()), self._name])
        script = self._outside(path) if self._is_script_of(path, home) else ""
        top = home.rpartition("/")[2] or self.index.root_name
        if script or (not _imports_relatively(module) and _spells(module, top) and home != ""):
            return script or f"{top}.{self._name}"
        return "." * (len(layout.between(home, above(path)) or ()) + 1) + self._name

    @property
    def name(self) -> str:
        """The name of its file."""
        return PurePosixPath(self.path).name

    @property
    def _name(self) -> str:
        return PurePosixPath(self.path).stem

    def is_lost(self, path: str) -> bool:
        """Whether a file finds the module only when the folder of the module is searched too."""
        outside = package_root(self.path, self.index.paths) is None
        return outside and not self._outside(path)

    def is_found(self, path: str) -> bool:
        """Whether a file is sure to find the module as it is spelled there."""
        home = package_root(self.path, self.index.paths)
        if home is None:
            return not self.is_lost(path)
        inside = package_root(path, self.index.paths) == home
        return inside or _root_of(self.index, self.index.modules[path], home) is not None

    def _outside(self, path: str) -> str:
        """The spelling that every start of a file finds, for a module outside packages; "" for none."""
        roots = _roots(self.index, path)
        spelled = [self._from(root, path) for root in _deepest_first(roots & _preferred(self.index) or roots)]
        relative = self._relative(path)
        if relative and (_imports_relatively(self.index.modules[path]) or not any(spelled)):
            return relative
        return next(filter(None, spelled), "")

    def _from(self, root: str, path: str) -> str:
        parts = self.index.finder.layout.between(root, above(self.path))
        return "" if parts is None or not _can_be_spelled(parts) else ".".join([*parts, self._name])

    def _relative(self, path: str) -> str:
        """The relative spelling, where both lie in a folder that is a package for every start."""
        layout, folder = self.index.finder.layout, above(self.path)
        depth = layout.between(folder, above(path))
        starts = self.index.finder.starts.of(path)
        roots = {root for start in starts for root in (*start.first, *start.certain)}
        if depth is None or any(start.weak for start in starts):
            return ""
        return "." * (len(depth) + 1) + self._name if all(layout.between(root, folder) for root in roots) else ""

    def _is_script_of(self, path: str, home: str) -> bool:
        """Whether a file of a package is only ever loaded by programs that are run as files inside of it."""
        layout = self.index.finder.layout
        if home not in self.index.finder.starts.inside:
            return False
        starts = [start for start in self.index.finder.starts.of(path) if not start.library]
        inside = {root for start in starts for root in start.certain}
        return bool(inside) and all(layout.package_of.get(root) == home for root in inside)


def _chosen(index: TreeIndex, users: list[str], name: str) -> str:
    roots = {package_root(path, index.paths) for path in users}
    packages = roots - {None}
    if len(packages) == 1:
        home = packages.pop() or ""
        outside = [index.modules[p] for p in users if package_root(p, index.paths) is None]
        if all(_root_of(index, module, home) is not None for module in outside):
            return join(home, name)
    if not users:
        return name
    layout = index.finder.layout
    accepted = reduce(frozenset.__and__, (_roots(index, path) for path in users))
    tried = _deepest_first(accepted & _preferred(index) or accepted)
    folders = [(root, _common([above(path) for path in users])) for root in tried]
    for root in tried:  # a program beside the folder that it searches finds what lies in there
        inside = [above(path) for path in users if layout.between(root, above(path)) is not None]
        folders.append((root, _common(inside) if inside else root))
    for root, folder in folders:
        parts = layout.between(root, folder)
        if parts is not None:
            return join(folder if _can_be_spelled(parts) else root, name)
    return name


def _roots(index: TreeIndex, path: str) -> frozenset[str]:
    """Folders that are searched by every start of a file."""
    starts = index.finder.starts.of(path)
    known = [start for start in starts if not start.library] or list(starts)
    return reduce(frozenset.__and__, (start.certain for start in known)) if known else frozenset({""})


def _preferred(index: TreeIndex) -> frozenset[str]:
    """Folders from which something of the tree is started for sure."""
    return index.finder.starts.certain


def _deepest_first(roots: Iterable[str]) -> list[str]:
    return sorted(roots, key=lambda root: (-len(root.split("/")) if root else 0, root))


def _can_be_spelled(parts: tuple[str, ...]) -> bool:
    return all(part.isidentifier() for part in parts) and not (parts and parts[0] in ELSEWHERE)


def _common(folders: list[str]) -> str:
    split = [folder.split("/") if folder else [] for folder in folders]
    same = [parts[0] for parts in zip(*split, strict=False) if len(set(parts)) == 1]
    count = next((n for n, parts in enumerate(zip(*split, strict=False)) if len(set(parts)) > 1), len(same))
    return "/".join(same[:count])


def _root_of(index: TreeIndex, module: SourceModule, home: str) -> str | None:
    """The folder that is searched for a package when a file imports from it; None where it does not."""
    for wanted in index.finder.starts.wanted(module.path):
        hits = index.finder.find(module.path, wanted) if not wanted.level else ()
        for hit in hits if len(hits) == 1 else ():
            if hit is not None and index.finder.layout.package_of.get(above(hit.path)) == home:
                return hit.root
    return None


def _imports_relatively(module: SourceModule) -> bool:
    return any(getattr(b.node, "level", 0) for found in module.scopes.module.bindings.values() for b in found)


def _spells(module: SourceModule, top: str) -> bool:
    """Whether an import at a file's top begins with a name."""
    nodes = [b.node for found in module.scopes.module.bindings.values() for b in found if b.is_import]
    spelled = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    spelled += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return any(name.partition(".")[0] == top for name in spelled)
