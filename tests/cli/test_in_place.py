"""`convert --in-place`: what stops it, what it never does, and that two runs do what one does."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from porter.cli import deliver
from porter.output import Change
from tests.cli.conftest import NETWORK, Porter, fingerprint

Tree = Callable[..., Path]
MINDSPORE = "import mindspore.nn as nn\n\nnorm = nn.InstanceNorm3d(8)\n"
USE = "import torch.nn as nn\n\n\ndef block(c, norm=nn.InstanceNorm3d):\n    return norm(c, affine=True)\n"


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tree: Tree) -> Path:
    """A committed repository with a virtual environment in it."""
    root = tree(net=NETWORK, pkg____init__="", pkg__use=USE)
    library = root / ".venv" / "lib" / "python3.11" / "site-packages" / "zoo"
    library.mkdir(parents=True)
    (root / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    (library / "layers.py").write_text(NETWORK)
    (root / ".gitignore").write_text(".venv\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    return root


def test_a_repository_with_a_virtual_environment_is_converted_twice(
    porter: Porter, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    environment = fingerprint(repository / ".venv")
    assert porter("convert", ".", "--in-place", "--to", "mindspore").code == 0
    assert fingerprint(repository / ".venv") == environment
    assert "affine=False" in (repository / "net.py").read_text()
    assert sorted(git(repository, "status", "--porcelain", "-z").split("\0")) == [
        "", " M net.py", " M pkg/use.py", "?? pkg/porter_layers.py", "?? porter.json",
    ]  # fmt: skip
    before = fingerprint(repository)
    ran = porter("convert", ".", "--in-place", "--to", "mindspore")
    assert ran.code == 0
    assert fingerprint(repository) == before


def test_a_change_that_no_commit_holds_stops_it_and_allow_dirty_goes_on(porter: Porter, repository: Path) -> None:
    (repository / "net.py").write_text(NETWORK + "# not committed\n")
    before = fingerprint(repository)
    ran = porter("convert", repository, "--in-place", "--to", "mindspore")
    assert ran.code == 2
    assert ran.err == (
        f"porter: {repository}: git has no commit of what net.py holds now, and --in-place would write over it; "
        "nothing was written: commit first, or add --allow-dirty\n"
    )
    assert fingerprint(repository) == before
    assert porter("convert", repository, "--in-place", "--to", "mindspore", "--allow-dirty").code == 0
    assert (repository / "net.py").read_text().endswith("# not committed\n")


def test_what_porter_wrote_and_nobody_committed_is_no_change_of_the_users(porter: Porter, repository: Path) -> None:
    assert porter("convert", repository, "--in-place", "--to", "mindspore").code == 0
    (repository / "fresh.py").write_text(NETWORK)
    git(repository, "add", "fresh.py")
    git(repository, "commit", "-qm", "a new file of torch")
    ran = porter("convert", repository, "--in-place", "--platform", "any")
    assert ran.code == 0
    assert "porter_layers" in (repository / "fresh.py").read_text()
    data = json.loads((repository / "porter.json").read_text())
    assert {entry["path"] for entry in data["files"] if entry["changed"]} == {"net.py", "pkg/use.py", "fresh.py"}
    assert {site["path"] for site in data["sites"]} == {"net.py", "pkg/use.py", "fresh.py"}
    assert porter("convert", repository, "--in-place", "--to", "torch").code == 0
    assert (repository / "net.py").read_text() == NETWORK.replace(
        "InstanceNorm3d(c)", "InstanceNorm3d(c, affine=False)"
    )


def test_a_run_without_to_is_refused_where_nothing_says_which_way(porter: Porter, tree: Tree) -> None:
    src = tree(net=NETWORK)
    before = fingerprint(src)
    ran = porter("convert", src, "--in-place")
    assert ran.code == 2
    assert ran.err == (
        f"porter: {src}: --in-place needs --to, so that nothing is written by a guess: "
        "the imports are PyTorch's, so add --to mindspore to convert it\n"
    )
    assert fingerprint(src) == before


@pytest.mark.parametrize("place", [".", "pkg", "pkg/use.py"])
@pytest.mark.parametrize("how", [["--in-place"], ["--diff"], []])
def test_a_converted_tree_is_never_turned_back_by_a_guess(
    porter: Porter, tree: Tree, place: str, how: list[str]
) -> None:
    src = tree(net=NETWORK, pkg____init__="", pkg__use=USE)
    assert porter("convert", src, "--in-place", "--to", "mindspore").code == 0
    before = fingerprint(src)
    ran = porter("convert", src / place, *how)
    assert ran.code == 0
    assert "says that this tree was converted to mindspore: converting to mindspore again (--to torch" in ran.err
    assert ran.out == ""
    assert fingerprint(src) == before


def test_a_mirror_is_not_turned_back_by_a_guess_either(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src, out = tree(net=NETWORK), tmp_path / "out"
    porter("convert", src, "-o", out)
    assert porter("convert", out).out == ""
    assert "-class Block(nn.Cell)" in porter("convert", out, "--to", "torch").out


def test_what_says_the_way_is_the_manifest_and_then_the_imports(porter: Porter, tree: Tree) -> None:
    src = tree(net=MINDSPORE)
    ran = porter("convert", src)
    assert "the imports are MindSpore's: converting to torch" in ran.err
    assert porter("convert", src, "--in-place", "--to", "torch").code == 0
    (src / "new.py").write_text(MINDSPORE)
    assert porter("convert", src, "--in-place").code == 0
    assert "import torch" in (src / "new.py").read_text()


def test_a_hard_linked_file_is_left_with_a_finding(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src = tree(net=NETWORK, other=NETWORK, plain="x = 1\n")
    for name in ("net.py", "plain.py"):
        os.link(src / name, tmp_path / f"linked-{name}")
    ran = porter("convert", src, "--in-place", "--to", "mindspore")
    assert ran.code == 1
    assert (
        "net.py:1:1: manual PT054 file: has 2 names (hard links), and writing it would cut this one off: "
        "left as it is; copy it onto itself to part them, or convert with -o\n"
    ) in ran.err
    assert "plain.py" not in ran.err
    assert (src / "net.py").read_text() == NETWORK
    assert (src / "net.py").samefile(tmp_path / "linked-net.py")
    assert "affine=False" in (src / "other.py").read_text()


def test_an_edit_made_meanwhile_is_not_lost(porter: Porter, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    src = tree(net=NETWORK, other=NETWORK)
    real = deliver.output.write_in_place  # type: ignore[attr-defined]

    def edit_first(root: Path, changes: dict[str, Change], compose: Callable[[bool], bytes]) -> None:
        (src / "other.py").write_text(NETWORK + "# meanwhile\n")
        real(root, changes, compose)

    monkeypatch.setattr(deliver.output, "write_in_place", edit_first)  # type: ignore[attr-defined]
    ran = porter("convert", src, "--in-place", "--to", "mindspore")
    assert ran.code == 2
    assert ran.err == (
        f"porter: {src / 'other.py'}: was changed since porter read it; nothing was written: run porter again\n"
    )
    assert (src / "other.py").read_text() == NETWORK + "# meanwhile\n"
    assert (src / "net.py").read_text() == NETWORK
    assert sorted(path.name for path in src.iterdir()) == ["net.py", "other.py"]


def test_a_link_is_not_written_over(porter: Porter, tree: Tree, tmp_path: Path) -> None:
    src = tree(net=NETWORK)
    (tmp_path / "link.py").symlink_to(src / "net.py")
    (tmp_path / "door").symlink_to(src)
    before = fingerprint(tmp_path)
    ran = porter("convert", tmp_path / "link.py", "--in-place", "--to", "mindspore")
    assert (ran.code, ran.err) == (
        2,
        f"porter: {tmp_path / 'link.py'} is a link, expected a file to write over: name {src / 'net.py'}, "
        "to which it leads\n",
    )
    assert fingerprint(tmp_path) == before
    assert porter("convert", tmp_path / "door", "--in-place", "--to", "mindspore").code == 0
    assert "affine=False" in (src / "net.py").read_text()
