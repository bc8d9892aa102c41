"""The index of rule files: what it saves, and that it is never stale."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from porter.errors import RuleError
from porter.rules import facts, index, listing
from porter.rules.facts import FACTS
from porter.rules.files import RuleFile, read_rule
from porter.rules.lazy import LazyRules
from porter.rules.load import load_rules
from porter.rules.model import Rule

from .own import default, kept, write


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
