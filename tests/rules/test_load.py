"""Rule files on disk: which are read, which win, and that all problems of all files are told at once."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from porter.errors import RuleError
from porter.rules import load
from porter.rules.load import load_rules, rule_folder
from porter.rules.model import FRAMEWORKS, Framework, other

RULE = """\
class = true

[torch]
name = "torch.{0}"
signature = "x, scale={1}"
docs = "https://example.org/{0}"

[mindspore]
name = "mindspore.{2}"
signature = "x, scale=1"
docs = "https://example.org/{2}"
"""


def write(folder: Path, name: str, text: str | bytes) -> Path:
    """A rule file of that name."""
    path = folder / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def told(*folders: Path) -> list[str]:
    """What is wrong with these folders."""
    with pytest.raises(RuleError) as error:
        load_rules(folders)
    return list(error.value.problems)


def test_the_shipped_rules_are_all_read() -> None:
    names = {path.relative_to(rule_folder()).with_suffix("").as_posix() for path in rule_folder().rglob("*.toml")}
    rules = load_rules()
    assert {rule.name for rule in rules.every} == {name.replace("/", ".") for name in names}
    assert {"torch.nn.InstanceNorm3d", "torch.cat"} <= set(rules.rules)


def test_a_rule_of_your_own_is_found_both_ways(tmp_path: Path) -> None:
    write(tmp_path, "nn/Odd", RULE.format("nn.Odd", 2, "nn.Even"))
    book = load_rules([tmp_path])
    there, back = book.find("torch.nn.Odd"), book.find("mindspore.nn.Even", "mindspore")
    assert there is not None and there.torch.docs == "https://example.org/nn.Odd"
    assert back == there and back.source == "mindspore"


def test_a_file_of_your_own_wins_over_the_shipped_one_and_over_an_earlier_folder(tmp_path: Path) -> None:
    for number in (1, 2):
        write(tmp_path / str(number), "nn/ReLU", RULE.format("nn.ReLU", number, "nn.ReLU"))
    for folders, default in (([], None), ([1], "1"), ([1, 2], "2"), ([2, 1], "1")):
        rule = load_rules([tmp_path / str(number) for number in folders]).find("torch.nn.ReLU")
        assert rule is not None and rule.torch.signature is not None
        assert rule.torch.signature.default("scale") == default


def test_a_wrong_shipped_file_that_is_replaced_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "shipped", "nn/Odd", "not TOML")
    write(tmp_path / "own", "nn/Odd", RULE.format("nn.Odd", 2, "nn.Even"))
    monkeypatch.setattr(load, "rule_folder", lambda: tmp_path / "shipped")
    assert list(load_rules([tmp_path / "own"]).rules) == ["torch.nn.Odd"]
    (problem,) = told()
    assert problem.startswith("nn/Odd.toml: not TOML: ")


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    one = write(tmp_path, "nn/One", RULE.format("nn.Other", 2, "nn.One") + "[param.y]\nnote = 'short'\n[what]\n")
    two = write(tmp_path, "nn/Two", "[torch\n")
    three = write(tmp_path, "Three", b"# caf\xe9\n")
    missing = tmp_path / "nowhere"
    found = told(tmp_path, missing)
    assert found[0] == f"{missing}: not a folder; a folder of rule files is expected"
    assert found[1] == (
        f"{three}: cannot be read: 'utf-8' codec can't decode byte 0xe9 in position 5: invalid continuation byte"
    )
    assert [problem for problem in found if problem.startswith(f"{one}: ")] == found[2:6]
    for part in ("unknown key 'what'", "torch.nn.Other", "[param.y] note", "[param.y] is in neither signature"):
        assert any(part in problem for problem in found[2:6])
    assert found[6].startswith(f"{two}: not TOML: Expected ']'") and len(found) == 7


def test_the_error_is_a_head_and_a_line_for_each_problem(tmp_path: Path) -> None:
    for name in ("One", "Two"):
        write(tmp_path, name, "[torch\n")
    with pytest.raises(RuleError) as error:
        load_rules([tmp_path])
    head, *lines = str(error.value).splitlines()
    assert head == "2 problems in the rule files"
    assert [line.startswith(f"  {tmp_path}") for line in lines] == [True, True]
    assert str(RuleError(["one thing"])).splitlines()[0] == "1 problem in the rule files"


def test_a_folder_without_rules_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("no rules yet")
    assert told(tmp_path) == [f"{tmp_path}: holds no rule file; files such as nn/ReLU.toml are expected"]


def test_a_folder_that_is_called_like_a_rule_is_told(tmp_path: Path) -> None:
    (tmp_path / "Odd.toml").mkdir()
    (problem,) = told(tmp_path)
    assert problem.startswith(f"{tmp_path / 'Odd.toml'}: cannot be read: [Errno 21] Is a directory")


def test_nesting_without_end_is_no_toml(tmp_path: Path) -> None:
    path = write(tmp_path, "Odd", "a = " + "[" * 5000)
    (problem,) = told(tmp_path)
    assert problem.startswith(f"{path}: not TOML: ")


def test_two_rules_with_one_counterpart_need_one_way(tmp_path: Path) -> None:
    write(tmp_path, "nn/A", RULE.format("nn.A", 1, "nn.Same"))
    two = write(tmp_path, "nn/B", RULE.format("nn.B", 2, "nn.Same"))
    assert told(tmp_path) == [
        f"{two}: mindspore.nn.Same is also the counterpart of torch.nn.A; "
        'all but one need one_way = "mindspore", or the way back is ambiguous'
    ]
    write(tmp_path, "nn/B", 'one_way = "mindspore"\n' + RULE.format("nn.B", 2, "nn.Same"))
    book = load_rules([tmp_path])
    back = book.find("mindspore.nn.Same", "mindspore")
    assert back is not None and back.torch.name == "torch.nn.A"
    assert book.find("torch.nn.B") is not None


def test_an_alias_that_another_rule_has_is_told(tmp_path: Path) -> None:
    text = RULE.format("nn.A", 1, "nn.Aa").replace("docs", 'aliases = ["torch.nn.B"]\ndocs', 1)
    one = write(tmp_path, "nn/A", text)
    write(tmp_path, "nn/B", RULE.format("nn.B", 2, "nn.Bb"))
    assert told(tmp_path) == [f"{one}: the alias torch.nn.B belongs to the rule of nn.B already"]


ALIASES = [
    (name, side) for rule in load_rules().rules.values() for side in FRAMEWORKS for name in rule.side(side).aliases
]


@pytest.mark.parametrize(("name", "side"), ALIASES)
def test_a_rule_is_found_by_an_alias(name: str, side: Framework) -> None:
    rule = load_rules().find(name, side)
    assert rule is not None and name in rule.side(side).aliases and rule.source == side
    assert load_rules().find(name, other(side)) is None


SAME = """
import sys, torch, mindspore
ONES = {"torch": lambda: torch.ones(2, 3), "mindspore": lambda: mindspore.ops.ones((2, 3))}
for pair in sys.argv[1:]:
    (one, two), make = map(eval, pair.split()), ONES[pair.partition(".")[0]]
    print(pair, one == two or one([make(), make()], 1).shape == two([make(), make()], 1).shape == (2, 6))
