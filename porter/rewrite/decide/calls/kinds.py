"""The kinds that an expression can be of, as far as a file and its tree tell."""

from __future__ import annotations

import ast
from typing import TypeGuard

from porter.rewrite.decide.calls.forms import kinds_of_constant
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.tree import TreeFacts
from porter.source.names import dotted_parts
from porter.source.tensors import DTYPES, is_tensor
from porter.source.things import NONE, NUMBER, SIZE, TEXT, Function, Instance, OfTree, Plain, Sequence, Thing, TreeClass

NOT_KNOWN = frozenset[str]()
DEVICE = "torch.device"
OF_PLAIN = {NUMBER: "number", TEXT: "text", NONE: "none", SIZE: "sequence"}


class Kinds:
    """Answers for one file."""

    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.values = tree.values(file)

    def of(self, node: ast.expr) -> frozenset[str]:
        """All kinds that are possible; none where something is that has no kind here, or is not known."""
        if isinstance(node, ast.Constant):
            return kinds_of_constant(node.value)
        if isinstance(node, (ast.Tuple, ast.List)):
            return frozenset({"sequence"})
        if self._is_dtype(node):
            return frozenset({"dtype"})
        if self._is_partial(node):
            return self.of(node.args[0])
        answer = self.values.of(node)
        kinds = frozenset(map(_kind, answer.things))
        return NOT_KNOWN if "" in kinds else kinds

    def _is_partial(self, node: ast.expr) -> TypeGuard[ast.Call]:
        """Whether it is `functools.partial(f, ..)`."""
        if not isinstance(node, ast.Call) or not node.args or isinstance(node.args[0], ast.Starred):
            return False
        return (dotted_parts(node.func) or [""])[-1] == "partial"

    def _is_dtype(self, node: ast.expr) -> bool:
        name = self.file.known.get(id(node), "")
        if name.rpartition(".")[2] in DTYPES and name.count(".") == 1:
            return True
        return isinstance(node, ast.Attribute) and node.attr == "dtype"


def _kind(thing: Thing) -> str:
    if isinstance(thing, Instance):
        return "tensor" if is_tensor(thing.name) else "device" if thing.name == DEVICE else ""
    if isinstance(thing, (Function, OfTree, TreeClass)):
        return "function"  # an object of a class of the tree is called by the text of the tree as well
    if isinstance(thing, Sequence):
        return "sequence" if thing.kind in ("list", "tuple") else ""
    return OF_PLAIN.get(thing, "") if isinstance(thing, Plain) else ""
