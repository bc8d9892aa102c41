"""Turn the decisions about a file into edits, findings, marks and the manifest's sites."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from libcst import ParserSyntaxError

from porter.codes import Code
from porter.findings import Finding, Level, Site
from porter.rewrite.decide.change import CallEdit, Change, Edit, Move, NameEdit
from porter.rewrite.decide.decision import Choice, Place, Reason
from porter.rewrite.decide.file import FilePlan
from porter.rewrite.edit.depth import too_deep
from porter.rewrite.edit.gate import Written, fault
from porter.rewrite.edit.imports import import_edits, loose_imports
from porter.rewrite.edit.record import Recorder, sites
from porter.rewrite.edit.splice import BadCall, Overlap, splice
from porter.rewrite.edit.trivia import with_comments
from porter.rewrite.edit.waiting import restored
from porter.rewrite.options import Options
from porter.source.text import SourceText, Unreadable, compiled

BUG = "porter bug"
NAME = re.compile(rb"[^\W\d]?[\w.\x80-\xff]*")
"""What a remark at one offset is about."""
GENERAL = frozenset({Code.NO_RULE, Code.RULE_NOTE, Code.CONSTRUCTORS, Code.ASKED, Code.VALUE_REACHES})
"""What is said once a file, with the number of its places."""
UNMARKED = frozenset({Code.NEITHER, Code.IMPORT_STAYS})
"""What sums up places that have their own marks."""


@dataclass(frozen=True)
class Assembled:
    """The converted file as UTF-8 bytes, and what there is to say about it. `failed`: the input is no valid Python.

    `refused`: places whose change would spoil the file, and why; the rest of the tree has to be settled again then.
    """

    data: bytes
    findings: tuple[Finding, ...]
    sites: tuple[Site, ...]
    failed: bool = False
    refused: Mapping[Place, Reason] = field(default_factory=dict)


class _Unhealthy(ValueError):
    """The edits of a file give no healthy file; `calls` are those that can be held responsible."""

    def __init__(self, problem: str, calls: Iterable[CallEdit] = ()) -> None:
        super().__init__(problem)
        self.calls = tuple(calls)


def assemble(plan: FilePlan, layers: str, options: Options, behind: ast.stmt | None = None) -> Assembled:
    """Splice a file's edits. When the result is not healthy, the file stays, and what spoils it is `refused`.

    `layers` is how the file imports the generated module, `behind` the statement behind which that is found, if any.
    """
    try:
        return _assembled(plan, layers, options, behind)
    except _Unhealthy as error:
        return _left(plan, error.calls, str(error))


def _left(plan: FilePlan, calls: Iterable[CallEdit], problem: str) -> Assembled:
    """The file as it was: without the calls that spoil it another attempt can be made; else all of it is left."""
    path, text = plan.module.path, plan.module.text
    try:
        text.check()
    except Unreadable as bad:
        finding = Finding(path, bad.line, 1, Level.MANUAL, "file", f"copied as it is: {bad}", Code.NO_PYTHON)
        return Assembled(text.data, (finding,), (), failed=True, refused=_changed(plan))
    spans = {(edit.start, edit.end) for edit in calls}
    found = [c.place for c in plan.names if c.arguments and (c.arguments.start, c.arguments.end) in spans]
    message = f"this is a fault of porter, so the call was left as it was: {problem}"
    if found:
        return Assembled(text.data, (), (), refused=dict.fromkeys(found, Reason(Code.FAULT, message)))
    message = f"this is a fault of porter, so the file was left as it was: {problem}"
    finding = Finding(path, 1, 1, Level.MANUAL, BUG, message, Code.FAULT)
    return Assembled(text.data, (finding,), (), refused=_changed(plan))


def _changed(plan: FilePlan) -> Mapping[Place, Reason]:
    """All places of a file that change, to be left without a word: the finding about the file says it."""
    changed = [c.place for c in plan.choices if c.way.change is not None]
    return dict.fromkeys(changed, Reason(Code.FAULT))


def _assembled(plan: FilePlan, layers: str, options: Options, behind: ast.stmt | None) -> Assembled:
    text = plan.module.text
    deep = too_deep(plan)
    if deep:
        return Assembled(text.data, (), (), refused=deep)
    edits = list(_edits(plan, layers, behind))
    edits += restored(plan.module, options.to)
    marks = list(_marks(plan)) if options.mark else []
    try:
        data = splice(text.data, [*edits, *marks], text.newline)
        text.encode(data)
    except BadCall as error:
        raise _Unhealthy(str(error), [error.edit]) from error
    except (Overlap, UnicodeEncodeError, ParserSyntaxError) as error:
        raise _Unhealthy(str(error)) from error
    new = Written(frozenset(_touched(plan)), sum(mark.text.count("#") for mark in marks))
    problem = fault(text.data, plan.module.scopes, data, new) if data != text.data else None
    if problem is not None:
        raise _Unhealthy(problem, _spoilt(edits, text))
    findings = set(_findings(plan, Recorder(plan, edits, options.layers)))
    return Assembled(data, tuple(sorted(findings)), tuple(sites(plan, edits, options.layers)))


def _spoilt(edits: list[Edit], text: SourceText) -> Iterator[CallEdit]:
    """Calls whose new text does not compile on its own."""
    for edit in edits:
        if isinstance(edit, CallEdit):
            inside = [e for e in edits if edit.start <= e.start and e.end <= edit.end]
            call = splice(text.data, inside, text.newline, edit.start, edit.end)
            if not any(_compiles(b"%s def f():\n (\n%s\n)" % (way, call)) for way in (b"", b"async")):
                yield edit


def _compiles(data: bytes) -> bool:
    try:
        compiled(data.lstrip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _touched(plan: FilePlan) -> set[str]:
    """Names that the converted text reads anew, and names whose imports go."""
    names = {plan.spelled(choice).partition(".")[0] for choice in plan.choices if choice.target is not None}
    if plan.imports.waits is not None:
        names |= {*plan.imports.waits.lines, *plan.imports.waits.homes.values()}
        names |= {group.name for group in plan.imports.waits.groups}
    return names | {group.name for group in plan.imports.groups if group.removed}


def _edits(plan: FilePlan, layers: str, behind: ast.stmt | None) -> Iterator[Edit]:
    for choice in plan.choices:
        if choice.way.change is not None:
            yield from _commented(choice.way.change, choice.way.change.edits(plan.spelled(choice)), plan.module.text)
    yield from import_edits(plan.module, plan.imports, layers, behind)
    yield from loose_imports(plan.module, plan.imports, layers, behind is not None)
    yield from plan.imports.waits.renamed if plan.imports.waits is not None else ()


def _commented(change: Change, edits: Iterable[Edit], text: SourceText) -> Iterator[Edit]:
    """The edits; a name that takes another's place brings the comments from inside that."""
    for edit in edits:
        if isinstance(change, Move) and isinstance(edit, NameEdit):
            before = text.slice(edit.start, edit.end)
            edit = NameEdit(edit.start, edit.end, with_comments(before, edit.text, text.newline))
        yield edit


