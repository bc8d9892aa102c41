"""Where a tensor comes from: from a call of the framework that stays, or from the parameters of a layer."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.objects import Objects
from porter.rewrite.decide.tree import TreeFacts
from porter.source.scopes import parent
from porter.source.tensors import LAYER_TENSORS, NAMED_PARAMETERS, PARAMETERS
from porter.source.values import Values

DEEPEST = 12
"""Steps back from a use, along assignments and calls."""
OF_PARAMETERS = frozenset({"requires_grad", "requires_grad_", "name"})
"""Attributes that MindSpore's parameters have and its other tensors have not."""
SOURCES = PARAMETERS | NAMED_PARAMETERS


class Provenance:
    """Answers for the expressions of one file."""

    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.tree = tree
        self.values: Values = tree.values(file)

    def has(self, member: str, node: ast.expr) -> bool:
        """Whether the object is a parameter, and this a member of which parameters have the other side's too."""
        return self.tree.options.to == "mindspore" and member in OF_PARAMETERS and self._is_parameter(node)

    def stays(self, node: ast.expr, depth: int = 0) -> bool:
        """Whether a tensor is made by a function of the framework that has no rule, from no other tensor."""
        if depth > DEEPEST:
            return False
        if isinstance(node, ast.Call):
            return self._made(node, depth)
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            return self.stays(node.value, depth + 1)
        if isinstance(node, ast.UnaryOp):
            return self.stays(node.operand, depth + 1)
        if isinstance(node, ast.BinOp):
            return all(self._harmless(side, depth) for side in (node.left, node.right))
        values = [value for value in self._assigned(node) if not _is_none(value)]
        return bool(values) and all(value is not None and self.stays(value, depth + 1) for value in values)

    def values_of(self, node: ast.expr) -> Iterator[ast.expr]:
        """The expression, or those that the assignments of a name give it."""
        if isinstance(node, ast.Name):
            yield from (value for value in self._assigned(node) if value is not None)
        else:
            yield node

    def _made(self, node: ast.Call, depth: int) -> bool:
        use = self.file.by_node.get(id(node.func))
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if use is not None:
            return use.rule is None and all(self._harmless(each, depth) for each in given)
        if isinstance(node.func, ast.Attribute) and id(node.func) not in self.file.known:
            return self.stays(node.func.value, depth + 1)
        return False

    def _harmless(self, node: ast.expr, depth: int) -> bool:
        """Whether an expression brings in no tensor that can change sides."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return all(self._harmless(each, depth + 1) for each in node.elts)
        known = Objects(self.file, self.tree).of(node)
        return (not known.kinds and not known.entries) or self.stays(node, depth + 1)

    def _assigned(self, node: ast.expr) -> Iterator[ast.expr | None]:
        """What the assignments that reach a name give it; None for one that is no plain assignment."""
        if not isinstance(node, ast.Name):
            return
        for binding in self._bindings(node):
            statement = parent(binding)
            plain = isinstance(statement, ast.Assign) and binding in statement.targets
            yield statement.value if plain and isinstance(statement, ast.Assign) else None

    def _bindings(self, node: ast.Name) -> Iterator[ast.AST]:
        found = self.values.scope(node).lookup(node.id)
        for binding in self.values.flow.reaching(node, found[0]) if found is not None else ():
            yield binding.node

    def _is_parameter(self, node: ast.expr) -> bool:
        if is_asked_weight(node, self.file):
            return True
        if isinstance(node, ast.Attribute):
            return node.attr in LAYER_TENSORS or self._is_made_parameter(node)
        if not isinstance(node, ast.Name):
            return False
        return any(map(self._gives_parameters, self._bindings(node))) or self._is_made_parameter(node)

    def _is_made_parameter(self, node: ast.expr) -> bool:
        made = [getattr(thing, "made_at", None) for thing in self.values.of(node).things]
        names = [getattr(call.func, "attr", getattr(call.func, "id", "")) for call in made if call is not None]
        return any(name.endswith("Parameter") for name in names)

    def _gives_parameters(self, binding: ast.AST) -> bool:
        """`for p in net.parameters()`, `for name, p in net.named_parameters()`, comprehensions, `p = net.weight`."""
        above: ast.AST | None = binding
        while isinstance(above, (ast.Name, ast.Tuple, ast.List)):
            above = parent(above)
        if isinstance(above, ast.Assign):
            return isinstance(above.value, ast.Attribute) and above.value.attr in LAYER_TENSORS
        source = above.iter if isinstance(above, (ast.For, ast.AsyncFor, ast.comprehension)) else None
        inside = (each for each in ast.walk(source) if isinstance(each, ast.Attribute)) if source is not None else ()
        return any(each.attr in SOURCES for each in inside)


def is_asked_weight(node: ast.expr, file: FileFacts) -> bool:
    """`porter_layers.weight(net)`, as an earlier run has put it for such a read."""
    function = node.func if isinstance(node, ast.Call) else None
    if not isinstance(function, ast.Attribute) or function.attr not in LAYER_TENSORS:
        return False
    return isinstance(function.value, ast.Name) and function.value.id in file.asking_names


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
