"""The name by which a package imports itself: its folder may be called otherwise, in a checkout or a copy."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from porter.source.layout import ABOVE, ELSEWHERE, Layout
from porter.source.starts import Starts, Wanted, wanted_of
from porter.source.text import SourceText


def own_name(folder: str, texts: Mapping[str, SourceText], paths: frozenset[str]) -> str:
    """The package's name as its own files import it; the folder's where they use it, or tell no better one.

    A name counts when nearly all that is imported below it is there: `torch.utils` is not this tree's `utils`.
    """
    if "__init__.py" not in paths:
        return _checkout_name(folder, texts, paths)
    modules = _modules(paths)
    found: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for text in texts.values():
        for name in _imported(text.tree):
            root, _, rest = name.partition(".")
            (found if rest in modules else missed)[root] += 1
    likely = [name for name, count in found.most_common() if count > 2 * missed[name]]
    return folder if found[folder] or not likely else likely[0]


def _checkout_name(folder: str, texts: Mapping[str, SourceText], paths: frozenset[str]) -> str:
    """The same of a folder without `__init__.py`: the one name below which all is there, to the names in the files."""
    wanted: dict[str, set[Wanted]] = {}
    for text in texts.values():
        for name, node in _spelled(text.tree):
            each = wanted_of(node) if isinstance(node, ast.ImportFrom) else Wanted(0, tuple(name.split(".")))
            wanted.setdefault(each.parts[0], set()).add(each)
    places = Layout(paths, folder).where
    likely = [name for name in wanted if name not in places and name not in ELSEWHERE] if folder not in wanted else []
    modules = _modules(paths) if likely else set()
    likely = [n for n in likely if all(".".join(each.parts[1:]) in modules for each in wanted[n])]
    found = [name for name in likely if _is_here(wanted[name], Starts(Layout(paths, name), texts))]
    return found[0] if len(found) == 1 else folder


def _is_here(wanted: set[Wanted], starts: Starts) -> bool:
    """Whether all that is imported is there, and some of it by name: other packages have a `utils` too."""
    return any(each.names for each in wanted) and all(
        starts.gives(starts.layout.find(ABOVE, each.parts, each.names), each) for each in wanted
    )


def _modules(paths: frozenset[str]) -> set[str]:
    """Dotted paths of the modules below the tree's folder, and of the folders around them."""
    found: set[str] = set()
    for path in paths:
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        found.update(".".join(parts[:count]) for count in range(1, len(parts) + 1))
    return found


def _imported(tree: ast.Module) -> Iterator[str]:
    """Modules below some package that a file's own statements import absolutely."""
    return (name for name, _ in _spelled(tree))


def _spelled(tree: ast.Module) -> Iterator[tuple[str, ast.Import | ast.ImportFrom]]:
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names if "." in alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level and "." in node.module:
            yield node.module, node
