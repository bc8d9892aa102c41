"""Put edits into a file's bytes: inner ones first, and everything between them untouched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import libcst as cst

from porter.rewrite.outcomes import Argument, CallPlan, NameEdit, NewArgument
from porter.rules.transforms import TRANSFORMS


@dataclass(frozen=True, slots=True)
class CallEdit:
    """New arguments for the call at these byte offsets; its function's name is edited on its own."""

    start: int
    end: int
    plan: CallPlan


Edit = NameEdit | CallEdit


class Overlap(ValueError):
    """Two edits claim the same bytes."""


def splice(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Apply edits. Raises Overlap when two cross; an edit inside a call's edit is applied before the call's."""
    ordered = sorted(set(edits), key=lambda e: (e.start, -e.end, isinstance(e, NameEdit) and e.start == e.end))
    result, position = _render(data, ordered, 0, len(data), 0)
    if position != len(ordered):
        raise Overlap(f"edits cross at byte {ordered[position].start}")
    return result


def _render(data: bytes, edits: Sequence[Edit], start: int, end: int, position: int) -> tuple[bytes, int]:
    pieces: list[bytes] = []
    at = start
    whole = end == len(data)
    while position < len(edits) and edits[position].end <= end and (whole or edits[position].start < end):
        edit = edits[position]
        if edit.start < at:
            raise Overlap(f"edits cross at byte {edit.start}")
        pieces.append(data[at : edit.start])
        if isinstance(edit, NameEdit):
            pieces.append(edit.text.encode())
            position += 1
        else:
            inner, position = _render(data, edits, edit.start, edit.end, position + 1)
            pieces.append(edit_call(inner.decode(), edit.plan).encode())
        at = edit.end
    pieces.append(data[at:end])
    return b"".join(pieces), position


def edit_call(text: str, plan: CallPlan) -> str:
    """Rewrite the arguments of a call, given and returned as text."""
    wrapped = cst.parse_expression(f"({text})")
    if not isinstance(wrapped, cst.Call):
        raise ValueError(f"not a call: {text!r}")
    module = cst.Module([])
    args = [_argument(wrapped.args[a.index], a, module) for a in plan.keep]
    args = _without_lost_comments(wrapped.args, args, {a.index for a in plan.keep})
    wrapped = _with_leading_comments(wrapped, min((a.index for a in plan.keep), default=len(wrapped.args)))
    added = [_new(new, wrapped.args, module) for new in plan.add]
    call = _append(wrapped.with_changes(args=args), added)
    code = module.code_for_node(call)
    return code[1:-1]


def _argument(arg: cst.Arg, plan: Argument, module: cst.Module) -> cst.Arg:
    if plan.text is not None:
        arg = arg.with_changes(value=cst.parse_expression(plan.text))
    elif plan.carried is not None:
        transform = TRANSFORMS[plan.carried.transform]
        before = module.code_for_node(arg.value)
        after = transform.expression(before, whole_number=plan.carried.whole_number)
        if after is not None and after != before:
            arg = arg.with_changes(value=cst.parse_expression(after))
    return _with_keyword(arg, plan.keyword)


def _with_keyword(arg: cst.Arg, keyword: str | None) -> cst.Arg:
    if keyword is None or (arg.keyword is not None and arg.keyword.value == keyword):
        return arg
    if arg.keyword is not None:
        return arg.with_changes(keyword=arg.keyword.with_changes(value=keyword))
    return arg.with_changes(keyword=cst.Name(keyword), equal=_equal())


def _equal() -> cst.AssignEqual:
    return cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def _new(new: NewArgument, args: Sequence[cst.Arg], module: cst.Module) -> cst.Arg:
    value = args[new.copy].value if new.copy is not None else cst.parse_expression(new.text)
    return cst.Arg(value=value, keyword=cst.Name(new.keyword), equal=_equal())


def _append(call: cst.Call, added: Sequence[cst.Arg]) -> cst.Call:
    """Add arguments at the end, laid out like the ones that are there."""
    args = list(call.args)
    for new in added:
        if args:
            args[-1], new = _joined(args, new, call)
        args.append(new)
    return call.with_changes(args=args)


def _joined(args: Sequence[cst.Arg], new: cst.Arg, call: cst.Call) -> tuple[cst.Arg, cst.Arg]:
    """The last argument with a comma behind it, and the new one with whatever closed the call before."""
    last = args[-1]
    if isinstance(last.comma, cst.Comma):
        between = _separator(args, call)
        new = new.with_changes(comma=last.comma.with_changes(whitespace_after=_quiet(last.comma.whitespace_after)))
        after = _loud(last.comma.whitespace_after, between)
        return last.with_changes(comma=last.comma.with_changes(whitespace_after=after)), new
    closing = last.whitespace_after_arg
    between = _separator(args, call)
    comma = cst.Comma(whitespace_after=_loud(closing, between))
    new = new.with_changes(whitespace_after_arg=_quiet(closing))
    return last.with_changes(comma=comma, whitespace_after_arg=cst.SimpleWhitespace("")), new


def _separator(args: Sequence[cst.Arg], call: cst.Call) -> cst.BaseParenthesizableWhitespace:
    """What stands between two arguments of this call: one space, or a line break when each has its own line."""
    first = args[0].comma
    before = call.whitespace_before_args
    breaks = isinstance(before, cst.ParenthesizedWhitespace)
    if len(args) > 1 and isinstance(first, cst.Comma):
        spaces = [a.comma.whitespace_after for a in args[:-1] if isinstance(a.comma, cst.Comma)]
        broken = [s for s in spaces if isinstance(s, cst.ParenthesizedWhitespace)]
        breaks = len(broken) == len(spaces)
        if breaks and not isinstance(before, cst.ParenthesizedWhitespace):
            before = broken[0]
    if breaks and isinstance(before, cst.ParenthesizedWhitespace):
        return _quiet(before)
    return cst.SimpleWhitespace(" ")


def _quiet(space: cst.BaseParenthesizableWhitespace) -> cst.BaseParenthesizableWhitespace:
    """The same line break without comments and empty lines."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return space
    line = space.first_line.with_changes(comment=None, whitespace=cst.SimpleWhitespace(""))
    return space.with_changes(first_line=line, empty_lines=())


def _has_comment(space: object) -> bool:
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return False
    return space.first_line.comment is not None or any(line.comment for line in space.empty_lines)


def _loud(
    space: cst.BaseParenthesizableWhitespace, otherwise: cst.BaseParenthesizableWhitespace
) -> cst.BaseParenthesizableWhitespace:
    """A separator that keeps the comments of `space`, if it has any."""
    if not _has_comment(space):
        return otherwise
    assert isinstance(space, cst.ParenthesizedWhitespace)
    if isinstance(otherwise, cst.ParenthesizedWhitespace):
        return space.with_changes(indent=otherwise.indent, last_line=otherwise.last_line)
    return space


def _without_lost_comments(before: Sequence[cst.Arg], kept: Sequence[cst.Arg], indexes: set[int]) -> list[cst.Arg]:
    """The arguments that stay, the last one ending as the call ended, with the comments of those that are dropped."""
    result = list(kept)
    places = sorted(indexes)
    for index, arg in enumerate(before):
        if index in indexes:
            continue
        space = arg.comma.whitespace_after if isinstance(arg.comma, cst.Comma) else arg.whitespace_after_arg
        previous = len([p for p in places if p < index]) - 1
        if previous < 0 or not result:
            continue
        is_last = index > places[-1]
        if is_last or _has_comment(space):
            result[previous] = _ending_like(result[previous], arg, merge=_has_comment(space), last=is_last)
    return result


def _with_leading_comments(call: cst.Call, dropped: int) -> cst.Call:
    """The call with the comments of its first arguments, which are dropped, in front of the others."""
    before = call.whitespace_before_args
    for arg in call.args[:dropped]:
        space = arg.comma.whitespace_after if isinstance(arg.comma, cst.Comma) else arg.whitespace_after_arg
        if _has_comment(space):
            before = _merged(before, space)
        elif dropped == len(call.args) and not _has_comment(before):
            before = cst.SimpleWhitespace("")
    return call.with_changes(whitespace_before_args=before)


def _ending_like(arg: cst.Arg, dropped: cst.Arg, *, merge: bool, last: bool) -> cst.Arg:
    own = arg.comma.whitespace_after if isinstance(arg.comma, cst.Comma) else arg.whitespace_after_arg
    theirs = dropped.comma.whitespace_after if isinstance(dropped.comma, cst.Comma) else dropped.whitespace_after_arg
    space = _merged(own, theirs) if merge or _has_comment(own) else theirs
    if isinstance(dropped.comma, cst.Comma) or not last:
        comma = cst.Comma(whitespace_after=space)
        return arg.with_changes(comma=comma)
    return arg.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=space)


def _merged(
    first: cst.BaseParenthesizableWhitespace, second: cst.BaseParenthesizableWhitespace
) -> cst.BaseParenthesizableWhitespace:
    """Both spaces' comments, then the second's line break."""
    if not isinstance(second, cst.ParenthesizedWhitespace):
        if not isinstance(first, cst.ParenthesizedWhitespace):
            return second
        return first
    if not _has_comment(first):
        return second
    assert isinstance(first, cst.ParenthesizedWhitespace)
    lines = [*first.empty_lines]
    if second.first_line.comment:
        lines.append(cst.EmptyLine(indent=False, whitespace=first.last_line, comment=second.first_line.comment))
    return second.with_changes(first_line=first.first_line, empty_lines=[*lines, *second.empty_lines])
