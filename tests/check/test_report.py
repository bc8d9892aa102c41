"""What a person and a program read about a check."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from porter.report.check import print_text, to_json
from porter.report.console import captured
from porter.results import CheckReport, Result, Verdict

OK = Result("nn.ReLU()", "nn.ReLU", Verdict.OK, path="a/b.py", line=3, direction="torch -> mindspore", form="call")
MISMATCH = Result(
    "nn.InstanceNorm3d(c)",
    "nn.InstanceNorm3d",
    Verdict.MISMATCH,
    "output 0 in training step 1: 2 of 720 elements differ",
    "a/b.py",
    9,
    "torch -> mindspore",
    "call",
    "PyNative",
    "float32",
    "porter check in out --site a/b.py:9",
    {"c": "3"},
)
GRAPH = Result(**{**{name: getattr(MISMATCH, name) for name in MISMATCH.__slots__}, "mode": "GRAPH"})
BASE = Result("nn.Module", "nn.Module", Verdict.NOT_RUN, "a base class has no call of its own", "a/b.py", 1)
AGAIN = Result("nn.Module", "nn.Module", Verdict.NOT_RUN, "a base class has no call of its own", "a/c.py", 2)
REPORT = CheckReport((OK, MISMATCH, GRAPH, BASE, AGAIN))


@pytest.mark.parametrize(("verdicts", "code"), [
    ((), 2), ((Verdict.OK,), 0), ((Verdict.NOT_RUN,), 2), ((Verdict.OK, Verdict.NOT_RUN), 0),
    ((Verdict.OK, Verdict.MISMATCH), 1), ((Verdict.OK, Verdict.BLIND), 1), ((Verdict.OK, Verdict.ERROR), 1),
    ((Verdict.NOT_RUN, Verdict.ERROR), 1),
])  # fmt: skip
def test_exit_codes(verdicts: tuple[Verdict, ...], code: int) -> None:
    report = CheckReport(tuple(Result("x", "r", verdict) for verdict in verdicts))
    assert report.exit_code == code and sum(report.counts.values()) == len(verdicts)


def test_a_mismatch_is_told_once_with_all_it_takes_to_repeat_it() -> None:
    text = captured(lambda console: print_text(REPORT, console))
    assert text.count("output 0 in training step 1") == 1
    for part in (
        "mismatch  a/b.py:9  nn.InstanceNorm3d(c)",
        "in: torch -> mindspore, call, PyNative, float32; torch -> mindspore, call, GRAPH, float32",
        "with: c = 3",
        "repeat: porter check in out --site a/b.py:9",
        "also: a/c.py:2",
    ):
        assert part in text
    assert text.rstrip().endswith("1 ok, 2 mismatch, 2 not run, not proven: see above")


@pytest.mark.parametrize("width", [80, 160])
def test_a_terminal_of_any_width_is_not_overrun_by_the_table(width: int) -> None:
    file = StringIO()
    long = Result(
        "nn.Conv3d(" + "c, " * 60 + ")", "nn.Conv3d", Verdict.OK, path="some/deep/folder/of/a/tree.py", line=10
    )
    print_text(CheckReport((OK, long)), Console(file=file, width=width, force_terminal=True, color_system=None))
    lines = file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert lines[0].split() == ["verdict", "cases", "where", "what"]
    assert lines[1].split() == ["ok", "1", "a/b.py:3", "nn.ReLU()"]
    assert lines[2].split()[:3] == ["ok", "1", "some/deep/folder/of/a/tree.py:10"]


def test_a_narrow_terminal_folds_the_place_and_cuts_the_text() -> None:
    file = StringIO()
    place = "some/very/deep/folder/of/a/tree/that/has/no/end.py"
    long = Result("nn.Conv3d(" + "c, " * 20 + ")", "nn.Conv3d", Verdict.NOT_RUN, "why", path=place, line=10)
    print_text(CheckReport((OK, long)), Console(file=file, width=60, force_terminal=True, color_system=None))
    rows = file.getvalue().split("\n\n")[0].splitlines()
    assert max(map(len, rows)) <= 60 and rows[0].split() == ["verdict", "cases", "where", "what"]
    assert "".join(row[16:].split("  ")[0].strip() for row in rows[2:]) == f"{place}:10"
    assert rows[2].rstrip().endswith("…")


@pytest.mark.parametrize("width", [20, 80, 160, 400])
def test_a_pipe_gets_one_line_a_place_of_any_length_without_blanks_at_its_end(width: int) -> None:
    long = Result("f(" + "c, " * 20 + ")", "nn.Conv3d", Verdict.OK, path="deep/" * 30 + "tree.py", line=10)
    lines = captured(lambda console: print_text(CheckReport((OK, long)), console), width).splitlines()
    assert lines[2].split(None, 3)[:3] == ["ok", "1", f"{long.path}:10"] and lines[2].endswith(long.case)
    assert [line for line in lines if line != line.rstrip()] == []


def test_an_idle_argument_is_told_and_does_no_harm() -> None:
    idle = Result("nn.Conv3d(c, 4, 1, dilation=2)", "nn.Conv3d", Verdict.IDLE, "dilation changes nothing", "a.py", 3)
    report = CheckReport((replace(idle, verdict=Verdict.OK, detail=""), replace(idle, samples={"c": "3"})))
    lines = captured(lambda console: print_text(report, console)).splitlines()
    assert lines[1].split(None, 6)[:5] == ["ok", "1", "ok,", "1", "idle"] and report.exit_code == 0
    assert lines[3:6] == [f"idle  a.py:3  {idle.case}", "    dilation changes nothing", "    with: c = 3"]
    assert lines[-1] == "1 ok, 1 idle, all that ran is the same"


def test_a_pipe_gets_one_line_a_place() -> None:
    rows = captured(lambda console: print_text(CheckReport((OK, OK, BASE)), console), width=40).splitlines()
    assert rows[1].split() == ["ok", "2", "a/b.py:3", "nn.ReLU()"]
    assert rows[2].split() == ["not", "run", "1", "a/b.py:1", "nn.Module"]


def test_different_endings_of_one_case_are_one_row_with_the_worst_first() -> None:
    mixed = CheckReport((MISMATCH, Result(MISMATCH.case, MISMATCH.rule, Verdict.OK, path="a/b.py", line=9)))
    assert "mismatch  1 mismatch, 1 ok" in captured(lambda console: print_text(mixed, console))


def test_control_characters_do_not_reach_the_terminal() -> None:
    evil = Result("f()", "r", Verdict.ERROR, "bad \x1b[31m", "a\x1b.py", 1)
    text = captured(lambda console: print_text(CheckReport((evil,)), console))
    assert "\x1b" not in text and "\\x1b" in text


def test_json_holds_everything_one_result_a_line() -> None:
    text = to_json(REPORT)
    data = json.loads(text)
    assert (data["exit_code"], data["counts"]["mismatch"], data["counts"]["blind"]) == (1, 2, 0)
    assert data["results"][1]["samples"] == {"c": "3"} and data["results"][1]["verdict"] == "mismatch"
    assert sum(line.startswith("    {") for line in text.splitlines()) == 5 and text.endswith("}\n")
    assert json.loads(to_json(CheckReport(())))["results"] == []
