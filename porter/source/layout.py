"""The files of a tree as Python's import sees them: packages, folders without `__init__.py`, and their names."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from porter.source.imports import FRAMEWORKS

TOP = "~"
"""First part of the names of what lies in no package: no import can spell it, so it is never an installed module."""
ABOVE = "~above"
"""Stands for the folder around the tree, in which the tree itself may be the package that its files import."""
ELSEWHERE = sys.stdlib_module_names | frozenset(FRAMEWORKS)
"""Names that some other module has for sure: a folder of the tree without `__init__.py` never takes them over."""


@dataclass(frozen=True, slots=True)
class Hit:
    """What a dotted name leads to below the folder `root`: a file, or a `folder` without `__init__.py`.

    `regular`: its first part is a module or a real package, which hides such folders everywhere else. `rest`: what
    could not be found of a name that starts with a real package.
    """

    root: str
    path: str
    folder: bool = False
    regular: bool = True
    rest: tuple[str, ...] = ()


def package_root(path: str, files: frozenset[str]) -> str | None:
    """Folder (relative, "" for the tree itself) of the outermost package around a file; None outside packages."""
    folders = PurePosixPath(path).parts[:-1]
    for count in range(len(folders) + 1):
        if "/".join([*folders[:count], "__init__.py"]) in files:
            return "/".join(folders[:count])
    return None


def join(folder: str, name: str) -> str:
    """A path below a folder, which may be the tree's top."""
    return f"{folder}/{name}" if folder else name


def above(path: str) -> str:
    """The folder around a path; "" for the tree's top."""
    return path.rpartition("/")[0]


