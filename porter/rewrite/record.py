"""What the manifest records of a file: every place that a rule decided about, with its text before and after."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from porter.findings import Kind, Level, Site
from porter.rewrite.fileplan import FilePlan, written
from porter.rewrite.outcomes import LAYERS, NameEdit, Outcome, Target
from porter.rewrite.splice import Edit, splice


def sites(plan: FilePlan, edits: Iterable[Edit], layers: str) -> list[Site]:
    """The sites of a file in the order of their places; `edits` are all of the file but its marks.

    `layers` is the name of the generated module in this tree; the manifest knows it by one name in all trees.
    """
    recorder = _Recorder(plan, sorted(edits, key=lambda e: e.start), layers)
    found = [recorder.of_outcome(o) for o in recorder.outcomes if o.rule is not None or o.reason]
    found += [recorder.of_edit(edit, edit.kind) for edit in plan.edits if edit.kind is not None]
    return sorted(found, key=lambda site: (site.line, site.column))


class _Recorder:
    def __init__(self, plan: FilePlan, edits: Sequence[Edit], layers: str) -> None:
        self.plan = plan
        self.layers = layers
        self.text = plan.module.text
        self.edits = edits
        self.edit_starts = [edit.start for edit in edits]
        self.outcomes = sorted(plan.outcomes, key=lambda o: o.start)
        self.outcome_starts = [outcome.start for outcome in self.outcomes]

    def of_edit(self, edit: NameEdit, kind: Kind) -> Site:
        """A name that is changed though no import leads to it: a method, an attribute, a keyword."""
        line, column = self.text.position(edit.start)
        before = self.text.slice(edit.start, edit.end)
        return Site(self.plan.module.path, line, column, kind, edit.rule, before, edit.text, Level.SAFE)

    def of_outcome(self, outcome: Outcome) -> Site:
        """A name of the framework; for a call that is rewritten, the whole call."""
        start, end = outcome.start, outcome.end
        if outcome.call is not None and not (outcome.plan is not None and outcome.plan.untouched):
            start, end = self.text.span(outcome.call)
        first, last = bisect_left(self.outcome_starts, start), bisect_left(self.outcome_starts, end)
        names = [o for o in self.outcomes[first:last] if o.end <= end]
        line, column = self.text.position(start)
        return Site(
            self.plan.module.path,
            line,
            column,
            outcome.kind,
            outcome.rule.name if outcome.rule else outcome.label,
            self.text.slice(start, end),
            self.after(start, end),
            outcome.level,
            "; ".join([r for r in (outcome.reason, *outcome.notes) if r]),
            {o.reference.parts[0]: o.reference.meaning for o in names},
            dict(self.names_after(names)),
        )

    def after(self, start: int, end: int) -> str:
        """What becomes of a piece of the text."""
        inside = self.edits[bisect_left(self.edit_starts, start) : bisect_left(self.edit_starts, end)]
        inside = [edit for edit in inside if edit.end <= end]
        if not inside:
            return self.text.slice(start, end)
        first = inside[0]
        if len(inside) == 1 and isinstance(first, NameEdit) and (first.start, first.end) == (start, end):
            return first.text
        return splice(self.text.data, inside, self.text.newline, start, end).decode()

    def names_after(self, outcomes: Iterable[Outcome]) -> Iterator[tuple[str, str]]:
        """Local names that the new text uses, and what they stand for."""
        for outcome in outcomes:
            if outcome.target is None:
                yield outcome.reference.parts[0], outcome.reference.meaning
                continue
            root, dot, _ = written(self.plan, outcome).partition(".")
            target = outcome.target
            if target.module == self.layers:
                target = Target(LAYERS, target.name)
            yield root, target.module if dot else target.qualified
