"""What an object is known to be, and which places have to be converted for it to be that afterwards."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.change import Change
from porter.rewrite.decide.classes import MOVES
from porter.rewrite.decide.decision import CONVERTED, SILENT, Form, Need, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.telling import QUIET
from porter.rewrite.decide.tree import TreeFacts
from porter.rules.model import Rule
from porter.source.index import enclosing_class
from porter.source.plain import Plain
from porter.source.scopes import Scope


@dataclass(frozen=True, slots=True)
class Known:
    """Classes of either framework that an object can be an instance of; empty when that is not known.

    `rules`: for each class its rule from the source side, and that of either side. `generated`: it is of a class that
    an earlier run generated. `needs`: the places that make it one, or test for it. `other`: it is known to be something
    else: a list, an array, a module, an object of a class of the tree that is no layer.
    """

    names: tuple[str, ...] = ()
    rules: tuple[tuple[Rule | None, Rule], ...] = ()
    generated: bool = False
    needs: tuple[Need, ...] = ()
    other: bool = False

    @property
    def some(self) -> tuple[Need, ...]:
        """That at least one of these places is converted: else the object is the source framework's in any case."""
        places = tuple(place for need in self.needs for place in need.places)
        return (Need(places, CONVERTED | MOVES, SILENT),) if places else ()

    def ways(self, change: Change, name: str) -> Iterator[Way]:
        """A member takes its new name where all objects change sides, and is told where only some do."""
        yield Way(Form.WRITTEN, change, needs=self.needs)
        if len(self.needs) > 1:
            text = f"{name} is spelled differently in the two frameworks, and this object can be of either"
            yield Way(Form.TOLD, level=Level.MANUAL, why=Reason(Code.ATTRIBUTE_OF_TWO, text), needs=self.some)
        yield QUIET


class Objects:
    """Answers for one file."""

    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.tree = tree
        self.rules = tree.rules
        self.options = tree.options
        self.plain = Plain(file.index, file.receivers)

    def of(self, node: ast.expr, scope: Scope) -> Known:
        """What is known of the object that an expression gives."""
        names = self.file.receivers.types(node, scope)
        if not names:
            return Known(other=self._is_other(node, scope))
        found = [(self.rules.find(n, self.options.source), self.rules.find(n, self.options.to)) for n in names]
        pairs = tuple((ours, rule) for ours, theirs in found if (rule := ours or theirs) is not None)
        return Known(names, pairs, bool(self.file.earlier.types(node, scope)), tuple(self._needs(node, scope)))

    def _is_other(self, node: ast.expr, scope: Scope) -> bool:
        if isinstance(node, ast.Name) and (node.id == "cls" or self.file.receivers.is_self(node)):
            return True
        if self.plain.is_plain(node, scope) or self._is_class(node, scope):
            return True
        makers = self.file.receivers.makers(node, scope)
        found = [self.tree.hierarchy.class_of(maker, self.file.module, scope) for maker in makers]
        return bool(makers) and all(entry is not None and entry not in self.tree.hierarchy.derived for entry in found)

    def _is_class(self, node: ast.expr, scope: Scope) -> bool:
        named = isinstance(node, (ast.Name, ast.Attribute))
        return named and self.tree.hierarchy.class_of(node, self.file.module, scope) is not None

    def _needs(self, node: ast.expr, scope: Scope) -> Iterator[Need]:
        """The class around `self` moves; what makes, annotates or tests for any other object is converted."""
        inside = enclosing_class(node) if self.file.receivers.is_self(node) else None
        evidence = self.file.receivers.evidence(node, scope)
        if inside is not None and any(base in evidence for base in inside.bases):
            yield Need((self.tree.hierarchy.by_node[inside].place,), MOVES, SILENT)
            return
        for each in evidence:
            use = self.file.by_node.get(id(each))
            if use is not None:
                yield Need((self.file.place(use),), CONVERTED, SILENT)
