"""Which files of a tree a conversion concerns: those that use a framework, and those that are tied to them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from porter.source.index import TreeIndex
from porter.source.names import DOTTED, SourceModule
from porter.source.origins import longest_module

IMPORTERS = frozenset({"import_module", "__import__", "importorskip"})


class Uses:
    """The uses of one framework in a tree. `given`: files that stand for it, whatever they import."""

    def __init__(self, index: TreeIndex, framework: str, other: str, given: Iterable[str] = ()) -> None:
        self.index = index
        self.framework = framework
        self.other = other
        self.given = frozenset(given)

    @cached_property
    def importers(self) -> frozenset[str]:
        """Files that import the framework, by a statement or by a call with its name written out."""
        return self._importing(self.framework) | self.given

    @cached_property
    def concerned(self) -> frozenset[str]:
        """Files that import the framework or spell its names in strings, use such files, or are used by these.

        A file that is only used, and imports the other framework, is written for that already.
        """
        users = {module.path: set(self._used(module)) for module in self.index.modules.values()}
        for doubt in self.index.finder.doubts:
            users[doubt.path].update(place for place in doubt.places if place in users)
        used = _turned(users)
        spelled = {path for path, module in self.index.modules.items() if self._is_spelled(module)}
        if not self.importers:  # a name in a file for the other framework is no more than a mention then
            spelled -= self._importing(self.other)
        start = self.importers | spelled
        above = _reached(start, used)
        return above | (_reached(above, users) - self._importing(self.other))

    def _importing(self, framework: str) -> frozenset[str]:
        word = framework.encode()
        modules = (m for m in self.index.modules.values() if word in m.text.data)
        return frozenset(m.path for m in modules if any(n.partition(".")[0] == framework for n in _imported(m)))

    def _is_spelled(self, module: SourceModule) -> bool:
        """Whether a string is a dotted name of the framework, which some registry may look up."""
        head = f"{self.framework}."
        texts = (str(node.value) for node, _ in module.scopes.strings)
        return any(text.startswith(head) and DOTTED.fullmatch(text) for text in texts)

    def _used(self, module: SourceModule) -> Iterator[str]:
        """Files of the tree that a file imports; a package stands for all that its attributes may lead to."""
        for name in _imported(module):
            home, rest = longest_module(name, self.index.by_dotted)
            if home is not None:
                yield home.path
            if home is None or not rest:
                yield from self._inside.get(name, ())

    @cached_property
    def _inside(self) -> Mapping[str, list[str]]:
        """The files in each package, by its dotted name."""
        found: dict[str, list[str]] = {}
        for module in self.index.modules.values():
            parts = module.dotted.split(".")
            for count in range(1, len(parts)):
                found.setdefault(".".join(parts[:count]), []).append(module.path)
        return found


def _imported(module: SourceModule) -> Iterator[str]:
    """Dotted names that a file imports, in any of its scopes."""
    yield from module.scopes.imported
    for call, _ in module.scopes.calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in IMPORTERS and call.args and isinstance(call.args[0], ast.Constant):
            yield module.called(str(call.args[0].value))


def _turned(users: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """For each file those that use it."""
    found: dict[str, list[str]] = {}
    for user, files in users.items():
        for file in files:
            found.setdefault(file, []).append(user)
    return found


def _reached(start: Iterable[str], ways: Mapping[str, Iterable[str]]) -> frozenset[str]:
    todo, found = [*start], set(start)
    while todo:
        new = set(ways.get(todo.pop(), ())) - found
        found |= new
        todo += new
    return frozenset(found)
