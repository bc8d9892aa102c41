"""The tables of members hold all that one framework's tensors and layers have and the other's lack, and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from porter.errors import RuleError
from porter.rules.load import load_rules
from porter.rules.model import FRAMEWORKS, Framework, other

from .faulty import problems

CHILD = """
import json
{imports}
found = {{"Tensor": dir({tensor}), "nn.Module": dir({layer})}}
print("members", json.dumps({{name: [n for n in names if n[:1] != "_"] for name, names in found.items()}}))
"""
SOURCES = {
    "torch": CHILD.format(imports="import torch", tensor="torch.Tensor", layer="torch.nn.Module()"),
    "mindspore": CHILD.format(imports="import mindspore", tensor="mindspore.Tensor", layer="mindspore.nn.Cell()"),
}
OF_PARAMETERS = {"set_data"}
"""What MindSpore's tensors have as parameters alone."""
PRIVATE = {"_modules", "_parameters", "_cells", "_params"}
KEPT: dict[Framework, set[str]] = {
    "mindspore": {"register_backward_hook", "to_empty"},
    "torch": set(),
}
"""Methods of layers that both have, and that do not mean the same."""
HANDLED_APART = {"parameters", "named_parameters", "children", "named_modules"}
"""Methods that a function of the generated module stands for; the rule is that of the way back."""


@pytest.fixture(scope="module")
def members() -> dict[Framework, dict[str, set[str]]]:
    """Public members of both frameworks' classes, as processes of their own see them."""
    found: dict[Framework, dict[str, set[str]]] = {}
    for framework in FRAMEWORKS:
        command = [sys.executable, "-W", "ignore", "-c", SOURCES[framework]]
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
        (line,) = (line for line in output.splitlines() if line.startswith("members "))
        found[framework] = {name: set(names) for name, names in json.loads(line.removeprefix("members ")).items()}
    return found


@pytest.mark.parametrize("to", FRAMEWORKS)
@pytest.mark.parametrize("name", ["Tensor", "nn.Module"])
def test_every_member_that_the_other_side_lacks_is_said_to_be_absent(
    members: dict[Framework, dict[str, set[str]]], name: str, to: Framework
) -> None:
    """Or has a rule of its own. Nothing is that both have, but for methods of layers that mean something else."""
    book = load_rules()
    rule, ruled = book.rules[f"torch.{name}"], set(book.members(name, other(to)))
    renamed = set(rule.methods) if to == "mindspore" else set(rule.methods.values())
    lacking = members[other(to)][name] - members[to][name] - renamed
    said = set(rule.absent[to]) - OF_PARAMETERS - PRIVATE
    assert sorted(lacking - said - ruled) == []
    assert sorted(said - lacking - KEPT[to]) == []
    assert sorted(said & ruled - HANDLED_APART) == []


@pytest.mark.parametrize("to", FRAMEWORKS)
def test_every_member_that_differs_is_on_both_sides(
    members: dict[Framework, dict[str, set[str]]], to: Framework
) -> None:
    """What one of them lacks is absent, and does not differ."""
    both = members["torch"]["Tensor"] & members["mindspore"]["Tensor"] | {"name"}
    assert sorted(set(load_rules().rules["torch.Tensor"].differs[to]) - both) == []


@pytest.mark.parametrize("name", ["Tensor", "nn.Module"])
@pytest.mark.parametrize("side", FRAMEWORKS)
def test_every_member_that_has_a_file_is_one(
    members: dict[Framework, dict[str, set[str]]], name: str, side: Framework
) -> None:
    """Of the installed framework's class."""
    assert sorted(set(load_rules().members(name, side)) - members[side][name]) == []


def test_a_member_that_a_table_and_a_file_speak_of_is_refused(tmp_path: Path) -> None:
    """The file says all of it: the table's entry would never be read."""
    folder = tmp_path / "Tensor"
    folder.mkdir()
    (folder / "backward.toml").write_text(
        '[torch]\nname = "torch.Tensor.backward"\nsignature = ""\ndocs = "https://pytorch.org"\n'
        '[[becomes.mindspore]]\nwrite = "{self}"\n',
        encoding="utf-8",
    )
    with pytest.raises(RuleError) as error:
        load_rules([tmp_path])
    message = f"Tensor.toml: [absent.mindspore] backward changes nothing: {folder / 'backward.toml'} is its rule"
    assert error.value.problems == (message,)


WHY = "a sentence that says why is expected, on one line"
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "lacking is a text": ({"lacking": "many"}, "[lacking] is 'many': a table is expected"),
    "lacking on no side": ({"lacking": {"jax": []}}, "unknown table of [lacking] 'jax'; known: mindspore, torch"),
    "lacking without why": (
        {"lacking": {"torch": [{"names": ["a"]}]}},
        "[[lacking.torch]] why is missing: a sentence that says what is lacking is expected",
    ),
    "lacking no name": (
        {"lacking": {"torch": [{"why": "there is no such thing", "names": ["a b"]}]}},
        "[[lacking.torch]] names is ['a b']: a list of names is expected",
    ),
    "lacking twice": (
        {
            "absent": {"torch": {"a": "there is no such thing"}},
            "lacking": {"torch": [{"why": "there is no such thing", "names": ["a"]}]},
        },
        "[[lacking.torch]] a changes nothing: [absent.torch] has it",
    ),
    "rare on no side": ({"rare": {"jax": ["a"]}}, "unknown key of [rare] 'jax'; known: mindspore, torch"),
    "rare without a word": (
        {"rare": {"torch": ["a"]}},
        "[rare] a changes nothing: neither [absent.torch] nor [differs] speaks of it",
    ),
    "parts of nothing": (
        {"parts": {"torch": [{"why": "it is a plain tuple", "names": ["values"]}]}},
        "[[parts.torch]] of is missing",
    ),
    "differs above": (
        {"differs": {"flip": {"why": "it takes one tuple", "above": "one"}}},
        "[differs] flip above is 'one': the number of arguments is expected",
    ),
    "differs nowhere": (
        {"differs": {"size": {"why": "it is a number", "anywhere": False}}},
        "[differs] size anywhere is False: true is expected, or no such key",
    ),
    "differs in no kernel": (
        {"differs": {"clone": {"why": "it has no kernel", "kernel": 1}}},
        "[differs] clone kernel is 1: true is expected, or no such key",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_tables_are_refused(fault: str) -> None:
    """Each with the sentence that says what is expected."""
    data, message = FAULTS[fault]
    assert message in problems(data)
