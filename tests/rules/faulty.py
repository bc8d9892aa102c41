"""Sound rules as data, and what is said about them when something in them is changed."""

from __future__ import annotations

import copy
from typing import Any

from porter.errors import RuleError
from porter.rules.load import rule_from_data

Data = dict[str, Any]

GONE = object()
"""In a change: the key is taken away."""

DOCS = "https://example.org/page"

LAYER: Data = {
    "torch": {
        "name": "torch.nn.Layer",
        "signature": "size, rate=0.5, mode='a', device=None, *, bias=True",
        "docs": DOCS,
    },
    "mindspore": {
        "name": "mindspore.nn.Layer",
        "signature": "size, rate=0.1, mode='a', pad=0, has_bias=True",
        "docs": DOCS,
    },
    "param": {
        "bias": {"mindspore": "has_bias"},
        "device": {"drop": "MindSpore places the whole program"},
        "pad": {"when": {"other": {"write": "keep", "note": "torch's layer pads nothing"}}},
    },
    "weights": {"weight": "gamma"},
    "check": [{"args": "3, rate=0.25", "input": [2, "size", 4]}],
}
"""The rule of a layer, `nn/Layer`."""

FUNCTION: Data = {
    "torch": {"name": "torch.op", "signature": "input, dim=0", "docs": DOCS},
    "mindspore": {"name": "mindspore.ops.op", "signature": "input, axis=0", "docs": DOCS},
    "param": {"dim": {"mindspore": "axis"}},
    "check": [{"args": "x0, dim=1", "input": [2, 3]}],
}
"""The rule of a function, `op`."""

NONE: Data = {
    "class": True,
    "torch": {"name": "torch.nn.Layer", "signature": "size", "docs": DOCS},
    "mindspore": {"none": "MindSpore has no such layer"},
}
"""The rule of a layer without a counterpart, `nn/Layer`."""


def changed(data: Data, change: Data) -> Data:
    """A copy in which `change` is merged, table by table; a list takes the place of a list."""
    result = copy.deepcopy(data)
    for key, value in change.items():
        if value is GONE:
            del result[key]
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = changed(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def problems(change: Data, base: Data = LAYER, name: str = "") -> list[str]:
    """What is said about a sound rule with a change in it, without the name of the file."""
    name = name or base["torch"]["name"].removeprefix("torch.").replace(".", "/")
    try:
        rule_from_data(name, changed(base, change))
    except RuleError as error:
        return [problem.removeprefix(f"{name}: ") for problem in error.problems]
    return []
