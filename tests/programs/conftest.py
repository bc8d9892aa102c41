"""The processes that run programs, and the line that says how programs ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.programs.harness import Bench

OUTCOME = "outcome of a program"


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    """One child a framework for all programs: loading one takes seconds."""
    bench = Bench()
    for side in ("torch", "mindspore"):
        bench.children[side].start()
    yield bench
    bench.children.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many programs are right, told, unchanged and wrong."""
    reports = [report for kind in terminalreporter.stats.values() for report in kind]
    calls = [report.user_properties for report in reports if getattr(report, "when", "") == "call"]
    pairs = [pair for properties in calls for pair in properties]
    counts = Counter(str(value) for name, value in pairs if name == OUTCOME)
    if counts:
        counted = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        terminalreporter.write_line(f"PROGRAMS: {counts.total()}: {counted}")
