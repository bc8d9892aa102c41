"""What a parameter can be: `self`, what callers in the tree pass, its default, its annotation, how it is used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from porter.source import tensors
from porter.source.names import dotted_parts
from porter.source.scopes import ancestors, parent
from porter.source.things import (
    ARRAY,
    NONE,
    NOTHING,
    NUMBER,
    SIZE,
    TEXT,
    UNKNOWN,
    Answer,
    ClassOf,
    Function,
    FunctionNode,
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
from porter.source.values import usage

if TYPE_CHECKING:
    from porter.source.values.engine import Values

BUILTIN_TYPES: dict[str, Thing] = {
    **dict.fromkeys(("int", "float", "bool", "complex"), NUMBER),
    **dict.fromkeys(("str", "bytes"), TEXT),
    "list": Sequence(frozenset()),
    "List": Sequence(frozenset()),
    "tuple": Sequence(frozenset(), "tuple"),
    "Tuple": Sequence(frozenset(), "tuple"),
    "dict": Sequence(frozenset(), "dict"),
    "Dict": Sequence(frozenset(), "dict"),
    "set": Sequence(frozenset(), "set"),
    "Set": Sequence(frozenset(), "set"),
}
"""Types by their names in annotations and tests."""
LISTED = frozenset({"list", "List", "Sequence", "Iterable", "Collection", "set", "Set", "frozenset", "Iterator"})


def method_class(function: ast.AST | None) -> ast.ClassDef | None:
    """The class whose body a function stands in."""
    above = parent(function) if function is not None else None
    while isinstance(above, (ast.If, ast.Try, ast.With)):
        above = parent(above)
    return above if isinstance(above, ast.ClassDef) else None


def has_decorator(function: ast.AST, *names: str) -> bool:
    """Whether one of some decorators stands at a function."""
    found = (d.func if isinstance(d, ast.Call) else d for d in getattr(function, "decorator_list", ()))
    return any((dotted_parts(each) or [""])[-1] in names for each in found)


def first_argument(function: ast.AST) -> ast.arg | None:
    """The parameter that a method gets its object by."""
    arguments: ast.arguments = function.args  # type: ignore[attr-defined]
    return next(iter([*arguments.posonlyargs, *arguments.args]), None)


def self_class(values: Values, node: ast.expr) -> ast.ClassDef | None:
    """The class around a method whose `self` an expression is; `super()` stands for the same object."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super":
        return next((inside for above in ancestors(node) if (inside := method_class(above)) is not None), None)
    if not isinstance(node, ast.Name):
        return None
    scope = values.scopes_of_names.get(id(node))
    found = scope.lookup(node.id) if scope is not None else None
    if found is None or len(found[1]) != 1 or not isinstance(found[1][0].node, ast.arg):
        return None
    answer = values.defined(found[1][0])
    thing = next(iter(answer.things), None) if len(answer.things) == 1 else None
    return thing.node if isinstance(thing, OfTree) and is_receiver(found[1][0].node) else None


def is_receiver(argument: ast.arg) -> bool:
    """Whether a parameter is the `self` of a method."""
    function = parent(parent(argument) or argument)
    if method_class(function) is None or function is None or has_decorator(function, "staticmethod"):
        return False
    return first_argument(function) is argument


def parameter(values: Values, node: ast.arg) -> Answer:
    """What a function's parameter can be."""
    arguments = parent(node)
    function = parent(arguments) if arguments is not None else None
    if not isinstance(arguments, ast.arguments) or function is None:
        return UNKNOWN
    if is_receiver(node) and not isinstance(function, ast.Lambda):
        inside = method_class(function)
        assert inside is not None
        of_class = has_decorator(function, "classmethod") or getattr(function, "name", "") in (
            "__new__",
            "__init_subclass__",
            "__class_getitem__",
        )
        return known(TreeClass(inside) if of_class else OfTree(inside))
    if node is arguments.vararg:
        return assume(known(Sequence(frozenset(), "tuple")), "")
    if node is arguments.kwarg:
        return known(Sequence(frozenset(), "dict"))
    return _outer(values, node, function)  # type: ignore[arg-type]


