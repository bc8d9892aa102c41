"""Put statements where one stood."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.rewrite.decide.change import NameEdit
from porter.source.names import SourceModule
from porter.source.scopes import parent


def place(module: SourceModule, node: ast.stmt, lines: list[str]) -> Iterator[NameEdit]:
    """Put statements where one stood: on lines of their own, or behind semicolons where it shared its line."""
    text = module.text
    start, end = text.span(node)
    first, _ = text.line_span(node.lineno)
    _, last = text.line_span(node.end_lineno or node.lineno)
    before, after = text.slice(first, start), text.slice(end, last)
    alone = not before.strip() and (not after.strip() or after.strip().startswith("#"))
    if not lines:
        if alone and not after.strip() and not _only_statement(node):
            end = min(len(text.data), last + len(text.line_end(node.end_lineno or node.lineno).encode()))
            yield NameEdit(first, end, "")
        elif alone and not _only_statement(node):
            yield NameEdit(start, last, after.strip())
        else:
            yield NameEdit(start, end, "pass")
        return
    joint = text.line_end(node.lineno) + before if alone else "; "
    code = [line for line in lines if alone or (line and not line.startswith("#"))]
    if alone and code[0] == text.of(node):
        # It stays, and so does what is behind it, which may be a mark; what is new follows.
        yield NameEdit(last, last, "".join(joint + line for line in code[1:]))
    elif alone and after.strip():
        # The comment behind the statement stays with what takes its place, ahead of what is new.
        own = next((i for i, line in enumerate(code, 1) if not line.startswith("#")), len(code))
        yield NameEdit(start, last, joint.join([joint.join(code[:own]) + after, *code[own:]]))
    else:
        yield NameEdit(start, end, joint.join(code))


def _only_statement(node: ast.stmt) -> bool:
    above = parent(node)
    bodies = [getattr(above, name, None) for name in ("body", "orelse", "finalbody")]
    return any(isinstance(body, list) and body == [node] for body in bodies) and not isinstance(above, ast.Module)
