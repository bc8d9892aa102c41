"""Ignored modules that the files of a tree import, such as a `_version.py` that a build has made."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from porter.source.starts import SRC
from porter.source.text import Unreadable, read_text
from porter.source.tree import BUILD, EXCLUDED, IGNORED, LeftOut

SUFFIXES = (".py", ".so", ".pyd")


def carried_modules(
    root: Path, files: Mapping[str, bytes], left_out: Sequence[LeftOut]
) -> tuple[dict[str, str], list[str]]:
    """Modules that were left out and are imported (module -> the file that imports it), and notes about excluded ones.

    What they import in turn is among them. Paths are relative to `root`.
    """
    ignored = [each.path for each in left_out if each.why in (IGNORED, BUILD) and _may_be_module(each.path)]
    excluded = [each.path for each in left_out if each.why == EXCLUDED and _may_be_module(each.path)]
    if not ignored and not excluded:
        return {}, []
    search = _Search(root, ignored, excluded)
    search.through(files)
    notes = [f"{path}: is excluded, but {by} imports it" for path, by in sorted(search.missed.items())]
    return dict(sorted(search.found.items())), notes


def _may_be_module(path: str) -> bool:
    return path.endswith(("/", *SUFFIXES))


class _Search:
    """Looks up what files import among what was left out."""

    def __init__(self, root: Path, ignored: list[str], excluded: list[str]) -> None:
        self.root = root
        self.ignored = ignored
        self.excluded = excluded
        stems = (_stem(path) for path in (*ignored, *excluded))
        self.words = {stem.encode() for stem in stems if stem.isidentifier()}
        self.own_name = root.resolve().name if (root / "__init__.py").is_file() else ""
        self.found: dict[str, str] = {}
        self.missed: dict[str, str] = {}

    def through(self, files: Mapping[str, bytes]) -> None:
        """Look at every file, and at the modules that turn up, which may lead to others."""
        waiting = list(files.items())
        while waiting:
            path, content = waiting.pop()
            if path in files and not any(word in content for word in self.words):
                continue  # parsing is what takes time
            for module in self._imported(path, content):
                for name in self._modules(path, module):
                    if name not in self.found and self._note(name, path) and name.endswith(".py"):
                        waiting.append((name, _content(self.root / name)))

    def _note(self, name: str, by: str) -> bool:
        """Note a module by where it lies; whether it is to be carried."""
        if _is_below(name, self.ignored):
            self.found[name] = by
            return True
        if _is_below(name, self.excluded):
            self.missed.setdefault(name, by)
        return False

    def _imported(self, path: str, content: bytes) -> Iterator[tuple[str, ...]]:
        """Modules that a file may import, as parts of a path; relative ones start at its folder, by their dots."""
        try:
            tree = read_text(content).tree
        except Unreadable:
            return
        folder = tuple(path.split("/")[:-1])
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (("", *alias.name.split(".")) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                up = folder[: len(folder) - node.level + 1] if node.level else ("",)
                module = tuple(node.module.split(".")) if node.module else ()
                yield from ((*up, *module, alias.name) for alias in node.names)
                yield (*up, *module)

    def _modules(self, path: str, module: tuple[str, ...]) -> Iterator[str]:
        """Files that such an import may load: the module, and the packages around it."""
        for parts in self._places(path, module):
            for count in range(1, len(parts) + 1):
                yield from self._files("/".join(parts[:count]))

    def _places(self, path: str, module: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if module[:1] != ("",):
            yield module
            return
        folder = tuple(path.split("/")[:-1])
        for count in range(len(folder) + 1):
            yield (*folder[:count], *module[1:])
        if folder[:1] != (SRC,):
            yield (SRC, *module[1:])
        if self.own_name and module[1:2] == (self.own_name,):
            yield module[2:]

    def _files(self, stem: str) -> Iterator[str]:
        if not _is_below(f"{stem}/", self.ignored + self.excluded) and not self._has_candidate(stem):
            return
        folder, _, name = stem.rpartition("/")
        for found in _names(self.root / folder):
            if found.startswith(f"{name}.") and found.endswith(SUFFIXES):
                yield f"{folder}/{found}" if folder else found
        if (self.root / stem / "__init__.py").is_file():
            yield f"{stem}/__init__.py"

    def _has_candidate(self, stem: str) -> bool:
        return any(path.startswith((f"{stem}.", f"{stem}/")) for path in (*self.ignored, *self.excluded))


def _stem(path: str) -> str:
    """`_version` of `pkg/_version.py`, `generated` of `pkg/generated/`."""
    return path.rstrip("/").rpartition("/")[2].partition(".")[0]


def _is_below(path: str, places: Iterable[str]) -> bool:
    return any(path == place or (place.endswith("/") and path.startswith(place)) for place in places)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
