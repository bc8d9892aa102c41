"""What a name stands for: by its import, by what a statement gives it, by the class or function it defines."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from porter.source import tensors
from porter.source.index import reading_scope
from porter.source.kinds import BUILTINS
from porter.source.names import dotted_parts
from porter.source.origins import longest_module
from porter.source.scopes import Binding, Scope, parent, scope_of
from porter.source.tensors import words
from porter.source.things import (
    NOTHING,
    TEXT,
    UNKNOWN,
    Answer,
    ClassOf,
    Function,
    Module,
    Plain,
    TreeClass,
    assume,
    known,
    union,
)
from porter.source.values import displays, fills, narrow, operators, parameters, stated

if TYPE_CHECKING:
    from porter.source.values.engine import Values

COVERED = words(
    """
    abs all any divmod filter map max min pow round sum open
    """
)
"""Functions of Python's that other packages have, too, so that a star import may stand before them."""
FOREIGN = frozenset({"torch", "mindspore"})
HARMLESS = words(
    """
    cached_property deprecated custom_fwd custom_bwd compile autocast enable_grad torch_jit classmethod
    abstractmethod override overload ms_function jit jit_class property setter dataclass dataclasses.dataclass
    total_ordering runtime_checkable final typing.final unique no_grad inference_mode script ignore export
    unused wraps lru_cache cache staticmethod
    """
)
"""Decorators that give what they get, or something that is called like it."""


def name(values: Values, node: ast.expr) -> Answer:
    """A name where it is read."""
    assert isinstance(node, ast.Name)
    if not isinstance(node.ctx, ast.Load):
        return assigned(values, node)
    scope = scope_of(node) or values.scope(node)
    if scope.kind == "class":
        scope = reading_scope(node, scope)
    found = scope.lookup(node.id)
    if found is None:
        return _unbound(values, node)
    home, bindings = found
    if node.id in values.module.scopes.named and any(b.target for b in bindings):
        qualified = values.knowledge.qualified(values.module, node)
        if qualified is not None:
            return of_framework(qualified)
    answer = union(_in_order(values, values.flow.reaching(node, home)))
    if home.kind == "module" and answer.things:
        return _of_module(values, node.id, home, answer)
    return answer


def _in_order(values: Values, bindings: list[Binding]) -> Iterator[Answer]:
    return (values.defined(binding) for binding in bindings)


def is_builtin(values: Values, node: ast.expr) -> str:
    """The name of Python's own function or class that an expression is; "" for anything else."""
    if not isinstance(node, ast.Name) or node.id not in BUILTINS:
        return ""
    scope = scope_of(node) or values.scope(node)
    scopes = values.module.scopes
    if node.id in COVERED and scopes.stars and not scopes.closed:
        return ""
    return node.id if scope.lookup(node.id) is None else ""


def _unbound(values: Values, node: ast.Name) -> Answer:
    scopes = values.module.scopes
    if node.id in ("__name__", "__file__", "__doc__"):
        return known(TEXT)
    if node.id not in BUILTINS or (scopes.stars and not scopes.closed):
        return UNKNOWN
    return known(Plain("builtin"))


def of_framework(qualified: str) -> Answer:
    """A framework's module, constant, class or function."""
    if qualified in tensors.MODULES:
        return known(Module(qualified))
    home, _, last = qualified.rpartition(".")
    if home in tensors.TENSOR_OF and last in tensors.DTYPES:
        return known(Plain("dtype"))
    return known(ClassOf(qualified))


def _of_module(values: Values, name: str, home: Scope, answer: Answer) -> Answer:
    """A module's name may be bound again from outside: by `module.NAME = ...`, `exec`, or a later star import."""
    module = values.module
    if module.path in values.stores.dynamic and any(not b.is_import for b in home.bindings[name]):
        return assume(answer, f"{module.path} changes its names at run time")
    first = min(getattr(b.node, "lineno", 0) for b in home.bindings[name])
    if not module.scopes.closed and any(star.lineno > first for star, _ in module.scopes.stars):
        return assume(answer, f"a star import in {module.path} may bind {name} again")
    for store in values.stores.sets.get(name, ()):
        if isinstance(store.owner, (ast.Name, ast.Attribute)) and getattr(store.owner, "id", "") not in ("self", "cls"):
            owner = values.beside(store.module).ask(store.owner)
            if Module(module.dotted) in owner.things:
                return UNKNOWN
    return answer


def given(values: Values, binding: Binding) -> Answer:
    """What a binding gives its name."""
    node = binding.node
    if binding.target:
        return imported(values, binding.target, explicit=isinstance(node, ast.Import))
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return assume(known(Function(node)), decorated(values, node))
    if isinstance(node, ast.ClassDef):
        return assume(known(TreeClass(node)), decorated(values, node))
    if isinstance(node, ast.arg):
        return parameters.parameter(values, node)
    if isinstance(node, ast.ExceptHandler):
        return known(Plain("error"))
    if isinstance(node, (ast.MatchAs, ast.MatchStar, ast.MatchMapping)):
        return narrow.captured(values, node)
    if not isinstance(node, ast.Name):
        return UNKNOWN
    answer = assigned(values, node)
    return fills.of_name(values, node, binding, answer) if fills.can_be_filled(answer) else answer


