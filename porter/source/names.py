"""What a name in a file stands for: qualified names, followed through imports, aliases and the tree's own modules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from porter.source.analyse import SPELLED, Imports, analyse
from porter.source.scopes import Binding, Scope, Scopes, parent
from porter.source.text import SourceText

DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


class SourceModule:
    """One parsed file of a tree: `path` relative to the tree, `dotted` the name that stands for it in all others."""

    def __init__(self, path: str, text: SourceText, dotted: str, package: str, imports: Imports = SPELLED) -> None:
        self.path = path
        self.text = text
        self.dotted = dotted
        self.package = package
        self.imports = imports
        self.tree = text.tree

    @cached_property
    def scopes(self) -> Scopes:
        """Scopes of the file; nodes know their parents once this was read."""
        return analyse(self.tree, self.imports)

    @cached_property
    def reads(self) -> Mapping[str, list[tuple[ast.Name, Scope]]]:
        """Every read of a name, with the scope that it is read in."""
        found: dict[str, list[tuple[ast.Name, Scope]]] = {}
        for pair in self.scopes.reads:
            found.setdefault(pair[0].id, []).append(pair)
        return found

    def called(self, dotted: str) -> str:
        """The name that stands for a module, as an import of the file would spell it in a string."""
        return self.imports.module(dotted) if DOTTED.fullmatch(dotted) else dotted

    @cached_property
    def exported(self) -> frozenset[str]:
        """Names in `__all__`, as far as it is written out."""
        names: set[str] = set()
        for node in self.tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
                names |= {c.value for c in ast.walk(node) if isinstance(c, ast.Constant) and isinstance(c.value, str)}
        return frozenset(names)

    @property
    def multi_line_strings(self) -> set[int]:
        """Lines whose end lies inside a string: nothing may be appended to them."""
        return self.scopes.string_lines


@dataclass(eq=False, slots=True)  # not frozen: that takes half the time of making one, and a tree has thousands
class Reference:
    """A dotted name as it is read somewhere: `node` is the whole attribute chain, `root` its first name.

    `nodes[i]` is the part of the chain that spells the first `i + 1` names; `qualified` is the root's meaning and
    the rest. For a name inside a string, `node` is the string and `start`, `end` the byte offsets of the dotted name.
    `guarded`: the name may also be None. `ambiguous`: it is bound in other ways too, so nobody knows what it means.
    `doubt`: why, where that can be said. `through`: it is reached through a module of the tree (`layers.Conv3d`).
    """

    root: ast.Name | None
    node: ast.expr
    nodes: tuple[ast.expr, ...]
    parts: tuple[str, ...]
    scope: Scope
    binding_scope: Scope
    name: str
    meaning: str
    guarded: bool = False
    ambiguous: bool = False
    through: bool = False
    start: int = -1
    end: int = -1
    doubt: str = ""

    @property
    def qualified(self) -> str:
        """The qualified name of the whole chain."""
        return ".".join((self.meaning, *self.parts[1:]))


def chain(root: ast.Name) -> tuple[tuple[ast.expr, ...], tuple[str, ...]]:
    """All attribute chains that start at a name, shortest first, and the names that spell the longest."""
    nodes: list[ast.expr] = [root]
    parts = [root.id]
    above = parent(root)
    while isinstance(above, ast.Attribute) and isinstance(above.ctx, ast.Load):
        nodes.append(above)
        parts.append(above.attr)
        above = parent(above)
    return tuple(nodes), tuple(parts)


def import_meaning(bindings: list[Binding]) -> tuple[str, bool] | None:
    """What a name with these bindings is imported as; the flag tells that it may also be None.

    Bindings that disagree have no meaning, but for the fallback of an optional import (`torch = None`).
    """
    targets = {b.target for b in bindings if b.target}
    if len(targets) != 1:
        return None
    rest = [b for b in bindings if not b.is_import]
    if all(is_fallback(b) for b in rest):
        return targets.pop(), bool(rest)
    return None


def is_fallback(binding: Binding) -> bool:
    """Whether a binding only says that an optional import failed (`torch = None`)."""
    statement = parent(binding.node)
    return (
        isinstance(statement, (ast.Assign, ast.AnnAssign))
        and isinstance(statement.value, ast.Constant)
        and not statement.value.value
    )


def alias_chain(bindings: list[Binding]) -> ast.expr | None:
    """The attribute chain that a name bound once, by a plain assignment, stands for (`N = torch.nn`)."""
    if len(bindings) != 1:
        return None
    statement = parent(bindings[0].node)
    if not isinstance(statement, ast.Assign) or statement.targets != [bindings[0].node]:
        return None
    return statement.value if isinstance(statement.value, (ast.Attribute, ast.Name)) else None


def dotted_parts(node: ast.expr) -> list[str] | None:
    """`["a", "b"]` for the expression `a.b`; None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else None


def names_in_string(text: SourceText, node: ast.Constant) -> Iterator[tuple[str, int, int]]:
    """Dotted names in a plain one-line string literal, with their byte offsets; none where escapes blur them."""
    start, end = text.span(node)
    literal = text.slice(start, end)
    if "\\" in literal or "\n" in literal or str(node.value) not in literal:
        return
    inner = literal.index(str(node.value))
    for match in DOTTED.finditer(str(node.value)):
        before = literal[: inner + match.start()].encode()
        yield match.group(), start + len(before), start + len(before) + len(match.group().encode())
