"""What an annotation, or the class in a type test, says of an object."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from porter.source import tensors
from porter.source.names import dotted_parts
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

if TYPE_CHECKING:
    from porter.source.values.engine import Values

SOME_LAYER = "what a layer of a class that is not known gives is taken for a tensor"
"""A guess that whatever is written down outweighs."""
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