def _findings(plan: FilePlan, recorder: Recorder) -> Iterator[Finding]:
    counted: dict[tuple[str, str], list[Choice]] = {}
    for choice in plan.choices:
        if _is_general(choice):
            counted.setdefault((choice.label, choice.reason.text), []).append(choice)
        elif choice.reason and choice.level is not Level.SAFE:
            yield _finding(recorder, choice, choice.level, choice.reason)
        for condition in choice.conditions if not choice.stays else ():
            yield _finding(recorder, choice, Level.REVIEW, condition)
    for choices in counted.values():
        first = min(choices, key=lambda choice: choice.place.start)
        places = "" if len(choices) == 1 else f" ({len(choices)} places in this file)"
        yield _finding(recorder, first, first.level, Reason(first.reason.code, f"{first.reason.text}{places}"))


def _is_general(choice: Choice) -> bool:
    """Whether there is nothing to say of a place but what holds for all of its kind, which is said once a file."""
    return bool(choice.reason) and choice.reason.code in GENERAL and choice.level is not Level.SAFE


def _finding(recorder: Recorder, choice: Choice, level: Level, reason: Reason) -> Finding:
    text, place = recorder.text, choice.place
    line, column = text.position(place.start)
    label = BUG if reason.code is Code.FAULT else choice.label
    end = place.end if place.end > place.start else NAME.match(text.data, place.start).end()  # type: ignore[union-attr]
    edit = recorder.replacement(choice)
    return Finding(place.path, line, column, level, label, reason.text, reason.code, *text.position(end), edit)


def _marks(plan: FilePlan) -> Iterator[NameEdit]:
    """`# porter: ...` at the end of each line that keeps naming the source framework."""
    text = plan.module.text
    lines: dict[int, list[str]] = {}
    left = [c for c in plan.choices if c.stays and c.level is Level.MANUAL and c.reason.code not in UNMARKED]
    marked = [(c.place.start, c.reason.text) for c in left]
    for offset, reason in sorted(marked):
        line, _ = text.position(offset)
        mark = " ".join(reason.split())
        if mark and mark not in lines.setdefault(line, []):
            lines[line].append(mark)
    for line, reasons in lines.items():
        _, end = text.line_span(line)
        if reasons and line not in plan.module.multi_line_strings and text.data[end - 1 : end] != b"\\":
            yield NameEdit(end, end, f"  # porter: {'; '.join(reasons)}")
