"""Classes that derive from a container which takes one list, and that may be given one: `MySeq([a, b])`.

The other side's container takes so many layers, so such a class gets the generated container as its base, which takes
both. Whether a class needs it is told by its own constructor, or, where it has none, by the calls of it in the tree.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping

from porter.rewrite.decide.calls.containers import may_give_list
from porter.rewrite.decide.classes.hierarchy import Hierarchy
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.facts import FileFacts
from porter.source.index import enclosing_class, is_self
from porter.source.scopes import Scope

INIT = "__init__"


def given_lists(files: Mapping[str, FileFacts], hierarchy: Hierarchy) -> frozenset[TreeClass]:
    """The classes whose statement names such a container, and that may be given one list."""
    tops = [
        entry for entry, bases in hierarchy.bases.items() if any(use.rule and use.rule.spreads for use in bases.uses)
    ]
    if not tops:
        return frozenset()
    families = {top: hierarchy.below([top]) for top in tops}
    calls = _calls(files, hierarchy, frozenset().union(*families.values()))
    return frozenset(top for top in tops if _may_get_list(families[top], calls, files, hierarchy))


def _calls(
    files: Mapping[str, FileFacts], hierarchy: Hierarchy, wanted: Collection[TreeClass]
) -> Mapping[TreeClass, list[tuple[ast.Call, FileFacts]]]:
    """The calls of some classes, wherever they stand."""
    found: dict[TreeClass, list[tuple[ast.Call, FileFacts]]] = {}
    for file in files.values():
        for call, scope in file.module.scopes.calls:
            entry = _called(call.func, file, scope, hierarchy)
            if entry is not None and entry in wanted:
                found.setdefault(entry, []).append((call, file))
    return found


def _called(function: ast.expr, file: FileFacts, scope: Scope, hierarchy: Hierarchy) -> TreeClass | None:
    """The class that is called: by its name, or as `cls`, `self.__class__` and `type(self)` inside of it."""
    inside = enclosing_class(function)
    by_object = isinstance(function, ast.Attribute) and function.attr == "__class__" and is_self(function.value)
    by_type = isinstance(function, ast.Call) and getattr(function.func, "id", "") == "type"
    if by_object or by_type or (isinstance(function, ast.Name) and function.id == "cls"):
        return hierarchy.by_node.get(inside) if inside is not None else None
    if isinstance(function, (ast.Name, ast.Attribute)):
        return hierarchy.class_of(function, file.module, scope)
    return None


def _may_get_list(
    family: Collection[TreeClass],
    calls: Mapping[TreeClass, list[tuple[ast.Call, FileFacts]]],
    files: Mapping[str, FileFacts],
    hierarchy: Hierarchy,
) -> bool:
    for entry in family:
        file = files.get(entry.module.path)
        if file is None:
            return True
        is_no_list = _no_list(file, entry.scope, hierarchy)
        if any(may_give_list(arguments, is_no_list) for arguments in _handed_up(entry)):
            return True
        if hierarchy.definers(entry, INIT):
            continue
        made = calls.get(entry, [])
        if not made and not hierarchy.heirs.get(entry):
            return True
        if any(may_give_list(call.args, _no_list(at, entry.scope, hierarchy)) for call, at in made):
            return True
    return False


def _no_list(file: FileFacts, scope: Scope, hierarchy: Hierarchy) -> Callable[[ast.expr], bool]:
    """Whether what is called gives a layer: a name of the framework, or a class of the tree."""
    return lambda node: file.is_framework_name(node) or hierarchy.class_of(node, file.module, scope) is not None


def _handed_up(entry: TreeClass) -> Iterator[list[ast.expr]]:
    """What the methods of a class hand to a constructor above: `super().__init__(x)`, `Base.__init__(self, x)`."""
    for node in ast.walk(entry.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == INIT:
            yield node.args if isinstance(node.func.value, ast.Call) else node.args[1:]
