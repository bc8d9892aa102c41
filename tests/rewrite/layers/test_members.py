"""The text of the functions that ask at run time. `python -m tests.rewrite.layers.test_members` writes the fixtures."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

import pytest

from porter.rewrite.layers.members import HELPERS, function_name, known_members, member_pieces
from porter.rewrite.layers.module import layers_text
from porter.rewrite.options import Options
from porter.rules.load import RuleBook, rule_from_data
from porter.rules.model import FRAMEWORKS, Framework, Rule
from porter.source.generated import asks_for, is_generated, stands_for
from tests.convert.harness import rules, undefined_names

FIXTURES = Path(__file__).parents[3] / "fixtures" / "members"
TO_MINDSPORE = [
    *("affine", "bias", "eps", "groups", "inplace", "momentum", "negative_slope"),
    *("num_batches_tracked", "num_features", "p", "padding", "running_mean", "running_var", "track_running_stats"),
    "weight",
]
METHODS = ("children", "modules", "named_children", "named_modules", "named_parameters", "parameters")
TO_TORCH = [
    *("alpha", "beta", "bn2d.beta", "bn2d.gamma", "bn2d.moving_mean", "bn2d.moving_variance", "bn2d.num_features"),
    *("gamma", "group", "moving_mean", "moving_variance", "padding"),
]


def layers(to: Framework, *names: str) -> list[tuple[str, Rule]]:
    """Layers of torch for the generated module, by their names there."""
    return [(name, rules().rules[f"torch.nn.{name}"].seen_from(Options(to).source)) for name in names]


def text_of(to: Framework, members: Sequence[str], *names: str) -> str:
    return layers_text(layers(to, *names), Options(to), members, rules())


def everything(to: Framework) -> str:
    return text_of(to, [*known_members(rules(), Options(to)), *HELPERS])


def test_the_members_that_can_be_asked_for() -> None:
    to_mindspore, to_torch = known_members(rules(), Options("mindspore")), known_members(rules(), Options("torch"))
    assert to_mindspore == dict.fromkeys(TO_MINDSPORE, "attribute") | dict.fromkeys(METHODS, "method")
    assert to_torch == dict.fromkeys(TO_TORCH, "attribute")


@pytest.mark.parametrize("name", ["in_channels", "kernel_size", "dim", "forward", "training", "size", "eval", "bn2d"])
def test_what_both_call_the_same_or_no_layer_has_cannot_be_asked_for(name: str) -> None:
    assert name not in known_members(rules(), Options("mindspore"))
    assert name not in known_members(rules(), Options("torch"))
    with pytest.raises(KeyError, match=name):
        list(member_pieces([name], rules(), Options("mindspore")))


@pytest.mark.parametrize("to", ["mindspore", "torch"])
def test_the_text_of_all_of_them(to: Framework) -> None:
    assert everything(to) == (FIXTURES / f"to_{to}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("names", [(), ("InstanceNorm3d",), ("InstanceNorm3d", "BatchNorm3d", "Sequential")])
@pytest.mark.parametrize("to", ["mindspore", "torch"])
def test_without_members_nothing_of_the_text_changes(to: Framework, names: tuple[str, ...]) -> None:
    names = tuple(name for name in names if to == "mindspore" or name != "Sequential")
    text = layers_text(layers(to, *names), Options(to))
    assert text == layers_text(layers(to, *names), Options(to), (), rules())
    assert "Asks for" not in text
    assert asks_for(text.encode()) == []
    assert not [name for name in (*HELPERS, "weight", "gamma") if f"def {name}(" in text]


def test_the_header_remembers_what_is_asked_for() -> None:
    data = text_of("mindspore", ["weight", "modules", "weight"], "InstanceNorm3d").encode()
    assert data.splitlines()[1:3] == [b"# Stands for: torch.nn.InstanceNorm3d", b"# Asks for: modules weight"]
    assert is_generated(data)
    assert (stands_for(data), asks_for(data)) == (["torch.nn.InstanceNorm3d"], ["modules", "weight"])
    assert b'\n__all__ = ["InstanceNorm3d", "modules", "weight"]\n' in data


def test_a_module_of_members_alone_stands_for_nothing() -> None:
    data = text_of("torch", ["bn2d.gamma"]).encode()
    assert (stands_for(data), asks_for(data)) == ([], ["bn2d.gamma"])
    assert b'\n__all__ = ["bn2d_gamma"]\n' in data
    assert function_name("bn2d.gamma") == "bn2d_gamma"
    assert b"Stands for" not in data


@pytest.mark.parametrize("text", ["", "weight = 1\n", "#Asks for: weight\n", '"""# Asks for: weight"""\n'])
def test_other_texts_ask_for_nothing(text: str) -> None:
    assert asks_for(text.encode()) == []


