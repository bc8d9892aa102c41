"""Send a signal to a run of porter at a chosen moment, and look at everything that is left.

By hand, for as many as wanted: `python -m tests.cli.interrupts --help`.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cli.conftest import fingerprint, with_porter

ROOT = Path(__file__).parents[2]
BEGUN = "| porter"
"""Python tells on standard error which modules it has loaded: from here on the run is porter's, and not Python's."""

READY = "porter.streams"
"""The first module that is loaded after the handlers are there."""

PATIENCE = 60.0
LINES = {
    signal.SIGINT: "porter: interrupted; nothing was written half",
    signal.SIGTERM: "porter: terminated; nothing was written half",
    signal.SIGHUP: "porter: terminated; nothing was written half",
}


INSTALLED = """\
import os, signal, sys, threading
from porter import signals
from porter.signals import cleaning, held
for number in signals.NUMBERS:
    signal.signal(number, signal.SIG_DFL)
signals.install()
def say(text):
    print(text, flush=True)
def send(number=signal.SIGINT):
    os.kill(os.getpid(), number)
"""
"""A program with handlers, in which a signal arrives at a line and not at a moment."""


def script(text: str, **streams: int) -> tuple[int, str, str]:
    """Run a program with handlers; exit code and both streams."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    command = [sys.executable, "-c", INSTALLED + text]
    process = subprocess.Popen(command, env=with_porter(), text=True, **pipes)  # type: ignore[call-overload]
    out, err = process.communicate(timeout=60)
    return process.returncode, out or "", err or ""


@dataclass(frozen=True)
class Ended:
    """How a run ended: exit code, what it said, and what it left in its folder for temporary files and behind it."""

    code: int
    out: bytes
    err: str
    temporary: list[str]
    alive: list[str]


class Run:
    """A run of porter of which is known what it has loaded, and which processes belong to it."""

    def __init__(self, folder: Path, *arguments: str | Path | int, program: str = "") -> None:
        """`program`: a text of Python to be run in place of the command line."""
        self.mark = uuid.uuid4().hex
        self.temporary, self.errors, self.output = (folder / f"{self.mark}.{end}" for end in ("tmp", "err", "out"))
        self.temporary.mkdir()
        more = {"PORTER_TEST_RUN": self.mark, "TMPDIR": str(self.temporary)}
        chosen = ("-c", program) if program else ("-m", "porter")
        with self.errors.open("wb") as errors, self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-X", "importtime", *chosen, *map(str, arguments)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=errors,
                cwd=folder,
                env=with_porter(**more),
                start_new_session=True,
                preexec_fn=_defaults,  # a suite that runs in the background has signals ignored, and hands that on
            )

    def wait_for(self, module: str) -> None:
        """Until the module has been loaded."""
        end = time.monotonic() + PATIENCE
        while f"{module}\n" not in self.errors.read_text(errors="replace"):
            assert self.process.poll() is None, f"ended before {module} was loaded: {self.said()}"
            assert time.monotonic() < end, f"{module} was not loaded within {PATIENCE:g} s"
            time.sleep(0.0005)

    def said(self) -> str:
        """Standard error without what Python tells about modules."""
        lines = self.errors.read_text(errors="replace").splitlines(keepends=True)
        return "".join(line for line in lines if not line.startswith("import time:"))

    def ended(self) -> Ended:
        """Wait for the end, and for the end of all that it started."""
        try:
            self.process.communicate(timeout=PATIENCE)
        finally:
            self.process.kill()
        end = time.monotonic() + 3
        while (alive := self.alive()) and time.monotonic() < end:
            time.sleep(0.01)
        temporary = sorted(path.name for path in self.temporary.rglob("*"))
        out = self.output.read_bytes()
        return Ended(self.process.returncode, out, self.said(), temporary, alive)

    def alive(self) -> list[str]:
        """Command lines of the processes of this run: they carry its mark in their environment."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:  # it has ended, or is someone else's
                continue
        return found


def _defaults() -> None:
    for number in LINES:
        signal.signal(number, signal.SIG_DFL)


def problems(number: signal.Signals, ended: Ended) -> list[str]:
    """What is wrong with an end by a signal."""
    found = []
    if "Traceback" in ended.err or "Exception ignored" in ended.err:
        found.append("traceback")
    if ended.code != 128 + number:
        found.append(f"code {ended.code}")
    lines = [line for line in ended.err.splitlines() if line.startswith("porter: ") and "imports are" not in line]
    if lines != [LINES[number]] or not ended.err.endswith(f"{LINES[number]}\n"):
        found.append("not the one line")
    if ended.temporary or ended.alive:
        found.append("something left")
    return found


def _stress(arguments: argparse.Namespace, folder: Path) -> Counter[str]:
    """Many runs of `convert TREE -o OUT`, each ended at a random moment; what was wrong, with how often."""
    source = folder / "src"
    for name in ("trees", "rules", "forms", "demo", "bytes"):
        shutil.copytree(ROOT / "fixtures" / name, source / name)
    before = fingerprint(source)
    command = ("convert", "src", "-o", "made/out", "--to", "mindspore", "--jobs", arguments.jobs)
    run = Run(folder, *command)
    run.wait_for(BEGUN)
    start = time.monotonic()
    run.ended()
    whole, seconds = fingerprint(folder / "made"), time.monotonic() - start
    shutil.rmtree(folder / "made")
    chance = random.Random(arguments.seed)
    counts: Counter[str] = Counter()
    for _ in range(arguments.times):
        run = Run(folder, *command)
        run.wait_for(arguments.begun)
        time.sleep(chance.uniform(0, seconds))
        run.process.send_signal(arguments.signal)
        ended = run.ended()
        if ended.code in (0, 1, 2) and not ended.err.count("Traceback"):
            counts["ended before the signal"] += 1
        else:
            counts.update(problems(arguments.signal, ended) or ["as it should be"])
        left = {name.split("/")[0] for name in _names(folder / "made")} - {"out"}
        counts["temporary folder beside OUT"] += bool(left)
        counts["OUT is not whole"] += (folder / "made/out").exists() and _names(folder / "made/out") != {
            name.removeprefix("out/") for name in whole if name.startswith("out/")
        }
        counts["SRC is not as before"] += fingerprint(source) != before
        shutil.rmtree(folder / "made", ignore_errors=True)
    return counts


def _names(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=_stress.__doc__)
    parser.add_argument("--signal", type=lambda name: signal.Signals[name], default=signal.SIGINT)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", default="1")
    parser.add_argument("--begun", default=BEGUN, help="the line of `python -X importtime` to wait for")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="stress-") as folder:
        for what, count in sorted(_stress(options, Path(folder)).items()):
            sys.stdout.write(f"{count:5}  {what}\n")


if __name__ == "__main__":
    main()
