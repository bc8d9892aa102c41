"""Where a class is handed to something that builds of it out of sight: `map(Net, sizes)`, `@register`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.decision import Place
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.mode.looked_through import table_of
from porter.rewrite.decide.tree import TreeFacts
from porter.source.kinds import DEFS
from porter.source.scopes import Scope, parent

MAPPING = frozenset({"map", "starmap", "imap", "imap_unordered", "submit", "apply_async", "defaultdict", "partial"})
"""Functions that call what they are given first."""
COLLECTING = frozenset({"append", "add", "insert", "setdefault", "update", "extend"})


def built_by(call: ast.Call, scope: Scope, file: FileFacts, tree: TreeFacts) -> tuple[Place, ...]:
    """The places of the layers with a mode that a call builds, or lets build, without a call of theirs."""
    if id(call) in tree.making.seen_through:
        return ()
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name in MAPPING and call.args:
        # A partial of a framework's layer, or one in a constructor, makes parts: `norm=partial(..)`.
        part = name == "partial" and (id(call.args[0]) in file.by_node or tree.making.fates.constructs(call))
        return () if part else tuple(_places(call.args[0], scope, file, tree))
    table = table_of(call.func, scope, file, tree.values(file))
    if table is None or isinstance(table[1], ast.Constant):
        return ()
    entries = (e for e in tree.making.layers if e.module.path == table[0] and tree.making.modes.of_class(e))
    return tuple(sorted((entry.place for entry in entries), key=lambda place: place.start))


def _places(node: ast.expr, scope: Scope, file: FileFacts, tree: TreeFacts) -> Iterator[Place]:
    making = tree.making
    callee = making.callees.of(node, scope, file) if isinstance(node, (ast.Name, ast.Attribute)) else None
    if callee is not None and callee.use is not None and callee.use.rule is not None:
        yield from [file.place(callee.use)] if making.modes.of_rule(callee.use.rule, "", None) else []
    for entry in callee.entries if callee is not None else ():
        yield from [entry.place] if entry in making.layers and making.modes.of_class(entry) else []


def is_registered(entry: TreeClass, tree: TreeFacts) -> bool:
    """Whether a function of the tree that decorates a class keeps it, so that it may be built by a text."""
    file = tree.files.get(entry.module.path)
    for decorator in entry.node.decorator_list if file is not None else ():
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        found = tree.making.callees.of(function, entry.scope, file) if file is not None else None
        if found is not None and any(map(_keeps, found.functions)):
            return True
    return False


def _keeps(function: ast.AST) -> bool:
    """Whether a function, or one inside it, puts a parameter into something: `REGISTRY[name] = cls`."""
    inner = [node for node in ast.walk(function) if isinstance(node, DEFS)]
    names = {argument.arg for each in inner for argument in (*each.args.posonlyargs, *each.args.args)}
    return any(isinstance(n, ast.Name) and n.id in names and _is_kept(n) for n in ast.walk(function))


def _is_kept(node: ast.Name) -> bool:
    above = parent(node)
    if isinstance(above, ast.Assign) and above.value is node:
        return any(isinstance(target, ast.Subscript) for target in above.targets)
    return isinstance(above, ast.Call) and node in above.args and getattr(above.func, "attr", "") in COLLECTING
