"""Turn the decisions about a file into edits, findings, marks and the manifest's sites."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from libcst import ParserSyntaxError

from porter.findings import Finding, Level, Site
from porter.rewrite.fileplan import FilePlan, written
from porter.rewrite.gate import Written, fault
from porter.rewrite.imports import group_references, plan_imports
from porter.rewrite.outcomes import NameEdit, Outcome, Settings
from porter.rewrite.record import sites
from porter.rewrite.splice import BadCall, CallEdit, Edit, Overlap, splice
from porter.rewrite.statements import import_edits
from porter.rules.load import RuleBook
from porter.source.text import SourceText, Unreadable, compiled

__all__ = ["Assembled", "FilePlan", "assemble", "uses_layers"]
BUG = "porter bug"
GENERAL = ("no rule for ", "the constructors of ")


@dataclass(frozen=True)
class Assembled:
    """The converted file as UTF-8 bytes, and what there is to say about it. `failed`: the input is no valid Python."""

    data: bytes
    findings: tuple[Finding, ...]
    sites: tuple[Site, ...]
    failed: bool = False


class _Unhealthy(ValueError):
    """The edits of a file give no healthy file; `calls` are those that can be held responsible."""

    def __init__(self, problem: str, calls: Iterable[CallEdit] = ()) -> None:
        super().__init__(problem)
        self.calls = tuple(calls)


def assemble(plan: FilePlan, layers: str, settings: Settings, rules: RuleBook) -> Assembled:
    """Splice a file's edits; when the result is not healthy, without the calls that spoil it, or not at all.

    `layers` is how the file imports the generated module.
    """
    path, text = plan.module.path, plan.module.text
    while True:
        try:
            return _assembled(plan, layers, settings)
        except _Unhealthy as error:
            problem = str(error)
            try:
                text.check()
            except Unreadable as bad:
                finding = Finding(path, bad.line, 1, Level.MANUAL, "file", f"copied as it is: {bad}")
                return Assembled(text.data, (finding,), (), failed=True)
            if not _leave(plan, error.calls, problem, settings, rules):
                message = f"this is a fault of porter, so the file was left as it was: {problem}"
                return Assembled(text.data, (Finding(path, 1, 1, Level.MANUAL, BUG, message),), ())


def _assembled(plan: FilePlan, layers: str, settings: Settings) -> Assembled:
    text = plan.module.text
    edits = list(_edits(plan, layers))
    marks = list(_marks(plan)) if settings.mark else []
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
    findings = sorted({*_outcome_findings(plan), *_remark_findings(plan)})
    return Assembled(data, tuple(findings), tuple(sites(plan, edits, settings.layers)))


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


def _leave(plan: FilePlan, calls: Iterable[CallEdit], problem: str, settings: Settings, rules: RuleBook) -> bool:
    """Take calls out of a plan, and plan its imports anew; False when there is none to take out."""
    places = {(edit.start, edit.end) for edit in calls}
    text = plan.module.text
    left = [o for o in plan.outcomes if o.call is not None and not o.stays and text.span(o.call) in places]
    for outcome in left:
        outcome.target, outcome.plan, outcome.label, outcome.level = None, None, BUG, Level.MANUAL
        outcome.reason = f"this is a fault of porter, so the call was left as it was: {problem}"
        outcome.mark, outcome.notes = outcome.reason, []
    # What other files read from this one is not known here: every name that it has now stays.
    public = frozenset(plan.module.scopes.module.bindings)
    groups = list(group_references(plan.module, plan.outcomes, []))
    plan.imports = plan_imports(plan.module, groups, rules, settings, public, plan.fixed)
    plan.groups = {id(outcome): group for group in groups for outcome in group.outcomes}
    return bool(left)


def _touched(plan: FilePlan) -> set[str]:
    """Names that the converted text reads anew, and names whose imports go."""
    names = {written(plan, outcome).partition(".")[0] for outcome in plan.outcomes if not outcome.stays}
    return names | {g.name for g in (plan.imports.groups if plan.imports else ()) if g.removed}


def _edits(plan: FilePlan, layers: str) -> Iterator[Edit]:
    yield from plan.edits
    for outcome in plan.outcomes:
        if outcome.stays:
            continue
        yield NameEdit(outcome.start, outcome.end, written(plan, outcome))
        if outcome.call is not None and outcome.plan is not None and not outcome.plan.untouched:
            yield CallEdit(*plan.module.text.span(outcome.call), outcome.plan)
    if plan.imports is not None:
        yield from import_edits(plan.module, plan.imports, layers)


def _outcome_findings(plan: FilePlan) -> Iterator[Finding]:
    counted: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in plan.outcomes:
        if _is_general(outcome):
            counted.setdefault((outcome.label, outcome.reason), []).append(outcome)
        elif outcome.reason and outcome.level is not Level.SAFE:
            yield _finding(plan, outcome, outcome.level, outcome.reason)
        for note in outcome.notes if not outcome.stays else ():
            yield _finding(plan, outcome, Level.REVIEW, note)
    for outcomes in counted.values():
        first = min(outcomes, key=lambda o: o.start)
        places = "" if len(outcomes) == 1 else f" ({len(outcomes)} places in this file)"
        yield _finding(plan, first, first.level, f"{first.reason}{places}")


def _is_general(outcome: Outcome) -> bool:
    """Whether there is nothing to say of a place but what holds for all of its kind, which is said once a file."""
    note = outcome.rule.notes.get(outcome.kind) if outcome.rule is not None else None
    return outcome.reason.startswith(GENERAL) or (bool(outcome.reason) and outcome.reason == note)


def _finding(plan: FilePlan, outcome: Outcome, level: Level, message: str) -> Finding:
    line, column = plan.module.text.position(outcome.start)
    return Finding(plan.module.path, line, column, level, outcome.label, message)


def _remark_findings(plan: FilePlan) -> Iterator[Finding]:
    for remark in plan.remarks:
        line, column = plan.module.text.position(remark.offset)
        yield Finding(plan.module.path, line, column, remark.level, remark.rule, remark.message)


def _marks(plan: FilePlan) -> Iterator[NameEdit]:
    """`# porter: ...` at the end of each line that keeps naming the source framework."""
    text = plan.module.text
    lines: dict[int, list[str]] = {}
    marked = [(o.start, o.mark) for o in plan.outcomes if o.stays] + [(r.offset, r.mark) for r in plan.remarks]
    for offset, mark in sorted(marked):
        line, _ = text.position(offset)
        mark = " ".join(mark.split())
        if mark and mark not in lines.setdefault(line, []):
            lines[line].append(mark)
    for line, reasons in lines.items():
        _, end = text.line_span(line)
        if reasons and line not in plan.module.multi_line_strings and text.data[end - 1 : end] != b"\\":
            yield NameEdit(end, end, f"  # porter: {'; '.join(reasons)}")


def uses_layers(plan: FilePlan, settings: Settings) -> bool:
    """Whether a file needs the generated module."""
    return any(o.target is not None and o.target.module == settings.layers for o in plan.outcomes)