def decorated(values: Values, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The sentence of the assumption that a decorator gives back what it gets."""
    for decorator in node.decorator_list:
        bare = decorator.func if isinstance(decorator, ast.Call) else decorator
        parts = dotted_parts(bare)
        if not parts or parts[-1] not in HARMLESS:
            return f"what decorates {node.name} is taken to give it back"
    return ""


def assigned(values: Values, target: ast.expr) -> Answer:
    """What a statement gives a target: a name, an attribute, an element."""
    way: list[tuple[int, int, int]] = []
    below: ast.expr = target
    above = parent(below)
    while isinstance(above, (ast.Tuple, ast.List, ast.Starred)):
        if not isinstance(above, ast.Starred):
            way.append((above.elts.index(below), len(above.elts), _star(above)))
        below, above = above, parent(above)
    answer = _whole(values, above, below)
    for place, count, star in reversed(way):
        answer = displays.pick(values, answer, place, count, star)
    return answer


def _star(node: ast.Tuple | ast.List) -> int:
    return next((index for index, each in enumerate(node.elts) if isinstance(each, ast.Starred)), -1)


def _whole(values: Values, statement: ast.AST | None, target: ast.expr) -> Answer:
    """What the whole target of a statement gets."""
    if isinstance(statement, (ast.Assign, ast.NamedExpr)):
        return values.ask(statement.value)
    if isinstance(statement, ast.AnnAssign):
        return _annotated(values, statement)
    if isinstance(statement, ast.AugAssign):
        return operators.combine(statement.op, _before(values, statement.target), values.ask(statement.value))
    if isinstance(statement, (ast.For, ast.comprehension)):
        if isinstance(statement, ast.comprehension) and statement.is_async:
            return UNKNOWN
        return displays.elements(values, values.ask(statement.iter))
    if isinstance(statement, ast.withitem):
        answer = values.ask(statement.context_expr)
        return answer if answer.things and all(isinstance(t, Plain) for t in answer.things) else UNKNOWN
    return NOTHING if isinstance(statement, ast.Delete) else UNKNOWN


def _annotated(values: Values, statement: ast.AnnAssign) -> Answer:
    """`x: Tensor = f()`: what the value is, and where nothing is known of that what the annotation says."""
    answer = values.ask(statement.value) if statement.value is not None else UNKNOWN
    if (answer.things and answer.assumed != stated.SOME_LAYER) or answer is NOTHING:
        return answer
    told = stated.annotated(values, statement.annotation, ast.unparse(statement.target))
    return told if told.things else answer


def _before(values: Values, target: ast.expr) -> Answer:
    """What `x += y` adds to."""
    if not isinstance(target, ast.Name):
        return UNKNOWN
    for home in _homes(values, target):
        bindings = home.bindings.get(target.id, ())
        binding = next((b for b in bindings if b.node is target), None)
        if binding is not None:
            return union(_in_order(values, values.flow.before(binding, home)))
    return UNKNOWN


def _homes(values: Values, target: ast.Name) -> Iterable[Scope]:
    scope: Scope | None = values.scope(parent(target) or target)
    while scope is not None:
        yield scope
        scope = scope.parent


def imported(values: Values, target: str, *, explicit: bool = False) -> Answer:
    """What an import gives. `explicit`: `import a.b`, which gives a module."""
    index = values.index
    qualified = index.resolve(target)
    root = qualified.partition(".")[0]
    module, rest = longest_module(qualified, index.by_dotted)
    if module is not None:
        return _in_tree(values, qualified, rest)
    if qualified in values.family.packages:
        return known(Module(qualified))
    if root == values.knowledge.source and not index.shadows(values.module, root):
        return of_framework(qualified)
    if root in FOREIGN:
        return UNKNOWN
    thing = known(Module(qualified))
    if explicit or root in sys.stdlib_module_names or root == "numpy":
        return thing
    return assume(thing, f"what {root} gives is taken for no object of a framework")


def _in_tree(values: Values, qualified: str, rest: list[str]) -> Answer:
    """A module of the tree, or what one of its names stands for."""
    from porter.source.values import attributes

    module, _ = longest_module(qualified, values.index.by_dotted)
    assert module is not None
    if not rest:
        return known(Module(qualified))
    answer = top_name(values.beside(module), rest[0])
    for attr in rest[1:]:
        answer = attributes.of_answer(values, answer, attr)
    return answer


def top_name(values: Values, name: str) -> Answer:
    """What a name at the top of a file stands for when another file reads it."""
    home = values.module.scopes.module
    bindings = home.bindings.get(name)
    if not bindings:
        return UNKNOWN
    answer = union(_in_order(values, bindings))
    return _of_module(values, name, home, answer) if answer.things else answer
