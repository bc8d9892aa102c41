"""Which of its arguments a call may hand back, as they are or as a view of the same numbers."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from porter.source import tensors
from porter.source.kinds import is_off
from porter.source.tensors import words
from porter.source.things import (
    ClassOf,
    Function,
    FunctionNode,
    Instance,
    Module,
    OfTree,
    Sequence,
    Thing,
    TreeClass,
    in_order,
)
from porter.source.values import attributes, displays, names, parameters

if TYPE_CHECKING:
    from porter.source.values.engine import Values

VIEWS = words(
    """
    unsafe_chunk unstack checkpoint checkpoint_sequential pad interpolate upsample where squeeze_ unsqueeze_
    rename swapaxes_ matrix_transpose split_with_sizes unsafe_split from_numpy numpy asnumpy identity value
    positive conj resolve_conj refine_names align_to dropout3d alpha_dropout feature_alpha_dropout expand_dims
    astype as_tensor asarray adjoint atleast_3d reshape_as requires_grad_ pin_memory share_memory_ dropout
    dropout1d dropout2d moveaxis diagonal unfold as_strided broadcast_to broadcast_tensors atleast_1d atleast_2d
    long bool flatten ravel unflatten data real imag swapaxes swapdims movedim detach contiguous to float half
    double bfloat16 cpu cuda type type_as int view reshape transpose permute squeeze unsqueeze expand expand_as
    view_as narrow split chunk unbind tensor_split hsplit vsplit dsplit select t T H mT mH
    """
)
"""Functions and methods whose result may be what they get."""
HANDING_LAYERS = words(
    """
    Identity Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout Flatten Unflatten Module
    Cell ModuleList CellList Upsample
    """
)
"""Layers that hand back what they get, always or in evaluation."""
MAX_HOPS = 3


def handed_back(values: Values, call: ast.Call, hops: int = 0) -> list[ast.expr] | None:
    """Arguments, or receivers, that a call may hand back; empty: its result is new; None: not known."""
    builtin = names.is_builtin(values, call.func)
    if builtin:
        return [] if builtin in ("len", "int", "float", "bool", "str", "range", "print", "isinstance", "sum") else None
    answer = values.of(call.func)
    found: list[ast.expr] = []
    if isinstance(call.func, ast.Attribute) and not _is_called(answer.things):
        return _of_method(values, call, call.func)
    if not answer.things:
        return None
    for thing in in_order(answer.things):
        given = _of_thing(values, thing, call, hops)
        if given is None:
            return None
        found += given
    return found


def _is_called(things: frozenset[Thing]) -> bool:
    return bool(things) and any(not isinstance(t, (Sequence,)) and getattr(t, "kind", "") == "" for t in things)


def _of_method(values: Values, call: ast.Call, function: ast.Attribute) -> list[ast.expr] | None:
    """`x.view(-1)` gives `x`, `x.add_(y)` too; `x.sum()` something new."""
    receiver = values.of(function.value)
    tensor = bool(receiver.things) and all(
        isinstance(t, Instance) and tensors.is_tensor(t.name) for t in receiver.things
    )
    layer = bool(receiver.things) and not tensor and all(isinstance(t, Instance) for t in receiver.things)
    if layer and function.attr in tensors.FORWARD:
        found: list[ast.expr] = []
        for thing in in_order(receiver.things):
            given = _of_thing(values, thing, call, MAX_HOPS)
            if given is None:
                return None
            found += given
        return found
    if not tensor:
        return None
    name = function.attr
    changes = name.endswith("_") and not name.endswith("__")
    return [function.value] if changes or name in VIEWS else []


def _of_thing(values: Values, thing: Thing, call: ast.Call, hops: int) -> list[ast.expr] | None:
    if isinstance(thing, ClassOf):
        return _of_framework(values, thing.name, call)
    if isinstance(thing, Instance):
        return _of_layer(values, thing, call)
    if isinstance(thing, Function):
        return _of_function(values, thing.node, call, hops)
    if isinstance(thing, OfTree):
        for name in ("__call__", "forward", "construct"):
            for method in in_order(attributes.of_thing(values, thing, name).things):
                if isinstance(method, Function):
                    return _of_function(values, method.node, call, hops, skip=1)
        return None
    if isinstance(thing, TreeClass):
        return None if call.args or call.keywords else []
    return [] if isinstance(thing, Module) and thing.name.startswith(("math.", "random.", "time.")) else None


def _of_framework(values: Values, name: str, call: ast.Call) -> list[ast.expr]:
    last = name.rpartition(".")[2]
    inplace = any(k.arg == "inplace" and not is_off(k.value) for k in call.keywords)
    out = [k.value for k in call.keywords if k.arg == "out"]
    if inplace or last in VIEWS or last.endswith("_") or (last == "relu" and len(call.args) > 1):
        return [*call.args, *(k.value for k in call.keywords if k.arg not in ("inplace", "dim", "p", "training"))]
    return out


def _of_layer(values: Values, thing: Instance, call: ast.Call) -> list[ast.expr] | None:
    last = thing.name.rpartition(".")[2]
    if thing.name in tensors.CHAINS:
        inside = displays.contents(values, thing)
        layers = [each for each in inside.things if isinstance(each, Instance)]
        if not inside.is_known or len(layers) != len(inside.things) or not layers:
            return None
        given = [_of_layer(values, each, call) for each in layers]
        if any(each is None for each in given):
            return None
        return list(call.args) if all(given) else []
    if tensors.is_tensor(thing.name) or not values.is_layer(thing.name):
        return None
    made = thing.made_at
    if last in HANDING_LAYERS:
        return list(call.args)
    if made is None:
        return None if last in MAY_BE_INPLACE else []
    inplace = any(k.arg is None or (k.arg == "inplace" and not is_off(k.value)) for k in made.keywords)
    placed = last in MAY_BE_INPLACE and any(isinstance(a, ast.Constant) and a.value is True for a in made.args)
    return list(call.args) if inplace or placed else []


MAY_BE_INPLACE = words(
    """
    ReLU ReLU6 LeakyReLU ELU SELU CELU RReLU SiLU Mish Hardswish Hardsigmoid Hardtanh Threshold Swish
    """
)


def _of_function(
    values: Values, function: FunctionNode, call: ast.Call, hops: int, skip: int | None = None
) -> list[ast.expr] | None:
    """What a function of the tree hands back: the arguments of the parameters that its returns may be."""
    values.family.steps -= 1
    if (
        hops >= MAX_HOPS
        or values.family.steps <= 0
        or id(function) in values.family.entered
        or isinstance(function, ast.AsyncFunctionDef)
    ):
        return None
    member = values.home(function)
    ends = values.family.ends_of(function)
    if ends.yields or not ends.values:
        return None
    values.family.entered.add(id(function))
    try:
        return _of_returns(values, member, ends.values, call, function, hops, skip)
    finally:
        values.family.entered.discard(id(function))


def _of_returns(
    values: Values,
    member: Values,
    returns: tuple[ast.expr, ...],
    call: ast.Call,
    function: FunctionNode,
    hops: int,
    skip: int | None,
) -> list[ast.expr] | None:
    """The arguments behind each value that a function returns."""
    found: list[ast.expr] = []
    for value in returns:
        for each in value.elts if isinstance(value, ast.Tuple) else [value]:
            given = _of_return(member, each, function, hops)
            if given is None:
                return None
            for argument in given:
                passed = _passed_for(call, function, argument, skip)
                if passed is None:
                    return None
                found.append(passed)
    return found


def _of_return(values: Values, value: ast.expr, function: FunctionNode, hops: int) -> list[ast.arg] | None:
    """The parameters that a returned expression may be; None where it may be something that others hold."""
    from porter.source.values.holders import Holders, came

    if isinstance(value, ast.Call) and hops + 1 >= MAX_HOPS:
        return None
    found: list[Holders] = list(came(values, value, "", frozenset()))
    arguments = {id(h.by): h.by for h in found if isinstance(h.by, ast.arg)}
    for each in found:
        if each.kind in ("unknown", "shared"):
            reached = _parameters_behind(values, each.by)
            if reached is None:
                return None
            arguments.update((id(a), a) for a in reached)
        elif each.kind == "parameter" and not isinstance(each.by, ast.arg):
            reached = _parameters_behind(values, each.by)
            arguments.update((id(a), a) for a in reached or ())
            if reached is None:
                return None
    own = {id(a) for a in _all(function.args)}
    return [a for a in arguments.values() if isinstance(a, ast.arg)] if arguments.keys() <= own else None


def _parameters_behind(values: Values, node: ast.AST | None) -> list[ast.arg] | None:
    """The parameters that a name of a returned object stands for; no parameter for one that the function made."""
    from porter.source.values.holders import holders_within

    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return None
    found = holders_within(values, node)
    if found.kind == "fresh":
        return []
    return [found.by] if isinstance(found.by, ast.arg) else None


def _all(arguments: ast.arguments) -> list[ast.arg]:
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def _passed_for(call: ast.Call, function: FunctionNode, argument: ast.arg, skip: int | None) -> ast.expr | None:
    if skip is None:
        bound = isinstance(call.func, ast.Attribute) and parameters.method_class(function) is not None
        skip = 1 if bound and not parameters.has_decorator(function, "staticmethod") else 0
    given = parameters.argument_of(call, function, argument, skip)
    return given if given is not None else parameters.default_of(function, argument)
