"""What a person and a program read: findings, summary, JSON and diff."""

from __future__ import annotations

import io
import json
import random
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from porter.codes import Code
from porter.findings import Finding, Kind, Level, Site
from porter.report.console import captured, make_console, plain_table, show, visible
from porter.report.diff import Change, diff, print_diff, write_diff
from porter.report.json import Facts, manifest, report
from porter.report.summary import Summary, summarise
from porter.report.terminal import print_findings, print_summary
from tests.cli.conftest import on_terminal

SAFE, REVIEW, CHANGED, MANUAL = Level
FINDINGS = [
    Finding("b.py", 3, 5, MANUAL, "torch.fft.fft", "has no rule"),
    Finding("a.py", 10, 1, REVIEW, "nn.InstanceNorm3d", "momentum is ignored"),
    Finding("a.py", 9, 1, MANUAL, "torch.fft.fft", "has no rule"),
]


def site(rule: str = "nn.InstanceNorm3d", level: Level = SAFE, kind: Kind = Kind.CALL, line: int = 1) -> Site:
    return Site("a.py", line, 1, kind, rule, "before", "after", level, "", {"nn": "torch.nn"}, {"nn": "mindspore.nn"})


SITES = [
    site(line=2),
    site(level=REVIEW),
    site(kind=Kind.TYPE_TEST),
    site(level=MANUAL),
    site("nn.ReLU", kind=Kind.VALUE),
]
FILES = {"a.py": (True, False), "b.py": (False, False), "c.py": (False, True)}


def summary() -> Summary:
    return summarise(FILES, SITES, FINDINGS, known={"nn.InstanceNorm3d", "nn.ReLU"}, tied={"nn.InstanceNorm3d"})


def test_the_summary_counts_edits_by_level_and_layers_by_platform() -> None:
    found = summary()
    assert (found.files, found.changed, found.failed) == (3, 1, 1)
    assert (found.safe, found.review, found.left) == (3, 1, 2)
    assert found.tied == {"nn.InstanceNorm3d": 2}
    assert found.unknown == 1
    assert [row.rule for row in found.rows] == ["nn.InstanceNorm3d", "torch.fft.fft", "nn.ReLU"]


@pytest.mark.parametrize(
    ("files", "findings", "code"),
    [
        ({"a.py": (True, False)}, [], 0),
        ({"a.py": (True, False)}, [FINDINGS[1]], 0),
        ({"a.py": (True, False)}, [FINDINGS[0]], 1),
        ({"a.py": (True, True)}, [FINDINGS[0]], 2),
        ({}, [], 0),
    ],
)
def test_exit_codes(files: dict[str, tuple[bool, bool]], findings: list[Finding], code: int) -> None:
    assert summarise(files, [], findings, known=set()).exit_code == code


def test_findings_are_one_line_each_in_the_order_of_the_places() -> None:
    text = captured(lambda console: print_findings(FINDINGS, console), width=20)
    assert text.splitlines() == [
        "a.py:9:1: manual PT054 torch.fft.fft: has no rule",
        "a.py:10:1: review PT054 nn.InstanceNorm3d: momentum is ignored",
        "b.py:3:5: manual PT054 torch.fft.fft: has no rule",
    ]


def test_what_holds_for_a_whole_tree_is_said_once_with_the_number_of_its_places() -> None:
    places = [Finding(path, 1, 1, REVIEW, "nn.Module", "not built", Code.BUILT_ELSEWHERE) for path in ("b.py", "a.py")]
    assert captured(lambda console: print_findings([*places, FINDINGS[2]], console)).splitlines() == [
        "a.py:1:1: review PT035 nn.Module: not built (2 places in this tree)",
        "a.py:9:1: manual PT054 torch.fft.fft: has no rule",
    ]
    assert (
        captured(lambda console: print_findings(places[:1], console)) == "b.py:1:1: review PT035 nn.Module: not built\n"
    )


def test_a_finding_cannot_draw_on_the_terminal() -> None:
    finding = Finding("a\x1b[2J\n.py", 1, 1, SAFE, "r", "[bold]\x07 \x9b")
    text = captured(lambda console: print_findings([finding], console))
    assert text == "a\\x1b[2J\\x0a.py:1:1: safe PT054 r: [bold]\\x07 \\x9b\n"
    assert visible("tab\tstays, caf\u00e9 too") == "tab\tstays, caf\u00e9 too"


