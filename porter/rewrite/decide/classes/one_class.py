"""Which rules need one class for every use in a tree: native layers and generated classes would be told apart there."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator

from porter.findings import Kind
from porter.rewrite.decide.calls.class_calls import called_classes
from porter.rewrite.decide.classes.grown import grown_as_lists
from porter.rewrite.decide.classes.hierarchy import Hierarchy
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.facts import FileFacts, Use
from porter.rewrite.decide.members.patches import patches
from porter.rewrite.decide.members.patterned import class_patterns, names_openly
from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.rules.model import Rule
from porter.source.index import is_self
from porter.source.roles import TYPE_TESTS, kind_of
from porter.source.scopes import Scope, parent
from porter.source.things import Instance
from porter.source.values import Values

ADD = "add_module"
COMPARED = (ast.Compare, ast.Tuple, ast.List, ast.Set)


def one_class(
    files: Collection[FileFacts], hierarchy: Hierarchy, rules: RuleBook, values: Callable[[FileFacts], Values]
) -> set[str]:
    """Names of rules whose generated class must stand for every use of theirs in the tree.

    These are the classes that the tree compares, changes for all of their objects, or calls through one of them; all
    that it hands around, when it tests for types by names that only a run can tell; and containers that it adds to by
    name, or treats as lists, which the native container cannot.
    """
    found = {name for file in files for name in _compared(file)}
    if any(_tests_openly(file) or names_openly(file) for file in files):
        uses = (use for file in files for use in file.uses)
        found.update(
            use.rule.name for use in uses if use.rule is not None and _is_handed(use, use.rule, hierarchy.options)
        )
    found.update(patch.rule.name for file in files for patch in patches(file, values(file)))
    found.update(name for file in files for name in called_classes(file, rules, values(file)))
    found.update(name for file in files for name in class_patterns(file, values(file)))
    if hierarchy.options.to == "torch":
        return found
    paths = {file.path for file in files}
    for entry in hierarchy.classes:
        if entry.module.path in paths:
            found.update(_grown_by_class(entry, hierarchy))
    for file in files:
        found.update(_grown_from_outside(file, rules, values(file)))
    used = {use.rule.name for file in files for use in file.uses if use.rule is not None and use.rule.grows}
    for file in files:
        found.update(grown_as_lists(file, rules, hierarchy, values(file), used - found))
    return found


def _compared(file: FileFacts) -> Iterator[str]:
    """Rules whose class is compared by `==`, `is` or `in` somewhere in a file, or dispatched on."""
    for use in file.uses:
        above = parent(use.reference.node)
        compared = isinstance(above, COMPARED) and kind_of(use.reference.node)[0] is Kind.COMPARISON
        compared = compared or (isinstance(above, ast.Call) and _registers(above, use.reference.node))
        if compared and use.rule is not None and use.rule.is_class:
            yield use.rule.name


def _registers(call: ast.Call, node: ast.expr) -> bool:
    """`describe.register(nn.Conv3d)`: a table that is looked up by an object's type."""
    return isinstance(call.func, ast.Attribute) and call.func.attr == "register" and node in call.args


def _is_handed(use: Use, rule: Rule, options: Options) -> bool:
    """Whether a class is handed around, and is the generated one then."""
    name = rule.side(options.to).name
    native = name is not None and ((rule.interchangeable and not rule.spreads) or rule.collects)
    made = name is not None or bool(rule.layer.get(options.to))
    return use.kind in (Kind.VALUE, Kind.STRING) and rule.is_class and made and not native


def _tests_openly(file: FileFacts) -> bool:
    """Whether a file tests for a type that its text does not name."""
    for call, scope in file.module.scopes.calls:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        tested = call.args[1] if name in TYPE_TESTS and len(call.args) == 2 else None
        if tested is not None and any(_is_open(operand, scope) for operand in type_operands(tested)):
            return True
        if name == "type" and len(call.args) == 1 and _compared_openly(call, scope):
            return True
    return any(
        _compared_openly(node, scope) for node, scope in file.module.scopes.attributes if node.attr == "__class__"
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


def type_operands(node: ast.expr) -> list[ast.expr]:
    """The classes in a type test: one, a tuple, or `A | B`."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return [operand for element in node.elts for operand in type_operands(element)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*type_operands(node.left), *type_operands(node.right)]
    return [node]


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


def _grown_by_class(entry: TreeClass, hierarchy: Hierarchy) -> Iterator[str]:
    """Containers that a class of the tree derives from and adds to."""
    if entry in hierarchy.derived:
        grown = [use.rule for use in hierarchy.uses_of(entry) if use.rule is not None and use.rule.grows]
        if grown and _adds_to_itself(entry):
            yield from (rule.name for rule in grown)


def _adds_to_itself(entry: TreeClass) -> bool:
    for node in ast.walk(entry.node):
        if not isinstance(node, ast.Attribute) or not is_self(node.value):
            continue
        if isinstance(node.ctx, ast.Store) or node.attr == ADD:
            return True
    return False


def _grown_from_outside(file: FileFacts, rules: RuleBook, values: Values) -> Iterator[str]:
    """Containers, or objects of unknown class, that `add_module` is called on."""
    growing: list[str] = rules.table("grows")
    for node, _ in file.module.scopes.attributes:
        if node.attr != ADD or is_self(node.value):
            continue
        things = values.of(node.value).things
        found = [rules.find(thing.name, file.options.source) for thing in things if isinstance(thing, Instance)]
        known = {rule.name for rule in found if rule is not None}
        yield from (name for name in growing if not things or name in known)
