"""Imports that wait: `torch = porter_layers.lazy("torch")`, which a run wrote in place of `import torch`.

They are read as the imports that they stand for, so that all that asks for the imports of a file finds them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator
from typing import Protocol

LAZY = "lazy"
OFFERS = "offers"
WAITING = frozenset({LAZY, OFFERS})
GETTER = "__getattr__"
CALL = re.compile(rb"\b(?:lazy|offers)\(")
STATEMENT = {name: re.compile(rb"\b(?:lazy|offers)\([^\n]*[\"']" + name.encode()) for name in ("torch", "mindspore")}
"""Looks like a framework's import that waits."""


class Named(Protocol):
    """What tells the names of the modules that a file imports."""

    def module(self, dotted: str, node: ast.Import | None = None) -> str:
        """The name of a module that an import spells."""

    def names(self, node: ast.ImportFrom) -> tuple[str, list[str]]:
        """The name of the module that a `from` import reads, and those of what it takes from there."""


def waits(node: ast.AST) -> bool:
    """Whether an import is one that waits."""
    return getattr(node, "waits", False)


def is_offer(node: ast.AST) -> bool:
    """Whether an import that waits only gives names to others."""
    return waits(node) and isinstance(node, ast.ImportFrom)


def imported_by(node: ast.AST) -> list[str]:
    """Dotted names of the modules that an import names."""
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def read_waiting(tree: ast.Module, data: bytes, imports: Named, is_layers: Callable[[str], bool]) -> None:
    """Put imports in the place of the statements of a file's top that stand for them.

    `is_layers`: whether a dotted name is that of a generated module.
    """
    if CALL.search(data) is None:
        return
    homes = set(_names_of(tree, imports, is_layers))
    body: list[ast.stmt] = []
    for statement in tree.body:
        body += _read(statement, homes) or [statement]
    tree.body[:] = body


def framework_imports(tree: ast.Module) -> Iterator[str]:
    """The roots of what waits, by whichever module it is asked for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in (LAZY, OFFERS):
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            yield from (text.partition(".")[0] for text in map(_text, values) if text)


def _names_of(tree: ast.Module, imports: Named, is_layers: Callable[[str], bool]) -> Iterator[str]:
    """Names that a file's top imports a generated module under."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if is_layers(imports.module(alias.name, node)) and (alias.asname or "." not in alias.name):
                    yield alias.asname or alias.name
        elif isinstance(node, ast.ImportFrom) and all(alias.name != "*" for alias in node.names):
            for alias, name in zip(node.names, imports.names(node)[1], strict=True):
                if is_layers(name):
                    yield alias.asname or alias.name


def _read(statement: ast.stmt, homes: Collection[str]) -> list[ast.stmt]:
    """The imports that a statement stands for, if any."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return []
    target, call = statement.targets[0], statement.value
    if not isinstance(target, ast.Name) or not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return []
    if not isinstance(call.func.value, ast.Name) or call.func.value.id not in homes:
        return []
    names = [text for text in map(_text, call.args) if text]
    if call.func.attr == LAZY and len(names) == len(call.args) > 0 and not call.keywords:
        found = _modules(target.id, names)
    elif call.func.attr == OFFERS and target.id == GETTER and not names:
        found = _offered(call)
    else:
        return []
    return [_placed(node, statement) for node in found]


def _modules(local: str, names: list[str]) -> list[ast.stmt]:
    """`import torch, torch.utils.checkpoint`"""
    first = ast.alias(names[0], None if local == names[0] else local)
    return [ast.Import([first, *(ast.alias(name, None) for name in names[1:])])]


def _offered(call: ast.Call) -> list[ast.stmt]:
    """`from torch import no_grad`"""
    found: dict[str, list[ast.alias]] = {}
    for keyword in call.keywords:
        module, _, name = _text(keyword.value).rpartition(".")
        if not keyword.arg or not module:
            return []
        found.setdefault(module, []).append(ast.alias(name, None if name == keyword.arg else keyword.arg))
    return [ast.ImportFrom(module, aliases, 0) for module, aliases in found.items()]


def _placed(node: ast.stmt, statement: ast.stmt) -> ast.stmt:
    node.waits = True  # type: ignore[attr-defined]
    for each in ast.walk(node):
        ast.copy_location(each, statement)
    return node


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
