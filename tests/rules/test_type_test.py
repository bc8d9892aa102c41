"""Abstract classes: what derives from them is listed whole, and passes the same tests in MindSpore."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from porter.rules.load import load_rules

from .faulty import FUNCTION, LAYER, NONE, Data, problems

RULES = load_rules()
ABSTRACT = [rule for rule in RULES.rules.values() if rule.type_test]
WHY = "a class of torch that derives from this one is expected"
FAULTS: dict[str, tuple[Any, Data, list[str]]] = {
    "sound": (["torch.nn.Other"], LAYER, []),
    "a refusal": ("MindSpore has nothing above these", LAYER, []),
    "a word": (
        "no",
        LAYER,
        ["the key type_test is 'no': a sentence that says why is expected, on one line"],
    ),
    "a number": (3, LAYER, ["the key type_test is 3: a list of names is expected"]),
    "nothing": ([], LAYER, ["the key type_test is []: a list of names is expected"]),
    "of MindSpore": (["mindspore.nn.Other"], LAYER, [f"type_test 'mindspore.nn.Other': {WHY}"]),
    "itself": (["torch.nn.Layer"], LAYER, [f"type_test 'torch.nn.Layer': {WHY}"]),
    "of a function": (
        ["torch.nn.Other"],
        FUNCTION,
        ["type_test changes nothing: torch.op is no class, without class = true"],
    ),
    "without a counterpart": (
        ["torch.nn.Other"],
        NONE,
        ["type_test changes nothing where [mindspore] has no name"],
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_told(what: str) -> None:
    found, base, expected = FAULTS[what]
    assert problems({"type_test": found}, base) == expected


PROGRAM = """
import importlib, json, sys
from torch import nn
found = {}
for name in sys.argv[1:]:
    module, _, last = name.rpartition(".")
    above = getattr(importlib.import_module(module), last)
    kinds = {n: k for n, k in vars(nn).items() if isinstance(k, type) and issubclass(k, above)}
    found[name] = sorted(f"torch.nn.{n}" for n in kinds if n[:1] != "_")
print("classes", json.dumps(found))
"""


@pytest.mark.frameworks("torch")
def test_all_that_derives_from_an_abstract_class_is_listed() -> None:
    names = [str(rule.torch.name) for rule in ABSTRACT]
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, *names]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    (line,) = (line for line in output.splitlines() if line.startswith("classes "))
    found = json.loads(line.removeprefix("classes "))
    assert {str(rule.torch.name): sorted(rule.type_test) for rule in ABSTRACT} == found


def test_each_has_something_that_crosses() -> None:
    assert len(ABSTRACT) >= 5
    for rule in ABSTRACT:
        assert any(each.mindspore.name for each in RULES.derived(rule)), rule.name
