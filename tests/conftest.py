"""What all tests share: the frameworks that a test needs, and how many tests ran without one."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from porter.check.runner import Runner

# Two test processes and the child processes that they start share two cores: one thread each, set before any framework
# is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What porter keeps about rule files goes nowhere near the user's own.
CACHE = tempfile.TemporaryDirectory(prefix="porter-cache-")
os.environ["XDG_CACHE_HOME"] = CACHE.name

# A test that is slow on a busy machine is not a failing one.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ABSENT = "is not installed"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose `frameworks` marker names something that is not there, and say which."""
    for marker in item.iter_markers("frameworks"):
        for name in marker.args:
            if find_spec(name) is None:
                pytest.skip(f"{name} {ABSENT}")


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    """One pair of child processes for all tests of check, started by the first case: loading a framework takes seconds.

    What it has proven once it does not run again.
    """
    from porter.check.runner import Runner

    with Runner() as shared:
        yield shared


@pytest.fixture
def lent(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `porter check`, run in this process, use that pair."""
    from porter.check import pool

    class Lent:
        results = runner.results

        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

        def abort(self) -> None: ...

    monkeypatch.setattr(pool, "make_runners", lambda cases: [Lent()])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the tests that could not run for want of a framework: a green run that proved less must say so."""
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", []) if report.longrepr]
    absent = Counter(reason.removeprefix("Skipped: ") for reason in reasons if ABSENT in reason)
    for reason, count in sorted(absent.items()):
        terminalreporter.write_line(f"NOT RUN: {count} tests, because {reason}", yellow=True, bold=True)
