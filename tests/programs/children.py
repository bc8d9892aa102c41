"""The child processes, from the test's side: kept alive, replaced when one dies or hangs."""

from __future__ import annotations

import functools
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.convert.harness import rules

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "fixtures" / "programs" / "library"  # what programs import and porter does not see
START_SECONDS = 120.0
SECONDS = 20.0


class Child:
    """One process; `side` is "torch", "mindspore" or "both"."""

    def __init__(self, side: str, seconds: float = SECONDS) -> None:
        self.side = side
        self.seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, files: dict[str, str], start: str = "main", mode: str = "train") -> dict[str, Any]:
        """What a program gives; after a crash or a hang, which are errors like any other, there is a new process."""
        limit = self.seconds if self._process is not None else START_SECONDS
        process = self._started()
        assert process.stdin is not None
        try:
            process.stdin.write(_line({"files": files, "start": start, "mode": mode}))
            process.stdin.flush()
            return dict(json.loads(self._answer(process, limit)))
        except (TimeoutError, BrokenPipeError, EOFError) as error:
            code = process.poll()
            self.close()
            return {"error": str(error) or f"the {self.side} process died ({code})", "where": "crash"}

    def start(self) -> None:
        """Start the process and do not wait for it."""
        self._started()

    def close(self) -> None:
        """End the process, and what it has started."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):  # it may have ended by itself
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            paths = [str(ROOT), str(LIBRARY), *filter(None, [os.environ.get("PYTHONPATH")])]
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.programs.child", self.side],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1", "GLOG_v": "3"},
                start_new_session=True,
            )
            assert self._process.stdin is not None
            self._process.stdin.write(_line(weight_names()))
            self._process.stdin.flush()
        return self._process

    def _answer(self, process: subprocess.Popen[bytes], limit: float) -> bytes:
        assert process.stdout is not None
        found, end = b"", time.monotonic() + limit
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not found.endswith(b"\n"):
                if not selector.select(max(0.0, end - time.monotonic())):
                    raise TimeoutError(f"no answer within {limit:g} s")
                part = os.read(process.stdout.fileno(), 1 << 20)
                if not part:
                    raise EOFError
                found += part
        return found


def _line(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


@functools.cache
def weight_names() -> dict[str, str]:
    """How MindSpore's parameters are called in torch, by all rules."""
    return {there: here for rule in rules().rules.values() for here, there in rule.weights.items()}


class Children:
    """One child a side, started when it is first asked for."""

    def __init__(self) -> None:
        self._children: dict[str, Child] = {}

    def __getitem__(self, side: str) -> Child:
        return self._children.setdefault(side, Child(side))

    def close(self) -> None:
        """End all."""
        for child in self._children.values():
            child.close()
