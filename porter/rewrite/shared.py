"""Which rules need one class for every use in a tree: native layers and generated classes would be told apart there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from porter.findings import Kind
from porter.rewrite.classes import Hierarchy, TreeClass
from porter.rewrite.decide import TYPE_TESTS
from porter.rewrite.grown import grown_as_lists
from porter.rewrite.outcomes import Outcome
from porter.rewrite.plan import FilePlanner
from porter.rules.load import RuleBook
from porter.source.receivers import Receivers, type_operands
from porter.source.scopes import Scope, parent

ADD = "add_module"


def shared_rules(
    planners: dict[str, FilePlanner], outcomes: dict[str, list[Outcome]], hierarchy: Hierarchy, rules: RuleBook
) -> set[str]:
    """Names of rules whose generated class must stand for every use of theirs in the tree.

    These are the classes that the tree compares; all that it hands around, when it tests for types by names that only a
    run can tell; and containers that it adds to by name, or treats as lists, which the native container cannot.
    """
    found = {name for planner in planners.values() for name in planner.compared_rules()}
    if any(_tests_openly(planner) for planner in planners.values()):
        layers = hierarchy.settings.layers
        found.update(_handed_around((outcome for file in outcomes.values() for outcome in file), layers))
    if hierarchy.settings.to == "torch":
        return found
    found.update(_grown_by_class(hierarchy, planners))
    for planner in planners.values():
        found.update(_grown_from_outside(planner, rules))
        found.update(grown_as_lists(planner, rules, hierarchy))
    return found


def _handed_around(outcomes: Iterable[Outcome], layers: str) -> Iterator[str]:
    for outcome in outcomes:
        target, rule = outcome.target, outcome.rule
        named = outcome.kind in (Kind.VALUE, Kind.STRING) and target is not None and target.module == layers
        if named and rule is not None and rule.is_class:
            yield rule.name


def _tests_openly(planner: FilePlanner) -> bool:
    """Whether a file tests for a type that its text does not name."""
    for call, scope in planner.module.scopes.calls:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        tested = call.args[1] if name in TYPE_TESTS and len(call.args) == 2 else None
        if tested is not None and any(_is_open(operand, scope) for operand in type_operands(tested)):
            return True
        if name == "type" and len(call.args) == 1 and _compared_openly(call, scope):
            return True
    return any(
        _compared_openly(node, scope) for node, scope in planner.module.scopes.attributes if node.attr == "__class__"
    )


def _compared_openly(node: ast.expr, scope: Scope) -> bool:
    above = parent(node)
    if isinstance(above, ast.Subscript) or (isinstance(above, ast.Call) and _looks_up(above)):
        return True
    if not isinstance(above, ast.Compare):
        return False
    sides = [side for side in (above.left, *above.comparators) if side is not node]
    return any(_is_open(operand, scope) for side in sides for operand in type_operands(side))


def _looks_up(call: ast.Call) -> bool:
    """`NAMES.get(type(m))`: the type is a key of a table."""
    return isinstance(call.func, ast.Attribute) and call.func.attr in ("get", "pop", "index", "count")


def _is_open(node: ast.expr, scope: Scope) -> bool:
    """Whether only a run tells which class an expression stands for."""
    if isinstance(node, ast.Constant):
        return False
    while isinstance(node, ast.Attribute):
        node = node.value
    if not isinstance(node, ast.Name):
        return True
    found = scope.lookup(node.id)
    if found is None:
        return False
    return not all(b.is_import or isinstance(b.node, ast.ClassDef) for b in found[1])


def _grown_by_class(hierarchy: Hierarchy, planners: dict[str, FilePlanner]) -> Iterator[str]:
    """Containers that a class of the tree derives from and adds to."""
    for entry in hierarchy.by_node.values():
        rules = [o.rule for o in entry.framework_bases() if o.rule is not None and o.rule.grows]
        planner = planners.get(entry.module.path)
        if rules and planner is not None and _adds_to_itself(entry, planner.receivers):
            yield from (rule.name for rule in rules)


def _adds_to_itself(entry: TreeClass, receivers: Receivers) -> bool:
    for node in ast.walk(entry.node):
        if not isinstance(node, ast.Attribute) or not receivers.is_self(node.value):
            continue
        if isinstance(node.ctx, ast.Store) or node.attr == ADD:
            return True
    return False


def _grown_from_outside(planner: FilePlanner, rules: RuleBook) -> Iterator[str]:
    """Containers, or objects of unknown class, that `add_module` is called on."""
    growing = [rule for rule in rules.rules.values() if rule.grows]
    for node, scope in planner.module.scopes.attributes:
        if node.attr != ADD or planner.receivers.is_self(node.value):
            continue
        names = planner.receivers.types(node.value, scope)
        known = [rules.find(name, planner.settings.source) for name in names]
        yield from (rule.name for rule in growing if not names or rule in known)
