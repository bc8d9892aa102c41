"""`porter convert`: what it shows, what it writes, what it leaves alone, and how it ends."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import BROKEN, LEFT, NETWORK, Porter, child, fingerprint, with_porter

Tree = Callable[..., Path]

LAYERS_WANTED = """\
import torch.nn as nn


def block(c, norm=nn.InstanceNorm3d):
    return norm(c, affine=True)
"""
"""A value: the result needs porter_layers.py."""


def test_without_an_option_the_diff_is_shown_and_nothing_is_written(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src = tree()
    before = fingerprint(tmp_path)
    ran = porter("convert", src)
    assert ran.code == 0
    assert ran.out.startswith("--- a/net.py\n+++ b/net.py\n")
    assert "-class Block(nn.Module):\n+class Block(nn.Cell):\n" in ran.out
    assert "the imports are PyTorch's: converting to mindspore" in ran.err
    assert "1 of 1 file changed" in ran.err
    assert fingerprint(tmp_path) == before
    assert porter("convert", src, "--diff").out == ran.out


def test_patch_makes_of_the_source_what_o_writes(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src = tree(net=NETWORK, pkg____init__="", pkg__use=LAYERS_WANTED)
    diff = porter("convert", src).out
    assert porter("convert", src, "-o", tmp_path / "out").code == 0
    patched = tmp_path / "patched"
    shutil.copytree(src, patched)
    subprocess.run(["git", "apply"], input=diff.encode(), cwd=patched, check=True)
    (tmp_path / "out" / "porter.json").unlink()
    assert contents(patched) == contents(tmp_path / "out")
    assert any(name.endswith("porter_layers.py") for name in contents(patched))


def contents(root: Path) -> dict[str, bytes]:
    """Files by path, but for what porter keeps to merge by."""
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if not name.startswith(".porter/")}


def test_o_writes_a_mirror_with_a_manifest(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src = tree(net=NETWORK, plain="x = 1\n")
    (src / "notes.txt").write_bytes(b"\x00\xff")
    before = fingerprint(src)
    ran = porter("convert", src, "-o", tmp_path / "out")
    assert ran.code == 0
    assert ran.out == ""
    assert fingerprint(src) == before
    found = contents(tmp_path / "out")
    assert set(found) == {"net.py", "plain.py", "notes.txt", "porter.json"}
    assert found["plain.py"] == b"x = 1\n"
    assert found["notes.txt"] == b"\x00\xff"
    assert b"affine=False" in found["net.py"]
    data = json.loads(found["porter.json"])
    assert (data["to"], data["platform"], data["source"], data["layers"]) == ("mindspore", "gpu", "src", None)
    assert str(tmp_path) not in found["porter.json"].decode()
    norm = next(site for site in data["sites"] if site["rule"] == "nn.InstanceNorm3d")
    assert (norm["path"], norm["line"], norm["before"]) == ("net.py", 7, "nn.InstanceNorm3d(c)")
    assert f"Next: porter check {src} {tmp_path / 'out'}" in ran.err


def test_a_single_file_gets_a_folder(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src = tree(net=NETWORK, other=NETWORK)
    assert porter("convert", src / "net.py", "-o", tmp_path / "out").code == 0
    assert set(contents(tmp_path / "out")) == {"net.py", "porter.json"}


def test_in_place_changes_what_the_diff_said_and_a_second_run_nothing(
    porter: Porter, tree: Tree, tmp_path: Path
) -> None:
    src = tree(net=NETWORK, use=LAYERS_WANTED, plain="x = 1\n")
    untouched = fingerprint(src)["plain.py"]
    assert porter("convert", src, "-o", tmp_path / "out").code == 0
    assert porter("convert", src, "--in-place", "--to", "mindspore").code == 0
    written, mirrored = contents(src), contents(tmp_path / "out")
    assert json.loads(written.pop("porter.json"))["sites"] == json.loads(mirrored.pop("porter.json"))["sites"]
    assert written == mirrored
    assert fingerprint(src)["plain.py"] == untouched
    before = fingerprint(src)
    assert porter("convert", src, "--in-place").code == 0
    assert fingerprint(src) == before


def test_standard_input_goes_to_standard_output() -> None:
    text = NETWORK.replace("\n", "\r\n").encode() + "# caf\u00e9".encode()
    ran = child("convert", "-", stdin=text)
    assert ran.returncode == 0
    assert b"affine=False)\r\n" in ran.stdout
    assert ran.stdout.endswith("# caf\u00e9".encode())
    assert b"\n" not in ran.stdout.replace(b"\r\n", b"")
    assert b"Traceback" not in ran.stderr


def test_standard_input_that_needs_the_layers_module_says_so() -> None:
    ran = child("convert", "-", stdin=LAYERS_WANTED.encode())
    assert ran.returncode == 1
    assert b"import porter_layers" in ran.stdout
    assert b"<stdin>:1:1: manual PT054 porter: the result imports porter_layers.py" in ran.stderr
    assert b"-o OUT" in ran.stderr


def test_standard_input_can_be_shown_as_a_diff(tmp_path: Path) -> None:
    ran = child("convert", "-", "--diff", stdin=NETWORK.encode())
    assert ran.stdout.startswith(b"--- a/<stdin>\n")


def test_standard_input_that_is_broken_comes_out_as_it_went_in() -> None:
    ran = child("convert", "-", "--to", "mindspore", stdin=BROKEN.encode())
    assert ran.returncode == 2
    assert ran.stdout == BROKEN.encode()
    assert b"<stdin>:2:" in ran.stderr


def test_what_is_left_is_a_finding_a_mark_and_code_1(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src = tree(net=LEFT)
    ran = porter("convert", src, "-o", tmp_path / "out")
    assert ran.code == 1
    assert "net.py:13:7: manual PT001 torch.nn.Bilinear: " in ran.err
    assert "1 finding of level manual" in ran.err
    assert "porter rules --missing SRC" in ran.err
    converted = (tmp_path / "out" / "net.py").read_text()
    assert "nn.Bilinear(2, 3, 4)  # porter: " in converted
    assert porter("convert", src, "-o", tmp_path / "bare", "--no-mark").code == 1
    assert "# porter" not in (tmp_path / "bare" / "net.py").read_text()


def test_one_broken_file_does_not_stop_the_others(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src = tree(net=NETWORK, old=BROKEN, coded=b"# coding: nonsense\nimport torch\n")
    before = fingerprint(src)
    ran = porter("convert", src, "-o", tmp_path / "out")
    assert ran.code == 2
    assert "old.py:2:" in ran.err
    assert "coded.py:1:" in ran.err
    assert "Traceback" not in ran.err
    found = contents(tmp_path / "out")
    assert found["old.py"] == BROKEN.encode()
    assert found["coded.py"] == b"# coding: nonsense\nimport torch\n"
    assert b"affine=False" in found["net.py"]
    assert "2 files could not be read, or not as Python: see the findings." in ran.err
    assert fingerprint(src) == before


def test_level_safe_leaves_what_needs_a_look(porter: Porter, tree: Tree) -> None:
    text = NETWORK.replace("(c)\n\n", "(c, track_running_stats=True)\n\n")
    ran = porter("convert", tree(net=text), "--level", "safe")
    assert ran.code == 1
    assert "InstanceNorm3d(c, track_running_stats=True)  # porter: " in ran.out
    assert porter("convert", tree(net=text)).code == 0


def test_platform_names_the_switch_that_frees(porter: Porter, tree: Tree) -> None:
    src = tree()
    ran = porter("convert", src)
    assert (
        "1 layer tied to the platforms of the native layer: nn.InstanceNorm3d (1). --platform any"
        in ran.err.replace("\n", " ")
    )
    ran = porter("convert", src, "--platform", "any")
    assert "porter_layers.InstanceNorm3d(c)" in ran.out
    assert "tied" not in ran.err


CAUTIOUS = """\
import torch.nn as nn

