"""Child processes, from the parent's side: one a framework, replaced when it dies or hangs."""

from __future__ import annotations

import contextlib
import os
import secrets
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

from porter.errors import FrameworkError
from porter.frameworks.job import Job, Reply, receive_reply, send_job
from porter.signals import cleaning

Name = Literal["torch", "mindspore"]

_INSTALL = {"torch": "pip install torch", "mindspore": 'pip install mindspore "numpy<2"'}
_START_SECONDS = 180.0
_END_SECONDS = 5.0


class Child:
    """One framework in a process of its own; a context manager.

    Raises FrameworkError when the framework cannot be imported. `seconds` limits each job.
    """

    def __init__(self, name: Name, seconds: float = 120.0) -> None:
        self.name = name
        self.seconds = seconds
        self._folder = Path(tempfile.gettempdir(), f"porter-{secrets.token_hex(8)}")
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False
        self._aborted = False
        self._stack = contextlib.ExitStack()
        self._stack.enter_context(cleaning(self._vanish))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the process without waiting for it: both frameworks can load at the same time."""
        if self._aborted:
            raise FrameworkError(f"the {self.name} process was ended before its work was done")
        if self._process is not None:
            return
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with self._errors().open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "porter.frameworks.worker", self.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=self._folder,  # MindSpore leaves folders where it runs
                env=_environment(),
                start_new_session=True,
            )
        self._ready = False
        self._said = 0  # how much an earlier job left on standard error, which says nothing about this one

    def run(self, job: Job) -> Reply:
        """Do one job. A crash or a hang is a reply like any other; the next job gets a new process."""
        self._await_start()
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        self._said = self._errors().stat().st_size
        try:
            send_job(process.stdin, job)
            return receive_reply(_Timed(process.stdout, self.seconds))  # type: ignore[arg-type]
        except TimeoutError:
            self._stop()
            return Reply(f"no answer within {self.seconds:g} s", "timeout")
        except (EOFError, BrokenPipeError):
            return Reply(self._obituary(), "crash")

    def abort(self) -> None:
        """End the process for good, from any thread; the one that waits for an answer cleans up."""
        self._aborted = True
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process and remove its folder."""
        self._stop()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._stack.close()

    def _vanish(self) -> None:
        """End and remove everything without the locks of `subprocess`, which the interrupted code may hold."""
        self.abort()
        process, end = self._process, time.monotonic() + _END_SECONDS
        with contextlib.suppress(ChildProcessError):
            while process is not None and time.monotonic() < end and os.waitpid(process.pid, os.WNOHANG) == (0, 0):
                time.sleep(0.001)  # it may still be writing into its folder
        shutil.rmtree(self._folder, ignore_errors=True)

    def _await_start(self) -> None:
        self.start()
        if self._ready:
            return
        assert self._process is not None and self._process.stdout is not None
        try:
            reply = receive_reply(_Timed(self._process.stdout, _START_SECONDS))  # type: ignore[arg-type]
        except TimeoutError:
            self._stop()
            raise FrameworkError(f"{self.name} did not start within {_START_SECONDS:g} s") from None
        except EOFError:
            raise FrameworkError(f"{self.name} could not be started: {self._obituary()}") from None
        if not reply.ok:
            self._stop()
            raise FrameworkError(missing_message(self.name, reply.error))
        self._ready = True

    def _obituary(self) -> str:
        process = self._process
        assert process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        code = process.returncode
        self._stop()
        cause = f"exit code {code}"
        if code is not None and code < 0:
            cause = signal.Signals(-code).name
        lines = self._errors().read_bytes()[self._said :].decode(errors="replace").strip().splitlines()
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"the {self.name} process died ({cause})" + (f": {last[:200]}" if last else "")

    def _errors(self) -> Path:
        return self._folder / "stderr.txt"

    def _stop(self) -> None:
        process, self._process, self._ready = self._process, None, False
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its own session: compilers that it started go with it
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


class _Timed:
    """A pipe whose reads end with TimeoutError once the time for the whole message is over."""

    def __init__(self, stream: IO[bytes], seconds: float) -> None:
        self.descriptor = stream.fileno()
        self.end = time.monotonic() + seconds

    def read(self, size: int) -> bytes:
        with selectors.DefaultSelector() as selector:
            selector.register(self.descriptor, selectors.EVENT_READ)
            if not selector.select(max(0.0, self.end - time.monotonic())):
                raise TimeoutError
        return os.read(self.descriptor, min(size, 1 << 20))


def missing_message(name: str, reason: str) -> str:
    """One line that says what is missing and what to install."""
    command = _INSTALL[name]
    return f"{name} is needed to check and cannot be imported ({' '.join(reason.split())[:200]}): {command}"


def is_installed(name: Name) -> bool:
    """Whether the framework is there, without importing it."""
    return find_spec(name) is not None


def _environment() -> dict[str, str]:
    environment = dict(os.environ)
    root = str(Path(__file__).resolve().parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(p for p in (environment.get("PYTHONPATH", ""), root) if p)
    environment.setdefault("OMP_NUM_THREADS", "1")  # the tensors are tiny: threads would only wait for each other
    environment.setdefault("GLOG_v", "3")
    return environment
