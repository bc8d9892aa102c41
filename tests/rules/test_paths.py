"""Inner paths lead to the same thing as the outer ones, in the installed frameworks."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from porter.rules.load import load_rules
from porter.rules.paths import INNER_PATHS, OTHERS, canonical

WIDE = {"mindspore.ops.auto_generate.", "mindspore.ops.function.", "mindspore.common."}
"""Of these only the names with a rule are looked at: most others are of the inside, with the same names."""

PROGRAM = """
import importlib, json, sys
import torch, mindspore
def module(path):
    try:
        return importlib.import_module(path)
    except ImportError:
        above, _, last = path.rpartition(".")
        return getattr(module(above), last)
found = {}
for inner, outer in json.loads(sys.argv[1]):
    ours, theirs = module(inner.rstrip(".")), module(outer.rstrip("."))
    names = [name for name in vars(ours) if name[:1] != "_" and hasattr(theirs, name)]
    kinds = type(sys)
    names = [name for name in names if not isinstance(getattr(ours, name), kinds)]
    found[inner] = [names, [name for name in names if getattr(ours, name) is not getattr(theirs, name)]]
print("paths", json.dumps(found))
"""


@pytest.mark.frameworks("torch", "mindspore")
def test_an_inner_path_leads_to_the_same_thing() -> None:
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, json.dumps(INNER_PATHS)]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    (line,) = (line for line in output.splitlines() if line.startswith("paths "))
    found = json.loads(line.removeprefix("paths "))
    assert [inner for inner, (names, _) in found.items() if not names] == []
    rules = load_rules()
    ruled = [name for side in ("torch", "mindspore") for name in rules.names(side)]
    for inner, outer in INNER_PATHS:
        wrong = {f"{inner}{name}" for name in found[inner][1]} - OTHERS
        assert {name for name in wrong if inner not in WIDE or f"{outer}{name.rpartition('.')[2]}" in ruled} == set()


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("torch.nn.modules.instancenorm.InstanceNorm3d", "torch.nn.InstanceNorm3d"),
        ("torch.nn.modules.batchnorm._BatchNorm", "torch.nn.modules.batchnorm._BatchNorm"),
        ("torch.functional.einsum", "torch.einsum"),
        ("torch.optim.adam.Adam", "torch.optim.Adam"),
        ("torch.optim.lr_scheduler.StepLR", "torch.optim.lr_scheduler.StepLR"),
        ("mindspore.ops.operations.Concat", "mindspore.ops.Concat"),
        ("mindspore.ops.operations.array_ops.Concat", "mindspore.ops.Concat"),
        ("mindspore.train.serialization.load_checkpoint", "mindspore.load_checkpoint"),
        ("mindspore.train.serialization.load_mindir", "mindspore.train.serialization.load_mindir"),
        ("mindspore.nn.optim.Adam", "mindspore.nn.Adam"),
        ("mindspore.context.set_context", "mindspore.set_context"),
        ("mindspore.numpy.zeros", "mindspore.numpy.zeros"),
    ],
)
def test_a_name_is_known_by_its_outer_path(inner: str, outer: str) -> None:
    assert canonical(inner) == outer
