"""Made-up calls: the converted call means what the original meant, whatever shape its arguments have.

Both programs are run against recorders that say what a call means. Nothing here knows a rule.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from porter.convert import Options, convert_text

from .harness import rules
from .stage import PAIRS, Recorder, run

PLATFORMS = ["gpu", "any"]
HEAD = "c, k, p, s, d, m, e, off, on = 8, 3, 1, 2, 1, 0.3, 0.25, False, True\nkw = {}\n"
NUMBERS = ["1", "2", "k", "(k)", "k - 1", "p + 1"]
TRIPLES = [*NUMBERS, "(1, 2, 3)", "(k, k, p)", "[3, 2, 1]"]
FLAGS = ["True", "False", "on", "off", "not on", "on if off else off"]
VALUES: dict[str, list[str]] = {
    "num_features": ["8", "c", "2 * c", "(c)"],
    "in_channels": ["4", "c"],
    "out_channels": ["4", "c + 8"],
    "kernel_size": TRIPLES,
    "stride": TRIPLES,
    "padding": ["0", "1", "p", "k // 2", "(0, 1, 2)", "(p, p, p)", "[1, 0, 1]"],
    "dilation": ["1", "2", "d", "(1, 2, 1)"],
    "output_padding": ["0", "1", "p"],
    "groups": ["1", "2", "p"],
    "group": ["1", "2", "p"],
    "eps": ["1e-05", "1e-3", "e", "e / 2", "1"],
    "momentum": ["0.1", "0.25", "m", "1 - m", "m if on else e", "1", "0"],
    "p": ["0.5", "0.2", "m", "m / 2", "0"],
    "negative_slope": ["0.01", "0.2", "m"],
    "alpha": ["0.2", "0.01", "m"],
    "tensors": ["[1, 2]", "(1, *[2])", "[c, k]"],
    "dim": ["0", "1", "-1", "k"],
    "axis": ["0", "1", "-1", "k"],
    "device": ["None", "'cpu'"],
    "pad_mode": ["'pad'", "'valid'"],
    "gamma_init": ["'ones'", "'zeros'"],
    "beta_init": ["'zeros'", "'ones'"],
    "use_batch_statistics": ["None", "True", "False"],
    "padding_mode": ["'zeros'", "'reflect'"],
}
IGNORED = {"dtype", "out", "weight_init", "bias_init", "data_format", "moving_mean_init", "moving_var_init"}


@st.composite
def argument_lists(draw: st.DrawFn, recorder: Recorder) -> str:
    """The text between the brackets of a call of `recorder` that fits its signature."""
    parameters = [p for p in inspect.signature(recorder).parameters.values() if p.name not in IGNORED]
    required = [p.name for p in parameters if p.default is p.empty]
    chosen = [p.name for p in parameters if p.name in required or draw(st.booleans())]
    values = {name: draw(st.sampled_from(VALUES.get(name, FLAGS))) for name in chosen}
    by_order: list[str] = []
    for parameter in parameters:  # positional ones are a run from the first, at most as long as what is chosen
        if parameter.name not in values or parameter.kind is parameter.KEYWORD_ONLY or not draw(st.booleans()):
            break
        by_order.append(parameter.name)
    named = draw(st.permutations([name for name in chosen if name not in by_order]))
    texts = [values[name] for name in by_order] + [f"{name}={values[name]}" for name in named]
    starred = draw(st.sampled_from(["", "", "", "**kw"]))
    return draw(layouts([*texts, starred] if starred else texts))


@st.composite
def layouts(draw: st.DrawFn, texts: list[str]) -> str:
    """The arguments on one line or several, with a trailing comma and comments or without."""
    gap = draw(st.sampled_from([" ", "", "\n    ", "  # why\n    "]))
    comma = draw(st.sampled_from(["", ","])) if texts else ""
    lead = draw(st.sampled_from(["", " ", "\n    ", "  # first\n    "]))
    tail = draw(st.sampled_from(["", "\n", " # last\n"]))
    return lead + ("," + gap).join(texts) + comma + tail


@st.composite
def programs(draw: st.DrawFn, side: str) -> str:
    """A program whose `result` is one call of a layer, or a call through a value."""
    pair = draw(st.sampled_from(PAIRS))
    name, recorder = (pair[0], pair[2]) if side == "torch" else (pair[1], pair[3])
    arguments = draw(argument_lists(recorder))
    callee = draw(st.sampled_from([f"{side}.{name}", f"({side}.{name})", f"[{side}.{name}][0]", "alias", "held"]))
    before = {"alias": f"alias = {side}.{name}\n", "held": f"def hold(x={side}.{name}): return x\nheld = hold()\n"}
    return f"import {side}\n{HEAD}{before.get(callee, '')}result = {callee}({arguments})\n"


def meaning(text: str, layers: str) -> Any:
    """What the program means; the exception when the layer refuses its arguments."""
    try:
        return run(text, layers)
    except TypeError as error:
        return f"TypeError: {error}"


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(program=programs("torch"), platform=st.sampled_from(PLATFORMS))
def test_there(program: str, platform: str) -> None:
    result = convert_text(program, rules(), Options(to="mindspore", platform=platform))
    assert meaning(result.text, "torch") == meaning(program, "torch"), result.text


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(program=programs("mindspore"))
def test_back(program: str) -> None:
    result = convert_text(program, rules(), Options(to="torch"))
    expected = meaning(program, "mindspore")
    if not isinstance(expected, str):  # what MindSpore refuses, torch may take
        assert meaning(result.text, "mindspore") == expected, result.text


def test_the_recorders_tell_the_frameworks_apart() -> None:
    torch = "import torch\nresult = torch.nn.{}\n"
    mindspore = "import mindspore\nresult = mindspore.nn.{}\n"
    for call in ("InstanceNorm3d(8)", "BatchNorm3d(8, momentum=0.1)", "Conv3d(1, 8, 3)", "MaxPool3d(2)", "LeakyReLU()"):
        assert run(torch.format(call)) != run(mindspore.format(call)), call
    with pytest.raises(TypeError):
        run(mindspore.format("InstanceNorm3d(8, 1)"))
