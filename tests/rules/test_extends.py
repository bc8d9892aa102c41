"""`extends = true`: a rule file of one's own that adds to the one before it, and what is refused of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from porter.report.rules import print_rule
from porter.rules.extends import merged
from porter.rules.load import load_rules, rule_folder
from porter.rules.model import Rule
from tests.cli.conftest import on_terminal
from tests.rules.faulty import problems
from tests.rules.test_load import told, write

NOTE = '[param.dim]\nnote = "read the axis twice here"\n'
CASE = '[[check]]\nargs = "[x0, x1], dim=0"\ninput = [[2, 3], [4, 3]]\n'


def cat(*folders: Path) -> Rule:
    """The rule of torch.cat by the shipped file and those of these folders."""
    return load_rules(folders).rules["torch.cat"]


def test_a_file_adds_to_the_shipped_one(tmp_path: Path) -> None:
    path = write(tmp_path, "cat", f"extends = true\n{NOTE}{CASE}")
    rule, shipped = cat(tmp_path), cat()
    assert rule.torch.aliases == shipped.torch.aliases and rule.mindspore.name == shipped.mindspore.name
    assert rule.params["dim"].note == "read the axis twice here"
    assert rule.params["dim"].mindspore == "axis" and rule.params["dim"].alias == ("axis",)
    assert rule.params["out"] == shipped.params["out"]
    assert rule.checks[:-1] == shipped.checks and rule.checks[-1].args == "[x0, x1], dim=0"
    assert rule.files == (str(path), "cat.toml") and shipped.files == ()


def test_a_list_and_a_text_take_the_place_of_those_before(tmp_path: Path) -> None:
    write(tmp_path, "cat", 'extends = true\n[torch]\ndocs = "https://example.org"\naliases = ["torch.concat"]\n')
    rule = cat(tmp_path)
    assert rule.torch.docs == "https://example.org" and rule.torch.aliases == ("torch.concat",)


def test_a_second_folder_extends_the_first(tmp_path: Path) -> None:
    one = write(tmp_path / "1", "cat", f"extends = true\n{NOTE}")
    two = write(tmp_path / "2", "cat", f"extends = true\n{CASE}")
    rule = cat(tmp_path / "1", tmp_path / "2")
    assert rule.params["dim"].note and len(rule.checks) == len(cat().checks) + 1
    assert rule.files == (str(two), str(one), "cat.toml")


def test_a_file_that_replaces_is_extended_as_it_is(tmp_path: Path) -> None:
    text = (rule_folder() / "nn/ReLU.toml").read_text()
    one = write(tmp_path / "1", "nn/ReLU", text.replace('docs      = "https', 'docs = "http', 1))
    two = write(tmp_path / "2", "nn/ReLU", 'extends = true\ncaution = "look at the zeros first"\n')
    rule = load_rules([tmp_path / "1", tmp_path / "2"]).rules["torch.nn.ReLU"]
    assert rule.files == (str(two), str(one)) and rule.caution == "look at the zeros first"


def test_none_takes_the_place_of_a_name_and_the_other_way_round() -> None:
    named: dict[str, Any] = {"mindspore": {"name": "mindspore.ops.a", "docs": "x"}}
    none: dict[str, Any] = {"mindspore": {"none": "nothing like it there"}}
    assert merged(named, none) == {"mindspore": {"none": "nothing like it there", "docs": "x"}}
    assert merged(none, named) == named
    assert merged(named, {"mindspore": {"docs": "y"}}) == {"mindspore": {"name": "mindspore.ops.a", "docs": "y"}}


def test_an_entry_for_a_value_is_replaced_whole() -> None:
    base = {"param": {"a": {"when": {"None": {"copy": "b"}, "other": {"write": "keep"}}, "mindspore": "c"}}}
    own = {"param": {"a": {"when": {"None": {"set": {"c": 1}}}}}}
    assert merged(base, own)["param"]["a"] == {
        "when": {"None": {"set": {"c": 1}}, "other": {"write": "keep"}},
        "mindspore": "c",
    }


def test_tables_in_lists_are_added_wherever_they_stand() -> None:
    one, two = {"names": ["a"], "why": "no such thing"}, {"names": ["b"], "why": "no such thing"}
    assert merged({"lacking": {"torch": [one]}}, {"lacking": {"torch": [two]}}) == {"lacking": {"torch": [one, two]}}
    assert merged({"check": [1]}, {"check": [2]}) == {"check": [1, 2]}
    assert merged({"param": {"check": [1]}}, {"param": {"check": [2]}}) == {"param": {"check": [2]}}


FAULTS = {
    "nothing": ("extends = true\n", "extends changes nothing: the file says nothing beside cat.toml"),
    "a value again": (
        f'extends = true\n{NOTE}mindspore = "axis"\n',
        "[param.dim] mindspore changes nothing: cat.toml says so already",
    ),
    "a whole side again": (
        f'extends = true\n[torch]\nname = "torch.cat"\n{NOTE}',
        "[torch] name changes nothing: cat.toml says so already",
    ),
    "a list again": (
        f'extends = true\n{NOTE}alias = ["axis"]\n',
        "[param.dim] alias changes nothing: cat.toml says so already",
    ),
    "an entry for a value again": (
        f'extends = true\n{NOTE}[param.out.when.other]\nwrite = "keep"\n'
        'note = "MindSpore returns a new tensor and cannot fill one"\n',
        "[param.out.when] other changes nothing: cat.toml says so already",
    ),
    "a case again": (
        f'extends = true\n{CASE}[[check]]\nargs = "(x0, x1)"\ninput = [[2, 3, 4], [5, 3, 4]]\n',
        "[[check]] 2 changes nothing: cat.toml has it",
    ),
    "an empty table of theirs": ("extends = true\n[param.dim]\n", "[param.dim] changes nothing: it is empty"),
    "an empty table": ("extends = true\n[weights]\n", "[weights] changes nothing: it is empty"),
    "false": (f"extends = false\n{NOTE}", "extends is False: true is expected, or no such key"),
    "a text": (f'extends = "cat"\n{NOTE}', "extends is 'cat': true is expected, or no such key"),
    "what does not fit": (
        'extends = true\n[param.axes]\nnote = "one two three"\n',
        "[param.axes] is in neither signature",
    ),
    "a key": ('extends = true\nwhat = "x"\n', "unknown key 'what'; known: "),
}


@pytest.mark.parametrize("what", FAULTS)
def test_what_is_wrong_is_told_by_the_file_that_says_it(what: str, tmp_path: Path) -> None:
    text, message = FAULTS[what]
    path = write(tmp_path, "cat", text)
    (problem,) = told(tmp_path)
    assert problem.startswith(f"{path}: {message}")


def test_what_is_not_there_cannot_be_extended(tmp_path: Path) -> None:
    path = write(tmp_path, "nn/Odd", f"extends = true\n{NOTE}")
    assert told(tmp_path) == [f"{path}: extends = true, but no folder before this one has a nn/Odd.toml"]


def test_a_later_folder_is_not_before(tmp_path: Path) -> None:
    one = write(tmp_path / "1", "nn/Odd", f"extends = true\n{NOTE}")
    text = (rule_folder() / "nn/ReLU.toml").read_text().replace("nn.ReLU", "nn.Odd")
    write(tmp_path / "2", "nn/Odd", text)
    load_rules([tmp_path / "2"])
    assert told(tmp_path / "2", tmp_path / "1")[0].startswith(f"{one}: ")
    assert "[param.dim]" in told(tmp_path / "2", tmp_path / "1")[0]


def test_a_wrong_file_that_is_extended_is_told_once_and_by_its_own_name(tmp_path: Path) -> None:
    one = write(tmp_path / "1", "cat", 'extends = true\n[param.axes]\nnote = "one two three"\n')
    write(tmp_path / "2", "cat", f"extends = true\n{NOTE}")
    assert told(tmp_path / "1", tmp_path / "2") == [f"{one}: [param.axes] is in neither signature"]
    write(tmp_path / "1", "cat", "[torch\n")
    (problem,) = told(tmp_path / "1", tmp_path / "2")
    assert problem.startswith(f"{one}: not TOML: ")


def test_all_of_it_is_told_at_once(tmp_path: Path) -> None:
    one = write(tmp_path, "cat", f'extends = true\n[param.dim]\nmindspore = "axis"\n{CASE}')
    two = write(tmp_path, "nn/Odd", "extends = true\n")
    assert [problem.partition(": ")[0] for problem in told(tmp_path)] == [str(one), str(two)]


def test_data_alone_extends_nothing() -> None:
    assert problems({"extends": True}) == [
        "extends changes nothing: there is no other file here that this one could add to"
    ]


def test_the_merged_rule_is_shown_with_its_files(tmp_path: Path) -> None:
    path = write(tmp_path, "cat", f"extends = true\n{NOTE}")
    text = on_terminal(lambda console: print_rule(cat(tmp_path), console), 400)
    assert f"Read from: {path}, which extends cat.toml\n" in text
    assert "read the axis twice here" in text and "torch takes axis as well" in text
    assert "Read from" not in on_terminal(lambda console: print_rule(cat(), console), 400)
