"""The name by which a package imports itself: its folder may be called otherwise, in a checkout or a copy."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from porter.source.text import SourceText


def own_name(folder: str, texts: Mapping[str, SourceText], paths: frozenset[str]) -> str:
    """The package's name as its own files import it; the folder's where they use it, or tell no better one.

    A name counts when nearly all that is imported below it is there: `torch.utils` is not this tree's `utils`.
    """
    if "__init__.py" not in paths:
        return folder
    modules = _modules(paths)
    found: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for text in texts.values():
        for name in _imported(text.tree):
            root, _, rest = name.partition(".")
            (found if rest in modules else missed)[root] += 1
    likely = [name for name, count in found.most_common() if count > 2 * missed[name]]
    return folder if found[folder] or not likely else likely[0]


def _modules(paths: frozenset[str]) -> set[str]:
    """Dotted paths of the modules below the tree's folder, and of the folders around them."""
    found: set[str] = set()
    for path in paths:
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        found.update(".".join(parts[:count]) for count in range(1, len(parts) + 1))
    return found


def _imported(tree: ast.Module) -> Iterator[str]:
    """Modules below some package that a file's own statements import absolutely."""
    for node in tree.body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        yield from (name for name in names if "." in name)