def _outer(values: Values, node: ast.arg, function: FunctionNode) -> Answer:
    """A parameter that the caller gives: nobody sees all callers."""
    told = annotated(values, node.annotation, node.arg) if node.annotation is not None else UNKNOWN
    default = default_of(function, node)
    start = values.ask(default) if default is not None else None
    if told.things:
        return union([told, start]) if start is not None and start.things == {NONE} else told
    reads = usage.reads_of(values, node, function)
    if usage.is_asked(values, reads, function):
        return _used(values, node, start)
    passed = NOTHING if is_forward(function) else union(_passed(values, node, function))
    if passed.things:
        found = union([passed, *([start] if start is not None else [])])
        if found.things:
            return assume(found, f"{node.arg} is taken for what its callers in this tree pass")
    if usage.is_given(values, reads):
        return _used(values, node, start)
    if passed is not NOTHING or start is None or not start.things or start.things == {NONE}:
        return UNKNOWN
    return assume(start, f"{node.arg} is taken for its default")


def _used(values: Values, node: ast.arg, start: Answer | None) -> Answer:
    """A parameter that is used as a tensor; None, too, where that is its default."""
    tensor = Instance(tensors.TENSOR_OF[values.knowledge.source])
    more = (NONE,) if start is not None and NONE in start.things else ()
    return Answer(frozenset[Thing]((tensor, *more)), f"{node.arg} is taken for a tensor, as it is used")


def is_forward(function: ast.AST) -> bool:
    """Whether a function is what runs when a layer of the tree is called."""
    return getattr(function, "name", "") in tensors.FORWARD and method_class(function) is not None


def default_of(function: FunctionNode, node: ast.arg) -> ast.expr | None:
    arguments = function.args
    placed = [*arguments.posonlyargs, *arguments.args]
    if node in placed:
        at = placed.index(node) - len(placed) + len(arguments.defaults)
        return arguments.defaults[at] if at >= 0 else None
    if node in arguments.kwonlyargs:
        return arguments.kw_defaults[arguments.kwonlyargs.index(node)]
    return None


def _passed(values: Values, node: ast.arg, function: FunctionNode) -> Iterator[Answer]:
    """What each call in the tree that is known to be one of the function passes."""
    name = getattr(function, "name", "")
    inside = method_class(function)
    if name in ("__init__", "__new__") and inside is not None:
        name = inside.name
    elif name in ("__call__", "") or name.startswith("__"):
        return
    for module, call in values.stores.calls.get(name, ()):
        member = values.beside(module)
        bound = _is_call_of(member, call, function, inside)
        if bound is None:
            continue
        argument = argument_of(call, function, node, skip=1 if bound else 0)
        if argument is None:
            default = default_of(function, node)
            if default is None:
                yield UNKNOWN  # it comes by `*args` or `**kwargs`
            continue
        yield member.ask(argument)


def _is_call_of(values: Values, call: ast.Call, function: FunctionNode, inside: ast.ClassDef | None) -> bool | None:
    """Whether a call runs a function: True where its first parameter is not among the arguments; None: another's."""
    for thing in values.ask(call.func).things:
        if isinstance(thing, Function) and thing.node is function:
            static = inside is None or has_decorator(function, "staticmethod")
            by_class = isinstance(call.func, ast.Attribute) and any(
                isinstance(t, (TreeClass, Module)) for t in values.ask(call.func.value).things
            )
            return not static and (not by_class or has_decorator(function, "classmethod"))
        if isinstance(thing, TreeClass) and inside is not None and getattr(function, "name", "") == "__init__":
            found = values.lineage.defined(thing.node, "__init__")
            if found is not None and function in found[1]:
                return True
    return None


def argument_of(call: ast.Call, function: FunctionNode, node: ast.arg, skip: int) -> ast.expr | None:
    """The expression that a call passes for a parameter, if it is written out."""
    for keyword in call.keywords:
        if keyword.arg == node.arg:
            return keyword.value
    placed = [*function.args.posonlyargs, *function.args.args]
    at = placed.index(node) - skip if node in placed else -1
    if at < 0 or at >= len(call.args) or any(isinstance(a, ast.Starred) for a in call.args[: at + 1]):
        return None
    return call.args[at]


def annotated(values: Values, annotation: ast.expr, name: str) -> Answer:
    """What an annotation says; it binds nobody."""
    answer = _meant(values, annotation)
    return assume(answer, f"{name} is taken for what its annotation says") if answer is not NOTHING else UNKNOWN


