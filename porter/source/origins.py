"""Where a dotted name of the tree comes from, through re-exports and star imports; a circle of them ends."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from porter.source.names import SourceModule, import_meaning

Modules = Mapping[str, SourceModule]


class Origins:
    """Answers for one tree, and remembers them for every name on the way."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.known: dict[str, str] = {}

    @cached_property
    def bound(self) -> frozenset[str]:
        """Names that some module of the tree binds at its top: no star import gives any other."""
        return frozenset(name for module in self.modules.values() for name in module.scopes.module.bindings)

    def of(self, qualified: str) -> str:
        """Follow a dotted name through the tree's own modules to where it is imported from.

        An import that is met again with no less left to look up leads in a circle: the name ends where that closes.
        """
        if qualified in self.known:
            return self.known[qualified]
        way: list[str] = []
        met: dict[tuple[str, str], int] = {}
        found = following = qualified
        while following:
            found = self.known.get(following, following)
            if found != following:
                break
            way.append(found)
            following = self._next(found, met)
        self.known.update(dict.fromkeys(way, found))
        return found

    def _next(self, qualified: str, met: dict[tuple[str, str], int]) -> str:
        """What the import behind a name calls it; "" where no further import leads on."""
        module, rest = longest_module(qualified, self.modules)
        if module is None or not rest:
            return ""
        bindings = module.scopes.module.bindings.get(rest[0])
        if not bindings:
            return self._given_by_stars(module, rest) if rest[0] in self.bound else ""
        meaning, key = import_meaning(bindings), (module.path, rest[0])
        if meaning is None or len(rest) >= met.get(key, len(rest) + 1):
            return ""
        met[key] = len(rest)
        return ".".join([meaning[0], *rest[1:]])

    def _given_by_stars(self, module: SourceModule, rest: list[str]) -> str:
        """The dotted name under which a star import, or one behind it, gives a module a name; each is asked once.

        A name of a module that is asked for again with more behind it leads in a circle: `from .missing import *`.
        """
        todo = _starred(module, rest)
        asked: set[str] = set()
        shortest: dict[tuple[str, str], int] = {}
        while todo:
            star, name, qualified = todo.pop()
            home, left = longest_module(qualified, self.modules)
            if qualified in asked or home is None or not left:
                continue
            asked.add(qualified)
            if len(left) > shortest.setdefault((home.path, left[0]), len(left)):
                continue
            bindings = home.scopes.module.bindings.get(left[0])
            if not bindings:
                todo += _starred(home, left)
            elif import_meaning(bindings) or _binds(self.modules.get(star), name):
                return qualified
        return ""


def longest_module(qualified: str, modules: Modules) -> tuple[SourceModule | None, list[str]]:
    """The module of the tree that a dotted name starts with, and what is left of the name."""
    parts = qualified.split(".")
    for count in range(len(parts), 0, -1):
        module = modules.get(".".join(parts[:count]))
        if module is not None:
            return module, parts[count:]
    return None, parts


def _starred(module: SourceModule, rest: list[str]) -> list[tuple[str, str, str]]:
    """What the stars of a module may call a name, the first star last: (module, first part, whole name)."""
    return [(star, rest[0], ".".join([star, *rest])) for _, star in reversed(module.scopes.stars)]


def _binds(module: SourceModule | None, name: str) -> bool:
    return module is not None and name in module.scopes.module.bindings
