"""What an attribute can be: of a tensor, of a layer, of a module, of an object of the tree's own classes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from porter.source import tensors
from porter.source.kinds import DEFS
from porter.source.scopes import parent
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
from porter.source.values import fills, names, owners, parameters, returns, stated

if TYPE_CHECKING:
    from porter.source.values.engine import Values

PROPERTIES = ("property", "cached_property", "functools.cached_property")


def attribute(values: Values, node: ast.expr) -> Answer:
    """`a.b`."""
    assert isinstance(node, ast.Attribute)
    root: ast.expr = node.value
    while isinstance(root, ast.Attribute):
        root = root.value
    if isinstance(root, ast.Name) and root.id in values.module.scopes.named:
        qualified = values.knowledge.qualified(values.module, node)
        if qualified is not None:
            return names.of_framework(qualified)
    if isinstance(node.value, ast.Call) and names.is_builtin(values, node.value.func) == "super":
        return of_super(values, node)
    if node.attr == "__class__":
        return class_of(values.ask(node.value))
    return of_answer(values, values.ask(node.value), node.attr)


def class_of(answer: Answer) -> Answer:
    """`type(m)`: the class of what is known; a subclass where it was only assumed or tested."""
    found: list[Answer] = []
    for thing in answer.things:
        if isinstance(thing, Instance):
            found.append(assume(known(ClassOf(thing.name)), "" if thing.made_at else "no class derives from this one"))
        elif isinstance(thing, OfTree):
            found.append(assume(known(TreeClass(thing.node)), "no class derives from this one"))
        else:
            return UNKNOWN
    return assume(union(found), answer.assumed) if found else UNKNOWN


def of_answer(values: Values, answer: Answer, name: str) -> Answer:
    """An attribute of what an expression can be."""
    if not answer.things:
        return answer
    return assume(union(of_thing(values, thing, name) for thing in answer.things), answer.assumed)


def of_thing(values: Values, thing: Thing, name: str) -> Answer:
    """An attribute of one thing."""
    if isinstance(thing, OfTree):
        return values.circles.run((id(thing.node), name), lambda: of_object(values, thing.node, name))
    if isinstance(thing, Instance):
        return of_instance(thing, name)
    if isinstance(thing, Module):
        return _of_module(values, thing, name)
    if isinstance(thing, TreeClass):
        return _of_class(values, thing.node, name)
    if isinstance(thing, Sequence):
        inner = [t for t in thing.items if isinstance(t, Instance) and tensors.is_tensor(t.name)]
        whole = bool(inner) and len(inner) == len(thing.items)
        return known(*inner) if whole and thing.kind == "tuple" and name in ("values", "indices") else UNKNOWN
    if thing == NONE:
        return NOTHING
    return known(thing) if thing in (ARRAY, NUMBER, TEXT) else UNKNOWN


def of_instance(thing: Instance, name: str) -> Answer:
    """An attribute of a framework's object that is no method."""
    if tensors.is_tensor(thing.name):
        return _of_tensor(thing.name, name)
    if name in tensors.LAYER_TENSORS and tensors.looks_like_layer(thing.name):
        return known(Instance(tensors.TENSOR_OF[thing.name.partition(".")[0]]))
    return known(NUMBER) if name in tensors.LAYER_NUMBERS and tensors.looks_like_layer(thing.name) else UNKNOWN


def _of_tensor(cls: str, name: str) -> Answer:
    if name in tensors.SIZES:
        return known(SIZE)
    if name in tensors.TENSOR_ATTRIBUTES:
        return known(Instance(cls), NONE) if name == "grad" else known(Instance(cls))
    if name in tensors.LAYER_TENSORS:
        return NOTHING  # only layers have it
    if name in tensors.WORDS:
        return known(Plain("device" if name == "device" else "dtype" if name == "dtype" else "other"))
    if name in ("ndim", "requires_grad", "is_cuda", "is_leaf", "itemsize", "nbytes", "is_sparse", "is_quantized"):
        return known(NUMBER)
    return known(NUMBER) if name == "size" and cls.startswith("mindspore") else UNKNOWN


def _of_module(values: Values, thing: Module, name: str) -> Answer:
    module = values.index.by_dotted.get(thing.name)
    if module is not None and name in module.scopes.module.bindings:
        return names.top_name(values.beside(module), name)
    qualified = f"{thing.name}.{name}"
    if thing.name in tensors.MODULES:
        return names.of_framework(qualified)
    return names.imported(values, qualified)


