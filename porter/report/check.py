"""What `check` has found, for a person and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from porter.report.console import plain_table, visible, write

if TYPE_CHECKING:
    from rich.console import Console

    from porter.results import CheckReport, Result

_COLOURS = {"ok": "green", "mismatch": "bold red", "blind": "bold magenta", "error": "bold red", "not run": "dim"}
_ENDINGS = {
    0: "all that ran is the same",
    1: "not proven: see above",
    2: "nothing was proven",
}


def print_text(report: CheckReport, console: Console) -> None:
    """A table of what was proven, then every case that needs a look with how to repeat it, then one line of counts."""
    if report.results:
        console.print(_table(report))
    for result in _telling(report):
        _describe(result, console)
    write(console)
    write(console, _summary(report))


def to_json(report: CheckReport) -> str:
    """One object: `exit_code`, `counts`, and `results`, one a line."""
    lines = [json.dumps(asdict(result), ensure_ascii=False) for result in report.results]
    counts = json.dumps({str(verdict): count for verdict, count in report.counts.items()})
    body = ",\n".join(f"    {line}" for line in lines)
    results = f"[\n{body}\n  ]" if lines else "[]"
    return f'{{\n  "exit_code": {report.exit_code},\n  "counts": {counts},\n  "results": {results}\n}}\n'


def _table(report: CheckReport) -> Table:
    """A row for each place or rule case: how often it ended how."""
    table = plain_table(verdict="text", cases="number", where="fold", what="fold")
    table.columns[0].no_wrap = True
    for (verdict, where, case), results in groupby(report.results, key=_group):
        table.add_row(Text(verdict, _COLOURS[verdict]), str(len(list(results))), visible(where), visible(case))
    return table


def _group(result: Result) -> tuple[str, str, str]:
    return str(result.verdict), _where(result), result.case


def _where(result: Result) -> str:
    return f"{result.path}:{result.line}" if result.path else result.rule


def _telling(report: CheckReport) -> Iterator[Result]:
    """Every failure; of what was not run, each reason once."""
    reasons: set[tuple[str, str]] = set()
    for result in report.results:
        if result.verdict == "ok":
            continue
        if result.verdict == "not run":
            key = (result.rule, result.detail)
            if key in reasons:
                continue
            reasons.add(key)
        yield result


def _describe(result: Result, console: Console) -> None:
    write(console)
    head = Text(str(result.verdict), _COLOURS[result.verdict])
    write(console, head.append(f"  {visible(_where(result))}  {visible(result.case)}", style="none"))
    how = ", ".join(part for part in (result.direction, result.form, result.mode, result.dtype) if part)
    for label, text in (("", how), ("", result.detail), ("with", _samples(result)), ("repeat", result.repeat)):
        if text:
            write(console, f"    {label + ': ' if label else ''}{visible(text)}")


def _samples(result: Result) -> str:
    return ", ".join(f"{name} = {value}" for name, value in result.samples.items())


def _summary(report: CheckReport) -> Text:
    text = Text()
    for verdict, count in report.counts.items():
        if count:
            text.append(f"{count} {verdict}", _COLOURS[verdict]).append(", ")
    return text.append(_ENDINGS[report.exit_code])
