"""Names that the files of a tree take from one another: spelled in an import, or let in by a star."""

from __future__ import annotations

from collections.abc import Iterator

from porter.source.index import TreeIndex
from porter.source.names import Reference, SourceModule
from porter.source.scopes import Binding


def bind_stars(index: TreeIndex) -> None:
    """Bind what `from other_file import *` gives a file, as if the import named all that the file reads of it."""
    for module in index.modules.values():
        scopes = module.scopes
        if not any(origin in index.by_dotted for _, origin in scopes.stars):
            continue
        unbound = {node.id for node, scope in scopes.reads if scope.lookup(node.id) is None}
        for statement, dotted in scopes.stars:
            for home in _behind(index, dotted):
                for name in sorted((unbound & _offered(home)) - scopes.let_in):
                    scopes.let_in.add(name)
                    target, alias = f"{home.dotted}.{name}", -len(scopes.let_in)
                    scopes.module.bindings[name] = [Binding(name, scopes.module, statement, target, alias)]
        scopes.named |= scopes.let_in
        scopes.bound |= scopes.let_in
        scopes.closed = all(_is_closed(index, dotted) for _, dotted in scopes.stars)


def _is_closed(index: TreeIndex, dotted: str) -> bool:
    """Whether nothing but files of the tree hands on names by stars here."""
    behind = _behind(index, dotted)
    return bool(behind) and all(star in index.by_dotted for home in behind for _, star in home.scopes.stars)


def _offered(module: SourceModule) -> set[str]:
    names = module.scopes.module.bindings.keys()
    return names & module.exported if module.exported else {name for name in names if not name.startswith("_")}


def _behind(index: TreeIndex, dotted: str) -> list[SourceModule]:
    """A file of the tree, and those whose names its own star imports hand on."""
    found = [index.by_dotted[dotted]] if dotted in index.by_dotted else []
    for module in found:
        others = (index.by_dotted.get(origin) for _, origin in module.scopes.stars)
        found += [other for other in others if other is not None and other not in found]
    return found


def handed_on(index: TreeIndex) -> dict[str, frozenset[str]]:
    """For each module of the tree: the names that other files of the tree take from it."""
    found: dict[str, set[str]] = {}
    for module in index.modules.values():
        for bindings in module.scopes.module.bindings.values():
            for binding in bindings:
                home, _, name = (binding.target or "").rpartition(".")
                if home in index.by_dotted:
                    found.setdefault(home, set()).add(name)
    return {home: frozenset(names) for home, names in found.items()}


def route(index: TreeIndex, reference: Reference) -> Iterator[tuple[str, str]]:
    """The files of the tree through which a name reaches the place where it is read: (dotted name, name there)."""
    if reference.through:
        found = index.meaning(reference.name, reference.scope)
        target = f"{found[1]}.{reference.parts[0].partition('.')[2]}" if found is not None else ""
    else:
        target = next((b.target for b in reference.binding_scope.bindings[reference.name] if b.target), "")
    seen: set[str] = set()
    while target not in seen:
        seen.add(target)
        home, _, name = target.rpartition(".")
        module = index.by_dotted.get(home)
        if module is None:
            return
        yield home, name
        target = next((b.target for b in module.scopes.module.bindings.get(name, ()) if b.target), "")