def _of_class(values: Values, node: ast.ClassDef, name: str) -> Answer:
    """An attribute of a class itself: a method, or what its body gives the name."""
    found = values.lineage.defined(node, name)
    if found is None or values.lineage.is_strange(node):
        return UNKNOWN
    answer = union(_in_body(values, node, statement, name) for statement in found[1])
    outside = None in owners.by_class(values, name)
    return assume(answer, f"{name} may be set on {node.name} elsewhere") if outside else answer


def _in_body(values: Values, node: ast.ClassDef, statement: ast.stmt, name: str) -> Answer:
    """What a statement of a class body gives a name."""
    member = values.home(statement)
    if isinstance(statement, DEFS):
        return assume(known(Function(statement)), names.decorated(member, statement))
    if isinstance(statement, ast.ClassDef):
        return known(TreeClass(statement))
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return UNKNOWN
    if isinstance(statement, ast.AnnAssign) and statement.value is None:
        return stated.annotated(member, statement.annotation, name)
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    for target in targets:
        for each in ast.walk(target) if target is not None else ():
            if isinstance(each, ast.Name) and each.id == name:
                return names.assigned(member, each)
    return UNKNOWN


def of_object(values: Values, node: ast.ClassDef, name: str) -> Answer:
    """An attribute of an object of a class of the tree: all that anybody in the tree gives it."""
    found = values.lineage.defined(node, name)
    if found is not None and any(parameters.has_decorator(s, *PROPERTIES) for s in found[1]):
        return assume(_properties(values, found[1]), owners.doubt(values, node))
    given = _Given()
    answer = union(given.of(values, node, name))
    if not answer.things:
        return answer if given.met else _inherited(values, node, name)
    if fills.can_be_filled(answer):
        answer = fills.of_attribute(values, node, name, answer)
    return assume(answer, given.why or owners.doubt(values, node))


@dataclass(slots=True)
class _Given:
    """All that gives an attribute its value, one after the other. `met`: there is something that does."""

    why: str = ""
    met: bool = False

    def of(self, values: Values, node: ast.ClassDef, name: str) -> Iterator[Answer]:
        """The class body first, then other classes, then who sets it on an object."""
        found = values.lineage.defined(node, name)
        for statement in found[1] if found is not None else ():
            self.met = True
            yield _in_body(values, node, statement, name)
        for cls, statements in values.lineage.overrides(node, name):
            self.met = True
            self.why = f"{cls.name} has another {name}"
            if any(parameters.has_decorator(s, *PROPERTIES) for s in statements):
                yield _properties(values, statements)
            else:
                yield from (_in_body(values, cls, statement, name) for statement in statements)
        for store, strange in owners.stores_of(values, node, name):
            self.met = True
            self.why = self.why or strange
            yield fills.stored(values.beside(store.module), store)


def _properties(values: Values, statements: list[ast.stmt]) -> Answer:
    getters = [s for s in statements if isinstance(s, DEFS) and parameters.has_decorator(s, *PROPERTIES)]
    return union(returns.returned(values, getter) for getter in getters)


def _inherited(values: Values, node: ast.ClassDef, name: str) -> Answer:
    """What a framework's base class gives."""
    found = [of_instance(Instance(base), name) for base in owners.framework_bases(values, node)]
    if name == "training" and owners.framework_bases(values, node):
        return assume(known(NUMBER), owners.doubt(values, node))
    answers = [answer for answer in found if answer.things]
    return assume(answers[0], owners.doubt(values, node)) if answers else UNKNOWN


def of_super(values: Values, node: ast.Attribute) -> Answer:
    """`super().method`: the next class of the tree that has it."""
    inside = enclosing_method_class(node)
    if inside is None:
        return UNKNOWN
    for each in values.lineage.ancestry(inside)[1:]:
        statements = values.lineage.body(each).get(node.attr)
        if statements:
            answer = union(_in_body(values, each, statement, node.attr) for statement in statements)
            several = len(inside.bases) > 1 or values.lineage.descendants(inside)
            return assume(answer, "no other base class comes between") if several else answer
    return UNKNOWN


def enclosing_method_class(node: ast.AST) -> ast.ClassDef | None:
    """The class of the method that an expression stands in."""
    above = parent(node)
    while above is not None:
        if isinstance(above, DEFS) and (inside := parameters.method_class(above)) is not None:
            return inside
        above = parent(above)
    return None