class Layout:
    """Where the modules of a tree lie, and the one dotted name that stands for each of them.

    A module of a real package has the name by which all import it. What lies outside packages has a name that begins
    with TOP, since its spelled name depends on where the program starts.
    """

    def __init__(self, paths: frozenset[str], root_name: str) -> None:
        self.paths = paths
        self.root_name = root_name
        self.folders = {folder for path in paths for folder in _around(path)}
        self.is_package = "__init__.py" in paths

    @cached_property
    def where(self) -> dict[str, list[str]]:
        """Folders that hold a module, a package or a folder of a name."""
        found: dict[str, set[str]] = {}
        for path in [*self.folders - {""}, *(p.removesuffix(".py") for p in self.paths if p.endswith(".py"))]:
            found.setdefault(path.rpartition("/")[2], set()).add(above(path))
        found.setdefault(self.root_name, set()).add(ABOVE)
        return {name: sorted(folders) for name, folders in found.items()}

    @cached_property
    def package_of(self) -> dict[str, str | None]:
        """The outermost package around the files of each folder."""
        return {folder: package_root(join(folder, "x.py"), self.paths) for folder in self.folders}

    @cached_property
    def parents(self) -> frozenset[str]:
        """Folders in which the outermost packages lie."""
        roots = {root for root in self.package_of.values() if root is not None}
        return frozenset(map(self.parent, roots))

    def parent(self, package: str) -> str:
        """The folder that has to be searched for an outermost package to be found."""
        return above(package) if package else ABOVE

    def between(self, root: str, folder: str) -> tuple[str, ...] | None:
        """The parts of a dotted name that lead from a folder that is searched to one below it; None elsewhere."""
        parts = tuple(folder.split("/")) if folder else ()
        if root == ABOVE:
            return (self.root_name, *parts)
        top = tuple(root.split("/")) if root else ()
        return parts[len(top) :] if parts[: len(top)] == top else None

    @cached_property
    def _package_names(self) -> dict[str, str]:
        """The name of each outermost package; of two that share one, and of a framework's, the place is the name."""
        found: dict[str, str] = {}
        given = {path.removesuffix(".py") for path in self.paths if "/" not in path}
        given |= {folder for folder in self.folders if "/" not in folder}
        for root in sorted({r for r in self.package_of.values() if r is not None}, key=lambda r: (r.count("/"), r)):
            name = root.rpartition("/")[2] or self.root_name
            taken = root and (name in ELSEWHERE or (name in given and "/" in root))
            found[root] = self.place(root) if taken else name
            given.add(name)
        return found

    def place(self, path: str) -> str:
        """The name of a folder or a file by where it lies."""
        parts = path.split("/") if path else []
        return ".".join([TOP, *(self._part(parts[: count + 1]) for count in range(len(parts)))])

    def _part(self, parts: Sequence[str]) -> str:
        """One part of a name; odd for what is hidden behind something of the same name beside it."""
        path, name = "/".join(parts), parts[-1]
        if name.endswith(".py"):
            stem = path.removesuffix(".py")
            return name.removesuffix(".py") + ("-file" if f"{stem}/__init__.py" in self.paths else "")
        hidden = f"{path}.py" in self.paths and f"{path}/__init__.py" not in self.paths
        return name + ("-folder" if hidden else "")

    def folder_name(self, folder: str) -> str:
        """The name that stands for a folder, whether it is a package or not."""
        root = self.package_of.get(folder)
        if root is None:
            return self.place(folder)
        inner = folder[len(root) :].strip("/")
        parts = folder.split("/") if folder else []
        start = len(parts) - (len(inner.split("/")) if inner else 0)
        return ".".join([self._package_names[root], *(self._part(parts[: n + 1]) for n in range(start, len(parts)))])

    def name(self, path: str) -> str:
        """The dotted name that stands for a file."""
        folder, _, file = path.rpartition("/")
        if file == "__init__.py":
            return self.folder_name(folder)
        part = self._part(path.split("/"))
        if not folder and not self.is_package and part not in ELSEWHERE:
            return part
        return f"{self.folder_name(folder)}.{part}"

    def package(self, path: str) -> str:
        """The dotted name of the package that a file lies in; "" outside packages."""
        folder = above(path)
        return "" if self.package_of[folder] is None else self.folder_name(folder)

    def find(self, root: str, parts: Sequence[str], names: Sequence[str] = ()) -> Hit | None:
        """What a dotted name leads to when `root` is a folder that Python searches.

        A folder without `__init__.py` counts when all of the name is there, and one of the `names` taken from it.
        """
        if root == ABOVE:
            if parts[0] != self.root_name:
                return None
            found = self._walk(root, "", parts[1:], self.is_package)
        else:
            found = self._walk(root, root, parts, False)
        if found is None or not found.folder or not names:
            return found
        return found if any(self.child(found.path, name) for name in names) else None

    def _walk(self, root: str, folder: str, parts: Sequence[str], regular: bool) -> Hit | None:
        known = regular
        for count, part in enumerate(parts):
            first = not count and root != ABOVE
            path = join(folder, part)
            package = f"{path}/__init__.py" in self.paths
            if not package and f"{path}.py" in self.paths:
                return Hit(root, f"{path}.py", False, regular or first, tuple(parts[count + 1 :]))
            if path not in self.folders:
                return Hit(root, join(folder, "__init__.py"), False, regular, tuple(parts[count:])) if known else None
            known, regular, folder = known or package, regular or (first and package), path
        is_package = join(folder, "__init__.py") in self.paths
        return Hit(root, join(folder, "__init__.py") if is_package else folder, not is_package, regular)

    def child(self, folder: str, name: str) -> str:
        """The file or folder that a part of a name leads to inside a folder; "" for none."""
        path = join(folder, name)
        if f"{path}/__init__.py" in self.paths:
            return f"{path}/__init__.py"
        if f"{path}.py" in self.paths:
            return f"{path}.py"
        return path if path in self.folders else ""

    def name_of(self, path: str) -> str:
        """The name of a file or of a folder."""
        return self.name(path) if path.endswith(".py") else self.folder_name(path)


def _around(path: str) -> Iterable[str]:
    parts = path.split("/")[:-1]
    return ("/".join(parts[:count]) for count in range(len(parts) + 1))
