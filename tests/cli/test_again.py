"""The loop of a port: convert, finish by hand, keep OUT in git, change SRC, convert again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from porter.cli import deliver
from porter.cli.account import Account
from porter.output import Written
from tests.cli.conftest import LEFT, NETWORK, Porter

Tree = Callable[..., Path]


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_hand_edits_and_a_change_of_source_are_both_there(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src, out = tree(net=LEFT, pkg__use=NETWORK, plain="x = 1\n"), tmp_path / "out"
    (src / "notes.md").write_text("# Notes\n\nold\n")
    assert porter("convert", src, "-o", out).code == 1
    git(tmp_path, "init", "-q", str(out))
    git(out, "add", "-A")
    git(out, "commit", "-qm", "converted")

    net = (out / "net.py").read_text()
    by_hand = "odd = nn.BiDense(2, 3, 4)\n"
    (out / "net.py").write_text("".join(by_hand if "Bilinear" in line else line for line in net.splitlines(True)))
    (out / "notes.md").write_text("# Notes\n\nold\n\nby hand\n")
    (out / "own.py").write_text("print('mine')\n")
    git(out, "add", "-A")
    git(out, "commit", "-qm", "by hand")

    (src / "net.py").write_text(LEFT.replace("self.norm(x)", "self.norm(x) + 1"))
    (src / "notes.md").write_text("# Notes of SRC\n\nold\n")
    (src / "plain.py").unlink()
    (src / "fresh.py").write_text(NETWORK)
    ran = porter("convert", src, "-o", out)
    assert "Traceback" not in ran.err

    net = (out / "net.py").read_text()
    assert by_hand in net
    assert "return self.norm(x) + 1" in net
    assert (out / "notes.md").read_text() == "# Notes of SRC\n\nold\n\nby hand\n"
    assert (out / "own.py").read_text() == "print('mine')\n"
    assert not (out / "plain.py").exists()
    assert "affine=False" in (out / "fresh.py").read_text()
    assert git(out, "log", "--format=%s").split("\n")[0] == "by hand"
    assert "net.py:1:1: review PT057 merge: edited by hand: your edit and the new conversion are both kept" in ran.err
    assert "2 files of OUT edited by hand: merged with the new conversion." in ran.err
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert "2 files of OUT edited by hand: left so" in porter("convert", src, "-o", out).err
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_clone_merges_as_the_first_folder_does(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src, out, clone = tree(net=NETWORK), tmp_path / "out", tmp_path / "clone"
    (src / ".gitignore").write_text("*.tmp\n")
    porter("convert", src, "-o", out)
    (out / "net.py").write_text((out / "net.py").read_text() + "\nextra = 1\n")
    git(tmp_path, "init", "-q", str(out))
    git(out, "add", "-A")
    git(out, "commit", "-qm", "converted, and a line by hand")
    git(tmp_path, "clone", "-q", str(out), str(clone))
    (src / "net.py").write_text("# a new line\n" + NETWORK)
    assert porter("convert", src, "-o", clone).code == 0
    text = (clone / "net.py").read_text()
    assert text.startswith("# a new line\n")
    assert text.endswith("\nextra = 1\n")


def test_where_both_changed_a_line_marks_a_finding_and_code_1(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src, out = tree(net=NETWORK), tmp_path / "out"
    porter("convert", src, "-o", out)
    (out / "net.py").write_text((out / "net.py").read_text().replace("return self.norm(x)", "return self.norm(x * 2)"))
    (src / "net.py").write_text(NETWORK.replace("return self.norm(x)", "return self.norm(x + 1)"))
    ran = porter("convert", src, "-o", out)
    assert ran.code == 1
    assert (
        "net.py:10:1: manual PT057 merge: edited by hand where the conversion changed too: settle the lines" in ran.err
    )
    text = (out / "net.py").read_text()
    assert "<<<<<<< edited by hand\n        return self.norm(x * 2)\n=======\n" in text
    assert "=======\n        return self.norm(x + 1)\n>>>>>>> converted by porter\n" in text
    ran = porter("convert", src, "-o", out)
    assert (ran.code, (out / "net.py").read_text()) == (1, text)
    assert "net.py:10:1: manual PT057 merge: still holds conflict marks of an earlier run" in ran.err


def test_force_is_for_a_folder_that_porter_has_not_made_and_keeps_what_it_does_not_write(
    porter: Porter, tree: Tree, tmp_path: Path
) -> None:
    src, out = tree(net=NETWORK), tmp_path / "out"
    (out / ".git").mkdir(parents=True)
    (out / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (out / "mine.py").write_text("mine\n")
    (out / "net.py").write_text("to be replaced\n")
    ran = porter("convert", src, "-o", out)
    assert (ran.code, (out / "net.py").read_text()) == (2, "to be replaced\n")
    assert ran.err.endswith("add --force, which keeps what porter does not write\n")
    assert porter("convert", src, "-o", out, "--force").code == 0
    assert (out / ".git" / "HEAD").read_text() == "ref: refs/heads/main\n"
    assert (out / "mine.py").read_text() == "mine\n"
    assert "affine=False" in (out / "net.py").read_text()


def test_the_manifest_tells_what_porter_wrote_not_what_was_made_of_it(
    porter: Porter, tree: Tree, tmp_path: Path
) -> None:
    src, out = tree(net=NETWORK), tmp_path / "out"
    (src / "data.bin").write_bytes(b"\0\1")
    porter("convert", src, "-o", out)
    first = json.loads((out / "porter.json").read_text())
    assert (first["state"], first["in_place"], [entry["path"] for entry in first["others"]]) == (
        "done", False, ["data.bin"],
    )  # fmt: skip
    (out / "net.py").write_text((out / "net.py").read_text() + "extra = 1\n")
    porter("convert", src, "-o", out)
    again = json.loads((out / "porter.json").read_text())
    assert again["files"] == first["files"]


def test_one_file_converted_into_a_whole_out_leaves_the_rest_of_it(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src, out = tree(net=NETWORK, other=NETWORK), tmp_path / "out"
    (src / "notes.md").write_text("x\n")
    porter("convert", src, "-o", out)
    first = json.loads((out / "porter.json").read_text())
    (src / "net.py").write_text("# new\n" + NETWORK)
    assert porter("convert", src / "net.py", "-o", out).code == 0
    assert (out / "net.py").read_text().startswith("# new\n")
    assert (out / "other.py").exists()
    assert (out / "notes.md").exists()
    again = json.loads((out / "porter.json").read_text())
    assert [e["path"] for e in again["files"]] == [e["path"] for e in first["files"]]
    assert {s["path"] for s in again["sites"]} == {"net.py", "other.py"}


def test_large_data_is_copied_linked_or_skipped(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src = tree(net=NETWORK)
    (src / "sub").mkdir()
    data = src / "sub" / "volume.raw"
    with data.open("wb") as file:
        file.truncate((10 << 20) + 1)
    (src / "small.raw").write_bytes(b"small")
    for how in ("copy", "link", "skip"):
        assert porter("convert", src, "-o", tmp_path / how, "--data", how).code == 0
        assert (tmp_path / how / "small.raw").read_bytes() == b"small"
    assert (tmp_path / "copy/sub/volume.raw").stat().st_size == (10 << 20) + 1
    assert not (tmp_path / "copy/sub/volume.raw").is_symlink()
    assert (tmp_path / "link/sub/volume.raw").readlink() == Path("../../src/sub/volume.raw")
    assert (tmp_path / "link/sub/volume.raw").samefile(data)
    assert not (tmp_path / "skip/sub/volume.raw").exists()
    ran = porter("convert", src, "-o", tmp_path / "copy", "--data", "skip")
    assert "Left out, data over 10 MiB: sub/volume.raw." in ran.err
    assert (tmp_path / "copy/sub/volume.raw").exists()


def test_the_current_folder_can_be_out(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src, here = tree(net=NETWORK), Path.cwd() / "here"
    here.mkdir()
    inode = here.stat().st_ino
    os.chdir(here)
    assert porter("convert", src, "-o", ".").code == 0
    assert here.stat().st_ino == inode
    assert (here / "net.py").exists()


def test_removing_out_whole_starts_anew(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src, out = tree(net=NETWORK), tmp_path / "out"
    porter("convert", src, "-o", out)
    (out / "net.py").write_text("by hand\n")
    shutil.rmtree(out)
    assert porter("convert", src, "-o", out).code == 0
    assert "affine=False" in (out / "net.py").read_text()


def test_an_out_that_somebody_fills_meanwhile_is_not_written_over(
    porter: Porter, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    src, out = tree(net=NETWORK), tmp_path / "out"
    real = deliver.mirror

    def fill(account: Account) -> Written:
        out.mkdir()
        (out / "net.py").write_text("mine\n")
        return real(account)

    monkeypatch.setattr(deliver, "mirror", fill)
    ran = porter("convert", src, "-o", out)
    assert (ran.code, (out / "net.py").read_text()) == (2, "mine\n")
    assert "is not empty, and holds no porter.json of porter: choose another folder, or add --force" in ran.err
