"""What a call gives: of a class, of a function, of a layer, of a method."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from porter.source import tensors
from porter.source.things import (
    ARRAY,
    NONE,
    NOTHING,
    NUMBER,
    SIZE,
    UNKNOWN,
    Answer,
    ClassOf,
    Function,
    Instance,
    Module,
    OfTree,
    Plain,
    Sequence,
    Thing,
    TreeClass,
    assume,
    known,
    union,
)
from porter.source.values import attributes, displays, names, owners, parameters, returns, standard, usage
from porter.source.values.methods import method
from porter.source.values.stated import SOME_LAYER

if TYPE_CHECKING:
    from porter.source.values.engine import Values

WRAPPERS = frozenset({"torch.compile", "torch.jit.script", "torch.jit.freeze", "torch.jit.optimize_for_inference"})
CONTEXTS = frozenset(
    {"no_grad", "enable_grad", "inference_mode", "set_grad_enabled", "autocast", "device", "finfo", "iinfo"}
)


def call(values: Values, node: ast.expr) -> Answer:
    """`f(x)`."""
    assert isinstance(node, ast.Call)
    builtin = names.is_builtin(values, node.func)
    if builtin:
        return standard.builtin(values, node, builtin)
    if isinstance(node.func, ast.Attribute):
        return _method(values, node, node.func)
    answer = run_all(values, values.ask(node.func), node)
    return answer if answer.things or answer is NOTHING else _of_part(values, node)


def _method(values: Values, node: ast.Call, function: ast.Attribute) -> Answer:
    """A call of an attribute: of a module or an object of the tree what the attribute is, else a method by its name."""
    if isinstance(function.value, ast.Call) and names.is_builtin(values, function.value.func) == "super":
        return _of_super(values, node, function)
    callee = values.ask(function)
    if callee.things and not all(isinstance(thing, Plain) for thing in callee.things):
        answer = run_all(values, callee, node)
        return answer if answer.things or answer is NOTHING else _of_part(values, node)
    receiver = values.ask(function.value)
    if receiver is NOTHING or (callee is NOTHING and any(isinstance(thing, OfTree) for thing in receiver.things)):
        return NOTHING
    found = union(method(values, thing, function.attr, node) for thing in receiver.things)
    found = assume(found, receiver.assumed)
    return found if found.things or found is NOTHING else _of_part(values, node)


def _of_part(values: Values, node: ast.Call) -> Answer:
    """In a layer of the tree, what a part of a class that is not known makes of a tensor: `self.pool(x)`."""
    root, owned = node.func, False
    while isinstance(root, (ast.Attribute, ast.Subscript)):
        below, root = root, root.value
        owned = isinstance(below, ast.Attribute)
    inside = parameters.self_class(values, root)
    if inside is None or not owned or not node.args or not owners.framework_bases(values, inside):
        return UNKNOWN
    if _is_own_method(values, inside, node.func) or not usage.is_tensor(values.ask(node.args[0])):
        return UNKNOWN
    return assume(known(tensor(values)), SOME_LAYER)


def _is_own_method(values: Values, inside: ast.ClassDef, function: ast.expr) -> bool:
    """Whether a class, or one of its relatives, defines what is called: then it is no part."""
    name = function.attr if isinstance(function, ast.Attribute) else ""
    return any(name in values.lineage.body(each) for each in values.lineage.relatives(inside))


def _of_super(values: Values, node: ast.Call, function: ast.Attribute) -> Answer:
    callee = values.ask(function)
    if callee.things:
        return run_all(values, callee, node)
    inside = attributes.enclosing_method_class(node)
    bases = owners.framework_bases(values, inside) if inside is not None else ()
    if function.attr == "__init__":
        return known(NONE)
    if not bases:
        return UNKNOWN
    found = union(method(values, Instance(base), function.attr, node) for base in bases)
    return assume(found, "no other base class comes between")


def run_all(values: Values, callee: Answer, node: ast.Call) -> Answer:
    """What the call of any of some things gives."""
    if not callee.things:
        return callee
    return assume(union(run(values, thing, node) for thing in callee.things), callee.assumed)


def run(values: Values, thing: Thing, node: ast.Call) -> Answer:
    """What the call of one thing gives."""
    if isinstance(thing, ClassOf):
        return made(values, thing.name, node)
    if isinstance(thing, TreeClass):
        return _made_of_tree(values, thing.node)
    if isinstance(thing, Function):
        return returns.returned(values, thing.node, node)
    if isinstance(thing, Instance):
        return layer(values, thing, node)
    if isinstance(thing, OfTree):
        return of_object(values, thing, node)
    if isinstance(thing, Module):
        return standard.function(values, thing.name, node)
    return NOTHING if thing == NONE else UNKNOWN


def _made_of_tree(values: Values, node: ast.ClassDef) -> Answer:
    if values.lineage.defined(node, "__new__") is not None:
        return assume(known(OfTree(node)), f"{node.name}.__new__ is taken to give a {node.name}")
    if values.lineage.is_strange(node):
        return assume(known(OfTree(node)), f"a base of {node.name} is not known")
    return known(OfTree(node))


def tensor(values: Values) -> Instance:
    """A tensor of the framework that the tree is written for."""
    return Instance(tensors.TENSOR_OF[values.knowledge.source])


def shaped(values: Values, what: str | None, name: str, node: ast.Call) -> Answer:
    """An answer from the word of a rule."""
    one = tensor(values)
    if what == "tensor":
        return known(one)
    if what == "tensors":
        return known(Sequence(frozenset({one}), "tuple"))
    if what == "size":
        return known(NUMBER if node.args or node.keywords else SIZE)
    if what == "instance":
        return known(Instance(name, node))
    return known({"plain": NUMBER, "array": ARRAY}[what]) if what in ("plain", "array") else UNKNOWN


def made(values: Values, name: str, node: ast.Call) -> Answer:
    """What the call of a framework's class or function gives."""
    if tensors.is_tensor(name):
        return known(Instance(tensors.TENSOR_OF[name.partition(".")[0]], node))
    if tensors.is_container(name):
        return known(Instance(name, node))
    what = values.knowledge.returns(name)
    if what is not None:
        return shaped(values, what, name, node)
    last = name.rpartition(".")[2]
    if last in tensors.EITHER and name.rpartition(".")[0] in tensors.FAMILIES:
        return either(values, last, node, given=len(node.args) - 1)
    if name in WRAPPERS and node.args:
        return values.ask(node.args[0])
    if last == "checkpoint" and node.args:
        return run_all(values, values.ask(node.args[0]), node)
    if last in CONTEXTS:
        return known(Plain("device" if last == "device" else "other"))
    if name == "torch.Size":
        return known(SIZE)
    if last[:1].isupper():
        return known(Instance(name, node))
    return shaped(values, tensors.function_returns(name), name, node)


