"""The whitespace of a call as libcst sees it: line breaks, and the comments that live in them."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

Space = cst.BaseParenthesizableWhitespace
NOTHING = cst.SimpleWhitespace("")
ONE = cst.SimpleWhitespace(" ")


class _Comments(cst.CSTVisitor):
    def __init__(self) -> None:
        self.found: list[str] = []

    def visit_Comment(self, node: cst.Comment) -> None:
        self.found.append(node.value)


def comments_in(*nodes: cst.CSTNode | cst.MaybeSentinel) -> list[str]:
    """Comments of some nodes, in order."""
    visitor = _Comments()
    for node in nodes:
        if isinstance(node, cst.CSTNode):
            node.visit(visitor)
    return visitor.found


def has_comment(space: Space) -> bool:
    """Whether a comment stands in the space."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return False
    return space.first_line.comment is not None or any(line.comment for line in space.empty_lines)


def quiet(space: Space) -> Space:
    """The same line break without comments and empty lines."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return space
    line = space.first_line.with_changes(comment=None, whitespace=NOTHING)
    return space.with_changes(first_line=line, empty_lines=())


def between(space: Space, usual: Space) -> Space:
    """What separates two arguments: `usual`, but with the comments and the line end of the `space` that stood there."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return usual
    if isinstance(usual, cst.ParenthesizedWhitespace):
        own = space if has_comment(space) else quiet(space)
        return own.with_changes(indent=usual.indent, last_line=usual.last_line)
    return space if has_comment(space) else usual


def merged(first: Space, second: Space) -> Space:
    """Both spaces' comments, then the second's line break."""
    if not has_comment(first):
        return second
    assert isinstance(first, cst.ParenthesizedWhitespace)
    if not isinstance(second, cst.ParenthesizedWhitespace):
        return first
    lines = [*first.empty_lines]
    if second.first_line.comment:
        comment = second.first_line.comment
        lines.append(_line(comment.value, first.last_line, second.first_line.newline))
    return second.with_changes(first_line=first.first_line, empty_lines=[*lines, *second.empty_lines])


def with_comments(space: Space, comments: Sequence[str], indent: str) -> Space:
    """The space with comments in front of its own; new lines start at `indent`."""
    if not comments:
        return space
    if not isinstance(space, cst.ParenthesizedWhitespace):
        space = cst.ParenthesizedWhitespace(last_line=cst.SimpleWhitespace(indent))
    first = space.first_line
    rest = [*comments[1:], *([first.comment.value] if first.comment else [])]
    lines = [_line(comment, cst.SimpleWhitespace(indent), first.newline) for comment in rest]
    first = first.with_changes(whitespace=cst.SimpleWhitespace("  "), comment=cst.Comment(comments[0]))
    return space.with_changes(first_line=first, empty_lines=[*lines, *space.empty_lines])


def _line(comment: str, indent: cst.SimpleWhitespace, newline: cst.Newline) -> cst.EmptyLine:
    return cst.EmptyLine(indent=False, whitespace=indent, comment=cst.Comment(comment), newline=newline)
