"""What the other side takes of a parameter's values: how it is written, what it holds, and what is no range."""

from __future__ import annotations

from typing import Any

import pytest

from porter.rules.load import load_rules, rule_from_data
from porter.rules.ranges import Range

from .faulty import LAYER, Data, changed, problems

NOTE = "MindSpore takes a rate from 0 to 1"
EXAMPLE = "numbers compared with rate as in '0 < rate <= 1'"
WHY = "a sentence that says why is expected, on one line"


def rate(**entry: Any) -> Data:
    """A range of the parameter `rate`."""
    return {
        "param": {"rate": {"range": {"mindspore": {"within": "0 <= rate < 1", "write": "keep", "note": NOTE} | entry}}}
    }


def limit(text: str = "0 <= rate < 1") -> Range:
    """The range of `rate` in a rule that has it."""
    default = {"torch": {"signature": "size, rate=1, mode='a', device=None, *, bias=True"}} if "[0]" in text else {}
    rule = rule_from_data("nn/Layer", changed(changed(LAYER, default), rate(within=text)))
    return rule.params["rate"].ranges["mindspore"]


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("0 <= rate < 1", [0, 0.5, False, 0.999, (0, 0.5)], [1, -0.1, 2.0, True, (0, 1), [0.5, -1]]),
        ("0 < rate <= 1", [1e-12, 1, True], [0, 0.0, 1.5, False]),
        ("rate >= -0.5", [-0.5, 7], [-1]),
        ("1 > rate", [0.5, -3], [1]),
        ("rate != 2", [1, 3.5, (1, 3)], [2, (1, 2)]),
        ("rate[0] == 1", [1, (1, 2), [1, 5, 7]], [2, (2, 1), 0.5]),
        ("rate == 0.5", [0.5, (0.5, 0.5)], [1, (0.5, 1)]),
    ],
)
def test_a_range_holds_numbers_and_sizes_axis_by_axis(text: str, inside: list[object], outside: list[object]) -> None:
    taken = limit(text)
    assert [value for value in inside if not taken.holds(value)] == []
    assert [value for value in outside if taken.holds(value)] == []
    space = {
        "by_axis": lambda left, right: [(one, right) for one in (left if isinstance(left, (tuple, list)) else [left])]
    }
    for value in (*inside, *outside):
        assert eval(taken.source(by_axis="by_axis"), space | {"rate": value}) is (
            value in inside and taken.holds(value)
        )
        if not isinstance(value, (tuple, list)) and not taken.first:
            assert eval(taken.source(), {"rate": value}) is taken.holds(value)


@pytest.mark.parametrize("value", [None, "0.1", {}, "a.b"])
def test_of_what_is_no_number_a_range_says_nothing(value: object) -> None:
    assert limit().holds(value)


FAULTS: dict[str, tuple[Data, str]] = {
    "no table": (
        {"param": {"rate": {"range": {"mindspore": "0 < rate"}}}},
        "[param.rate] range.mindspore is '0 < rate': a table with within, write and note is expected",
    ),
    "no side": (
        {"param": {"rate": {"range": {"onnx": {}}}}},
        "unknown side of [param.rate] range 'onnx'; known: mindspore, torch",
    ),
    "unknown key": (rate(least=0), "unknown [param.rate] range.mindspore key 'least'; known: note, within, write"),
    "no such write": (
        rate(write="drop"),
        "[param.rate] range.mindspore write is 'drop'; expected one of 'class', 'keep'",
    ),
    "a word": (rate(note="outside"), f"[param.rate] range.mindspore note is 'outside': {WHY}"),
    "another axis": (rate(within="rate[1] == 1"), f"[param.rate] range.mindspore within is 'rate[1] == 1': {EXAMPLE}"),
    "another name": (rate(within="0 < size"), f"[param.rate] range.mindspore within is '0 < size': {EXAMPLE}"),
    "two names": (
        rate(within="0 < rate < size"),
        f"[param.rate] range.mindspore within is '0 < rate < size': {EXAMPLE}",
    ),
    "no comparison": (rate(within="rate"), f"[param.rate] range.mindspore within is 'rate': {EXAMPLE}"),
    "a call": (rate(within="f() < rate"), f"[param.rate] range.mindspore within is 'f() < rate': {EXAMPLE}"),
    "a text in it": (rate(within="'a' < rate"), f"""[param.rate] range.mindspore within is "'a' < rate": {EXAMPLE}"""),
    "membership": (rate(within="rate in 3"), f"[param.rate] range.mindspore within is 'rate in 3': {EXAMPLE}"),
    "no Python": (rate(within="0 <"), f"[param.rate] range.mindspore within is '0 <': {EXAMPLE}"),
    "its own default": (
        rate(within="rate > 1"),
        "[param.rate] range.mindspore leaves out rate's own default, 0.5",
    ),
    "no class": (
        rate(write="class"),
        "[param.rate] range.mindspore write = 'class', but no [layer.mindspore] computes what is outside: write 'keep'",
    ),
    "on one side": (
        {"param": {"pad": {"range": {"torch": {"within": "pad < 3", "write": "keep", "note": NOTE}}}}},
        "[param.pad] range.torch changes nothing: pad is not on both sides",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_no_range_is_told(name: str) -> None:
    data, message = FAULTS[name]
    assert message in problems(data)


def test_a_range_without_a_reason_is_told() -> None:
    data = rate()
    del data["param"]["rate"]["range"]["mindspore"]["note"]
    message = "[param.rate] range.mindspore note is missing: a sentence that says what the other side does not take"
    assert f"{message} is expected" in problems(data)


@pytest.mark.parametrize("data", [rate(), rate(within="rate != 0.25")])
def test_a_sound_range_is_not_told(data: Data) -> None:
    assert problems(data) == []


def test_the_way_back_names_the_parameter_as_mindspore_does() -> None:
    back = {"within": "has_bias < 2", "write": "keep", "note": NOTE}
    rule = rule_from_data("nn/Layer", changed(LAYER, {"param": {"bias": {"range": {"torch": back}}}}))
    assert rule.params["bias"].ranges["torch"].name == "has_bias"
    assert problems({"param": {"bias": {"range": {"torch": back | {"within": "bias < 2"}}}}}) != []


def test_what_was_measured_of_the_native_layers() -> None:
    rules = load_rules().rules
    found = {
        f"{rule.name.removeprefix('nn.')} {name}": limit.text
        for rule in rules.values()
        for name, param in rule.params.items()
        for limit in param.ranges.values()
    }
    for layer in ("BatchNorm3d", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"):
        assert found[f"{layer} eps"] == "0 < eps <= 1"
        assert found[f"{layer} momentum"] == "0 <= momentum <= 1"