def either(values: Values, name: str, node: ast.Call, given: int) -> Answer:
    """`x.max()` gives a tensor, `x.max(1)` a pair in torch. `given`: how many arguments come after the tensor."""
    one = tensor(values)
    words = {k.arg for k in node.keywords}
    if name == "where":
        return known(one) if given >= 2 or (name == "where" and given < 0) else UNKNOWN
    if name == "nonzero":
        return known(one) if "as_tuple" not in words and not given else UNKNOWN
    if name in ("unique", "unique_consecutive"):
        return known(one) if not words & {"return_inverse", "return_counts"} and given <= 1 else UNKNOWN
    if given <= 0 and not words - {"input"}:
        return known(one)
    if values.knowledge.source != "torch":
        return UNKNOWN
    first = node.args[-given] if given > 0 else next((k.value for k in node.keywords if k.arg == "dim"), None)
    number = first is not None and values.ask(first).things == {NUMBER}
    return known(Sequence(frozenset({one}), "tuple", (frozenset({one}), frozenset({one})))) if number else UNKNOWN


def layer(values: Values, thing: Instance, node: ast.Call) -> Answer:
    """What the call of a framework's layer gives."""
    one = tensor(values)
    last = thing.name.rpartition(".")[2]
    what = values.knowledge.method_returns(thing.name, "forward" if values.knowledge.source == "torch" else "construct")
    if what is not None and what != "self":
        return shaped(values, what, thing.name, node)
    if thing.name in tensors.CHAINS:
        return _chain(values, thing)
    if thing.name in tensors.BASES:
        return assume(known(one), SOME_LAYER)
    if last == "Identity":
        return values.ask(node.args[0]) if node.args else UNKNOWN
    if thing.name in tensors.LISTS or thing.name in tensors.DICTIONARIES:
        return NOTHING  # they cannot be called
    if not values.is_layer(thing.name):
        return UNKNOWN
    if last in tensors.SEVERAL_LAYERS:
        return known(Sequence(frozenset(), "tuple", (frozenset({one}), frozenset())))
    if thing.made_at is not None and any(k.arg == "return_indices" for k in thing.made_at.keywords):
        return known(Sequence(frozenset({one}), "tuple", (frozenset({one}), frozenset({one}))))
    return known(one)


def _chain(values: Values, thing: Instance) -> Answer:
    """A Sequential gives what its last layer gives: a tensor, unless one of them is another kind of object."""
    inside = displays.contents(values, thing)
    simple = inside.is_known and all(_is_simple(values, each) for each in inside.things)
    return known(tensor(values)) if simple else assume(known(tensor(values)), SOME_LAYER)


def _is_simple(values: Values, thing: Thing) -> bool:
    if not isinstance(thing, Instance):
        return False
    last = thing.name.rpartition(".")[2]
    return values.is_layer(thing.name) and last not in tensors.SEVERAL_LAYERS and last != "Identity"


def of_object(values: Values, thing: OfTree, node: ast.Call) -> Answer:
    """What the call of an object of the tree gives: what its `__call__` returns, or the `forward` of a layer."""
    bases = owners.framework_bases(values, thing.node)
    for name in ("__call__", *(("forward", "construct") if bases else ())):
        if values.lineage.defined(thing.node, name) is not None:
            return run_all(values, attributes.of_thing(values, thing, name), node)
    found = [layer(values, Instance(base), node) for base in bases]
    answer = next((each for each in found if each.things), UNKNOWN)
    return assume(answer, SOME_LAYER)
