"""Names that the body of a class binds and reads: where a method is renamed, `run = forward` below it goes along."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping

from porter.rewrite.decide.change import NameEdit
from porter.source.kinds import COMPREHENSIONS, DEFS
from porter.source.text import SourceText

DEF = re.compile(rb"(?:async\s+)?def\s+")


def renames(text: SourceText, node: ast.ClassDef, names: Mapping[str, str]) -> Iterator[NameEdit]:
    """The edits that give some names of a class body their new ones; a name that it only reads is of outside."""
    bound: set[str] = set()
    for each in _in_order(text, node, names):
        if isinstance(each, DEFS):
            match = DEF.match(text.data, text.span(each)[0])
            assert match is not None
            yield _edit(match.end(), each.name, names)
            bound.add(each.name)
        elif isinstance(each, ast.alias):
            bound.add(each.asname or each.name)
            yield _of_import(text, each, names)
        elif not isinstance(each.ctx, ast.Load) or each.id in bound:
            yield _edit(text.span(each)[0], each.id, names)
            bound.add(each.id)


def _edit(start: int, name: str, names: Mapping[str, str]) -> NameEdit:
    return NameEdit(start, start + len(name.encode()), names[name])


def _of_import(text: SourceText, alias: ast.alias, names: Mapping[str, str]) -> NameEdit:
    """`from .impl import forward` takes the name as another one."""
    start, end = text.span(alias)
    name_end = start + len(alias.name.encode())
    if alias.asname is None:
        return NameEdit(end, end, f" as {names[alias.name]}")
    if names[alias.asname] == alias.name:
        return NameEdit(name_end, end, "")
    return NameEdit(end - len(alias.asname.encode()), end, names[alias.asname])


def _in_order(
    text: SourceText, node: ast.ClassDef, names: Collection[str]
) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.alias | ast.Name]:
    """What concerns the names, in the order in which Python gets there: what is assigned comes before its targets."""
    found: list[tuple[int, int, ast.FunctionDef | ast.AsyncFunctionDef | ast.alias | ast.Name]] = []
    for statement, each in _evaluated(node):
        if isinstance(each, DEFS) and each.name in names:
            found.append((each.lineno, 1, each))
        elif isinstance(each, ast.alias) and (each.asname or each.name) in names:
            found.append((each.lineno, 0, each))
        elif isinstance(each, ast.Name) and each.id in names and _is_spelled(text, each):
            found.append((statement.lineno, int(not isinstance(each.ctx, ast.Load)), each))
    return [each for _, _, each in sorted(found, key=lambda item: item[:2])]


def _is_spelled(text: SourceText, name: ast.Name) -> bool:
    """Whether a name stands where its node says: inside an f-string that is not so in all versions of Python."""
    return text.slice(*text.span(name)) == name.id


def _evaluated(node: ast.ClassDef) -> Iterator[tuple[ast.stmt, ast.AST]]:
    """The nodes that run in the class's own scope, each with its statement: no body of a function, or of a class."""
    todo: list[tuple[ast.stmt, ast.AST]] = [(statement, statement) for statement in node.body]
    while todo:
        statement, each = todo.pop()
        yield statement, each
        todo += ((child if isinstance(child, ast.stmt) else statement, child) for child in _inside(each))


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, DEFS):
        yield from (*node.decorator_list, node.args)
        yield from [node.returns] if node.returns is not None else []
    elif isinstance(node, ast.Lambda):
        yield node.args
    elif isinstance(node, ast.ClassDef):
        yield from (*node.decorator_list, *node.bases, *node.keywords)
    elif isinstance(node, COMPREHENSIONS):
        yield node.generators[0].iter
    else:
        yield from ast.iter_child_nodes(node)
