"""What Python's own functions give, and those of its standard library and of NumPy."""

from __future__ import annotations

import ast
import builtins
import sys
from typing import TYPE_CHECKING

from porter.source import tensors
from porter.source.tensors import words
from porter.source.things import (
    ARRAY,
    NONE,
    NOTHING,
    NUMBER,
    OBJECT,
    TEXT,
    UNKNOWN,
    Answer,
    Instance,
    OfTree,
    Plain,
    Sequence,
    assume,
    known,
    union,
)
from porter.source.values import displays, owners

if TYPE_CHECKING:
    from porter.source.values.engine import Values

NUMBERS = words(
    """
    len int float bool complex id hash ord any all callable hasattr isinstance issubclass
    """
)
TEXTS = words(
    """
    str repr format chr input bin hex oct ascii bytes bytearray
    """
)
SAME = frozenset({"abs", "round", "divmod", "pow"})
"""They give a number for numbers, a tensor for tensors."""
LISTS = {"list": "list", "tuple": "tuple", "set": "set", "frozenset": "set", "sorted": "list", "reversed": "iterator"}
NUMERIC = frozenset({"math", "time", "random", "statistics", "cmath"})
TEXTUAL = words(
    """
    os re json textwrap string platform getpass shutil pathlib logging
    """
)
COPIES = frozenset({"copy.copy", "copy.deepcopy", "copy.replace", "dataclasses.replace"})
HOLDING = frozenset({"queue.Queue", "contextvars.ContextVar", "types.ModuleType", "collections.ChainMap"})
"""Classes of the standard library whose objects are asked for what was put into them."""
OBJECTS = frozenset({"inspect.signature", "inspect.getfullargspec", "inspect.currentframe", "inspect.stack"})
OBJECTS |= {"inspect.Signature.from_callable"}
"""Functions of the standard library that give an object of a class of it."""
DICTS = frozenset({"collections.OrderedDict", "collections.defaultdict", "typing.OrderedDict"})


def builtin(values: Values, node: ast.Call, name: str) -> Answer:
    """What a call of one of Python's own functions gives."""
    if name in NUMBERS:
        return known(NUMBER)
    if name in TEXTS:
        return known(TEXT)
    if name in LISTS:
        return _listed(values, node, LISTS[name])
    if name in HANDLERS:
        return HANDLERS[name](values, node)
    if name in ("print", "setattr", "delattr", "exec"):
        return known(NONE)
    if name == "range":
        return known(Sequence(frozenset({NUMBER}), "iterator"))
    if name in SAME and node.args:
        answer = values.ask(node.args[0])
        return answer if answer.things and all(_is_numeric(t) for t in answer.things) else UNKNOWN
    if name in ("open", "slice", "object", "memoryview"):
        return known(Plain("other"))
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, BaseException):
        return known(Plain("error"))
    return UNKNOWN


def _is_numeric(thing: object) -> bool:
    return thing in (NUMBER, ARRAY) or (isinstance(thing, Instance) and tensors.is_tensor(thing.name))


def _listed(values: Values, node: ast.Call, kind: str) -> Answer:
    if not node.args:
        return known(Sequence(frozenset(), kind))
    given = values.ask(node.args[0])
    if given is NOTHING:
        return NOTHING
    inside = displays.elements(values, given)
    return Answer(frozenset({Sequence(inside.things, kind)}), inside.assumed if inside.things else "")


def _type(values: Values, node: ast.Call) -> Answer:
    from porter.source.values import attributes

    return attributes.class_of(values.ask(node.args[0])) if len(node.args) == 1 else UNKNOWN


def _getattr(values: Values, node: ast.Call) -> Answer:
    from porter.source.values import attributes

    name = node.args[1] if len(node.args) > 1 else None
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return UNKNOWN
    found = attributes.of_answer(values, values.ask(node.args[0]), name.value)
    return union([found, *map(values.ask, node.args[2:])])


def _sum(values: Values, node: ast.Call) -> Answer:
    answer = displays.elements(values, values.ask(node.args[0])) if node.args else UNKNOWN
    more = [values.ask(each) for each in node.args[1:]]
    found = union([answer, *more])
    if not found.things or not all(_is_numeric(thing) for thing in found.things):
        return found if found is NOTHING else UNKNOWN
    one = [thing for thing in found.things if isinstance(thing, Instance)]
    return Answer(frozenset({Instance(one[0].name)}), found.assumed) if one else found


