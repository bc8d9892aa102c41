"""What a name's conversion needs around it: two frameworks must not meet in one class, call or signature."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from porter.findings import Kind
from porter.rewrite.decide.classes.hierarchy import Hierarchy
from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Need
from porter.rewrite.decide.facts import FileFacts, Use
from porter.source.index import enclosing_class
from porter.source.kinds import DEFINITIONS
from porter.source.scopes import ancestors, parent

AROUND = (ast.keyword, ast.Tuple, ast.List, ast.Dict, ast.IfExp, ast.Starred)


class Around:
    """The calls, decorated signatures and classes of one file, as its names need them."""

    def __init__(self, file: FileFacts, hierarchy: Hierarchy) -> None:
        self.file = file
        self.hierarchy = hierarchy

    def with_needs(self, use: Use, decision: Decision) -> Decision:
        """The decision about a name, with what its change needs."""
        needs = tuple(self._needs(use))
        if not needs:
            return decision
        ways = [replace(w, needs=(*w.needs, *needs)) if w.form in CONVERTED else w for w in decision.ways]
        return replace(decision, ways=tuple(ways))

    def _needs(self, use: Use) -> Iterator[Need]:
        entry = self.hierarchy.by_use.get(id(use))
        if entry is not None:
            yield Need((entry.place,), MOVES)
        node, constant = use.reference.node, _is_constant(use)
        inside = enclosing_class(node)
        around = self.hierarchy.by_node.get(inside) if inside is not None else None
        if entry is None and around is not None and around in self.hierarchy.matter:
            yield Need((around.place,), MOVES, SILENT)
        if constant:
            function = self._functions.get(id(_call_around(node)))
            if function is not None:
                yield Need((self.file.place(function),), CONVERTED, SILENT)
        if self._decorators and (constant or use.kind is Kind.ANNOTATION):
            for definition in _signatures(node):
                for decorator in self._decorators.get(id(definition), ()):
                    yield Need((self.file.place(decorator),), CONVERTED, SILENT)

    @cached_property
    def _functions(self) -> dict[int, Use]:
        """What is called, by the identity of the call."""
        calls = ((_call_of(use), use) for use in self.file.uses)
        return {id(call): use for call, use in calls if call is not None}

    @cached_property
    def _decorators(self) -> dict[int, list[Use]]:
        """What decorates, by the identity of the definition."""
        found: dict[int, list[Use]] = {}
        for use in self.file.uses:
            node = _call_of(use) or use.reference.node
            above = parent(node)
            if isinstance(above, DEFINITIONS) and node in above.decorator_list:
                found.setdefault(id(above), []).append(use)
        return found


def _call_of(use: Use) -> ast.Call | None:
    """The call whose function the name is."""
    above = parent(use.reference.node)
    return above if isinstance(above, ast.Call) and above.func is use.reference.node else None


def _is_constant(use: Use) -> bool:
    """Whether a name stands for a value such as a dtype."""
    rule = use.rule if use.kind is Kind.VALUE else None
    return rule is not None and not rule.is_class and rule.torch.signature is None


def _signatures(node: ast.AST) -> Iterator[ast.AST]:
    """The definitions in whose signature a node stands, and the classes around them."""
    below = node
    for above in ancestors(node):
        signature = isinstance(below, ast.arguments) or below is getattr(above, "returns", None)
        if isinstance(above, DEFINITIONS) and (signature or isinstance(above, ast.ClassDef)):
            yield above
        elif isinstance(above, DEFINITIONS):
            return
        below = above


def _call_around(node: ast.AST) -> ast.AST | None:
    """The call that takes an expression as an argument, or as an element of one."""
    above = parent(node)
    while isinstance(above, AROUND):
        above = parent(above)
    return above if isinstance(above, ast.Call) else None
