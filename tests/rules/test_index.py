"""The index of rule files: what it saves, that it is never stale, and that nothing depends on it but time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from porter.errors import RuleError
from porter.rules import cache, facts, index, listing, load
from porter.rules.facts import FACTS
from porter.rules.files import RuleFile, read_rule
from porter.rules.lazy import LazyRules
from porter.rules.load import load_rules
from porter.rules.model import Rule

RULE = """\
class = true

[torch]
name = "torch.nn.{0}"
signature = "x, scale={1}"
docs = "https://example.org/{0}"

[mindspore]
name = "mindspore.nn.{2}"
signature = "x, scale=1"
docs = "https://example.org/{2}"
"""
ROOT = Path(__file__).parents[2]


def write(folder: Path, name: str, default: int = 2, theirs: str = "") -> Path:
    """A rule file; where one is there already it is replaced, with all that can be kept of its looks."""
    path = folder / "nn" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(RULE.format(name, default, theirs or f"{name}Of"), encoding="utf-8")
    return path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the rule files that are read."""
    names: list[str] = []

    def counted(file: RuleFile, problems: list[str]) -> Rule | None:
        names.append(file.name)
        return read_rule(file, problems)

    monkeypatch.setattr(index, "read_rule", counted)
    return names


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two rules, the only ones; what is kept about them lies in a folder beside."""
    monkeypatch.setattr(load, "rule_folder", lambda: tmp_path / "rules")
    monkeypatch.setattr(listing, "YOUNG_NS", -(10**15))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("One", "Two"):
        write(tmp_path / "rules", name)
    return tmp_path / "rules"


def kept(tmp_path: Path) -> list[Path]:
    """The files of the cache."""
    return sorted((tmp_path / "cache/porter/rules").iterdir())


def default(name: str = "One") -> str | None:
    """The default that the rule of a name gives its parameter, by all that is known."""
    rule = load_rules().rules[f"torch.nn.{name}"]
    assert rule.torch.signature is not None
    return rule.torch.signature.default("scale")


def test_a_rule_is_read_when_it_is_asked_for(own: Path, read: list[str], tmp_path: Path) -> None:
    assert list(load_rules().rules) == ["torch.nn.One", "torch.nn.Two"] and read == ["nn/One", "nn/Two"]
    assert [path.suffix for path in kept(tmp_path)] == [".facts", ".tables"]
    read.clear()
    book = load_rules()
    assert len(book.rules) == 2 and "torch.nn.Two" in book.rules and book.find("torch.nn.Three") is None
    assert book.modules("mindspore") == {"mindspore", "mindspore.nn"} and read == []
    found = book.find("mindspore.nn.TwoOf", "mindspore")
    assert found is not None and found.source == "mindspore" and read == ["nn/Two"]
    assert book.find("torch.nn.Two") == found and book.rules["torch.nn.Two"] == found and read == ["nn/Two"]


def test_a_rule_that_was_read_to_be_checked_is_not_read_again(own: Path, read: list[str]) -> None:
    assert [rule.name for rule in load_rules().rules.values()] == ["nn.One", "nn.Two"]
    assert read == ["nn/One", "nn/Two"]


def edit(own: Path) -> None:
    write(own, "One", default=3)


def edit_behind_the_clock(own: Path) -> None:
    """The same size, and the old times put back."""
    path = own / "nn/One.toml"
    times = path.stat()
    write(own, "One", default=3)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def swap(own: Path) -> None:
    """Another file of the same size and time takes its place."""
    times, other = (own / "nn/One.toml").stat(), write(own / "../elsewhere", "One", default=3)
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(own / "nn/One.toml")


def link(own: Path) -> None:
    (own / "nn/One.toml").unlink()
    (own / "nn/One.toml").symlink_to(write(own / "../elsewhere", "One", default=3).resolve())


@pytest.mark.parametrize("change", [edit, edit_behind_the_clock, swap, link])
def test_a_changed_file_is_seen_and_read_alone(own: Path, read: list[str], change: Callable[[Path], None]) -> None:
    assert default() == "2"
    change(own)
    read.clear()
    assert default() == "3" and read == ["nn/One"]
    read.clear()
    assert default() == "3" and default("Two") == "2" and read == ["nn/One", "nn/Two"]


def test_the_tables_follow_a_change(own: Path) -> None:
    assert load_rules().find("mindspore.nn.OneOf", "mindspore") is not None
    write(own, "One", theirs="Else")
    book = load_rules()
    assert book.find("mindspore.nn.OneOf", "mindspore") is None
    assert book.find("mindspore.nn.Else", "mindspore") is not None


def test_a_touched_file_is_not_read_again(own: Path, read: list[str]) -> None:
    load_rules()
    os.utime(own / "nn/One.toml", (1, 1))
    read.clear()
    assert len(load_rules().rules) == 2 and read == []


def test_files_that_come_and_go_are_seen(own: Path, read: list[str]) -> None:
    load_rules()
    write(own, "Three")
    assert list(load_rules().rules) == [f"torch.nn.{name}" for name in ("One", "Three", "Two")]
    (own / "nn/One.toml").unlink()
    assert list(load_rules().rules) == ["torch.nn.Three", "torch.nn.Two"]
    (own / "nn/Two.toml").rename(own / "nn/Four.toml")
    with pytest.raises(RuleError, match=r"nn/Four\.toml: "):
        load_rules()
    (own / "nn/Four.toml").rename(own / "nn/Two.toml")
    read.clear()
    assert list(load_rules().rules) == ["torch.nn.Three", "torch.nn.Two"] and read == ["nn/Two"]


def test_code_beside_the_rules_counts_as_their_text(own: Path, read: list[str]) -> None:
    code = own / "standalone/mindspore/one.py"
    code.parent.mkdir(parents=True)
    code.write_text("class One: ...\n")
    (own / "other.py").write_text("")
    load_rules()
    read.clear()
    (own / "other.py").write_text("print()\n")
    assert len(load_rules().rules) == 2 and read == []
    code.write_text("class Two: ...\n")
    assert len(load_rules().rules) == 2 and read == ["nn/One", "nn/Two"]


def test_a_file_of_your_own_takes_the_place_of_a_shipped_one_and_gives_it_back(own: Path, tmp_path: Path) -> None:
    mine = write(tmp_path / "mine", "One", default=7, theirs="Mine")
    for _ in range(2):
        book = load_rules([tmp_path / "mine"])
        assert book.find("mindspore.nn.Mine", "mindspore") is not None
        assert book.find("mindspore.nn.OneOf", "mindspore") is None and len(book.rules) == 2
        assert default() == "2"
    write(tmp_path / "mine", "Three")
    mine.unlink()
    assert load_rules([tmp_path / "mine"]).find("mindspore.nn.OneOf", "mindspore") is not None


def test_a_wrong_file_is_told_every_time_and_the_others_are_not_read_again(own: Path, read: list[str]) -> None:
    wrong = write(own, "Wrong")
    wrong.write_text(wrong.read_text() + "[what]\n")
    write(own, "Three", theirs="OneOf")
    told = []
    for _ in range(2):
        with pytest.raises(RuleError) as error:
            load_rules()
        told.append(error.value.problems)
    assert told[0] == told[1] and len(told[0]) == 2
    assert told[0][0].startswith("nn/Wrong.toml: unknown key 'what'; known: ")
    assert told[0][1].startswith("nn/Three.toml: mindspore.nn.OneOf is also the counterpart of torch.nn.One; ")
    assert read == ["nn/One", "nn/Three", "nn/Two", "nn/Wrong", "nn/Wrong"]


def test_a_wrong_rule_of_which_nothing_else_can_be_told_is_told(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "FACTS", {**FACTS, "odd": lambda rule: 1 // (rule.name != "nn.Wrong")})
    wrong = write(own, "Wrong", theirs="OneOf")
    wrong.write_text(wrong.read_text() + '[param.scale]\nvalue = "what"\n')
    with pytest.raises(RuleError) as error:
        load_rules()
    assert [problem.partition(": ")[0] for problem in error.value.problems] == ["nn/Wrong.toml"] * 2
    assert "'what'" in error.value.problems[0] and "mindspore.nn.OneOf is also" in error.value.problems[1]


def test_what_a_file_held_while_it_changed_is_not_kept(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(file: RuleFile, problems: list[str]) -> Rule | None:
        write(own, "One", theirs="Else")
        return read_rule(file, problems)

    monkeypatch.setattr(index, "read_rule", late)
    assert load_rules().find("mindspore.nn.Else", "mindspore") is not None
    monkeypatch.setattr(index, "read_rule", read_rule)
    write(own, "One")
    book = load_rules()
    assert book.find("mindspore.nn.OneOf", "mindspore") is not None
    assert book.find("mindspore.nn.Else", "mindspore") is None


def test_a_file_that_changes_while_porter_runs_is_told(own: Path) -> None:
    load_rules()
    book = load_rules()
    write(own, "One", default=3)
    with pytest.raises(RuleError, match=r"nn/One\.toml: was changed while porter ran: run it again"):
        book.find("torch.nn.One")
    assert book.find("torch.nn.Two") is not None


def test_a_mistake_in_reading_does_not_pass_for_a_missing_rule() -> None:
    rules = LazyRules({"torch.nn.One": "nn/One"}, dict[str, Rule]().__getitem__)
    with pytest.raises(RuntimeError, match="nn/One was not read"):
        rules.get("torch.nn.One")


def test_a_young_file_is_read_again_whatever_its_stamp_says(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: list[str]
) -> None:
    monkeypatch.setattr(listing, "YOUNG_NS", 10**15)
    stamp = listing.stamp_of(own / "nn/One.toml")
    monkeypatch.setattr(listing, "stamp_of", lambda path: stamp)  # a file system whose clock stands still
    assert default() == "2"
    assert [path.suffix for path in kept(tmp_path)] == [".facts"]
    write(own, "One", default=3)
    read.clear()
    assert default() == "3" and read == ["nn/One"]


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
