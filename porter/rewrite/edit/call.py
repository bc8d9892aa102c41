"""Rewrite the arguments of one call and keep its layout and every comment in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import libcst as cst

from porter.rewrite.decide.change import Argument, CallPlan, NewArgument
from porter.rewrite.edit.spaces import (
    NOTHING,
    ONE,
    Space,
    between,
    comments_in,
    has_comment,
    merged,
    quiet,
    with_comments,
)

NO_SPACE_IN = cst.AssignEqual(NOTHING, NOTHING)


@dataclass(frozen=True, slots=True)
class _Part:
    """An argument without its comma, and the spaces before the comma and up to what follows."""

    arg: cst.Arg
    before_comma: Space
    after: Space


@lru_cache(maxsize=4096)
def edit_call(text: str, plan: CallPlan, newline: str = "\n") -> str:
    r"""Rewrite the arguments of a call, given and returned as text. `newline`: the file's line end, "\r\n" say.

    Raises ValueError, or libcst's ParserSyntaxError, for what is not a call.
    """
    wrapped = cst.parse_expression(f"({text})", config=cst.PartialParserConfig(default_newline=newline))
    if not isinstance(wrapped, cst.Call):
        raise ValueError(f"not a call: {text!r}")
    return _Layout(wrapped, plan, newline).text()[1:-1]


class _Layout:
    """A call taken apart. `lead` stands behind the opening bracket; the `after` of the last part closes the call."""

    def __init__(self, call: cst.Call, plan: CallPlan, newline: str) -> None:
        self.call = call
        self.plan = plan
        self.module = cst.Module([], default_newline=newline)
        self.lead = call.whitespace_before_args
        self.source = [_part(arg) for arg in call.args]
        self.comma = bool(call.args) and isinstance(call.args[-1].comma, cst.Comma)
        self.commented = "#" in self.module.code_for_node(call)
        self.separator = self._separator()
        self.parts: list[_Part] = []

    def text(self) -> str:
        """The call with the arguments of the plan."""
        kept = {argument.index: position for position, argument in enumerate(self.plan.keep)}
        done = -1
        for index, part in enumerate(self.source):
            if index <= done:
                continue
            if index in kept:
                argument = self.plan.keep[kept[index]]
                done = max(index, argument.through)
                self.parts.append(self._changed(wrapped(self.source[index : done + 1], argument), argument))
            else:
                self._drop(part, last=not any(k > index for k in kept))
        for new in self.plan.add:
            self._append(self._new(new))
        args = tuple(self._joined())
        return self.module.code_for_node(self.call.with_changes(args=args, whitespace_before_args=self.lead))

    def _joined(self) -> Iterator[cst.Arg]:
        for index, part in enumerate(self.parts, 1):
            if index < len(self.parts) or self.comma:
                yield part.arg.with_changes(comma=cst.Comma(part.before_comma, part.after))
            else:
                after = merged(part.before_comma, part.after) if has_comment(part.before_comma) else part.after
                yield part.arg.with_changes(whitespace_after_arg=after)

    def _separator(self) -> Space:
        """What stands between two arguments of this call: one space, or a line break when each has its own line."""
        spaces = [part.after for part in self.source[:-1]]
        broken = [space for space in spaces if isinstance(space, cst.ParenthesizedWhitespace)]
        breaks = len(broken) == len(spaces) if spaces else True
        if breaks and isinstance(self.lead, cst.ParenthesizedWhitespace):
            return quiet(self.lead)
        return quiet(broken[0]) if breaks and broken else ONE

    def _changed(self, part: _Part, plan: Argument) -> _Part:
        bare = part.arg.with_changes(star="") if plan.unstar else part.arg
        arg = _with_keyword(self._with_value(bare, plan), plan.keyword)
        arg = arg.with_changes(star="*") if plan.star else arg
        if not self.commented or arg is part.arg:
            return replace(part, arg=arg)
        lost = Counter(comments_in(part.arg)) - Counter(comments_in(arg))
        return replace(part, arg=arg, after=with_comments(part.after, [*lost.elements()], self._indent(part)))

    def _indent(self, part: _Part) -> str:
        """Where a line starts behind a comment that needs one: as the other arguments, or as the last line inside."""
        if isinstance(self.separator, cst.ParenthesizedWhitespace):
            return self.separator.last_line.value
        last = (self.module.code_for_node(part.arg) + self.module.code_for_node(part.before_comma)).splitlines()[-1]
        return last[: len(last) - len(last.lstrip())]

    def _with_value(self, arg: cst.Arg, plan: Argument) -> cst.Arg:
        if plan.text is not None:
            return arg.with_changes(value=cst.parse_expression(plan.text))
        if plan.carried is None:
            return arg
        before = self.module.code_for_node(arg.value)
        after = plan.carried.written(before)
        if after is None or after == before:
            return arg
        if arg.value.lpar and before.startswith("("):
            after = after.replace(f"({before})", before)
        return arg.with_changes(value=self._parsed(after))

    def _parsed(self, text: str) -> cst.BaseExpression:
        """An expression as it may stand in a call: over several lines without brackets of its own."""
        config = cst.PartialParserConfig(default_newline=self.module.default_newline)
        value = cst.parse_expression(f"({text})", config=config)
        return value.with_changes(lpar=value.lpar[1:], rpar=value.rpar[:-1])

    def _new(self, new: NewArgument) -> cst.Arg:
        value = self.source[new.copy].arg.value if new.copy is not None else cst.parse_expression(new.text)
        return cst.Arg(value=value, keyword=cst.Name(new.keyword), equal=NO_SPACE_IN)

    def _drop(self, part: _Part, last: bool) -> None:
        """Leave an argument out; its comments go to the space before it, and the last one says how the call ends."""
        space = part.after
        if self.commented:
            space = with_comments(space, comments_in(part.arg, part.before_comma), self._indent(part))
        if self.parts:
            previous = self.parts[-1]
            if last or has_comment(space):
                self.parts[-1] = replace(previous, after=merged(previous.after, space))
        elif has_comment(space) or (last and has_comment(self.lead)):
            self.lead = merged(self.lead, space)
        elif last:
            self.lead = NOTHING

    def _append(self, arg: cst.Arg) -> None:
        """Add an argument at the end, laid out like the ones that are there."""
        if not self.parts:
            self.parts.append(self._first(arg))
            return
        closing = self.parts[-1].after
        self.parts[-1] = replace(self.parts[-1], after=between(closing, self.separator))
        self.parts.append(_Part(arg, NOTHING, quiet(closing)))

    def _first(self, arg: cst.Arg) -> _Part:
        """A new argument where none is left: it stands where the first one stood, and the call ends as it ended."""
        if not self.source:
            return _Part(arg, NOTHING, NOTHING)
        before, closing = self.call.whitespace_before_args, self.source[-1].after
        self.lead = between(self.lead, before) if has_comment(self.lead) else before
        return _Part(arg, NOTHING, quiet(closing))


def wrapped(parts: list[_Part], plan: Argument) -> _Part:
    """Several arguments as one tuple, with all that stands between them; a single one as it is."""
    if plan.through <= plan.index:
        return parts[0]
    elements: list[cst.BaseElement] = []
    for part in parts:
        comma = cst.MaybeSentinel.DEFAULT if part is parts[-1] else cst.Comma(part.before_comma, part.after)
        kind = cst.StarredElement if part.arg.star else cst.Element
        elements.append(kind(part.arg.value, comma=comma))
    return _Part(cst.Arg(cst.Tuple(elements)), parts[-1].before_comma, parts[-1].after)


def _part(arg: cst.Arg) -> _Part:
    bare = arg.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=NOTHING)
    if isinstance(arg.comma, cst.Comma):
        return _Part(bare, arg.comma.whitespace_before, arg.comma.whitespace_after)
    return _Part(bare, NOTHING, arg.whitespace_after_arg)


def _with_keyword(arg: cst.Arg, keyword: str | None) -> cst.Arg:
    found = arg.keyword.value if arg.keyword is not None else None
    if found == keyword:
        return arg
    if keyword is None:
        return arg.with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT)
    if arg.keyword is not None:
        return arg.with_changes(keyword=arg.keyword.with_changes(value=keyword))
    return arg.with_changes(keyword=cst.Name(keyword), equal=NO_SPACE_IN)
