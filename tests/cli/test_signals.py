"""Signals at any moment: one line, the right exit code, and nothing that is half, temporary or alive."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from porter import signals
from porter.cli import run
from porter.rules import load
from tests.cli.conftest import LEFT, Porter, fingerprint
from tests.cli.interrupts import LINES, READY, Run, problems, script

Tree = Callable[..., Path]

NUMBERS = list(LINES)


@pytest.mark.parametrize("number", NUMBERS)
def test_clean_ups_run_the_newest_first_and_then_it_ends(number: signal.Signals) -> None:
    text = (
        "with cleaning(lambda: say('left')): pass\n"
        "with cleaning(lambda: say('old')):\n"
        "    with cleaning(lambda: say('new')):\n"
        f"        send({int(number)})\n"
        "        say('still here')\n"
    )
    assert script(text) == (128 + number, "new\nold\n", f"{LINES[number]}\n")


def test_a_clean_up_that_fails_is_told_and_keeps_no_other_from_running() -> None:
    text = (
        "def fail(): raise OSError(13, 'Permission denied', 'out')\n"
        "with cleaning(lambda: say('old')), cleaning(fail): send()\n"
    )
    wanted = "porter: interrupted; nothing was written half; cleaning up failed: [Errno 13] Permission denied: 'out'\n"
    assert script(text) == (130, "old\n", wanted)


def test_a_second_signal_waits_for_no_one_and_changes_nothing() -> None:
    text = "with cleaning(lambda: (send(signal.SIGTERM), send(), say('cleaned'))): send()\n"
    assert script(text) == (130, "cleaned\n", f"{LINES[signal.SIGINT]}\n")


def test_a_held_signal_ends_the_run_at_the_end_of_the_outermost() -> None:
    text = (
        "with cleaning(lambda: say('cleaned')), held():\n"
        "    with held(): send(signal.SIGTERM); send()\n"
        "    say('inner has ended')\n"
        "say('still here')\n"
    )
    assert script(text) == (143, "inner has ended\ncleaned\n", f"{LINES[signal.SIGTERM]}\n")


def test_check_raises_what_was_held_and_an_error_is_told_instead_of_it() -> None:
    text = (
        "try:\n"
        "    with held() as signal_: signal_.check(); send(); say('on'); signal_.check(); say('never')\n"
        "except signals.Interrupted as error: say(f'{error.number} {error}')\n"
        "try:\n"
        "    with held(): raise OSError('full')\n"
        "except OSError as error: say(error)\n"
    )
    assert script(text) == (0, "on\n2 interrupted; nothing was written half\nfull\n", "")


def test_nothing_comes_after_the_work_is_done() -> None:
    text = "signals.ignore()\n[send(number) for number in signals.NUMBERS]\nsay('done')\n"
    assert script(text) == (0, "done\n", "")
    late = (
        "import atexit; atexit.register(send)\n"
        "from porter.__main__ import main\n"
        "sys.argv = ['porter', '--version']\n"
        "main()\n"
    )
    code, out, err = script(late)
    assert (code, err) == (0, "") and out.startswith("porter ")


def test_a_signal_that_was_ignored_stays_ignored() -> None:
    text = "signal.signal(signal.SIGHUP, signal.SIG_IGN)\nsignals.install()\nsend(signal.SIGHUP)\nsay('under nohup')\n"
    assert script(text) == (0, "under nohup\n", "")


def test_a_process_that_was_forked_has_nothing_to_clean() -> None:
    text = (
        "with cleaning(lambda: say('cleaned')):\n"
        "    child = os.fork()\n"
        "    if not child: send(); say('never')\n"
        "    say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert script(text) == (0, "130\n", "")


def test_standard_error_that_takes_nothing_changes_no_code() -> None:
    with Path("/dev/full").open("wb") as full:
        assert script("with cleaning(lambda: say('cleaned')): send()\n", stderr=full.fileno()) == (130, "cleaned\n", "")


def test_without_handlers_exceptions_unwind() -> None:
    called: list[str] = []
    with pytest.raises(KeyboardInterrupt), signals.cleaning(lambda: called.append("x")), signals.held() as signal_:
        signal_.check()
        raise KeyboardInterrupt
    assert called == []
    before = signal.getsignal(signal.SIGTERM)
    signals.ignore()
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_raised_for_a_held_signal_ends_the_command(
    porter: Porter, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def interrupt(*_: object) -> None:
        raise signals.Interrupted(number)

    monkeypatch.setattr(load, "load_rules", interrupt)
    ran = porter("rules")
    assert (ran.code, ran.out, ran.err) == (128 + number, "", f"{LINES[number]}\n")


def test_an_interrupt_without_handlers_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(load, "load_rules", interrupt)
    assert run(["rules"]) == 130


@pytest.mark.parametrize("number", NUMBERS)
def test_while_it_waits_for_standard_input(tmp_path: Path, number: signal.Signals) -> None:
    started = Run(tmp_path, "convert", "-", "--to", "mindspore")
    started.wait_for("porter.source.tree")
    started.process.send_signal(number)
    ended = started.ended()
    assert problems(number, ended) == [] and ended.out == b"", ended


@pytest.mark.parametrize("module", [READY, "click.core", "porter.cli", "porter.rules.load", "rich.console"])
def test_while_modules_are_loaded(tmp_path: Path, module: str) -> None:
    started = Run(tmp_path, "convert", "-", "--to", "mindspore")
    started.wait_for(module)
    started.process.send_signal(signal.SIGINT)
    ended = started.ended()
    assert problems(signal.SIGINT, ended) == [], ended


@pytest.mark.parametrize("jobs", [1, 2])
def test_at_random_moments_of_a_conversion(tmp_path: Path, tree: Tree, jobs: int) -> None:
    src = tree(**{f"part{number}__net": LEFT for number in range(8)})
    before, chance = fingerprint(src), random.Random(jobs)
    for number in (*NUMBERS, *NUMBERS):
        out = tmp_path / "made" / str(chance.random())
        started = Run(tmp_path, "convert", src, "-o", out, "--to", "mindspore", "--jobs", jobs)
        started.wait_for(READY)
        time.sleep(chance.uniform(0, 0.6))
        started.process.send_signal(number)
        ended = started.ended()
        if ended.code == 1:  # the work was done
            assert "Traceback" not in ended.err and ended.err.endswith(f"porter check {src} {out}\n")
        else:
            assert problems(number, ended) == [], ended
        assert not out.exists() or len(list(out.rglob("net.py"))) == 8
        assert fingerprint(src) == before


def test_the_bar_leaves_the_terminal_as_it_was() -> None:
    parent, terminal = os.openpty()
    text = "from porter.report.console import progress\nwith progress('Converting') as tell: tell(1, 2); send()\n"
    code, _, _ = script(text, stderr=terminal)
    os.close(terminal)
    shown = b""
    while b"written half" not in shown:
        shown += os.read(parent, 4096)
    os.close(parent)
    assert code == 130
    assert b"\x1b[?25l" in shown
    assert shown.rpartition(b"\x1b[2K")[2].startswith(b"\x1b[?25hporter: interrupted; nothing was written half")
