"""The dtype of a tensor, as far as the text shows how the tensor was made."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from porter.source.index import is_self
from porter.source.kinds import CHECKS
from porter.source.scopes import parent
from porter.source.things import Function, Instance
from porter.source.values import Values
from porter.source.values.returns import ends

SHORT = {"half": "float16", "float": "float32", "double": "float64", "int": "int32", "long": "int64"}
CASTS = {**SHORT, "bfloat16": "bfloat16", "short": "int16", "bool": "bool"}
"""Methods that give a tensor of a dtype."""
TAKING = frozenset({"to", "type", "astype"})
CASTED = ("float", "int", "bfloat", "uint")
ASKS = "eq ne gt lt ge le isnan isinf isfinite logical_not logical_and logical_or isclose any all"
COUNTS = "argmax argmin argsort nonzero"
GIVES = {**dict.fromkeys(ASKS.split(), "bool"), **dict.fromkeys(COUNTS.split(), "int64")}
"""Methods that give one dtype, whatever the tensor is of."""
SHAPES = "unsqueeze squeeze view reshape permute transpose flatten expand repeat contiguous clone detach flip roll"
SAME = frozenset(SHAPES.split()) | {"expand_as", "view_as", "swapaxes", "t", "T", "mT"}
"""Methods, and attributes, that give the dtype of their tensor."""
DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Dtype:
    """`name`: "float16", "bool"; "floats": one of the floating-point types. `cast`: somebody wrote it out."""

    name: str = ""
    cast: bool = False

    @property
    def is_float(self) -> bool:
        """Whether it is a floating-point type."""
        return "float" in self.name

    @property
    def is_one(self) -> bool:
        """Whether it is known which dtype it is."""
        return self.name not in ("", "floats")

    def differs(self, other: Dtype) -> bool:
        """Whether two tensors are of two dtypes for sure."""
        if not self.name or not other.name or self.name == other.name:
            return False
        return not (self.is_float and other.is_float and "floats" in (self.name, other.name))


NOT_KNOWN = Dtype()


class Dtypes:
    """Answers for the expressions of one file."""

    def __init__(self, values: Values) -> None:
        self.values = values

    def of(self, node: ast.expr, steps: int = DEEPEST) -> Dtype:
        """The dtype of a tensor; not known where the text does not show one."""
        if not steps:
            return NOT_KNOWN
        if isinstance(node, ast.Compare):
            return NOT_KNOWN if any(isinstance(op, CHECKS) for op in node.ops) else Dtype("bool")
        if isinstance(node, ast.Call):
            return self._called(node, steps)
        if isinstance(node, ast.IfExp):
            return _common(self.of(each, steps - 1) for each in (node.body, node.orelse))
        if isinstance(node, ast.UnaryOp):
            return self.of(node.operand, steps - 1)
        if isinstance(node, ast.Subscript):
            return self.of(node.value, steps - 1)
        if isinstance(node, ast.Attribute):
            return self.of(node.value, steps - 1) if node.attr in SAME else self._attribute(node, steps)
        return self._named(node, steps) if isinstance(node, ast.Name) else NOT_KNOWN

    def _called(self, call: ast.Call, steps: int) -> Dtype:
        method = call.func
        if isinstance(method, ast.Attribute):
            if method.attr in CASTS and not call.args:
                return Dtype(CASTS[method.attr], cast=True)
            if method.attr in TAKING:
                return _written(call)
            if method.attr in SAME:
                return self.of(method.value, steps - 1)
        things = self.values.of(method).things
        if isinstance(method, ast.Attribute) and not things:
            return Dtype(GIVES.get(method.attr, ""))
        if things and all(isinstance(t, Instance) and self.values.is_layer(t.name) for t in things):
            return Dtype("floats")
        functions = [thing.node for thing in things if isinstance(thing, Function)]
        if functions and len(functions) == len(things):
            home = Dtypes(self.values.home(functions[0]))
            return _common(home.of(value, steps - 2 if steps > 1 else 0) for f in functions for value in ends(f).values)
        return NOT_KNOWN

    def _attribute(self, node: ast.Attribute, steps: int) -> Dtype:
        """`self.mask`, which every place of the tree that sets a `mask` makes the same."""
        stores = self.values.stores.sets.get(node.attr, ()) if is_self(node.value) else ()
        if not stores or any(store.value is None or store.kind != "value" for store in stores):
            return NOT_KNOWN
        return _common(
            Dtypes(self.values.beside(each.module)).of(each.value, steps - 1) for each in stores if each.value
        )

    def _named(self, node: ast.Name, steps: int) -> Dtype:
        given = list(assigned(node, self.values))
        return _common(self.of(each, steps - 1) if each is not None else NOT_KNOWN for each in given)

    def elements(self, node: ast.expr, steps: int = 3) -> Iterator[ast.expr | Dtype]:
        """What lies in a list: as it is written, or put into it by `append` where it is built."""
        if isinstance(node, (ast.List, ast.Tuple)):
            yield from node.elts
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            yield from (each for side in (node.left, node.right) for each in self.elements(side, steps))
        elif isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            yield from _in_turn(node)
        elif isinstance(node, ast.Name) and steps:
            for value in assigned(node, self.values):
                yield from self.elements(value, steps - 1) if value is not None else ()
            yield from self._put_in(node)

    def _put_in(self, node: ast.Name) -> Iterator[ast.expr]:
        found = self.values.scope(node).lookup(node.id)
        if found is None or found[0].kind == "module":
            return
        for read in self.values.reads_of(found[0], node.id):
            method = parent(read)
            call = parent(method) if isinstance(method, ast.Attribute) and method.attr == "append" else None
            if isinstance(call, ast.Call) and len(call.args) == 1:
                yield call.args[0]


def assigned(node: ast.Name, values: Values) -> Iterator[ast.expr | None]:
    """What the statements that reach a name give it; None for what is no plain assignment."""
    found = values.scope(node).lookup(node.id)
    for binding in values.flow.reaching(node, found[0]) if found is not None and found[0].kind != "class" else ():
        statement = parent(binding.node)
        plain = isinstance(statement, ast.Assign) and binding.node in statement.targets
        yield statement.value if plain and isinstance(statement, ast.Assign) else None


def _common(dtypes: Iterable[Dtype]) -> Dtype:
    """The one dtype of all; not known where there are several."""
    found = set(dtypes)
    return found.pop() if len(found) == 1 else NOT_KNOWN


def _written(call: ast.Call) -> Dtype:
    """The dtype in `x.to(torch.float16)`."""
    named = [*call.args, *(keyword.value for keyword in call.keywords)]
    dtypes = [SHORT.get(each.attr, each.attr) for each in named if isinstance(each, ast.Attribute)]
    known = dtypes and (dtypes[0] == "bool" or dtypes[0].rstrip("0123456789") in CASTED)
    return Dtype(dtypes[0], cast=True) if known else NOT_KNOWN


def _in_turn(node: ast.ListComp | ast.GeneratorExp) -> Iterator[ast.expr | Dtype]:
    """`[x.to(d) for d in (torch.float16, torch.float32)]`; of any other comprehension, what is made each time."""
    call, over, target = node.elt, node.generators[0].iter, node.generators[0].target
    if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in TAKING and isinstance(target, ast.Name):
        taken = any(isinstance(each, ast.Name) and each.id == target.id for each in call.args)
        if taken and isinstance(over, (ast.List, ast.Tuple)):
            yield from (_written(ast.Call(call.func, [each], [])) for each in over.elts)
            return
    yield call
