"""What the manifest records of a file: every place that a rule decided about, with its text before and after."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from porter.findings import Kind, Replacement, Site
from porter.rewrite.decide.change import Ask, Drop, Edit, Fill, FormEdit, NameEdit, Target, Write
from porter.rewrite.decide.decision import Choice, Form
from porter.rewrite.decide.file import FilePlan
from porter.rewrite.edit.splice import splice
from porter.source.generated import LAYERS

RECORDED = frozenset({Kind.METHOD, Kind.ATTRIBUTE})
"""What is a site though no import leads to it: a method, an attribute, a keyword of a layer's call."""


def sites(plan: FilePlan, edits: Iterable[Edit], layers: str) -> list[Site]:
    """The sites of a file in the order of their places; `edits` are all of the file but its marks.

    `layers` is the name of the generated module in this tree; the manifest knows it by one name in all trees.
    """
    recorder = Recorder(plan, edits, layers)
    found = [recorder.of_name(choice) for choice in recorder.names if choice.rule is not None or choice.reason]
    changes = [(c, c.way.change) for c in plan.choices if isinstance(c.way.change, Write)]
    found += [recorder.of_text(c, change) for c, change in changes if c.kind in RECORDED]
    asked = [
        (c, c.way.change)
        for c in plan.choices
        if isinstance(c.way.change, (Ask, Fill, Drop)) and c.decision.reference is None
    ]
    found += [recorder.of_asked(choice, change) for choice, change in asked]
    return sorted(found, key=lambda site: (site.line, site.column))


class Recorder:
    """What becomes of the places of a file."""

    def __init__(self, plan: FilePlan, edits: Iterable[Edit], layers: str) -> None:
        self.plan = plan
        self.layers = layers
        self.text = plan.module.text
        self.edits = sorted(edits, key=lambda edit: edit.start)
        self.edit_starts = [edit.start for edit in self.edits]
        self.names = sorted(plan.names, key=lambda choice: choice.place.start)
        self.starts = [choice.place.start for choice in self.names]

    def replacement(self, choice: Choice) -> Replacement | None:
        """The piece of the text that a decision replaces, and its new text; None where it replaces nothing."""
        if choice.way.change is None:
            return None
        own = list(choice.way.change.edits(self.plan.spelled(choice)))
        start, end = min(edit.start for edit in own), max(edit.end for edit in own)
        after = self.after(start, end, asked=isinstance(own[0], FormEdit))
        return Replacement(*self.text.position(start), *self.text.position(end), self.text.slice(start, end), after)

    def of_text(self, choice: Choice, change: Write) -> Site:
        """A name that is changed though no import leads to it."""
        edit = change.pieces[0]
        line, column = self.text.position(edit.start)
        before = self.text.slice(edit.start, edit.end)
        path = self.plan.module.path
        return Site(path, line, column, choice.kind, choice.label, before, edit.text, choice.level)

    def of_asked(self, choice: Choice, change: Ask | Fill | Drop) -> Site:
        """An expression, or a statement, that asks the generated module, or that goes."""
        line, column = self.text.position(change.start)
        before, after = self.text.slice(change.start, change.end), self._left(change)
        names = dict(self._reached(choice))
        path, reason = self.plan.module.path, choice.reason.text
        kind = Kind.METHOD if choice.kind is Kind.CALL else choice.kind  # of the wrap: the call has a site of its own
        return Site(path, line, column, kind, choice.label, before, after, choice.level, reason, {}, names)

    def _left(self, change: Ask | Fill | Drop) -> str:
        """What stands in the place of an expression, or of a statement."""
        return change.text if isinstance(change, Drop) else self.after(change.start, change.end, asked=True)

    def _reached(self, choice: Choice) -> Iterator[tuple[str, str]]:
        """The local name by which the new text reaches its target, and what that stands for."""
        root, target = self.plan.spelled(choice).partition(".")[0], choice.target
        if target is not None:
            yield root, LAYERS if target.module == self.layers else target.module

    def of_name(self, choice: Choice) -> Site:
        """A name of the framework; for a call that is rewritten, the whole call."""
        start, end = choice.place.start, choice.place.end
        call = choice.decision.call
        if call is not None and (choice.arguments is not None or choice.way.form is not Form.NATIVE):
            start, end = self.text.span(call)
        first, last = bisect_left(self.starts, start), bisect_left(self.starts, end)
        inside = [other for other in self.names[first:last] if other.place.end <= end]
        line, column = self.text.position(start)
        return Site(
            self.plan.module.path,
            line,
            column,
            choice.kind,
            choice.rule.name if choice.rule else choice.label,
            self.text.slice(start, end),
            self.after(start, end),
            choice.level,
            "; ".join([reason.text for reason in (choice.reason, *choice.conditions) if reason]),
            {other.reference.parts[0]: other.reference.meaning for other in inside},
            dict(self.names_after(inside)),
        )

    def after(self, start: int, end: int, *, asked: bool = False) -> str:
        """What becomes of a piece of the text; `asked`: with the function that the whole of it is handed to."""
        inside = self.edits[bisect_left(self.edit_starts, start) : bisect_left(self.edit_starts, end)]
        inside = [edit for edit in inside if edit.end <= end and (asked or not _is_around(edit, start, end))]
        if not inside:
            return self.text.slice(start, end)
        first = inside[0]
        if len(inside) == 1 and isinstance(first, NameEdit) and (first.start, first.end) == (start, end):
            return first.text
        return splice(self.text.data, inside, self.text.newline, start, end).decode()

    def names_after(self, choices: Iterable[Choice]) -> Iterator[tuple[str, str]]:
        """Local names that the new text uses, and what they stand for."""
        for choice in choices:
            target = choice.target
            if target is None:
                yield choice.reference.parts[0], choice.reference.meaning
                continue
            root, dot, _ = self.plan.spelled(choice).partition(".")
            if target.module == self.layers:
                target = Target(LAYERS, target.name)
            yield root, target.module if dot else target.qualified


def _is_around(edit: Edit, start: int, end: int) -> bool:
    """Whether an edit hands the whole place to a function, which is no part of what becomes of it."""
    return isinstance(edit, FormEdit) and (edit.start, edit.end) == (start, end)
