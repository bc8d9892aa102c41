"""Programs that change `sys.path` before they import what they need: the generated module is found behind that only."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.rewrite.decide.file import FilePlan
from porter.rewrite.place import Place
from porter.source.kinds import DEFINITIONS, DEFS
from porter.source.layout import above, join
from porter.source.names import SourceModule
from porter.source.starts import Wanted, wanted_of


def behind(place: Place, plan: FilePlan, layers: str) -> ast.stmt | None:
    """The statement behind which a file has to import the generated module; None where its first imports are right."""
    found = _candidates(place, plan.module) if _needs_folder(place, plan.module) else []
    return next((statement for statement in found if not _is_used_before(plan, layers, statement)), None)


def is_missed(place: Place, plan: FilePlan, layers: str) -> bool:
    """Whether a program cannot find the module where it needs it, since it changes `sys.path` later, or elsewhere."""
    module = plan.module
    if b"sys.path" not in module.text.data or b"__main__" not in module.text.data or not _needs_folder(place, module):
        return False
    if behind(place, plan, layers) is not None:
        return False
    first = next((s for s in module.tree.body if _finds_elsewhere(place, module, s)), None)
    return first is None or bool(_candidates(place, module))


def _needs_folder(place: Place, module: SourceModule) -> bool:
    """Whether a file finds the module only where another folder than its own is searched."""
    spelled = place.spelled(module.path)
    own = join(above(module.path), spelled.replace(".", "/")) + ".py"
    return not spelled.startswith(".") and own != place.path


def _candidates(place: Place, module: SourceModule) -> list[ast.stmt]:
    """The first import that needs the other folder, or else the statements that let it be searched, the last first."""
    body = module.tree.body
    changing = [statement for statement in body if _changes(statement) or _loads_change(place, module, statement)]
    first = next((statement for statement in body if _finds_elsewhere(place, module, statement)), None)
    if first is None:
        return changing[::-1]
    return [first] if any(statement.lineno < first.lineno for statement in changing) else []


def _changes(statement: ast.stmt) -> bool:
    """Whether a statement of a file's top may change which folders are searched, before the program does its work."""
    if isinstance(statement, DEFINITIONS) or (isinstance(statement, ast.If) and _asks_for_main(statement.test)):
        return False
    return any(isinstance(node, ast.Attribute) and _is_path(node) for node in ast.walk(statement))


def _asks_for_main(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def _is_path(node: ast.Attribute) -> bool:
    """`sys.path`, and `site.addsitedir`."""
    names = {"path": "sys", "addsitedir": "site"}
    return isinstance(node.value, ast.Name) and names.get(node.attr) == node.value.id


def _loads_change(place: Place, module: SourceModule, statement: ast.stmt) -> bool:
    """Whether an import loads a file of the tree that changes the path: `import _init_paths`."""
    modules = place.index.modules
    loaded = [modules[path] for path in _found(place, module, statement) if path in modules]
    return any(b"sys.path" in each.text.data and any(map(_changes, each.tree.body)) for each in loaded)


def _finds_elsewhere(place: Place, module: SourceModule, statement: ast.stmt) -> bool:
    """Whether an import finds a file of the tree, and not from the folder of its own file."""
    return any(True for _ in _found(place, module, statement, beside=False))


def _found(place: Place, module: SourceModule, statement: ast.stmt, *, beside: bool = True) -> Iterator[str]:
    """The files of the tree that an import finds; those that lie where Python looks first only if `beside`."""
    finder, own = place.index.finder, above(module.path)
    for wanted in _wanted(statement):
        near = finder.layout.find(own, wanted.parts, wanted.names)
        for hit in finder.find(module.path, wanted):
            if hit is not None and (beside or near is None or near.path != hit.path):
                yield hit.path


def _wanted(statement: ast.stmt) -> Iterator[Wanted]:
    if isinstance(statement, ast.Import):
        yield from (Wanted(0, tuple(alias.name.split("."))) for alias in statement.names)
    elif isinstance(statement, ast.ImportFrom) and not statement.level:
        yield wanted_of(statement)


def _is_used_before(plan: FilePlan, layers: str, statement: ast.stmt) -> bool:
    """Whether the file's top reads a name of the generated module before a statement is through."""
    text = plan.module.text
    end = text.span(statement)[1]
    users = [choice for choice in plan.choices if choice.target is not None and choice.target.module == layers]
    taken = [group for group in plan.imports.groups if group.takes is not None and group.takes.module == layers]
    users += [choice for group in taken for choice in group.choices]
    lines = {text.position(choice.place.start)[0] for choice in users if choice.place.start < end}
    return any(not _is_inside(plan.module, line) for line in lines)


def _is_inside(module: SourceModule, line: int) -> bool:
    """Whether a line is part of the body of a function, which runs later."""
    functions = (node for node in module.tree.body if isinstance(node, DEFS))
    return any(node.body[0].lineno <= line <= (node.end_lineno or line) for node in functions)
