"""Names that the files of a tree take from one another: spelled in an import, or let in by a star."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from porter.source.index import TreeIndex
from porter.source.names import Reference, SourceModule
from porter.source.origins import longest_module
from porter.source.scopes import Binding


def bind_stars(index: TreeIndex) -> None:
    """Bind what `from other_file import *` gives a file, as if the import named all that the file reads of it."""
    closed = _closed(index)
    for module in index.modules.values():
        scopes = module.scopes
        if not any(origin in index.by_dotted for _, origin in scopes.stars):
            continue
        wanted = {node.id for node, scope in scopes.reads if scope.lookup(node.id) is None} & index.origins.bound
        asked: set[SourceModule] = set()
        for statement, dotted in scopes.stars:
            for home in _behind(index, dotted, asked) if wanted else ():
                for name in sorted(_offered(home, wanted) - scopes.let_in):
                    scopes.let_in.add(name)
                    target, alias = f"{home.dotted}.{name}", -len(scopes.let_in)
                    scopes.module.bindings[name] = [Binding(name, scopes.module, statement, target, alias)]
        scopes.named |= scopes.let_in
        scopes.bound |= scopes.let_in
        scopes.closed = all(star in index.by_dotted and index.by_dotted[star] in closed for _, star in scopes.stars)
    index.forget()


def _closed(index: TreeIndex) -> set[SourceModule]:
    """Modules to which nothing but files of the tree hands on names by stars, however many files lie between."""
    users: dict[SourceModule, list[SourceModule]] = {}
    open_ends: list[SourceModule] = []
    for module in index.modules.values():
        for _, star in module.scopes.stars:
            home = index.by_dotted.get(star)
            if home is None:
                open_ends.append(module)
            else:
                users.setdefault(home, []).append(module)
    opened: set[SourceModule] = set()
    while open_ends:
        module = open_ends.pop()
        if module not in opened:
            opened.add(module)
            open_ends += users.get(module, ())
    return set(index.modules.values()) - opened


def _offered(module: SourceModule, names: set[str]) -> set[str]:
    """Those of some names that a star import of a module gives."""
    found = names & module.scopes.module.bindings.keys()
    return found & module.exported if module.exported else {name for name in found if not name.startswith("_")}


def _behind(index: TreeIndex, dotted: str, asked: set[SourceModule]) -> Iterator[SourceModule]:
    """A file of the tree, and those whose names its own star imports hand on, but for those already `asked`."""
    todo = deque([dotted])
    while todo:
        module = index.by_dotted.get(todo.popleft())
        if module is not None and module not in asked:
            asked.add(module)
            yield module
            todo += [star for _, star in module.scopes.stars]


def handed_on(index: TreeIndex) -> dict[str, frozenset[str]]:
    """For each module of the tree: the names that other files of the tree take from it."""
    found: dict[str, set[str]] = {}
    for module in index.modules.values():
        for bindings in module.scopes.module.bindings.values():
            for binding in bindings:
                home, _, name = (binding.target or "").rpartition(".")
                if home in index.by_dotted:
                    found.setdefault(index.by_dotted[home].dotted, set()).add(name)
    return {home: frozenset(names) for home, names in found.items()}


def imported(index: TreeIndex) -> frozenset[str]:
    """The files that some other file of the tree imports."""
    found: set[str] = set()
    for module in index.modules.values():
        homes = (longest_module(name, index.by_dotted)[0] for name in module.scopes.imported)
        found.update(home.path for home in homes if home is not None and home is not module)
    return frozenset(found)


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
        yield module.dotted, name
        target = next((b.target for b in module.scopes.module.bindings.get(name, ()) if b.target), "")