def _most(values: Values, node: ast.Call) -> Answer:
    if len(node.args) == 1:
        return displays.elements(values, values.ask(node.args[0]))
    return union(map(values.ask, node.args)) if node.args else UNKNOWN


def _next(values: Values, node: ast.Call) -> Answer:
    if not node.args:
        return UNKNOWN
    return union([displays.elements(values, values.ask(node.args[0])), *map(values.ask, node.args[1:])])


def _iter(values: Values, node: ast.Call) -> Answer:
    return _listed(values, node, "iterator") if len(node.args) == 1 else UNKNOWN


def _enumerate(values: Values, node: ast.Call) -> Answer:
    inside = displays.elements(values, values.ask(node.args[0])) if node.args else UNKNOWN
    return _tuples([known(NUMBER), inside])


def _zip(values: Values, node: ast.Call) -> Answer:
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        return known(Sequence(frozenset(), "iterator"))
    return _tuples([displays.elements(values, values.ask(argument)) for argument in node.args])


def _tuples(parts: list[Answer]) -> Answer:
    """An iterator of tuples with some parts."""
    one = displays.holding(parts, "tuple", places=True)
    return Answer(frozenset({Sequence(one.things, "iterator")}), one.assumed)


def _filter(values: Values, node: ast.Call) -> Answer:
    inside = displays.elements(values, values.ask(node.args[1])) if len(node.args) == 2 else UNKNOWN
    return Answer(frozenset({Sequence(inside.things, "iterator")}), inside.assumed if inside.things else "")


def _map(values: Values, node: ast.Call) -> Answer:
    return known(Sequence(frozenset(), "iterator"))


def dictionary(values: Values, node: ast.Call) -> Answer:
    """`dict(a=x)`, `OrderedDict([("a", x)])`, `dict(other)`."""
    answers = [values.ask(keyword.value) for keyword in node.keywords]
    for argument in node.args:
        given = values.ask(argument)
        if given is NOTHING:
            return NOTHING
        if any(isinstance(t, Sequence) and t.kind == "dict" for t in given.things):
            answers.append(displays.inside(values, given))
        else:
            answers.append(displays.pick(values, displays.elements(values, given), 1, 2, -1))
    return displays.holding(answers, "dict")


def _super(values: Values, node: ast.Call) -> Answer:
    """`super()`: an object of one of the bases, as far as its methods go."""
    from porter.source.values import attributes

    inside = attributes.enclosing_method_class(node)
    if inside is None:
        return UNKNOWN
    found = [known(OfTree(base)) for base in values.lineage.bases(inside)]
    found += [known(Instance(base)) for base in owners.framework_bases(values, inside)] if not found else []
    return assume(union(found), "no other base class comes between") if found else UNKNOWN


HANDLERS = {
    "super": _super,
    "type": _type,
    "getattr": _getattr,
    "sum": _sum,
    "max": _most,
    "min": _most,
    "next": _next,
    "iter": _iter,
    "enumerate": _enumerate,
    "zip": _zip,
    "filter": _filter,
    "map": _map,
    "dict": dictionary,
}


def function(values: Values, name: str, node: ast.Call) -> Answer:
    """What a call of a function gives that neither the tree nor a framework defines."""
    root = name.partition(".")[0]
    if root == "numpy":
        return known(ARRAY)
    if name in COPIES and node.args:
        return assume(values.ask(node.args[0]), "")
    if name in DICTS:
        first = node.args[1:] if name.endswith("defaultdict") else node.args
        return dictionary(values, ast.Call(node.func, list(first), node.keywords))
    if name == "random.choice" and node.args:
        return displays.elements(values, values.ask(node.args[0]))
    if name == "typing.cast" and len(node.args) == 2:
        return values.ask(node.args[1])
    if root in NUMERIC and name not in ("random.sample", "random.choices", "random.Random"):
        return known(NUMBER)
    if name in OBJECTS:
        return known(OBJECT)
    if root in sys.stdlib_module_names and name.rpartition(".")[2][:1].isupper() and name not in HOLDING:
        return known(OBJECT)
    return known(Plain("other")) if root in TEXTUAL else UNKNOWN
