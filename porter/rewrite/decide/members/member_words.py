"""Words of members that the rules speak of: what is said of each, and of which of its uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from porter.codes import Code
from porter.rewrite.decide.decision import Reason
from porter.rules.differs import Difference
from porter.rules.load import RuleBook
from porter.rules.model import Framework
from porter.source.scopes import parent
from porter.source.tensors import NAMED_PARAMETERS, PARAMETERS, is_tensor

OF_LAYERS = PARAMETERS | NAMED_PARAMETERS | {"state_dict", "modules", "named_modules", "cells_and_names"}
"""Methods that only layers have, so that what has one is a layer."""


@dataclass(frozen=True, slots=True)
class Word:
    """What is said of a member. `differs`: the other side has it, and it means something else there.

    `index`: of a part of a result, its place in that.
    """

    label: str
    text: str
    difference: Difference | None = None
    index: int = 0

    @property
    def differs(self) -> bool:
        """Whether the other side has one of the name."""
        return self.difference is not None

    @property
    def reason(self) -> Reason:
        """What is said where the object is known."""
        return Reason(Code.METHOD_DIFFERS if self.differs else Code.METHOD_ABSENT, self.text)

    def concerns(self, node: ast.Attribute) -> bool:
        """Whether this use is one of those that it is said of."""
        looked_at = isinstance(parent(node), (ast.Attribute, ast.Compare, ast.JoinedStr, ast.FormattedValue))
        return looked_at or self.difference is None or not self.difference.looked_at


@dataclass(frozen=True)
class MemberWords:
    """`of_tensors`, `of_layers`: by the member's name. `rare`: those that are told of objects that are not known.

    `parts`: names of parts of a result, and the methods of tensors that give one.
    """

    tensors: frozenset[str]
    of_tensors: Mapping[str, Word]
    of_layers: Mapping[str, Word]
    rare: Mapping[str, Word]
    parts: Mapping[str, Mapping[str, Word]]

    @cached_property
    def watched(self) -> frozenset[str]:
        """Names of which anything is said."""
        return frozenset({*self.of_tensors, *self.of_layers, *self.rare, *self.parts})

    def layers_near(self, node: ast.expr, path: str) -> frozenset[str]:
        """Paths that are used as layers in the function around; for a path from `self`, in the class around."""
        return _used_as_layers(_around(node, whole_class=path.startswith("self.")))


def read_words(rules: RuleBook, to: Framework, asked: frozenset[str]) -> MemberWords:
    """The words of a direction; `asked`: methods of layers that a function stands for, so that nothing is lacking."""
    of_tensors: dict[str, Word] = {}
    of_layers: dict[str, Word] = {}
    rare: dict[str, Word] = {}
    tensors: set[str] = set()
    parts: dict[str, dict[str, Word]] = {}
    for rule in rules.rules.values():
        tensor = is_tensor(str(rule.torch.name))
        tensors |= {rule.name} if tensor else set()
        if not tensor and not rule.methods:
            continue
        found = {
            name: Word(f"{rule.name}.{name}", f"{name} has no counterpart of the same meaning: {why}")
            for name, why in rule.absent.get(to, {}).items()
        }
        for name, difference in rule.differs.get(to, {}).items():
            if difference.anywhere:
                found[name] = Word(f"{rule.name}.{name}", difference.why, difference)
        (of_tensors if tensor else of_layers).update({n: w for n, w in found.items() if n not in asked})
        rare |= {name: found[name] for name in rule.rare.get(to, ()) if name in found}
        for of, (why, names) in rule.parts.get(to, {}).items():
            for index, name in enumerate(names):
                parts.setdefault(name, {})[of] = Word(f"{rule.name}.{of}", why, Difference(why), index)
    return MemberWords(frozenset(tensors), of_tensors, of_layers, rare, parts)


def is_called(node: ast.Attribute) -> bool:
    """Whether the member is called where it is read."""
    call = parent(node)
    return isinstance(call, ast.Call) and call.func is node


def is_given(node: ast.Attribute) -> bool:
    """Whether the member is called with an argument: `x.size(1)`."""
    call = parent(node)
    return isinstance(call, ast.Call) and call.func is node and bool(call.args or call.keywords)


def path_of(node: ast.expr) -> str:
    """`net`, `self.net`: what is the same object wherever it is read; "" for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = path_of(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def _around(node: ast.AST, *, whole_class: bool) -> ast.AST:
    kinds = (ast.ClassDef,) if whole_class else (ast.FunctionDef, ast.AsyncFunctionDef)
    around: ast.AST = node
    while (above := parent(around)) is not None:
        around = above
        if isinstance(around, kinds):
            break
    return around


@lru_cache(maxsize=64)
def _used_as_layers(around: ast.AST) -> frozenset[str]:
    return frozenset(_paths(around))


def _paths(around: ast.AST) -> Iterator[str]:
    for node in ast.walk(around):
        if not isinstance(node, ast.Call):
            continue
        if node.args or node.keywords:
            yield path_of(node.func)
        if isinstance(node.func, ast.Attribute) and node.func.attr in OF_LAYERS:
            yield path_of(node.func.value)
