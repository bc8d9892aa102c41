"""What a person reads after `porter convert`: findings, one a line, and the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from porter.codes import Code
from porter.findings import Finding, Level
from porter.report.console import captured, plain_table, say, show, visible, write
from porter.report.summary import Needed, Row, Summary
from porter.rules.hints import hint_of

STYLES = {Level.SAFE: "green", Level.REVIEW: "yellow", Level.CHANGED: "magenta", Level.MANUAL: "red"}
OF_TREE = frozenset({Code.BUILT_ELSEWHERE})
OF_FILE = frozenset({Code.METHOD_ABSENT, Code.METHOD_DIFFERS})
NAMED = 3
"""Paths or classes that a sentence names; the rest is counted."""
ROWS = 15
"""Rules that the summary lists; the rest is one line, since a large tree uses hundreds of names."""


def print_findings(findings: Iterable[Finding], console: Console) -> None:
    """`path:line:column: level code rule: message`, in the order of the places."""
    hints: set[str] = set()
    for finding in _once_a_file(list(_once(sorted(findings)))):
        finding = _hinted(finding, hints)
        place, rest = (
            f"{finding.path}:{finding.line}:{finding.column}: ",
            f" {finding.code} {finding.rule}: {finding.message}",
        )
        level = (str(finding.level), STYLES[finding.level])
        write(console, Text.assemble(visible(place), level, visible(rest)))


def _once(findings: Sequence[Finding]) -> Iterable[Finding]:
    """What holds for a whole tree is said once, at its first place; a report in JSON has all of them."""
    counts = Counter(finding.code for finding in findings if finding.code in OF_TREE)
    said: set[Code] = set()
    for finding in findings:
        if finding.code in OF_TREE and finding.code in said:
            continue
        said.add(finding.code)
        more = counts[finding.code]
        yield replace(finding, message=f"{finding.message} ({more} places in this tree)") if more > 1 else finding


def _once_a_file(findings: Sequence[Finding]) -> Iterable[Finding]:
    """What is said of a member is said once a file, at its first place; a report in JSON has all of them."""
    keys = [(f.path, f.rule, f.message, f.level) if f.code in OF_FILE else None for f in findings]
    counts = Counter(keys)
    said: set[tuple[str, str, str, Level]] = set()
    for finding, key in zip(findings, keys, strict=True):
        if key is None:
            yield finding
        elif key not in said:
            said.add(key)
            more = f" ({counts[key]} places in this file)" if counts[key] > 1 else ""
            yield replace(finding, message=f"{finding.message}{more}")


def _hinted(finding: Finding, told: set[str]) -> Finding:
    """A name without a rule with what it hints at, once."""
    hint = hint_of(finding.message) if finding.code is Code.NO_RULE and finding.message not in told else None
    if hint is None:
        return finding
    told.add(finding.message)
    return replace(finding, message=f"{finding.message}; {hint.text}")


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
    shown = [level for level in Level if level is not Level.CHANGED or any(row.altered for row in rows)]
    names = {Level.MANUAL: "left"}
    table = plain_table(rule="fold", **{names.get(level, str(level)): "number" for level in shown})
    for row in rows[:ROWS]:
        table.add_row(visible(row.rule), *_counts(row, shown))
    hidden = rows[ROWS:]
    if hidden:
        rest = Row(f"{len(hidden)} more", *(sum(row.counts[i] for row in hidden) for i in range(4)))
        table.add_row(rest.rule, *_counts(rest, shown))
    if len(rows) > 1:
        table.add_section()
        total = Row("all", *(sum(row.counts[i] for row in rows) for i in range(4)))
        table.add_row(total.rule, *_counts(total, shown), style="bold")
    show(console, table)


def _counts(row: Row, shown: Collection[Level]) -> list[Text]:
    """Numbers in the colour of their level; a zero is a dot, so that the eye finds what there is."""
    return [
        Text(str(count), style=STYLES[level]) if count else Text(".", style="dim")
        for count, level in zip(row.counts, Level, strict=True)
        if level in shown
    ]


def _sentences(summary: Summary) -> Iterable[str]:
    if summary.on_import:
        yield _on_import(summary.on_import)
    if summary.neither:
        yield _neither([torn.name for torn in summary.neither])
    yield f"{summary.changed} of {_plural(summary.files, 'file')} changed; {_made(summary)}."
    if summary.merged:
        yield f"{_plural(summary.merged, 'file')} of OUT edited by hand: merged with the new conversion."
    if summary.edited:
        yield f"{_plural(summary.edited, 'file')} of OUT edited by hand: left so, since the conversion is the old one."
    yield from (f"Left out, {why}: {_listed(paths)}." for why, paths in summary.left_out.items())
    yield from _open(summary)
    if summary.tied:
        names = ", ".join(f"{name} ({count})" for name, count in summary.tied.items())
        yield (
            f"{_plural(sum(summary.tied.values()), 'layer')} tied to the platforms of the native layer: {names}. "
            "--platform any writes layers that run on CPU, GPU and Ascend."
        )
    for text in dict.fromkeys(summary.cautions.values()):
        names = ", ".join(name for name, caution in summary.cautions.items() if caution == text)
        yield f"{names}: {text}."


def _open(summary: Summary) -> Iterable[str]:
    """What is left to do for a person."""
    if summary.failed:
        yield f"{_plural(summary.failed, 'file')} could not be read, or not as Python: see the findings."
    if summary.left:
        yield f"{_plural(summary.left, 'finding')} of level manual: those places stayed as they were, for a person."
    if summary.altered:
        yield f"{_plural(summary.altered, 'finding')} of level changed: the meaning differs there unless somebody acts."
    if summary.unknown:
        yield f"{_plural(summary.unknown, 'name')} without a rule: porter rules --missing SRC lists them by use."
    if summary.impossible:
        yield f"{_plural(summary.impossible, 'name')} that cannot be converted: the findings say why."


def _on_import(needed: Sequence[Needed]) -> str:
    """The first sentence: these places keep the tree from being imported without the framework."""
    framework = needed[0].name.partition(".")[0]
    places = [f"{each.path}:{each.line} {each.name}" for each in needed]
    these = "1 place needs" if len(needed) == 1 else f"These {len(needed)} places need"
    files = len({each.path for each in needed})
    where = "" if files == 1 or len(needed) == files else f" (in {_plural(files, 'file')})"
    return f"{these} {framework} on import{where}: {_listed(places)}."


def _neither(names: Sequence[str]) -> str:
    one = len(names) == 1
    left = "--whole class leaves such a class as it was" if one else "--whole class leaves such classes as they were"
    count, runs = ("1 class", "runs") if one else (f"{len(names)} classes", "run")
    return f"{count} {runs} in neither framework: {_listed(names)}; {left}."


def _made(summary: Summary) -> str:
    edits = summary.safe + summary.review
    return f"{_plural(edits, 'edit')} ({summary.safe} safe, {summary.review} to review)"


def _listed(paths: Sequence[str]) -> str:
    rest = len(paths) - NAMED
    return visible(", ".join(paths[:NAMED]) + (f" and {rest} more" if rest > 0 else ""))


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
