"""Where an attribute of a class of the tree is read from outside: `Config.dtype`, `Config().dtype`, `config.dtype`."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from porter.rewrite.decide.names.reads import FileReads, TreeReads
from porter.source.index import is_self
from porter.source.names import dotted_parts
from porter.source.origins import longest_module
from porter.source.scopes import Scope, parent

MAX_HOPS = 3


class MemberReads:
    """Answers for a tree."""

    def __init__(self, reads: TreeReads) -> None:
        self.reads = reads
        self._of_classes: dict[str, dict[ast.ClassDef, list[tuple[ast.expr, FileReads]]]] = {}

    def of(self, inside: ast.ClassDef, name: str) -> Sequence[tuple[ast.expr, FileReads]]:
        """The reads of one attribute of a class, through its name or an object that is plainly made of it."""
        if name not in self._of_classes:
            found = self._of_classes[name] = defaultdict(list)
            for node, scope, path in self._named.get(name, ()):
                place = self.reads.place(path)
                of = self._class_of(node.value, scope, place, MAX_HOPS) if not is_self(node.value) else None
                if of is not None:
                    found[of].append((node, place))
        return self._of_classes[name].get(inside, ())

    def made_of(self, call: ast.Call, place: FileReads) -> ast.ClassDef | None:
        """The class of the tree that a call makes an object of."""
        root: ast.expr = call.func
        while isinstance(root, ast.Attribute):
            root = root.value
        scope = place.scope_at(root)
        return self._class_of(call.func, scope, place, 1) if scope is not None else None

    @cached_property
    def _named(self) -> dict[str, list[tuple[ast.Attribute, Scope, str]]]:
        """Every attribute that is read in the tree, by its name."""
        found: dict[str, list[tuple[ast.Attribute, Scope, str]]] = {}
        for path, module in self.reads.index.modules.items():
            for node, scope in module.scopes.attributes:
                if isinstance(node.ctx, ast.Load):
                    found.setdefault(node.attr, []).append((node, scope, path))
        return found

    def _class_of(self, node: ast.expr, scope: Scope, place: FileReads, hops: int) -> ast.ClassDef | None:
        """The class that an expression names, or of which it is an object."""
        if isinstance(node, ast.Call):
            return self._class_of(node.func, scope, place, hops)
        parts = dotted_parts(node)
        if not parts or not hops:
            return None
        found = scope.lookup(parts[0])
        if found is not None and len(parts) == 1 and len(found[1]) == 1 and not found[1][0].is_import:
            return self._bound(found[1][0].node, found[0], place, hops)
        meaning = self.reads.index.meaning(parts[0], scope)
        if meaning is None:
            return None
        home, rest = longest_module(".".join([meaning[1], *parts[1:]]), self.reads.index.by_dotted)
        bindings = home.scopes.module.bindings.get(rest[0], []) if home is not None and len(rest) == 1 else []
        if home is None or len(bindings) != 1:
            return None
        return self._bound(bindings[0].node, home.scopes.module, self.reads.place(home.path), hops)

    def _bound(self, node: ast.AST, scope: Scope, place: FileReads, hops: int) -> ast.ClassDef | None:
        if isinstance(node, ast.ClassDef):
            return node
        if isinstance(node, ast.arg):
            return self._class_of(node.annotation, scope, place, hops - 1) if node.annotation is not None else None
        statement = parent(node)
        if not isinstance(statement, ast.Assign) or node not in statement.targets:
            return None
        return self._class_of(statement.value, scope, place, hops - 1)