def _meant(values: Values, node: ast.expr) -> Answer:
    if isinstance(node, ast.Constant):
        return known(NONE) if node.value is None else _spelled(values, node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return union([_meant(values, node.left), _meant(values, node.right)])
    if isinstance(node, ast.Subscript):
        return _generic(values, node)
    if isinstance(node, ast.Name) and node.id in BUILTIN_TYPES:
        return known(BUILTIN_TYPES[node.id])
    if isinstance(node, (ast.Name, ast.Attribute)):
        return instances(values, values.ask(node))
    return UNKNOWN


def _spelled(values: Values, node: ast.Constant) -> Answer:
    """`"Tensor"`, `"torch.Tensor"`: a name in a text."""
    parts = node.value.split(".") if isinstance(node.value, str) else []
    if not parts or not all(part.isidentifier() for part in parts):
        return UNKNOWN
    if len(parts) == 1 and parts[0] in BUILTIN_TYPES:
        return known(BUILTIN_TYPES[parts[0]])
    scope = values.scope(node)
    classes = values.lineage.named(_name_of(parts), scope)
    if len(classes) == 1:
        return known(OfTree(classes[0]))
    meaning = values.index.meaning(parts[0], scope)
    qualified = ".".join([meaning[1], *parts[1:]]) if meaning else ""
    if qualified.startswith(f"{values.knowledge.source}."):
        return instances(values, known(ClassOf(qualified)))
    return UNKNOWN


def _name_of(parts: list[str]) -> ast.expr:
    node: ast.expr = ast.Name(parts[0], ast.Load())
    for part in parts[1:]:
        node = ast.Attribute(node, part, ast.Load())
    return node


def _generic(values: Values, node: ast.Subscript) -> Answer:
    """`list[Tensor]`, `Optional[Tensor]`, `tuple[Tensor, ...]`, `dict[str, Tensor]`, `type[nn.Module]`."""
    name = (dotted_parts(node.value) or [""])[-1]
    inner = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Optional":
        return union([_meant(values, inner[0]), known(NONE)])
    if name == "Union":
        return union(_meant(values, each) for each in inner)
    if name in ("Annotated", "Final", "ClassVar"):
        return _meant(values, inner[0])
    if name in LISTED:
        return known(Sequence(_meant(values, inner[0]).things))
    if name in ("dict", "Dict", "Mapping", "OrderedDict") and len(inner) == 2:
        return known(Sequence(_meant(values, inner[1]).things, "dict"))
    if name in ("tuple", "Tuple"):
        return _tuple(values, inner)
    return UNKNOWN


def _tuple(values: Values, inner: list[ast.expr]) -> Answer:
    if len(inner) == 2 and isinstance(inner[1], ast.Constant) and inner[1].value is Ellipsis:
        return known(Sequence(_meant(values, inner[0]).things, "tuple"))
    parts = [_meant(values, each) for each in inner]
    items = union(parts).things if all(part.things for part in parts) else frozenset[Thing]()
    return known(Sequence(items, "tuple", tuple(part.things for part in parts)))


def instances(values: Values, classes: Answer) -> Answer:
    """Instances of the classes that an expression can be."""
    if not classes.things:
        return UNKNOWN
    return assume(union(instance(values, thing) for thing in classes.things), classes.assumed)


def instance(values: Values, thing: Thing) -> Answer:
    """An instance of a class, as a test or an annotation names it."""
    if isinstance(thing, TreeClass):
        return known(OfTree(thing.node))
    if isinstance(thing, ClassOf):
        if tensors.is_tensor(thing.name):
            return known(Instance(tensors.TENSOR_OF[thing.name.partition(".")[0]]))
        if thing.name.endswith(".is_tensor"):
            return known(Instance(tensors.TENSOR_OF[values.knowledge.source]))
        if thing.name == "torch.Size":
            return known(SIZE)
        return known(Instance(thing.name)) if thing.name.rpartition(".")[2][:1].isupper() else UNKNOWN
    if isinstance(thing, Module):
        root, _, last = thing.name.partition(".")
        if root == "numpy":
            return known(ARRAY)
        return known(Plain("other")) if root not in ("typing", "collections") and last[:1].isupper() else UNKNOWN
    return UNKNOWN
