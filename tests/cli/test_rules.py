"""`porter rules`: the official rows of a rule are all there, and nothing essential is cut off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from porter.codes import EXPLAINED, Code
from porter.report.rules import print_code, print_rule, print_rules
from porter.rules.load import load_rules
from porter.rules.model import Rule
from tests.cli.conftest import Porter, on_terminal

RULES = load_rules().rules


def flat(text: str) -> str:
    """Text without the way it was wrapped."""
    return " ".join(text.split())


@pytest.mark.parametrize("width", [80, 160])
def test_every_rule_is_listed_whole(width: int) -> None:
    text = on_terminal(lambda console: print_rules(RULES.values(), console), width)
    assert max(map(len, text.splitlines())) <= width
    for rule in RULES.values():
        (line,) = [line for line in text.splitlines() if line.startswith(f"{rule.name} ")] or [""]
        assert line or (len(rule.name) > 25 and width == 80)  # it goes on in the next line
        nothing = "(in the generated module)" if rule.layer else "(no counterpart)"
        shown = rule.mindspore.name or nothing
        assert (
            rule.becomes or not line or shown in line or (len(shown) > 28 and width == 80)
        )  # it goes on in the next line
    assert f"{len(RULES)} rules." in text


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_rule_shows_every_parameter_of_both_sides(rule: Rule) -> None:
    text = on_terminal(lambda console: print_rule(rule, console), 80)
    assert max(len(line) for line in text.splitlines() if "http" not in line) <= 80
    assert rule.torch.docs in text
    shown = text.split()
    for side in (rule.torch, rule.mindspore):
        for parameter in side.signature.parameters if side.signature and rule.mindspore.name else ():
            stars = {"star": "*", "double star": "**"}.get(parameter.kind, "")
            default = "" if parameter.default is None else f"={parameter.default}"
            assert f"{stars}{parameter.name}{default}" in shown
    for ours, theirs in rule.weights.items():
        assert {ours, theirs} <= set(shown)


def test_the_official_table_of_instance_norm_is_shown(porter: Porter) -> None:
    ran = porter("rules", "torch.nn.InstanceNorm3d")
    assert ran.code == 0
    lines = [line.split() for line in ran.out.splitlines()]
    assert ["input", "x"] in lines
    assert ["num_features", "num_features", "the", "same"] in lines
    assert "affine=False affine=True value: whatever decides a branch" in flat(ran.out)
    assert "all else here other default: written out, both ways" in flat(ran.out)
    assert "track_running_stats=False True: the generated class keeps it" in flat(ran.out)
    assert "gamma_init='ones' any other value: the generated class keeps it" in flat(ran.out)
    assert "beta_init='zeros' any other value: the generated class keeps it" in flat(ran.out)
    assert "The native layer of MindSpore runs on: GPU" in ran.out


@pytest.mark.parametrize(
    "name", ["nn.Module", "torch.nn.Module", "mindspore.nn.Cell", "nn.Cell", "torch.nn.modules.module.Module"]
)
def test_a_rule_is_found_by_any_of_its_names(porter: Porter, name: str) -> None:
    ran = porter("rules", name)
    assert ran.code == 0
    assert ran.out.startswith("torch.nn.Module <-> mindspore.nn.Cell\n")


def test_a_refusal_says_why(porter: Porter) -> None:
    ran = porter("rules", "nn.LazyInstanceNorm3d")
    assert ran.out.startswith("torch.nn.LazyInstanceNorm3d <-> (no counterpart)\n")
    assert "Left as it is: MindSpore has no lazy layers" in ran.out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nn.GELU", "value: 'none' is False, 'tanh' is True"),
        ("zeros", "one tuple, or one number; torch takes the numbers, or one sequence"),
        ("rand", "the numbers, or one sequence"),
        ("nn.modules.conv._ConvTransposeNd", "Type tests: for the counterparts of torch.nn.ConvTranspose1d, "),
    ],
)
def test_what_else_a_rule_says_is_shown(name: str, said: str, porter: Porter) -> None:
    assert said in " ".join(porter("rules", name).out.split())


def test_rules_of_your_own_are_listed_and_win(porter: Porter, tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "nn"
    folder.mkdir(parents=True)
    side = "name = '{0}.nn.{1}'\nsignature = '*args'\ndocs = 'https://example.org/{1}'\n"
    text = f"class = true\n[torch]\n{side.format('torch', 'Odd')}[mindspore]\n{side.format('mindspore', 'Even')}"
    (folder / "Odd.toml").write_text(text)
    ran = porter("rules", "--rules", tmp_path / "mine")
    assert "nn.Odd " in ran.out
    assert porter("rules", "nn.Odd", "--rules", tmp_path / "mine").out.startswith("torch.nn.Odd <-> mindspore.nn.Even")


def test_missing_names_are_listed_by_use(porter: Porter, tree: Callable[..., Path]) -> None:
    src = tree(
        a="import torch\nimport torch.nn as nn\ntorch.fft.fft(x)\ntorch.fft.fft(y)\nnn.Bilinear(1, 2, 3)\nnn.ReLU()\n",
        b="from torch.fft import fft\nfft(z)\n",
    )
    ran = porter("rules", "--missing", src)
    assert ran.code == 0
    assert [line.split() for line in ran.out.splitlines()] == [
        ["name", "uses", "files"],
        ["torch.fft.fft", "3", "2"],
        ["torch.nn.Bilinear", "1", "1"],
        [],
        ["2", "names", "without", "a", "rule,", "4", "uses."],
    ]


def test_nothing_missing_is_said(porter: Porter, tree: Callable[..., Path]) -> None:
    ran = porter("rules", "--missing", tree(a="import torch.nn as nn\nnn.ReLU()\n"))
    assert ran.out == f"Every name that {Path('src').resolve()} uses has a rule.\n"


@pytest.mark.parametrize("code", list(EXPLAINED))
def test_every_code_is_explained(code: Code, porter: Porter) -> None:
    ran = porter("rules", "--code", code.lower())
    assert (ran.code, ran.err) == (0, "")
    head, _, sentence = " ".join(ran.out.split()).partition(": ")
    assert head == code
    assert sentence == EXPLAINED[code]


@pytest.mark.parametrize("width", [80, 160])
@pytest.mark.parametrize("code", list(EXPLAINED))
def test_an_explanation_is_wrapped_on_a_terminal_and_one_line_in_a_pipe(code: Code, width: int, porter: Porter) -> None:
    text = on_terminal(lambda console: print_code(code, console), width)
    assert max(map(len, text.splitlines())) <= width
    assert flat(text) == f"{code}: {EXPLAINED[code]}"
    ran = porter("rules", "--code", code)
    assert ran.out == f"{code}: {EXPLAINED[code]}\n"


@pytest.mark.parametrize("code", list(EXPLAINED))
def test_an_explanation_is_made_of_sentences(code: Code) -> None:
    text = EXPLAINED[code]
    assert text[0].isupper() and text.endswith(".") and "  " not in text and len(text) < 400


@pytest.mark.parametrize("text", ["", " ", "PT", "PT0", "PT14", "NONE", "PT014 ", "PT\n014"])
def test_what_is_no_code_is_one_line(text: str, porter: Porter) -> None:
    ran = porter("rules", "--code", text)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("porter: no finding has the code") and ran.err.count("\n") == 1


def test_the_codes_are_one_row_without_a_gap() -> None:
    assert set(EXPLAINED) == set(Code) - {Code.NONE}
    assert sorted(EXPLAINED) == [f"PT{number:03}" for number in range(1, len(EXPLAINED) + 1)]


def test_a_code_that_does_not_exist_is_one_line(porter: Porter) -> None:
    ran = porter("rules", "--code", "PT999")
    assert (ran.code, ran.out) == (2, "")
    last = max(EXPLAINED)
    assert ran.err == f"porter: no finding has the code PT999; the codes are PT001 to {last}\n"


@pytest.mark.parametrize("name", ["mint.abs", "mindspore.mint.abs"])
def test_a_name_of_a_family_is_shown(name: str, porter: Porter) -> None:
    ran = porter("rules", name)
    assert ran.code == 0 and ran.out.startswith("torch.abs <-> mindspore.mint.abs\n")
    assert "One way: converted to torch only" in ran.out
