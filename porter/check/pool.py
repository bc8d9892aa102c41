"""Runs many cases, with several pairs of child processes where that pays."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from threading import Lock

from porter.check.runner import Runner
from porter.proof.cases import AnyCase
from porter.results import Result

Progress = Callable[[int, int], None]

_CASES_A_RUNNER = 24
"""A second pair of processes pays from about this many cases on: loading both frameworks takes as long."""

_AWAKE_SECONDS = 0.1
"""A signal that comes while this thread begins to wait for a lock is answered only when it wakes."""


def run_all(cases: Sequence[AnyCase], progress: Progress | None = None) -> list[Result]:
    """Results of all cases, in their order. Raises FrameworkError when a framework is missing."""
    pool = _Pool(cases, progress)
    pool.run(make_runners(len(cases)))
    return [result for index in range(len(cases)) for result in pool.results[index]]


def make_runners(cases: int) -> list[Runner]:
    """As many as pay for this number of cases; none has started a process yet."""
    return [Runner() for _ in range(min(os.cpu_count() or 1, 4, 1 + cases // _CASES_A_RUNNER))]


class _Pool:
    """Runners that take groups of cases until none is left."""

    def __init__(self, cases: Sequence[AnyCase], progress: Progress | None) -> None:
        groups: dict[str, list[int]] = {}
        for index, case in enumerate(cases):
            groups.setdefault(case.name, []).append(index)  # cases of a name share their torch side
        self.cases = cases
        self.waiting = deque(groups.values())
        self.results: dict[int, list[Result]] = {}
        self.progress = progress
        self.lock = Lock()

    def run(self, runners: Sequence[Runner]) -> None:
        """Run all; whatever goes wrong, Ctrl-C included, ends the child processes at once."""
        with ExitStack() as stack, ThreadPoolExecutor(len(runners)) as threads:
            for runner in runners:
                stack.enter_context(runner)
            try:
                waiting = {threads.submit(self._work, one) for one in runners}
                while waiting:
                    done, waiting = wait(waiting, _AWAKE_SECONDS, FIRST_EXCEPTION)
                    for future in done:
                        future.result()
            except BaseException:
                self.waiting.clear()
                for runner in runners:
                    runner.abort()
                raise

    def _work(self, runner: Runner) -> None:
        while True:
            try:
                group = self.waiting.popleft()
            except IndexError:
                return
            for index in group:
                self.results[index] = list(runner.results(self.cases[index]))
                self._tell()

    def _tell(self) -> None:
        with self.lock:
            if self.progress is not None:
                self.progress(len(self.results), len(self.cases))