def test_the_order_of_the_names_means_nothing() -> None:
    names = ["weight", "fresh", "named_parameters", "get_member"]
    assert text_of("mindspore", names) == text_of("mindspore", names[::-1]) == text_of("mindspore", names * 2)


def test_a_class_of_the_same_module_is_asked_as_the_native_layer_is() -> None:
    text = text_of("mindspore", ["weight"], "InstanceNorm2d", "BatchNorm3d")
    assert "(nn.InstanceNorm1d, nn.InstanceNorm2d, InstanceNorm2d, nn.InstanceNorm3d)" in " ".join(text.split())
    assert "isinstance(owner, (nn.BatchNorm3d, BatchNorm3d))" in text


@pytest.mark.parametrize("to", ["mindspore", "torch"])
@pytest.mark.parametrize("platform", ["cpu", "gpu"])
def test_every_name_of_the_text_is_defined_and_the_other_framework_is_not_imported(
    to: Framework, platform: str
) -> None:
    options = Options(to, platform)
    for member in [*known_members(rules(), options), *HELPERS]:
        text = layers_text(layers(to, "InstanceNorm3d"), options, [member], rules())
        assert not undefined_names(text)
        source = options.source
        assert not [line for line in text.splitlines() if line.startswith((f"import {source}", f"from {source}"))]


def test_no_line_is_too_long_however_many_layers_there_are() -> None:
    book = RuleBook({f"torch.nn.Layer{n}": _layer(n) for n in range(40)})
    options = Options("mindspore")
    for member in ("weight", "set_member", "named_parameters"):
        text = layers_text([], options, [member], book)
        ast.parse(text)
        assert max(map(len, text.splitlines())) <= 120


def _layer(number: int) -> Rule:
    half = {"signature": "size", "docs": "https://x"}
    sides = {side: {"name": f"{side}.nn.Layer{number}", **half} for side in ("torch", "mindspore")}
    table = {"weights": {"weight": "gamma", "bias": "bias"}, "attributes": {"size": ""}}
    note = {"attribute_notes": {"size": 'MindSpore says "size" in many words, and in others, too'}}
    return rule_from_data(f"nn/Layer{number}", {**sides, **table, **note})


def test_a_note_with_quotes_and_commas_is_told_whole() -> None:
    book = RuleBook({"torch.nn.Layer1": _layer(1)})
    (piece,) = [piece for piece in member_pieces(["size"], book, Options("mindspore")) if piece.name == "size"]
    (raised,) = [node.exc for node in ast.walk(ast.parse(piece.text)) if isinstance(node, ast.Raise)]
    assert isinstance(raised, ast.Call)
    assert ast.literal_eval(raised.args[0]) == 'MindSpore says "size" in many words, and in others, too'


def test_a_parameter_of_the_same_name_stands_in_torchs_order() -> None:
    book = RuleBook({"torch.nn.Layer1": _layer(1)})
    text = layers_text([], Options("mindspore"), ["parameters"], book)
    assert '"weight": lambda owner: owner.gamma,\n                "bias": lambda owner: owner.bias,' in text
    assert '            ["gamma", "bias"],\n' in text


if __name__ == "__main__":
    for side in FRAMEWORKS:
        (FIXTURES / f"to_{side}.py").write_text(everything(side), encoding="utf-8")
