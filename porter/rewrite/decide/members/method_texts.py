"""Where a program names a method by a text: `getattr(net, "forward")`, `"forward" in cls.__dict__`, `vars(cls)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from porter.rewrite.decide.members.lookups import texts_of
from porter.rewrite.decide.members.patches import LOOKUPS, SETTERS
from porter.source.names import SourceModule, names_in_string
from porter.source.scopes import Scope, parent

ACCESSORS = frozenset(
    {"getattr_static", "__getattribute__", "__getattr__", "__setattr__", "__delattr__", "attrgetter", "methodcaller"}
)
"""Functions and methods that are given a member's name, wherever they come from."""
GETTERS = frozenset({"attrgetter", "methodcaller"})
"""Those of them that get their object later."""
TAKING = frozenset({"get", "pop", "setdefault", "__contains__", "__getitem__"})


@dataclass(frozen=True, slots=True)
class Look:
    """A member that is looked up: the expression of its name, and that of the object; None where it is not seen."""

    name: ast.expr
    of: ast.expr | None
    scope: Scope

    @property
    def texts(self) -> frozenset[str]:
        """What the name can be, as far as the file writes it out."""
        return texts_of(self.name, self.scope) or frozenset()


def looks(module: SourceModule) -> Iterator[Look]:
    """Every look-up of a member by a text in a file."""
    for call, scope in module.scopes.calls:
        yield from _called(call, scope)
        if isinstance(call.func, ast.Name) and call.func.id == "vars" and len(call.args) == 1:
            yield from _in_table(call, call.args[0], scope)
    for node, scope in module.scopes.attributes:
        if node.attr == "__dict__":
            yield from _in_table(node, node.value, scope)


def name_in(module: SourceModule, node: ast.expr) -> tuple[int, int] | None:
    """The bytes of the one name that a text is; None where it is written in another way."""
    if not isinstance(node, ast.Constant):
        return None
    found = [(start, end) for name, start, end in names_in_string(module.text, node) if name == node.value]
    return found[0] if len(found) == 1 else None


def _called(call: ast.Call, scope: Scope) -> Iterator[Look]:
    name, bare = getattr(call.func, "attr", getattr(call.func, "id", "")), isinstance(call.func, ast.Name)
    builtin = bare and name in LOOKUPS and scope.lookup(name) is None
    if not builtin and name not in ACCESSORS and (bare or name not in SETTERS):
        return
    if name in GETTERS:
        yield from (Look(argument, None, scope) for argument in call.args[: None if name == "attrgetter" else 1])
    elif name.startswith("__") and call.args and isinstance(call.func, ast.Attribute):
        by_class = len(call.args) > 1 + (name == "__setattr__")  # `object.__setattr__(self, "forward", f)`
        of = call.args[0] if by_class else call.func.value
        yield Look(call.args[int(by_class)], of, scope)
    elif len(call.args) > 1:
        yield Look(call.args[1], call.args[0], scope)


def _in_table(table: ast.expr, of: ast.expr, scope: Scope) -> Iterator[Look]:
    """`"forward" in table`, `table["forward"]`, `table.pop("forward", None)`."""
    above = parent(table)
    if isinstance(above, ast.Compare) and above.comparators == [table]:
        yield Look(above.left, of, scope)
    elif isinstance(above, ast.Subscript) and above.value is table:
        yield Look(above.slice, of, scope)
    elif isinstance(above, ast.Attribute) and above.attr in TAKING:
        call = parent(above)
        if isinstance(call, ast.Call) and call.func is above and call.args:
            yield Look(call.args[0], of, scope)
    elif isinstance(above, ast.Attribute) and above.attr == "update":
        yield from (Look(key, of, scope) for key in _keys(parent(above)) if key is not None)


def _keys(call: ast.AST | None) -> list[ast.expr | None]:
    """The keys that `table.update({"stride": 2})` writes out."""
    given = call.args[0] if isinstance(call, ast.Call) and call.args else None
    return given.keys if isinstance(given, ast.Dict) else []
