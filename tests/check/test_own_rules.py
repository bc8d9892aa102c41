"""`check --rules` proves the rules of a user's folder as it proves the shipped ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.check import check_rules
from porter.results import Verdict
from porter.rules.load import load_rules

pytestmark = [pytest.mark.frameworks("torch", "mindspore"), pytest.mark.usefixtures("lent")]

CASE = '[[check]]\nargs = "[x0, x1], dim=0"\ninput = [[2, 3], [4, 3]]\n'


def failures(folder: Path, name: str) -> list[str]:
    """What check has against a rule of this folder."""
    report = check_rules([name], load_rules([folder]), modes=("PyNative",))
    assert report.counts[Verdict.OK]
    return [
        f"{r.case}: {r.verdict}: {r.detail}" for r in report.results if r.verdict not in (Verdict.OK, Verdict.NOT_RUN)
    ]


def test_an_extended_rule_is_proven_as_it_was_merged(tmp_path: Path) -> None:
    (tmp_path / "cat.toml").write_text(f"extends = true\n{CASE}")
    assert failures(tmp_path, "cat") == []


def test_a_wrong_value_of_an_extended_rule_is_caught(tmp_path: Path) -> None:
    (tmp_path / "cat.toml").write_text('extends = true\n[mindspore]\nsignature = "tensors, axis=1"\n')
    (first, *_) = failures(tmp_path, "cat")
    assert first == "mindspore.ops.cat(tensors, axis=1): mismatch: the installed mindspore has (tensors, axis=0)"


RULE = """
class = true
[torch]
name = "torch.nn.Threshold"
signature = "threshold, value, inplace=False"
docs = "https://example.org/page"
[layer.mindspore]
any = "threshold"
[[check]]
args = "0.5, 2.0"
input = [2, 3, 4]
"""
CODE = """
from mindspore import nn, ops


class Threshold(nn.Cell):
    def __init__(self, threshold, value, inplace=False):
        super().__init__()
        self.threshold = threshold
        self.value = value

    def construct(self, input):
        return ops.where(input > self.threshold, input, self.value)
"""


def own(folder: Path, code: str, rule: str = RULE) -> Path:
    """A folder with a rule whose counterpart is code of one's own."""
    for name, text in (("nn/Threshold.toml", rule), ("standalone/mindspore/threshold.py", code)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_code_of_ones_own_is_run_and_proven(tmp_path: Path) -> None:
    assert failures(own(tmp_path, CODE), "nn.Threshold") == []


@pytest.mark.parametrize(
    ("right", "wrong"), [("input > self", "input >= 1 + self"), ("self.value)", "input)"), ("self.value = value", "")]
)
def test_wrong_code_is_caught(right: str, wrong: str, tmp_path: Path) -> None:
    assert failures(own(tmp_path, CODE.replace(right, wrong)), "nn.Threshold")


SIDE = 'name = "{0}"\n{1}docs = "https://example.org"\n'
SIGNATURE = 'signature = "tensors, dim=0"\n'


@pytest.mark.parametrize(
    ("name", "signature", "told"),
    [
        ("mindspore.mint_cat", SIGNATURE, "mindspore.mint_cat(tensors, dim=0)"),
        ("mindspore.mint_cat", "", "mindspore.mint_cat"),
        ("mindspore.nothing.cat", SIGNATURE, "mindspore.nothing.cat(tensors, dim=0)"),
        ("mindspore.mint.cat", SIGNATURE, ""),
        ("mindspore.float32", "", ""),
    ],
)
def test_a_name_that_the_framework_has_not_is_refused(name: str, signature: str, told: str, tmp_path: Path) -> None:
    one_way = 'one_way = "mindspore"\n' if name == "mindspore.float32" else ""
    sides = f"[torch]\n{SIDE.format('torch.cat', signature)}[mindspore]\n{SIDE.format(name, signature)}"
    (tmp_path / "cat.toml").write_text(one_way + sides)
    report = check_rules(["cat"], load_rules([tmp_path]), modes=("PyNative",))
    wrong = [f"{r.case}: {r.verdict}: {r.detail}" for r in report.results if r.verdict is Verdict.MISMATCH]
    missing = [f"{told}: mismatch: the installed mindspore has no {name}"] if told else []
    assert wrong == missing
    assert report.exit_code == (1 if told else 0 if signature else 2)


def test_an_alias_that_the_framework_has_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cat.toml").write_text('extends = true\n[mindspore]\naliases = ["mindspore.ops.kat"]\n')
    assert failures(tmp_path, "cat") == [
        "mindspore.ops.kat: mismatch: the installed mindspore has no mindspore.ops.kat"
    ]