@pytest.mark.parametrize("width", [80, 160])
def test_the_summary_fits_and_hides_no_number(width: int) -> None:
    text = on_terminal(lambda console: print_summary(summary(), console), width)
    assert max(map(len, text.splitlines())) <= width
    assert [line.split() for line in text.splitlines()[1:6]] == [
        ["rule", "safe", "review", "left"],
        ["nn.InstanceNorm3d", "2", "1", "."],
        ["torch.fft.fft", ".", ".", "2"],
        ["nn.ReLU", "1", ".", "."],
        ["all", "3", "1", "2"],
    ]
    assert "1 of 3 files changed; 4 edits (3 safe, 1 to review)." in text
    assert "1 file could not be read" in text
    assert "2 findings of level manual" in text
    assert "--platform any writes layers that run on CPU, GPU and Ascend." in " ".join(text.split())
    assert "--platform any writes" in captured(lambda console: print_summary(summary(), console), width=20)


def test_a_long_name_wraps_and_the_numbers_stay() -> None:
    name = "nn." + "VeryLong" * 20
    found = summarise({"a.py": (True, False)}, [site(name)] * 12345, [], known=set())
    text = captured(lambda console: print_summary(found, console), width=60)
    first, *rest = text.splitlines()[2 : text.splitlines().index("", 2)]
    assert first.split()[1:] == ["12345", ".", "."]
    assert "".join([first.split()[0], *(line.strip() for line in rest)]) == name


def test_many_rules_end_in_one_line() -> None:
    found = summarise({"a.py": (True, False)}, [site(f"nn.Layer{i:02}") for i in range(40)], [], known=set())
    lines = [line.split() for line in captured(lambda console: print_summary(found, console)).splitlines()]
    assert ["25", "more", "25", ".", "."] in lines
    assert ["all", "40", ".", "."] in lines


