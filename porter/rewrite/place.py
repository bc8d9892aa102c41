"""Where the generated module lies, and how a file of the tree spells it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from porter.source.index import TreeIndex, package_root
from porter.source.names import SourceModule


def layers_import(index: TreeIndex, layers: str, path: str) -> str:
    """How a file spells the module at the path `layers`: `.porter_layers`, `package.porter_layers` or bare."""
    module = index.modules[path]
    name = PurePosixPath(layers).stem
    home = package_root(layers, index.paths)
    if home is None:
        return name
    if package_root(path, index.paths) != home:
        return f"{home.rpartition('/')[2] or index.root_name}.{name}"
    top = module.package.partition(".")[0]
    if not _imports_relatively(module) and _imports(module, top) and home != "":
        return f"{top}.{name}"
    return "." * len(module.package.split(".")) + name


def layers_path(index: TreeIndex, users: Sequence[str], generated: Collection[str], name: str) -> str:
    """Inside the one package that needs it; beside the scripts of one folder; else at the tree's top."""
    if generated:
        return min(generated)
    roots = {package_root(path, index.paths) for path in users}
    packages = roots - {None}
    if len(packages) == 1:
        root = packages.pop() or ""
        outside = [index.modules[p] for p in users if package_root(p, index.paths) is None]
        if all(_imports(module, root.rpartition("/")[2] or index.root_name) for module in outside):
            return f"{root}/{name}" if root else name
    folders = {path.rpartition("/")[0] for path in users}
    if roots == {None} and len(folders) == 1:
        folder = folders.pop()
        return f"{folder}/{name}" if folder else name
    return name


def _imports_relatively(module: SourceModule) -> bool:
    return any(getattr(b.node, "level", 0) for found in module.scopes.module.bindings.values() for b in found)


def _imports(module: SourceModule, top: str) -> bool:
    targets = [b.target or "" for found in module.scopes.module.bindings.values() for b in found]
    return any(target.partition(".")[0] == top for target in targets)
