"""What is kept about rule files: nothing depends on it but time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from porter.rules import cache
from porter.rules.load import load_rules

from .own import default, kept, write

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff\n[]", None, "short", "flipped"])
@pytest.mark.parametrize("ending", [".facts", ".tables"])
def test_a_spoiled_cache_is_made_anew(own: Path, tmp_path: Path, text: bytes | str | None, ending: str) -> None:
    load_rules()
    (path,) = [path for path in kept(tmp_path) if path.suffix == ending]
    good = path.read_bytes()
    if text is None:
        path.unlink()
        path.mkdir()
    elif text == "short":
        path.write_bytes(good[:-1])
    elif text == "flipped":
        path.write_bytes(good.replace(b"mindspore.nn.OneOf", b"mindspore.nn.TwoOf", 1))
    else:
        path.write_bytes(text)  # type: ignore[arg-type]
    write(own, "Two", default=3)
    assert default() == "2" and default("Two") == "3"
    assert load_rules().find("mindspore.nn.OneOf", "mindspore") is not None
    assert path.is_dir() or path.read_bytes().partition(b" ")[0] == good.partition(b" ")[0]


@pytest.mark.parametrize("where", ["a file", "read only", "no home"])
def test_without_a_place_for_it_all_is_read(
    own: Path, tmp_path: Path, where: str, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if where == "a file":
        (tmp_path / "cache").write_text("")
    elif where == "read only":
        monkeypatch.setattr(Path, "write_bytes", _refused)
    else:
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setattr(Path, "home", _homeless)
    for _ in range(2):
        read.clear()
        assert default() == "2" and read == ["nn/One", "nn/Two"]
    left = tmp_path / "cache/porter/rules"
    assert not left.is_dir() or not list(left.iterdir())


def _refused(*_: object) -> int:
    raise PermissionError(13, "Permission denied")


def _homeless() -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_another_porter_finds_none_of_its_own(own: Path, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    load_rules()
    read.clear()
    monkeypatch.setattr(cache, "code_key", lambda: "another")
    assert len(load_rules().rules) == 2 and read == ["nn/One", "nn/Two"]


def test_the_code_that_reads_rules_stands_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "porter", tmp_path / "porter", ignore=shutil.ignore_patterns("__pycache__", "*.so*"))
    monkeypatch.setattr(cache, "PACKAGE", tmp_path / "porter")
    keys = [cache.code_key()]
    assert keys == [cache.code_key.__wrapped__()]
    templates = tmp_path / "porter/runtime/standalone/mindspore"
    for path in (tmp_path / "porter/rules/fit.py", tmp_path / "porter/findings.py", next(templates.glob("*.py"))):
        path.write_bytes(path.read_bytes() + b"\n")
        keys.append(cache.code_key.__wrapped__())
    assert len(set(keys)) == len(keys)
    monkeypatch.setattr(cache, "PACKAGE", tmp_path / "nowhere")
    assert cache.code_key.__wrapped__() != cache.code_key.__wrapped__()


def test_whatever_reading_a_rule_imports_is_in_the_key() -> None:
    program = "import sys; sys.path.insert(0, sys.argv[1]); import porter.rules.load; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-I", "-S", "-c", program, ROOT], capture_output=True, text=True, check=True)
    loaded = {name for name in run.stdout.split() if name.startswith("porter.")}
    files = {path for pattern in cache.READ_BY for path in (ROOT / "porter").glob(pattern)}
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in files}
    assert loaded <= names and "porter.rules.fit" in loaded


def test_old_entries_make_room(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", 4)
    for number in range(4):
        write(tmp_path / str(number), f"Own{number}")
        load_rules([tmp_path / str(number)])
    assert len(kept(tmp_path)) == 4
    assert json.loads(kept(tmp_path)[0].read_bytes().split(b"\n")[1])


def test_many_processes_at_once_keep_one_sound_index(tmp_path: Path) -> None:
    """All begin with nothing, and change and read the same entry over and over."""
    write(tmp_path / "mine", "Own")
    program = (
        "import sys; from pathlib import Path; from porter.rules import listing, load; listing.YOUNG_NS = -10**15\n"
        "folder = Path(sys.argv[1])\n"
        "for number in range(8):\n"
        "    (folder / 'nn/Own.toml').touch()\n"
        "    book = load.load_rules([folder])\n"
        "    assert book.find('mindspore.nn.OwnOf', 'mindspore') and book.find('torch.nn.ReLU')\n"
    )
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", program, str(tmp_path / "mine")]
    runs = [subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    errors = [run.communicate()[1] for run in runs]
    assert [error for error in errors if error and "was changed while porter ran" not in error] == []
    assert [path.suffix for path in kept(tmp_path)] == [".facts", ".tables"]
    assert all(cache.read_parts(path) is not None for path in kept(tmp_path))
