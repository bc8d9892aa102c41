"""What a person reads after `porter convert`: findings, one a line, and the summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from porter.findings import Finding, Level
from porter.report.console import captured, plain_table, say, show, visible, write
from porter.report.summary import Row, Summary

STYLES = {Level.SAFE: "green", Level.REVIEW: "yellow", Level.MANUAL: "red"}
NAMED = 3
"""Paths that a sentence names; the rest is counted."""
ROWS = 15
"""Rules that the summary lists; the rest is one line, since a large tree uses hundreds of names."""


def print_findings(findings: Iterable[Finding], console: Console) -> None:
    """`path:line:column: level rule: message`, in the order of the places."""
    for finding in sorted(findings):
        place, rest = f"{finding.path}:{finding.line}:{finding.column}: ", f" {finding.rule}: {finding.message}"
        level = (str(finding.level), STYLES[finding.level])
        write(console, Text.assemble(visible(place), level, visible(rest)))


def print_summary(summary: Summary, console: Console) -> None:
    """Edits by rule and level, what is left for a person, and which layers are tied to a platform."""
    if summary.rows:
        console.print()
        _print_rows(summary.rows, console)
        console.print()
    for line in _sentences(summary):
        say(console, line)


def report_text(findings: Sequence[Finding], summary: Summary) -> str:
    """Findings and summary as the text of a report file."""

    def speak(console: Console) -> None:
        print_findings(findings, console)
        print_summary(summary, console)

    return captured(speak)


def _print_rows(rows: tuple[Row, ...], console: Console) -> None:
    table = plain_table(rule="fold", safe="number", review="number", left="number")
    for row in rows[:ROWS]:
        table.add_row(visible(row.rule), *_counts(row))
    hidden = rows[ROWS:]
    if hidden:
        rest = Row(f"{len(hidden)} more", *(sum(row.counts[i] for row in hidden) for i in range(3)))
        table.add_row(rest.rule, *_counts(rest))
    if len(rows) > 1:
        table.add_section()
        total = Row("all", *(sum(row.counts[i] for row in rows) for i in range(3)))
        table.add_row(total.rule, *_counts(total), style="bold")
    show(console, table)


def _counts(row: Row) -> list[Text]:
    """Numbers in the colour of their level; a zero is a dot, so that the eye finds what there is."""
    return [
        Text(str(count), style=STYLES[level]) if count else Text(".", style="dim")
        for count, level in zip(row.counts, Level, strict=True)
    ]


def _sentences(summary: Summary) -> Iterable[str]:
    yield f"{summary.changed} of {_plural(summary.files, 'file')} changed; {_made(summary)}."
    if summary.merged:
        yield f"{_plural(summary.merged, 'file')} of OUT edited by hand: merged with the new conversion."
    if summary.edited:
        yield f"{_plural(summary.edited, 'file')} of OUT edited by hand: left so, since the conversion is the old one."
    for why, paths in summary.left_out.items():
        yield f"Left out, {why}: {_listed(paths)}."
    if summary.failed:
        yield f"{_plural(summary.failed, 'file')} could not be read, or not as Python: see the findings."
    if summary.left:
        yield f"{_plural(summary.left, 'finding')} of level manual: those places stayed as they were, for a person."
    if summary.unknown:
        yield f"{_plural(summary.unknown, 'name')} without a rule: porter rules --missing SRC lists them by use."
    if summary.tied:
        names = ", ".join(f"{name} ({count})" for name, count in summary.tied.items())
        yield (
            f"{_plural(sum(summary.tied.values()), 'layer')} tied to the platforms of the native layer: {names}. "
            "--platform any writes layers that run on CPU, GPU and Ascend."
        )
    for text in dict.fromkeys(summary.cautions.values()):
        names = ", ".join(name for name, caution in summary.cautions.items() if caution == text)
        yield f"{names}: {text}."


def _made(summary: Summary) -> str:
    edits = summary.safe + summary.review
    return f"{_plural(edits, 'edit')} ({summary.safe} safe, {summary.review} to review)"


def _listed(paths: Sequence[str]) -> str:
    rest = len(paths) - NAMED
    return visible(", ".join(paths[:NAMED]) + (f" and {rest} more" if rest > 0 else ""))


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
