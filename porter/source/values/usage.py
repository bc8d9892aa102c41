"""Whether a parameter is used as a tensor: passed to a layer, added to a tensor, asked for what only tensors have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from porter.source import tensors
from porter.source.scopes import Scope, parent
from porter.source.tensors import words
from porter.source.things import Answer, ClassOf, Function, FunctionNode, Instance, OfTree, TreeClass

if TYPE_CHECKING:
    from porter.source.values.engine import Values

MAKERS = words(
    """
    is_tensor save load initializer standard_normal uniform meshgrid cartesian_prod Tensor scalar_tensor complex
    polar fill einsum hann_window hamming_window where numel zeros ones rand randn randint randperm arange full
    empty linspace logspace eye tensor as_tensor from_numpy range normal asarray frombuffer tril_indices
    triu_indices
    """
)
"""Functions whose first argument is no tensor, or need not be."""
JOINERS = words(
    """
    cat stack concat concatenate hstack vstack dstack column_stack row_stack
    """
)


def reads_of(values: Values, node: ast.arg, function: FunctionNode) -> list[ast.Name]:
    """The reads of a parameter before it gets another value."""
    scope = values.scopes_of_nodes.get(id(function))
    return list(_reads(values, node, scope)) if scope is not None else []


def is_asked(values: Values, reads: list[ast.Name], function: FunctionNode) -> bool:
    """Whether a read asks for what only tensors have; in a layer, for what tensors have."""
    if any(_is_asked(read, in_layer=False) for read in reads):
        return True
    return any(_is_asked(read, in_layer=True) for read in reads) and is_in_layer(values, function)


def is_given(values: Values, reads: list[ast.Name]) -> bool:
    """Whether a read is given to what takes a tensor."""
    return any(_is_given(values, read) or _is_combined(values, read) for read in reads)


def is_in_layer(values: Values, function: ast.AST) -> bool:
    """Whether a function is a method of a layer of the tree."""
    from porter.source.values import owners, parameters

    inside = parameters.method_class(function)
    return inside is not None and bool(owners.framework_bases(values, inside))


def _reads(values: Values, node: ast.arg, scope: Scope) -> Iterator[ast.Name]:
    several = len(scope.bindings.get(node.arg, ())) > 1
    for read in values.reads_of(scope, node.arg):
        if not several or any(b.node is node for b in values.flow.reaching(read, scope)):
            yield read


def _is_asked(read: ast.Name, in_layer: bool) -> bool:
    """`x.unsqueeze(0)` anywhere; `x.shape`, `x[:, 0]` in a layer."""
    above = parent(read)
    if isinstance(above, ast.Attribute):
        return above.attr in tensors.ONLY_OF_TENSORS or (in_layer and above.attr in tensors.OF_TENSORS)
    if isinstance(above, ast.Subscript) and above.value is read and isinstance(above.slice, ast.Tuple):
        return in_layer and any(isinstance(each, ast.Slice) for each in above.slice.elts)
    return False


def _is_given(values: Values, read: ast.Name) -> bool:
    """`self.conv(x)`, `F.relu(x)`, `torch.cat([x, y])`, `self.block(x)` whose own parameter is a tensor."""
    above = parent(read)
    if isinstance(above, (ast.List, ast.Tuple)):
        call = parent(above)
        joins = isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in JOINERS
        return joins and _takes_tensor(values, call, above)  # type: ignore[arg-type]
    call = parent(above) if isinstance(above, ast.keyword) else above
    return isinstance(call, ast.Call) and call.func is not read and _takes_tensor(values, call, read)


def _takes_tensor(values: Values, call: ast.Call, given: ast.expr) -> bool:
    """Whether all that a call can run takes a tensor where an expression stands."""
    things = values.ask(call.func).things
    return bool(things) and all(_takes(values, thing, call, given) for thing in things)


def _takes(values: Values, thing: object, call: ast.Call, given: ast.expr) -> bool:
    if isinstance(thing, Instance):
        return not tensors.is_tensor(thing.name) and thing.name not in tensors.BASES and values.is_layer(thing.name)
    if isinstance(thing, ClassOf):
        first = bool(call.args) and call.args[0] is given
        named = any(k.value is given and k.arg in ("input", "x", "tensor") for k in call.keywords)
        last = thing.name.rpartition(".")[2]
        return (first or named) and last not in MAKERS and values.function_returns(thing.name) in ("tensor", "tensors")
    if isinstance(thing, OfTree):
        found = values.lineage.defined(thing.node, "forward") or values.lineage.defined(thing.node, "construct")
        methods = found[1] if found is not None else []
        return any(_is_tensor_parameter(values, method, call, given, skip=1) for method in methods)
    if isinstance(thing, Function):
        bound = isinstance(call.func, ast.Attribute) and not isinstance(thing.node, ast.Lambda)
        bound = bound and _is_method(thing.node) and not _is_of_class(values, call.func, thing.node)
        return _is_tensor_parameter(values, thing.node, call, given, skip=int(bound))
    return False


def _is_method(function: ast.AST) -> bool:
    from porter.source.values import parameters

    return parameters.method_class(function) is not None and not parameters.has_decorator(function, "staticmethod")


def _is_of_class(values: Values, method: ast.expr, function: ast.AST) -> bool:
    """`Net.forward(net, x)`: the class's own method, to which the object is passed too."""
    from porter.source.values import parameters

    owner = values.ask(method.value).things if isinstance(method, ast.Attribute) else ()
    return any(isinstance(t, TreeClass) for t in owner) and not parameters.has_decorator(function, "classmethod")


def _is_tensor_parameter(values: Values, function: ast.AST, call: ast.Call, given: ast.expr, skip: int) -> bool:
    """Whether the parameter of a function of the tree that gets an expression is a tensor."""
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    placed = [*function.args.posonlyargs, *function.args.args]
    by_name = next((k.arg for k in call.keywords if k.value is given), None)
    if by_name is not None:
        argument = next((a for a in (*placed, *function.args.kwonlyargs) if a.arg == by_name), None)
    else:
        at = next((n for n, each in enumerate(call.args) if each is given), -1)
        starred = any(isinstance(a, ast.Starred) for a in call.args[: at + 1])
        argument = placed[at + skip] if 0 <= at < len(placed) - skip and not starred else None
    if argument is None:
        return False
    return is_tensor(values.home(function).argument(function, argument))


def is_tensor(answer: Answer) -> bool:
    """Whether an answer is a tensor and nothing else, but for None."""
    found = [t for t in answer.things if isinstance(t, Instance)]
    others = [t for t in answer.things if not isinstance(t, Instance) and getattr(t, "kind", "") != "none"]
    return bool(found) and not others and all(tensors.is_tensor(t.name) for t in found)


def _is_combined(values: Values, read: ast.Name) -> bool:
    """`x + self.weight`, `x * torch.sigmoid(y)`."""
    above = parent(read)
    if isinstance(above, ast.BinOp):
        return is_tensor(values.ask(above.right if above.left is read else above.left))
    return isinstance(above, ast.AugAssign) and above.value is read and is_tensor(values.ask(above.target))
