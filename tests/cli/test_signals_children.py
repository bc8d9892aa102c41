"""A signal ends what a run has started as well: the workers of a conversion, and the frameworks of a check."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.cli.interrupts import INSTALLED, LINES, Run, problems, script

HANGING = """\
import time
from pathlib import Path
from types import SimpleNamespace
from porter.rewrite import parallel
def hang(work, path):
    Path(path).touch()
    time.sleep(600)
parallel._assemble = hang
plan = SimpleNamespace(files=dict.fromkeys(f'started{number}' for number in range(8)))
list(parallel.assembled(plan, None, 2))
"""


def hanging(folder: Path, before: str = "") -> Run:
    """A run whose two workers are at work, and never end it."""
    started = Run(folder, program=INSTALLED + before + HANGING)
    while len(list(folder.glob("started*"))) < 2:
        assert started.process.poll() is None, started.said()
        time.sleep(0.001)
    return started


def test_a_worker_leaves_ctrl_c_to_its_parent() -> None:
    text = (
        "parent = os.getpid()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    signals.become_worker(parent); send(); say('working'); send(signal.SIGTERM); say('never')\n"
        "say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert script(text) == (0, "working\n-15\n", "")


def test_workers_are_ended_where_the_system_does_not_see_to_it(tmp_path: Path) -> None:
    started = hanging(tmp_path, "signals.PARENT_DEATH = 0\n")
    started.process.send_signal(signal.SIGINT)
    ended = started.ended()
    assert (ended.code, ended.err, ended.alive) == (130, f"{LINES[signal.SIGINT]}\n", [])


ELSEWHERE = """\
import time
from pathlib import Path
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
def send_from_a_thread():
    while len(list(Path().glob('started*'))) < 2:
        time.sleep(0.001)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    send()
threading.Thread(target=send_from_a_thread, daemon=True).start()
"""
"""The system wakes a thread that does not answer signals: the one that does goes on waiting."""


def test_a_signal_that_wakes_another_thread_is_answered_by_a_conversion(tmp_path: Path) -> None:
    ended = Run(tmp_path, program=INSTALLED + ELSEWHERE + HANGING).ended()
    assert (ended.code, ended.err, ended.alive) == (130, f"{LINES[signal.SIGINT]}\n", [])


@pytest.mark.frameworks("numpy")
def test_a_signal_that_wakes_another_thread_is_answered_by_a_check(tmp_path: Path) -> None:
    text = (
        "from contextlib import nullcontext\n"
        "from porter.check import pool\n"
        "from porter.proof.cases import Skipped\n"
        "class Hanging(nullcontext):\n"
        "    def results(self, case):\n"
        "        Path('started1').touch(); Path('started2').touch(); time.sleep(600)\n"
        "pool.make_runners = lambda cases: [Hanging()]\n"
        "pool.run_all([Skipped('case', 'rule', '')])\n"
    )
    ended = Run(tmp_path, program=INSTALLED + ELSEWHERE + text).ended()
    assert (ended.code, ended.err) == (130, f"{LINES[signal.SIGINT]}\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("whole_group", [False, True], ids=["one", "group"])
def test_workers_end_with_the_run(tmp_path: Path, number: signal.Signals, whole_group: bool) -> None:
    """Ctrl-C goes to the whole group, and is told once; `kill` goes to one process."""
    started = hanging(tmp_path)
    assert len(started.alive()) == 3
    (os.killpg if whole_group else os.kill)(started.process.pid, number)
    ended = started.ended()
    assert ended.alive == []
    if number == signal.SIGKILL:
        assert (ended.code, ended.err) == (-number, "")
    else:
        assert (ended.code, ended.err) == (128 + number, f"{LINES[number]}\n")


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_frameworks_end_with_a_check(tmp_path: Path, number: signal.Signals) -> None:
    started = Run(tmp_path, "check", "--rules", "nn.InstanceNorm3d")
    started.wait_for("porter.frameworks.children")
    while len([one for one in started.alive() if "worker" in one]) < 2:
        assert started.process.poll() is None, started.said()
        time.sleep(0.001)
    started.process.send_signal(number)
    ended = started.ended()
    assert problems(number, ended) == [], ended


STARTED = """\
import time
from pathlib import Path
from porter.frameworks.children import Child
with Child('torch') as child:
    child.start()
    Path('started').touch()
    time.sleep(600)
"""


def test_a_framework_ends_with_a_check_that_was_killed(tmp_path: Path) -> None:
    started = Run(tmp_path, program=STARTED)
    while not (tmp_path / "started").exists():
        assert started.process.poll() is None, started.said()
        time.sleep(0.001)
    started.process.kill()
    ended = started.ended()
    assert (ended.code, ended.temporary, ended.alive) == (-signal.SIGKILL, [], [])
