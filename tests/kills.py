"""Kill `porter convert` at random moments, and look at what it leaves: `python -m tests.kills --help`.

Every other kill waits for the first sign of writing, since reading and deciding take most of a run. After each kill SRC
must be as it was (with -o) or old or new (in place), OUT whole or absent (with -o into a new folder), and the next run
must give what one run gives, with nothing left behind. After SIGINT and SIGTERM all of that must hold at once.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
TREE = ROOT / "fixtures" / "demo"
MODES = ("out", "again", "in-place")
SIGNALS = {"KILL": signal.SIGKILL, "INT": signal.SIGINT, "TERM": signal.SIGTERM}
CODES = {signal.SIGKILL: {-9}, signal.SIGINT: {130, -2}, signal.SIGTERM: {143, -15}}
"""What an interrupted run ends with; negative: the interpreter had not come far enough to know of signals."""


@dataclass
class Tally:
    """How the runs of one mode and signal ended, and what was wrong."""

    states: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Scene:
    """A folder with SRC and OUT as one run finds them, and what that run makes of them."""

    def __init__(self, folder: Path, mode: str, copies: int) -> None:
        self.folder, self.mode = folder / "scene", mode
        self.src, self.out = self.folder / "src", self.folder / "out"
        self.before, self.after = folder / "before", folder / "after"
        self.before.mkdir(parents=True)
        for number in range(copies):
            shutil.copytree(TREE, self.before / "src" / f"net{number}")
        if mode == "again":
            self._make_an_old_out()
        self.reset()
        start = time.perf_counter()
        self.convert().wait()
        self.seconds = time.perf_counter() - start
        self.folder.rename(self.after)
        self.reset()

    def _make_an_old_out(self) -> None:
        """OUT of an earlier SRC, with an edit and a file by hand."""
        self.reset()
        self.convert().wait()
        shutil.rmtree(self.before)
        self.folder.rename(self.before)
        edited = next((self.before / "out").rglob("unet.py"))
        edited.write_text("# by hand\n" + edited.read_text())
        (self.before / "out" / "mine.txt").write_text("mine")
        for path in (self.before / "src").rglob("*.py"):
            path.write_text(path.read_text() + "\n# new in SRC\n")

    def reset(self) -> None:
        """Put the scene back to how it was before the run."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.before, self.folder)

    def convert(self) -> subprocess.Popen[bytes]:
        """Start a run."""
        where = ["--in-place"] if self.mode == "in-place" else ["-o", str(self.out)]
        command = [sys.executable, "-m", "porter", "convert", str(self.src), *where, "--to", "mindspore"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=_heed,
        )

    def is_writing(self) -> bool:
        """Whether a run has begun to write."""
        home = self.src if self.mode == "in-place" else self.out
        return (home / ".porter" / "pending").exists() or any(self.folder.glob(".out.porter-*"))

    def state(self) -> str:
        """`old`, `new`, or what is neither."""
        found = fingerprint(self.folder)
        if found == fingerprint(self.before):
            return "old"
        return "new" if found == fingerprint(self.after) else "mixed"

    def problems(self, at_once: bool) -> Iterator[str]:
        """What must not be, right after a kill."""
        state = self.state()
        if at_once and state == "mixed":
            yield f"left behind at once: {difference(self.folder, self.before)}"
        if self.mode != "in-place" and fingerprint(self.src) != fingerprint(self.before / "src"):
            yield "SRC was changed"
        if self.mode == "out" and self.out.exists() and fingerprint(self.out) != fingerprint(self.after / "out"):
            yield "OUT is there, and not whole"


def _heed() -> None:
    """A job in the background ignores Ctrl-C, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def fingerprint(root: Path) -> dict[str, str]:
    """Names, kinds, permissions and contents of all that lies below."""
    found: dict[str, str] = {}
    for path in root.rglob("*"):
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path.relative_to(root))] = f"{path.lstat().st_mode:o} {content}"
    return found


def difference(one: Path, other: Path) -> str:
    """A few paths that are not the same in two folders."""
    left, right = fingerprint(one), fingerprint(other)
    return ", ".join(sorted(path for path in {*left, *right} if left.get(path) != right.get(path))[:5])


def attack(scene: Scene, kind: signal.Signals, count: int, chance: random.Random) -> Tally:
    """Run and kill `count` times."""
    tally = Tally()
    for number in range(count):
        scene.reset()
        process = scene.convert()
        _wait(scene, process, number, chance)
        process.send_signal(kind)
        errors = (process.communicate()[1] or b"").decode(errors="replace")
        found = [*scene.problems(at_once=kind != signal.SIGKILL), *_complaints(process.returncode, errors, kind)]
        ended = "finished" if process.returncode == 0 else "killed"
        tally.states[f"{ended}, {scene.state()}"] += 1
        code = scene.convert().wait()
        if code or scene.state() != "new":
            found.append(f"the next run gave code {code}, and differs in {difference(scene.folder, scene.after)}")
        tally.wrong += [f"kill {number}: {problem}" for problem in found]
    return tally


def _wait(scene: Scene, process: subprocess.Popen[bytes], number: int, chance: random.Random) -> None:
    if number % 2 == 0:
        time.sleep(chance.uniform(0, scene.seconds * 1.05))
        return
    while process.poll() is None and not scene.is_writing():
        time.sleep(0.0002)
    time.sleep(chance.uniform(0, scene.seconds * 0.05))


def _complaints(code: int, errors: str, kind: signal.Signals) -> Iterator[str]:
    if "Traceback" in errors and "porter" in errors:
        yield f"a traceback: {errors.splitlines()[-1]}"
    if code not in {0, *CODES[kind]}:
        yield f"exit code {code}: {errors.strip()[-200:]}"


def run(mode: str, name: str, count: int, *, seed: int = 0, copies: int = 10) -> Tally:
    """Kill one mode with one signal, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="porter-kills-") as folder:
        return attack(Scene(Path(folder), mode, copies), SIGNALS[name], count, random.Random(seed))


def main() -> int:
    """All modes and signals; prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, metavar="N", help="SIGKILLs of each mode [200]")
    parser.add_argument("--others", type=int, default=50, metavar="N", help="SIGINTs and SIGTERMs of each mode [50]")
    parser.add_argument("--copies", type=int, default=10, metavar="N", help="size of the tree, in networks [10]")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    wrong = 0
    for mode in options.modes:
        for name in SIGNALS:
            count = options.kills if name == "KILL" else options.others
            tally = run(mode, name, count, seed=options.seed, copies=options.copies)
            wrong += len(tally.wrong)
            states = "; ".join(f"{state} {number}" for state, number in sorted(tally.states.items()))
            lines = [f"{mode:9} SIG{name:4} {count:4} times: {states}; wrong {len(tally.wrong)}", *tally.wrong[:5]]
            sys.stdout.write("\n    ".join(lines) + "\n")
            sys.stdout.flush()
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