def test_colour_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")

    def printed(*, terminal: bool) -> str:
        file = io.StringIO()
        print_findings(FINDINGS, Console(file=file, force_terminal=terminal, highlight=False))
        return file.getvalue()

    assert "\x1b[" in printed(terminal=True)
    assert "\x1b[" not in printed(terminal=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in printed(terminal=True)


def test_tables_in_a_pipe_have_no_trailing_blanks() -> None:
    table = plain_table(name="fold", text="fold")
    table.add_row("a", "b")
    table.add_row("c", "longer")
    file = io.StringIO()
    show(make_console(file, width=40), table)
    assert file.getvalue() == "name  text\na     b\nc     longer\n"


def facts() -> Facts:
    return Facts("0.1.0", "mindspore", "gpu", "src", None, FILES, SITES, FINDINGS)


def test_the_manifest_holds_everything_and_one_object_a_line() -> None:
    text = manifest(facts())
    data = json.loads(text)
    assert {key: data[key] for key in ("porter", "to", "platform", "source", "layers")} == {
        "porter": "0.1.0",
        "to": "mindspore",
        "platform": "gpu",
        "source": "src",
        "layers": None,
    }
    assert data["files"][2] == {"path": "c.py", "changed": False, "failed": True}
    assert [s["line"] for s in data["sites"]] == sorted(s.line for s in SITES)
    assert data["sites"][0]["names_before"] == {"nn": "torch.nn"}
    assert [f["line"] for f in data["findings"]] == [9, 10, 3]
    assert sum(line.strip().startswith("{") for line in text.splitlines()[1:]) == 3 + len(SITES) + len(FINDINGS)


def test_equal_runs_give_equal_manifests_in_whatever_order_they_found_things() -> None:
    mixed = random.Random(3)
    other = Facts("0.1.0", "mindspore", "gpu", "src", None, FILES, mixed.sample(SITES, 5), mixed.sample(FINDINGS, 3))
    assert manifest(other) == manifest(facts())


def test_an_empty_manifest_is_valid() -> None:
    data = json.loads(manifest(Facts("0", "torch", "any", "", "p/porter_layers.py", {}, [], [])))
    assert data["sites"] == data["findings"] == data["files"] == []


def test_the_report_adds_the_counts() -> None:
    data = json.loads(report(facts(), summary()))
    assert data["exit_code"] == 2
    assert data["summary"] == {
        "files": 3, "changed": 1, "failed": 1, "safe": 3, "review": 1, "meaning_changed": 0, "manual": 2,
        "needed_on_import": [], "in_neither_framework": [],
        "tied_to_a_platform": {"nn.InstanceNorm3d": 2}, "cautions": {}, "merged": 0, "edited": 0, "left_out": {},
    }  # fmt: skip


CHANGES = {
    "middle": (b"a\nb\nc\n", b"a\nB\nc\n"),
    "crlf": (b"a\r\nb\r\n", b"a\r\nB\r\n"),
    "no newline": (b"a\nb", b"a\nB"),
    "newline added": (b"a\nb", b"a\nb\n"),
    "lone return": (b"a\rb\nc\n", b"a\rb\nC\n"),
    "latin": (b"\xe9\n", b"\xe8\n"),
    "new": (None, b"a\nb\n"),
    "gone": (b"a\n", None),
    "emptied": (b"a\n", b""),
}


@pytest.mark.parametrize("name", CHANGES)
def test_patch_takes_the_diff(name: str, tmp_path: Path) -> None:
    before, after = CHANGES[name]
    (tmp_path / "x.py").write_bytes(before or b"") if before is not None else None
    change = Change("x.py", before, after)
    with (tmp_path / "d.diff").open("wb") as file:
        write_diff([change], file)
    subprocess.run(["git", "apply", "--unsafe-paths", "d.diff"], cwd=tmp_path, check=True)
    assert ((tmp_path / "x.py").read_bytes() if (tmp_path / "x.py").exists() else None) == after


def test_no_change_no_diff() -> None:
    assert list(diff(Change("x.py", b"same\n", b"same\n"))) == []


def test_the_diff_on_a_terminal_spells_control_characters_out() -> None:
    file = io.StringIO()
    print_diff([Change("x.py", b"a\n", b"\x1b[2J\n")], Console(file=file, force_terminal=True, highlight=False))
    assert "\x1b[2J" not in file.getvalue()
    assert "\\x1b[2J" in file.getvalue()


def test_what_means_something_else_now_has_a_column_and_a_sentence_where_there_is_any() -> None:
    told = [Finding("a.py", 3, 1, CHANGED, "x += y", "changes a tensor", Code.IN_PLACE)]
    found = summarise({"a.py": (True, False)}, [site()], told, known={"nn.InstanceNorm3d"})
    assert found.exit_code == 1
    text = captured(lambda console: print_summary(found, console), width=80)
    assert [line.split() for line in text.splitlines()[1:5]] == [
        ["rule", "safe", "review", "changed", "left"],
        ["nn.InstanceNorm3d", "1", ".", ".", "."],
        ["x", "+=", "y", ".", ".", "1", "."],
        ["all", "1", ".", "1", "."],
    ]
    assert "1 finding of level changed: the meaning differs there unless somebody acts." in text
    assert json.loads(report(facts(), found))["summary"]["meaning_changed"] == 1


def torn(*names: str) -> Summary:
    told = [
        Finding("net.py", line, 7, MANUAL, "nn.Module", f"{name} runs in neither framework: 1 place left", Code.NEITHER)
        for line, name in enumerate(names, 1)
    ]
    return summarise(FILES, SITES, [*reversed(told), *FINDINGS], known={"nn.InstanceNorm3d", "nn.Module"})


@pytest.mark.parametrize("width", [80, 160])
def test_the_summary_begins_with_the_classes_that_run_in_neither_framework(width: int) -> None:
    found = torn("Gate", "AttentionBlock3dWithPooling", "UpSampleAndConcatenate", "Down", "Net")
    text = on_terminal(lambda console: print_summary(found, console), width)
    assert max(map(len, text.splitlines())) <= width
    sentences = " ".join(text.partition("all ")[2].split("\n\n")[1].split())
    assert sentences.startswith(
        "5 classes run in neither framework: Gate, AttentionBlock3dWithPooling, UpSampleAndConcatenate and 2 more; "
        "--whole class leaves such classes as they were. 1 of 3 files changed;"
    )


def test_one_class_in_neither_framework_and_none() -> None:
    text = captured(lambda console: print_summary(torn("Gate"), console), width=160)
    sentence = (
        "1 class runs in neither framework: Gate; --whole class leaves such a class as it was.\n1 of 3 files changed"
    )
    assert sentence in text
    assert "in neither" not in captured(lambda console: print_summary(summary(), console), width=160)


def test_the_report_lists_the_classes_that_run_in_neither_framework() -> None:
    assert json.loads(report(facts(), torn("Gate", "Net")))["summary"]["in_neither_framework"] == [
        {"name": "Gate", "path": "net.py", "line": 1},
        {"name": "Net", "path": "net.py", "line": 2},
    ]
