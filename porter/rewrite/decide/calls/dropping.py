"""Statements and decorators that do nothing any more: what is left of `model.cuda()` where nothing has to be moved."""

from __future__ import annotations

import ast

from porter.rewrite.decide.change import Drop, Fill
from porter.source.scopes import parent
from porter.source.text import SourceText


def dropped(fill: Fill, whole: ast.expr, text: SourceText) -> Drop | None:
    """What becomes of a statement, or a decorator, that a template leaves nothing of; None where it has an effect."""
    above = parent(whole)
    if fill.target is not None:
        return None
    if isinstance(above, ast.Expr) and _is_idle(fill, text):
        return statement(above, text)
    if isinstance(above, ast.Assign) and len(above.targets) == 1 and isinstance(above.targets[0], ast.Name):
        same = "".join(_texts(fill, text)) == above.targets[0].id
        return statement(above, text) if same else None
    return None


def _is_idle(fill: Fill, text: SourceText) -> bool:
    """Whether reading what is left has no effect: a name, a path of names, or a constant."""
    node = ast.parse("".join(_texts(fill, text)).strip(), mode="eval").body
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, (ast.Name, ast.Constant))


def _texts(fill: Fill, text: SourceText) -> list[str]:
    return [part if isinstance(part, str) else text.slice(*part) for part in fill.parts if part is not None]


def statement(node: ast.stmt, text: SourceText) -> Drop:
    """A whole statement with its lines; `pass` where a block would be left empty, or the line holds more than it."""
    start, end = text.span(node)
    first, last = text.line_span(node.lineno)[0], text.line_span(node.end_lineno or node.lineno)[1]
    alone = not text.data[first:start].strip() and not text.data[end:last].strip()
    if not alone or _is_only(node):
        return Drop(start, end, "pass")
    following = text.data[last : last + 2]
    return Drop(first, last + (2 if following == b"\r\n" else len(following[:1])))


def decorator(node: ast.expr, text: SourceText) -> Drop | None:
    """The line of a decorator; None where more stands on it."""
    first, last = text.line_span(node.lineno)[0], text.line_span(node.end_lineno or node.lineno)[1]
    start, end = text.span(node)
    if text.data[first:start].strip() != b"@" or text.data[end:last].strip():
        return None
    following = text.data[last : last + 2]
    return Drop(first, last + (2 if following == b"\r\n" else len(following[:1])))


def _is_only(node: ast.stmt) -> bool:
    above = parent(node)
    blocks = (getattr(above, name, None) for name in ("body", "orelse", "finalbody"))
    return any(isinstance(block, list) and block == [node] for block in blocks)
