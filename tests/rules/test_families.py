"""Families of names by path: each name has a rule on the way back, as good as one of its own file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from porter.check import check_rules
from porter.errors import RuleError
from porter.report.rules import print_rule, print_rules
from porter.results import Verdict
from porter.rules.families import FOLDER, Families
from porter.rules.load import RuleBook, load_rules, rule_folder
from porter.rules.model import Rule
from tests.cli.conftest import on_terminal

BOOK = load_rules()
assert BOOK.families is not None
MINT = BOOK.families
HEAD = '[family]\ntorch = "torch"\nmindspore = "mindspore.mint"\n'


def family(folder: Path, *groups: str, name: str = "mint") -> Families:
    """A family with these groups."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(HEAD + "".join(f"[[group]]\n{group}\n" for group in groups))
    return Families(folder)


def mint(name: str) -> Rule:
    rule = BOOK.find(f"mindspore.mint.{name}", "mindspore")
    assert rule is not None
    return rule


def test_a_name_of_a_family_has_a_rule_on_the_way_back_alone() -> None:
    rule = mint("abs")
    assert (rule.name, rule.torch.name, rule.mindspore.name) == ("mint.abs", "torch.abs", "mindspore.mint.abs")
    assert (rule.source, rule.one_way) == ("mindspore", "torch")
    assert BOOK.find("mindspore.mint.abs") is None
    assert BOOK.find("torch.mint.abs") is None
    assert BOOK.find("mindspore.mint.nothing", "mindspore") is None
    assert all(rule.one_way != "torch" for rule in BOOK.rules.values())


def test_the_paths_of_a_family_are_modules() -> None:
    assert {"mindspore.mint", "mindspore.mint.nn", "mindspore.mint.nn.functional"} <= BOOK.modules("mindspore")
    assert "mindspore" not in BOOK.modules("torch")


def test_every_rule_of_the_family_can_be_made() -> None:
    rules = MINT.rules()
    assert len(rules) == len(MINT.names) >= 300
    for rule in rules:
        assert str(rule.mindspore.name).replace("mindspore.mint", "torch") == rule.torch.name
        assert rule.checks or rule.notes, f"{rule.name} is neither proven, nor is it said that it is not"
        assert not (rule.checks and rule.notes), f"{rule.name} is proven, and it is said that it is not"
    assert sum(bool(rule.checks) for rule in rules) >= 120


def test_a_file_wins_over_a_family(tmp_path: Path) -> None:
    path = tmp_path / "abs.toml"
    side = 'name = "{0}"\nsignature = "input"\ndocs = "https://example.org"\n'
    path.write_text(f"[torch]\n{side.format('torch.abs')}[mindspore]\n{side.format('mindspore.mint.abs')}")
    book = load_rules([tmp_path])
    there, back = book.find("torch.abs"), book.find("mindspore.mint.abs", "mindspore")
    assert there is not None and there.files == (str(path),) and back == there


