"""Every attribute that only one framework's layer has is spoken of by the rule of the layer, and no other is."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from porter.rewrite.decide.classes.grown import METHODS
from porter.rules.load import load_rules
from porter.rules.model import FRAMEWORKS, Framework, Rule, other

MADE = {
    "nn.BatchNorm3d": "3",
    "nn.Conv3d": "1, 2, 3",
    "nn.ConvTranspose3d": "1, 2, 3",
    "nn.Dropout3d": "",
    "nn.GELU": "",
    "nn.GroupNorm": "2, 4",
    "nn.InstanceNorm1d": "3",
    "nn.InstanceNorm2d": "3",
    "nn.InstanceNorm3d": "3",
    "nn.LeakyReLU": "",
    "nn.MaxPool3d": "2",
    "nn.ModuleList": "[nn.ReLU()]",
    "nn.ReLU": "",
    "nn.Sequential": "nn.ReLU()",
    "nn.Sigmoid": "",
    "nn.Tanh": "",
}
"""Arguments, of either framework, that a layer of each rule is built with."""
BASES: dict[Framework, str] = {"torch": "nn.Module()", "mindspore": "nn.Cell()"}
CHILD = """
import json
from {framework} import nn
made = {{{made}}}
base = set(dir({base}))
found = {{name: [n for n in dir(layer) if n[:1] != "_" and n not in base] for name, layer in made.items()}}
print("members", json.dumps(found))
"""
LAYERS = [
    rule
    for rule in load_rules().rules.values()
    if rule.name.startswith("nn.") and rule.is_class and rule.mindspore.name and not (rule.methods or rule.type_test)
]


@pytest.fixture(scope="module")
def members() -> dict[Framework, dict[str, set[str]]]:
    """What one layer of each rule has beside what all layers have, as a process of each framework sees it."""
    found: dict[Framework, dict[str, set[str]]] = {}
    for framework in FRAMEWORKS:
        names = {rule.name: str(rule.side(framework).name).removeprefix(f"{framework}.") for rule in LAYERS}
        made = ", ".join(f'"{name}": {spelled}({MADE[name]})' for name, spelled in names.items())
        source = CHILD.format(framework=framework, made=made, base=BASES[framework])
        command = [sys.executable, "-W", "ignore", "-c", source]
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
        (line,) = (line for line in output.splitlines() if line.startswith("members "))
        found[framework] = {name: set(names) for name, names in json.loads(line.removeprefix("members ")).items()}
    return found


@pytest.mark.parametrize("to", FRAMEWORKS)
@pytest.mark.parametrize("rule", LAYERS, ids=lambda rule: rule.name)
def test_every_attribute_that_the_other_side_lacks_is_spoken_of(
    members: dict[Framework, dict[str, set[str]]], rule: Rule, to: Framework
) -> None:
    """It has another name there, or a sentence; what a container does as a list, a class of ours does there."""
    lacking = members[other(to)][rule.name] - members[to][rule.name]
    if rule.grows:
        lacking -= METHODS
    weights = {*rule.weights, *rule.weights.values()}
    assert sorted(lacking - rule.attribute_changes(other(to)).keys() - weights - rule.absent.get(to, {}).keys()) == []


@pytest.mark.parametrize("to", FRAMEWORKS)
@pytest.mark.parametrize("rule", LAYERS, ids=lambda rule: rule.name)
def test_nothing_is_said_to_be_lost_that_is_there(
    members: dict[Framework, dict[str, set[str]]], rule: Rule, to: Framework
) -> None:
    """Only what one side has and the other has not."""
    lacking = members[other(to)][rule.name] - members[to][rule.name]
    assert sorted(rule.absent.get(to, {}).keys() - lacking) == []
