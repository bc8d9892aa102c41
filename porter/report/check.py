"""What `check` has found, for a person and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from porter.report.console import captured, plain_table, visible, write

if TYPE_CHECKING:
    from rich.console import Console

    from porter.results import CheckReport, Result

_COLOURS = {
    "ok": "green",
    "mismatch": "bold red",
    "blind": "bold magenta",
    "idle": "yellow",
    "error": "bold red",
    "not run": "dim",
}
_WORST_FIRST = ("mismatch", "error", "blind", "not run", "ok", "idle")
_HARMLESS = ("not run", "idle")
_WIDEST = 96
_NARROWEST = 24
_UNBOUNDED = 10_000
_ENDINGS = {
    0: "all that ran is the same",
    1: "not proven: see above",
    2: "nothing was proven",
}


def print_text(report: CheckReport, console: Console) -> None:
    """A row for each place, then whatever needs a look with how to repeat it, then one line of counts."""
    if report.results:
        _show(_table(report), console)
    for results in _telling(report):
        _describe(results, console)
    write(console)
    for note in report.notes:
        write(console, f"note: {visible(note)}")
    write(console, _summary(report))


def to_json(report: CheckReport) -> str:
    """One object: `exit_code`, `counts`, `notes`, and `results`, one a line."""
    lines = [json.dumps(asdict(result), ensure_ascii=False) for result in report.results]
    notes = json.dumps(report.notes, ensure_ascii=False)
    counts = json.dumps({str(verdict): count for verdict, count in report.counts.items()})
    body = ",\n".join(f"    {line}" for line in lines)
    results = f"[\n{body}\n  ]" if lines else "[]"
    head = f'{{\n  "exit_code": {report.exit_code},\n  "counts": {counts},\n  "notes": {notes},\n'
    return f'{head}  "results": {results}\n}}\n'


def _show(table: Table, console: Console) -> None:
    """A terminal cuts what was called, for one line a row; a pipe gets all of it, for grep."""
    if console.is_terminal:
        *others, what = table.columns
        taken = sum(max(cell_len(str(cell)) for cell in (*column.cells, column.header)) + 2 for column in others)
        what.max_width = max(_NARROWEST, console.width - taken)
        console.print(table)
        return
    wide = console.measure(table, options=console.options.update(width=_UNBOUNDED)).maximum
    for line in captured(lambda file: file.print(table), wide).splitlines():
        write(console, line.rstrip())


def _table(report: CheckReport) -> Table:
    """A row for each place or rule case: its worst verdict, and how many cases ended in each."""
    table = plain_table(verdict="fold", cases="fold", where="fold", what="fold")
    table.columns[0].no_wrap = table.columns[3].no_wrap = True
    table.columns[3].overflow = "ellipsis"
    for (where, what), results in groupby(report.results, key=lambda result: (_where(result), result.case)):
        counts = Counter(str(result.verdict) for result in results)
        worst = next(verdict for verdict in _WORST_FIRST if counts[verdict])
        shown = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _WORST_FIRST if counts[verdict])
        row = (str(counts[worst]) if len(counts) == 1 else shown, visible(where), _shortened(what))
        table.add_row(Text(worst, _COLOURS[worst]), *row)
    return table


def _shortened(text: str) -> str:
    """One line of what was called; the whole text stands below where it matters, and in the JSON."""
    line = visible(" ".join(text.split()))
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 3]}..."


def _where(result: Result) -> str:
    return f"{result.path}:{result.line}" if result.path else result.rule


def _telling(report: CheckReport) -> Iterator[list[Result]]:
    """Failures, those of one kind at one place together; of what was not run, each reason once."""
    groups: dict[tuple[str, ...], list[Result]] = {}
    for result in report.results:
        verdict = str(result.verdict)
        if verdict in _HARMLESS:
            groups.setdefault((verdict, result.rule, result.detail), []).append(result)
        elif verdict != "ok":
            groups.setdefault((verdict, _where(result), result.case, result.detail), []).append(result)
    yield from sorted(groups.values(), key=lambda results: results[0].verdict in _HARMLESS)


def _describe(results: list[Result], console: Console) -> None:
    first = results[0]
    write(console)
    head = Text(str(first.verdict), _COLOURS[first.verdict])
    write(console, head.append(f"  {visible(_where(first))}  {visible(' '.join(first.case.split()))}", style="none"))
    write(console, f"    {visible(first.detail)}")
    if first.verdict in _HARMLESS:
        others = [_where(result) for result in results[1:]]
        lines = {"with": _samples(first), "also": ", ".join(dict.fromkeys(others))}
    else:
        lines = {"in": "; ".join(_how(result) for result in results), "with": _samples(first), "repeat": first.repeat}
    for label, text in lines.items():
        if text:
            write(console, f"    {label}: {visible(text)}")


def _how(result: Result) -> str:
    return ", ".join(part for part in (result.direction, result.form, result.mode, result.dtype) if part)


def _samples(result: Result) -> str:
    return ", ".join(f"{name} = {value}" for name, value in result.samples.items())


def _summary(report: CheckReport) -> Text:
    text = Text()
    for verdict, count in report.counts.items():
        if count:
            text.append(f"{count} {verdict}", _COLOURS[verdict]).append(", ")
    return text.append(_ENDINGS[report.exit_code])