GROUP = 'signature = "input"\nnames = ["abs"]\ncheck = [{ args = "x0", input = [2, 3] }]'
FAULTS = {
    "unknown key": (f"{GROUP}\nwhat = 1", "unknown key 'what'; known: "),
    "a case that does not fit": (GROUP.replace('"x0"', '"x0, x1"'), "[[check]] 1 args 'x0, x1': "),
    "an entry that changes nothing": (f"{GROUP}\n[group.weights]\na = 'b'", "weights changes nothing: torch.abs is no"),
    "no such parameter": (f"{GROUP}\n[group.param.x]\nnote = 'one two three'", "[param.x] is in neither signature"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_wrong_group_is_told_by_its_name(what: str, tmp_path: Path) -> None:
    group, message = FAULTS[what]
    with pytest.raises(RuleError) as error:
        family(tmp_path, group).find("mindspore.mint.abs")
    assert any(p.startswith(f"families: mindspore.mint.abs: {message}") for p in error.value.problems)


def test_a_name_in_two_groups_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuleError) as error:
        family(tmp_path, GROUP, GROUP).find("mindspore.mint.abs")
    assert error.value.problems == ("families/mint.toml: mindspore.mint.abs is named twice",)


def test_the_modules_are_those_of_the_names(tmp_path: Path) -> None:
    with pytest.raises(RuleError) as error:
        family(tmp_path, GROUP.replace('"abs"', '"abs", "special.exp2"')).find("mindspore.mint.abs")
    assert error.value.problems == ("families: modules does not fit the names: mindspore.mint.special",)
    text = (tmp_path / "mint.toml").read_text().replace("[[group]]", 'modules = ["nn"]\n[[group]]')
    (tmp_path / "mint.toml").write_text(text)
    with pytest.raises(RuleError) as error:
        Families(tmp_path).find("mindspore.mint.abs")
    assert error.value.problems == (
        "families: modules does not fit the names: mindspore.mint.nn, mindspore.mint.special",
    )


def test_the_file_is_read_when_a_name_asks_for_it(tmp_path: Path) -> None:
    families = family(tmp_path, GROUP)
    book = RuleBook({}, families=families)
    assert book.find("torch.abs") is None and book.modules("torch") == frozenset()
    assert "names" not in vars(families)
    assert book.find("mindspore.ops.abs", "mindspore") is None and "mindspore.mint" in book.modules("mindspore")
    assert "names" not in vars(families)
    assert book.find("mindspore.mint.abs", "mindspore") is not None and "names" in vars(families)


def test_a_rule_of_a_family_is_shown_like_any_other() -> None:
    text = on_terminal(lambda console: print_rule(mint("linalg.inv"), console), 100)
    assert "other name" in text and "One way: converted to torch only" in text
    listed = on_terminal(lambda console: print_rules([], console, 3), 100)
    assert listed.endswith("3 more names of MindSpore are torch's by another path, such as mint.abs.\n")


INSTALLED = """
import inspect, sys
import mindspore
for line in sys.stdin.read().splitlines():
    name, _, signature = line.partition("|")
    found = eval(name)
    try:
        actual = inspect.signature(found)
    except ValueError:
        continue
    wanted = inspect.signature(eval(f"lambda {signature}: 0"))
    theirs = {p.name: p for p in actual.parameters.values()}
    every = [*theirs.values(), *wanted.parameters.values()]
    if any(p.kind is p.VAR_KEYWORD for p in every):
        continue
    for p in wanted.parameters.values():
        if p.name not in theirs or theirs[p.name].default != p.default:
            print(name, p)
"""


@pytest.mark.frameworks("mindspore")
def test_the_signatures_are_those_of_the_installed_framework() -> None:
    lines = [f"{r.mindspore.name}|{r.mindspore.signature.text if r.mindspore.signature else ''}" for r in MINT.rules()]
    made = subprocess.run(
        [sys.executable, "-c", INSTALLED], input="\n".join(lines), capture_output=True, text=True, check=True
    )
    assert made.stdout.splitlines() == []


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.usefixtures("lent")
def test_every_name_with_a_case_is_proven() -> None:
    rules = [rule for rule in MINT.rules() if rule.checks]
    book = RuleBook({}, families=MINT)
    report = check_rules([str(rule.mindspore.name) for rule in rules], load_rules(), modes=("PyNative",))
    wrong = {Verdict.MISMATCH, Verdict.BLIND, Verdict.ERROR}
    assert [f"{r.case}: {r.verdict} {r.detail}" for r in report.results if r.verdict in wrong] == []
    proven = {result.rule for result in report.results if result.verdict is Verdict.OK and result.mode}
    assert {rule.name for rule in rules} == proven and book.families is MINT
    assert (rule_folder() / FOLDER / "mint.toml").is_file()


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.usefixtures("lent")
@pytest.mark.parametrize(("right", "wrong"), [("abs", "neg"), ("cos", "sin")])
def test_a_name_that_is_not_the_same_is_caught(right: str, wrong: str, tmp_path: Path) -> None:
    families = family(tmp_path, GROUP.replace("abs", right))
    families.names[f"mindspore.mint.{right}"] = (f"torch.{wrong}", families.names[f"mindspore.mint.{right}"][1])  # type: ignore[index]
    report = check_rules([f"mint.{right}"], RuleBook({}, families=families), modes=("PyNative",))
    assert report.counts[Verdict.MISMATCH] and report.exit_code == 1


@pytest.mark.frameworks("torch", "mindspore")
@pytest.mark.usefixtures("lent")
def test_a_name_that_is_not_there_is_caught(tmp_path: Path) -> None:
    report = check_rules(
        ["mint.abz"], RuleBook({}, families=family(tmp_path, GROUP.replace("abs", "abz"))), modes=("PyNative",)
    )
    assert {r.detail for r in report.results if r.verdict is Verdict.MISMATCH} == {
        "the installed mindspore has no mindspore.mint.abz",
        "the installed torch has no torch.abz",
    }
