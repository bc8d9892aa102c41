"""Standard streams that are full, closed or left by their reader, and a current folder that is gone."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from porter.cli import NO_FOLDER, run
from porter.rules import load
from tests.cli.conftest import LEFT, NETWORK, Porter, with_porter

Tree = Callable[..., Path]

FULL = "No space left on device"
CLOSED = "not open for writing"
SHOWN = "porter: standard output: {}; the result could not be shown whole: send it to another place"
LONG = NETWORK + "".join(f"\n\nodd_{number} = nn.Bilinear(2, 3, 4)" for number in range(2000)) + "\n"
"""Its diff and its findings are longer than any buffer between porter and the system."""


@pytest.fixture
def shell(tmp_path: Path, tree: Tree) -> Callable[[str], tuple[int, str, str]]:
    """Run `porter` in a shell, in a folder that holds `src`; exit code and what came through both streams."""
    tree(net=LEFT)

    def call(line: str) -> tuple[int, str, str]:
        command = line.replace("porter", f"{shlex.quote(sys.executable)} -m porter", 1)
        ran = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, env=with_porter(), timeout=120
        )
        return ran.returncode, ran.stdout, ran.stderr

    return call


Shell = Callable[[str], tuple[int, str, str]]


@pytest.mark.parametrize(
    "command",
    ["--version", "--help", "rules", "rules nn.Conv3d", "rules --missing src --to mindspore",
     "convert src --to mindspore", "convert - --to mindspore < src/net.py", "convert src --to mindspore --format json"],
)  # fmt: skip
@pytest.mark.parametrize(("target", "reason"), [("/dev/full", FULL), ("&-", CLOSED)])
def test_output_that_takes_nothing_is_one_line_and_code_2(shell: Shell, command: str, target: str, reason: str) -> None:
    assert shell(f"porter {command} >{target}") == (2, "", SHOWN.format(reason) + "\n")


def test_what_was_written_before_is_told_and_stays(shell: Shell, tmp_path: Path) -> None:
    code, _, said = shell("porter convert src -o out --to mindspore --format json >/dev/full")
    assert (code, said) == (2, f"{SHOWN.format(FULL)}; out is written, and whole\n")
    assert "affine=False" in (tmp_path / "out/net.py").read_text() and (tmp_path / "out/porter.json").exists()
    code, _, said = shell("porter convert src --in-place --to mindspore --format json >/dev/full")
    assert (code, said) == (2, f"{SHOWN.format(FULL)}; src is converted, and whole\n")
    assert "affine=False" in (tmp_path / "src/net.py").read_text()


@pytest.mark.parametrize("target", ["/dev/full", "&-"])
def test_output_that_is_not_needed_may_be_full_or_closed(shell: Shell, target: str) -> None:
    code, _, said = shell(f"porter convert src -o out --to mindspore >{target}")
    assert code == 1
    assert "standard output" not in said and said.endswith("Next: porter check src out\n")


@pytest.mark.parametrize("command", ["rules", "convert src --to mindspore", "convert - --to mindspore < src/net.py"])
def test_both_full_is_code_2(shell: Shell, command: str) -> None:
    assert shell(f"porter {command} >/dev/full 2>/dev/full") == (2, "", "")


def test_findings_that_could_not_be_told_are_code_2_and_the_work_is_done(shell: Shell, tmp_path: Path) -> None:
    assert shell("porter convert src -o out --to mindspore 2>/dev/full") == (2, "", "")
    assert (tmp_path / "out/porter.json").exists()
    code, shown, _ = shell("porter convert src --to mindspore 2>/dev/full")
    assert code == 2 and "affine=False" in shown


def test_nothing_to_tell_is_no_error_of_a_full_stream(shell: Shell) -> None:
    code, shown, _ = shell("porter --version 2>/dev/full")
    assert code == 0 and shown.startswith("porter ")


def test_who_closes_standard_error_asks_for_silence(shell: Shell, tmp_path: Path) -> None:
    """And no file that is opened takes its place, to be written messages into."""
    assert shell("porter convert src -o out --to mindspore --report report.txt 2>&-") == (1, "", "")
    assert "Written to" not in (tmp_path / "report.txt").read_text()
    assert shell("porter convert nowhere 2>&-") == (2, "", "")
    assert shell("porter rules <&- >&- 2>&-") == (2, "", "")


@pytest.mark.parametrize("command", ["--help", "rules", "convert src --to mindspore --format json"])
def test_a_reader_that_has_left_is_no_error(shell: Shell, command: str) -> None:
    expected = 1 if command.startswith("convert") else 0
    code, _, said = shell(f"porter {command} 2>errors | true; code=${{PIPESTATUS[0]}}; cat errors >&2; exit $code")
    assert (code, said) == (expected, "")


def test_a_reader_of_findings_that_has_left_is_no_error(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "src/net.py").write_text(LONG)
    code, shown, _ = shell("porter convert src -o out --to mindspore 2>&1 | head -n 1; exit ${PIPESTATUS[0]}")
    assert code == 1 and shown.startswith("net.py:")
    assert (tmp_path / "out/porter.json").exists()


@pytest.mark.parametrize("source", ["<&-", "0>written"])
def test_standard_input_that_cannot_be_read(shell: Shell, source: str) -> None:
    wanted = "porter: standard input: not open for reading, expected Python source: porter convert - < FILE\n"
    assert shell(f"porter convert - --to mindspore {source}") == (2, "", wanted)


def test_a_stream_that_does_not_wait_gets_all_the_same() -> None:
    script = (
        "import os, sys; from porter import streams; os.set_blocking(1, False); streams.prepare();"
        "sys.stdout.write('x' * 3_000_000); sys.exit(streams.finish(0))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, env=with_porter(), timeout=60)
    assert (ran.returncode, len(ran.stdout), ran.stderr) == (0, 3_000_000, b"")


@pytest.mark.parametrize(
    "command",
    ["convert . --to mindspore", "convert net.py", "convert - --to mindspore", "convert {src} -o {out}",
     "convert {src} --in-place", "check . ../out", "check {src} {src}", "check --rules", "rules", "rules --missing ."],
)  # fmt: skip
def test_a_current_folder_that_is_gone(shell: Shell, tmp_path: Path, command: str) -> None:
    places = command.format(src=tmp_path / "src", out=tmp_path / "out")
    (tmp_path / "gone").mkdir()
    before = (tmp_path / "src/net.py").read_bytes()
    assert shell(f"cd gone; rmdir ../gone; porter {places}") == (2, "", f"porter: {NO_FOLDER}\n")
    assert not (tmp_path / "out").exists() and (tmp_path / "src/net.py").read_bytes() == before


def test_a_current_folder_that_goes_during_the_run(
    porter: Porter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()

    def leave(*_: object) -> None:
        gone.rmdir()
        Path("rules").resolve()

    monkeypatch.setattr(load, "load_rules", leave)
    monkeypatch.chdir(gone)
    ran = porter("rules")
    assert (ran.code, ran.err) == (2, f"porter: {NO_FOLDER}\n")


def test_another_error_of_the_system_stays_a_bug_to_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(load, "load_rules", fail)
    with pytest.raises(OSError, match="Input/output"):
        run(["rules"])


def test_what_a_command_left_unsaid_is_written_at_the_end() -> None:
    script = (
        "import sys; from porter import cli, streams; streams.prepare();"
        "cli.cli.main = lambda **_: sys.stdout.write('x') * 0; cli.main([])"
    )
    command = [sys.executable, "-c", script]
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=with_porter(), timeout=60)
    assert (ran.returncode, ran.stderr.decode()) == (2, SHOWN.format(FULL) + "\n")
    ran = subprocess.run(command, capture_output=True, env=with_porter(), timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"x", b"")


def test_the_streams_that_python_made_are_kept_as_they_were() -> None:
    script = (
        "import sys; from porter import streams; old = sys.stdout, sys.stderr; streams.prepare();"
        "sys.exit([(s.encoding, s.errors, s.line_buffering) for s in old]"
        " != [(s.encoding, s.errors, s.line_buffering) for s in (sys.stdout, sys.stderr)])"
    )
    environment = with_porter(PYTHONIOENCODING="latin-1:replace")
    assert subprocess.run([sys.executable, "-c", script], env=environment, timeout=60).returncode == 0