LAYERS = [nn.ReLU(), nn.MaxPool3d(2), nn.ReLU(inplace=False), nn.LeakyReLU()]
"""
CAUTION = "MindSpore gives no NaN where the input is NaN, so that a run that has diverged looks healthy"


def test_what_a_run_has_to_look_out_for_is_told_once(porter: Porter, tree: Tree) -> None:
    ran = porter("convert", tree(net=CAUTIOUS, other=CAUTIOUS))
    assert (ran.code, ran.err.replace("\n", " ").count(f"nn.MaxPool3d, nn.ReLU: {CAUTION}.")) == (0, 1)
    data = json.loads(porter("convert", tree(net=CAUTIOUS), "--format", "json").out)
    assert data["summary"]["cautions"] == {"nn.MaxPool3d": CAUTION, "nn.ReLU": CAUTION}
    assert f"Caution: {CAUTION}" in porter("rules", "nn.ReLU").out.replace("\n", " ")


@pytest.mark.parametrize("text", ["a = nn.LeakyReLU()\n", "from mindspore import nn as ms\n\nb = ms.ReLU()\n"])
def test_what_is_not_used_or_leads_to_torch_needs_no_caution(porter: Porter, tree: Tree, text: str) -> None:
    head = "" if "mindspore" in text else "import torch.nn as nn\n\n"
    ran = porter("convert", tree(net=head + text))
    assert (ran.code, "NaN" in ran.err) == (0, False)


def test_excluded_files_are_neither_converted_nor_copied(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src = tree(net=NETWORK, old__net=NETWORK)
    ran = porter("convert", src, "-o", tmp_path / "out", "--exclude", "old/*")
    assert ran.code == 0
    assert set(contents(tmp_path / "out")) == {"net.py", "porter.json"}
    assert "Left out, excluded: old/net.py." in ran.err


def test_jobs_give_the_same_result(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src = tree(**{f"m{i}": (NETWORK, LEFT, LAYERS_WANTED)[i % 3] for i in range(9)})
    first = porter("convert", src, "-o", tmp_path / "one")
    second = porter("convert", src, "-o", tmp_path / "two", "--jobs", "2")
    assert first.code == second.code == 1
    assert first.err.replace("/one", "/two") == second.err
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_json_on_standard_output_is_all_that_is_there(porter: Porter, tree: Tree) -> None:
    ran = porter("convert", tree(net=LEFT), "--format", "json")
    data = json.loads(ran.out)
    assert ran.code == data["exit_code"] == 1
    assert data["summary"]["manual"] == 1
    assert data["summary"]["tied_to_a_platform"] == {"nn.InstanceNorm3d": 1}
    assert [finding["rule"] for finding in data["findings"] if finding["level"] == "manual"] == ["torch.nn.Bilinear"]
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("kind", ["json", "text"])
def test_a_report_goes_to_its_file(porter: Porter, tree: Tree, tmp_path: Path, kind: str) -> None:
    report = tmp_path / "report"
    ran = porter("convert", tree(net=LEFT), "--format", kind, "--report", report)
    assert ran.out.startswith("--- a/net.py")
    assert "net.py:13:7: manual" in ran.err
    text = report.read_text()
    assert json.loads(text)["findings"] if kind == "json" else "net.py:13:7: manual PT001 torch.nn.Bilinear" in text


def test_pyproject_sets_options_and_the_command_line_wins(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src = tree(net=LEFT)
    (src / "pyproject.toml").write_text("[tool.porter]\nplatform = 'any'\nmark = false\n")
    ran = porter("convert", src)
    assert f"porter: using [tool.porter] of {src / 'pyproject.toml'}" in ran.err
    assert "porter_layers" in ran.out
    assert "# porter: " not in ran.out
    ran = porter("convert", src, "--platform", "gpu", "--mark")
    assert "porter_layers" not in ran.out
    assert "# porter: " in ran.out


def test_pyproject_cannot_make_a_preview_write(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src, victim = tree(), tmp_path / "victim"
    victim.mkdir()
    (victim / "precious").write_text("x")
    (src / "pyproject.toml").write_text("[tool.porter]\noutput = '../victim'\nforce = true\n")
    before = fingerprint(tmp_path)
    ran = porter("convert", src)
    assert ran.code == 2
    assert "'output' is not set here: what is written, and where, is said on the command line alone; 'force'" in ran.err
    assert fingerprint(tmp_path) == before


def test_the_way_back_is_found_from_the_imports(porter: Porter, tree: Tree) -> None:
    text = "import mindspore.nn as nn\n\nnorm = nn.InstanceNorm3d(8)\n"
    ran = porter("convert", tree(net=text))
    assert "the imports are MindSpore's: converting to torch" in ran.err
    assert "+norm = nn.InstanceNorm3d(8, affine=True)\n" in ran.out


@pytest.mark.parametrize("more", ["", "--format json"])
def test_a_reader_that_goes_away_changes_no_exit_code(tree: Tree, more: str) -> None:
    src = tree(**{f"m{i}": NETWORK * 30 for i in range(40)})
    command = f"{sys.executable} -m porter convert {src} {more} | head -n 1; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, env=with_porter())
    assert ran.stdout in ("--- a/m0.py\n", "{\n")
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr
    assert ran.returncode == 0