"""
"""Whether two names are one thing: equal, or functions that join in the same way."""


RETIRED = "torch.nn.init."
"""Its old names warn, and call the new ones: they are functions of their own, of the same meaning."""


@pytest.mark.frameworks("torch", "mindspore")
def test_an_alias_is_the_same_thing_in_the_installed_framework() -> None:
    names = [(name, side) for name, side in ALIASES if not name.startswith(RETIRED)]
    pairs = [f"{name} {rule.side(side).name}" for name, side in names if (rule := load_rules().find(name, side))]
    made = subprocess.run([sys.executable, "-c", SAME, *pairs], capture_output=True, text=True, check=True)
    assert made.stdout.splitlines() == [f"{pair} True" for pair in pairs]


def test_a_rule_that_collides_with_a_shipped_one_is_told(tmp_path: Path) -> None:
    write(tmp_path, "nn/Rectifier", RULE.format("nn.Rectifier", 1, "nn.ReLU"))
    (problem,) = told(tmp_path)
    assert (
        problem.endswith("or the way back is ambiguous") and "mindspore.nn.ReLU is also the counterpart of" in problem
    )


@pytest.mark.parametrize("name", ["torch.nn.modules.instancenorm.InstanceNorm3d", "torch.nn.InstanceNorm3d"])
def test_a_name_is_found_by_any_spelling(name: str) -> None:
    rule = load_rules().find(name)
    assert rule is not None and rule.name == "nn.InstanceNorm3d"


def test_what_is_told_about_a_file_is_told_of_its_data_too(tmp_path: Path) -> None:
    text = RULE.format("nn.Odd", 2, "nn.Even") + "[param.y]\n"
    path = write(tmp_path, "nn/Odd", text)
    with pytest.raises(RuleError) as error:
        load.rule_from_data("nn/Odd", tomllib.loads(text))
    assert [p.replace("nn/Odd:", f"{path}:", 1) for p in error.value.problems] == told(tmp_path)
