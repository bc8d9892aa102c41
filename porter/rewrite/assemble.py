"""Turn the decisions about a file into edits, findings, marks and the manifest's sites."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from libcst import ParserSyntaxError

from porter.findings import Finding, Kind, Level, Site
from porter.rewrite.gate import fault
from porter.rewrite.imports import Group, ImportPlan
from porter.rewrite.outcomes import LAYERS, NameEdit, Outcome, Remark, Settings
from porter.rewrite.splice import CallEdit, Edit, Overlap, splice
from porter.rewrite.statements import import_edits
from porter.source.names import SourceModule

NO_RULE = "no rule for "


@dataclass
class FilePlan:
    """All decisions about one file."""

    module: SourceModule
    outcomes: list[Outcome]
    edits: list[NameEdit] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    imports: ImportPlan | None = None
    groups: dict[int, Group] = field(default_factory=dict)


@dataclass(frozen=True)
class Assembled:
    """The converted file as UTF-8 bytes, and what there is to say about it."""

    data: bytes
    findings: tuple[Finding, ...]
    sites: tuple[Site, ...]


def assemble(plan: FilePlan, layers: str, settings: Settings) -> Assembled:
    """Splice a file's edits; when the result is not healthy, the original and a finding."""
    text = plan.module.text
    edits = list(_edits(plan, layers))
    findings = sorted({*_outcome_findings(plan), *_remark_findings(plan)})
    marks = list(_marks(plan)) if settings.mark else []
    try:
        data = splice(text.data, [*edits, *marks])
        problem = fault(text.data, plan.module.scopes, data, _touched(plan)) if data != text.data else None
        sites = tuple(_sites(plan, edits))
    except (Overlap, ValueError, ParserSyntaxError) as error:
        problem, sites, data = str(error), (), text.data
    if problem is not None:
        message = f"this is a fault of porter, so the file was left as it was: {problem}"
        return Assembled(text.data, (Finding(plan.module.path, 1, 1, Level.MANUAL, "porter bug", message),), ())
    return Assembled(data, tuple(findings), sites)


def _touched(plan: FilePlan) -> set[str]:
    """Names that the converted text reads anew, and names whose imports go."""
    written = {_written(plan, outcome).partition(".")[0] for outcome in plan.outcomes if not outcome.stays}
    return written | {g.name for g in (plan.imports.groups if plan.imports else ()) if g.removed}


def _edits(plan: FilePlan, layers: str) -> Iterator[Edit]:
    yield from plan.edits
    for outcome in plan.outcomes:
        if outcome.stays:
            continue
        yield NameEdit(outcome.start, outcome.end, _written(plan, outcome))
        if outcome.call is not None and outcome.plan is not None and not outcome.plan.untouched:
            yield CallEdit(*plan.module.text.span(outcome.call), outcome.plan)
    if plan.imports is not None:
        yield from import_edits(plan.module, plan.imports, layers)


def _written(plan: FilePlan, outcome: Outcome) -> str:
    assert plan.imports is not None
    return plan.imports.text(outcome, plan.groups[id(outcome)])


def _outcome_findings(plan: FilePlan) -> Iterator[Finding]:
    counted: dict[str, list[Outcome]] = {}
    for outcome in plan.outcomes:
        line, column = plan.module.text.position(outcome.start)
        if outcome.reason.startswith(NO_RULE):
            counted.setdefault(outcome.label, []).append(outcome)
        elif outcome.reason and outcome.level is not Level.SAFE:
            yield Finding(plan.module.path, line, column, outcome.level, outcome.label, outcome.reason)
        for note in outcome.notes if not outcome.stays else ():
            yield Finding(plan.module.path, line, column, Level.REVIEW, outcome.label, note)
    for label, outcomes in counted.items():
        first = min(outcomes, key=lambda o: o.start)
        line, column = plan.module.text.position(first.start)
        places = "" if len(outcomes) == 1 else f" ({len(outcomes)} places in this file)"
        yield Finding(plan.module.path, line, column, Level.MANUAL, label, f"{first.reason}{places}")


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
        if mark and mark not in lines.setdefault(line, []):
            lines[line].append(mark)
    for line, reasons in lines.items():
        _, end = text.line_span(line)
        if reasons and line not in plan.module.multi_line_strings and not text.data[:end].endswith(b"\\"):
            yield NameEdit(end, end, f"  # porter: {'; '.join(reasons)}")


def _sites(plan: FilePlan, edits: list[Edit]) -> Iterator[Site]:
    text = plan.module.text
    ordered = sorted(edits, key=lambda e: e.start)
    starts = [e.start for e in ordered]
    for outcome in sorted(plan.outcomes, key=lambda o: o.start):
        if outcome.rule is None and not outcome.reason:
            continue
        start, end = outcome.start, outcome.end
        if outcome.call is not None and not (outcome.plan is not None and outcome.plan.untouched):
            start, end = text.span(outcome.call)
        inside = ordered[bisect_left(starts, start) : bisect_left(starts, end)]
        after = splice(text.data[start:end], _shifted([e for e in inside if e.end <= end], start)).decode()
        line, column = text.position(outcome.start)
        before, names = text.slice(start, end), [o for o in plan.outcomes if start <= o.start and o.end <= end]
        yield Site(
            plan.module.path,
            line,
            column,
            outcome.kind,
            outcome.rule.name if outcome.rule else outcome.label,
            before,
            after,
            outcome.level,
            "; ".join([r for r in (outcome.reason, *outcome.notes) if r]),
            {o.reference.name: o.reference.meaning for o in names},
            dict(_names_after(plan, names)),
        )


def _shifted(edits: Iterable[Edit], by: int) -> Iterator[Edit]:
    for edit in edits:
        if isinstance(edit, NameEdit):
            yield NameEdit(edit.start - by, edit.end - by, edit.text)
        else:
            yield CallEdit(edit.start - by, edit.end - by, edit.plan)


def _names_after(plan: FilePlan, outcomes: Iterable[Outcome]) -> Iterator[tuple[str, str]]:
    for outcome in outcomes:
        if outcome.target is None:
            yield outcome.reference.name, outcome.reference.meaning
            continue
        root, dot, _ = _written(plan, outcome).partition(".")
        yield root, outcome.target.module if dot else outcome.target.qualified


def uses_layers(plan: FilePlan) -> bool:
    """Whether a file needs the generated module."""
    return any(o.target is not None and o.target.module == LAYERS for o in plan.outcomes)


def is_string(outcome: Outcome) -> bool:
    """Whether the site is a name in a string."""
    return outcome.kind is Kind.STRING
