"""Parts of a rule that do not fit together, lose something, or change nothing: each is told when the file is loaded."""

from __future__ import annotations

from typing import Any

import pytest

from .faulty import FUNCTION, GONE, LAYER, NONE, Data, problems


def param(name: str, **entry: Any) -> Data:
    """A change of one [param.X]."""
    return {"param": {name: entry}}


def when(name: str, **entry: Any) -> Data:
    """A change of what is done for one value of a parameter."""
    return {"param": {name: {"when": {"None": entry}}}}


def sides(torch: str, mindspore: str) -> Data:
    """Other signatures, and no entry that speaks of the old ones."""
    both = {"torch": {"signature": torch}, "mindspore": {"signature": mindspore}}
    return {**both, "param": GONE, "check": GONE}


KEEP = {"write": "keep", "note": "this would be lost"}

MISFITS: dict[str, tuple[Data, str]] = {
    "in neither signature": (param("speed", note="it is told then"), "[param.speed] is in neither signature"),
    "no such counterpart": (
        param("mode", mindspore="modus"),
        "[param.mode] mindspore = 'modus' is not in MindSpore's signature",
    ),
    "no star": (
        param("mode", mindspore="*", value="list"),
        "[param.mode] mindspore = '*', but MindSpore's signature has no star",
    ),
    "spread": (
        param("size", spread="it takes a list as well"),
        "[param.size] spread is for a parameter that is *size on both sides",
    ),
    "drop of what crosses": (
        param("rate", drop="it is not needed there"),
        "[param.rate] drop would lose an argument that MindSpore takes as rate: let it cross, or say when not to",
    ),
    "drop of what crosses by another name": (
        param("bias", drop="it is not needed there"),
        "[param.bias] drop would lose an argument that MindSpore takes as has_bias: let it cross, or say when not to",
    ),
    "set of torch's": (
        when("rate", set={"device": 0}),
        "[param.rate] when names 'device', which is not in the signature of [mindspore]",
    ),
    "copy of MindSpore's": (
        when("rate", copy="pad"),
        "[param.rate] when names 'pad', which is not in the signature of [torch]",
    ),
    "condition on MindSpore's": (
        when("rate", **KEEP, **{"if": "rate > pad"}),
        "[param.rate] when names 'pad', which is not in the signature of [torch]",
    ),
    "on the way back": (
        when("pad", set={"has_bias": True}),
        "[param.pad] when names 'has_bias', which is not in the signature of [torch]",
    ),
    "two for one": (
        param("mode", mindspore="rate"),
        "[param] rate and mode have one counterpart, rate: one of them would be lost",
    ),
    "two weights for one": (
        {"weights": {"bias": "gamma"}},
        "[weights] weight and bias have one counterpart, gamma: one of them would be lost",
    ),
    "two methods for one": (
        {"methods": {"forward": "construct", "run": "construct"}},
        "[methods] forward and run have one counterpart, construct: one of them would be lost",
    ),
    "write of nothing": (
        {"write": {"torch": {"pad": 1}}},
        "[write.torch] pad is not in its signature",
    ),
    "write over what crosses": (
        {"write": {"mindspore": {"has_bias": False}}},
        "[write.mindspore] has_bias would be written over what crosses to it",
    ),
    "write over what crosses back": (
        {"write": {"torch": {"bias": False}}},
        "[write.torch] bias would be written over what crosses to it",
    ),
    "unknown layer": (
        {"layer": {"mindspore": {"any": "../../cli"}}},
        "[layer.mindspore] any is '../../cli'; "
        "expected one of 'batch_norm', 'containers', 'device', 'full', 'grad_modes', 'init', 'instance_norm', "
        "'instance_norm_native', 'modules', 'resize'",
    ),
    "layer of the other side": (
        {"layer": {"torch": {"any": "containers"}}},
        "[layer.torch] any is 'containers'; expected one of 'instance_norm', 'modules', 'operations'",
    ),
    "layer of another rule": (
        {"layer": {"mindspore": {"gpu": "containers"}}},
        "[layer.mindspore] gpu: containers defines no Layer",
    ),
    "only one signature": (
        {"torch": {"signature": GONE}, "param": GONE, "check": GONE},
        "only [mindspore] has a signature: nothing would look at the arguments; give both, or none for a type",
    ),
    "stars": (sides("size=1, *args", "size=2"), "[torch] signature: what *args gets would be lost in the other call"),
    "double stars": (
        sides("size=1", "size=2, **kwargs"),
        "[mindspore] signature: what **kwargs gets would be lost in the other call",
    ),
}

IDLE: dict[str, tuple[Data, str]] = {
    "transform of one side": (
        param("device", value="float"),
        "[param.device] value changes nothing: device is not on both sides",
    ),
    "same_default of one side": (
        param("pad", same_default="both mean no padding"),
        "[param.pad] same_default changes nothing: pad is not on both sides",
    ),
    "counterpart of MindSpore's": (
        param("pad", mindspore="mode"),
        "[param.pad] mindspore changes nothing: pad is not on both sides",
    ),
    "copy to nowhere": (
        param("device", drop=GONE, when={"None": {"copy": "mode"}}),
        "[param.device] copy changes nothing: device is not on both sides",
    ),
    "copy of itself": (when("rate", copy="rate"), "[param.rate] copy of rate changes nothing"),
    "equal defaults": (
        param("mode", same_default="both mean the first"),
        "[param.mode] same_default changes nothing: the defaults are 'a' and 'a'",
    ),
    "no defaults": (
        param("size", same_default="both mean the first"),
        "[param.size] same_default changes nothing: the defaults are None and None",
    ),
    "version": (
        {"versions": [{"framework": "torch", "range": "<2", "signature": LAYER["torch"]["signature"]}]},
        "[[versions]] torch <2 changes nothing: it is the signature of every version, or there is none",
    ),
    "forward": ({"forward": {"x": "x"}}, "[forward] x is the same name: it changes nothing"),
    "methods": ({"methods": {"run": "run"}}, "[methods] run is the same name: it changes nothing"),
    "present": (
        {"present": {"bias": "is None without bias"}},
        "[present] bias changes nothing: it is not in [weights]",
    ),
    "unset": ({"unset": {"bias": {"fixed": 0}}}, "[unset] bias changes nothing: it is not in [weights]"),
    "buffers": ({"buffers": ["mean"]}, "buffers mean changes nothing: it is not in [weights]"),
    "base_init": (
        {"base_init": {"flags": "they steer the compiler"}},
        "[base_init] changes nothing without [methods]: only a base class is constructed by a subclass",
    ),
    "absent there": (
        {"methods": {"run": "go"}, "absent": {"mindspore": {"run": "go is its counterpart"}}},
        "[absent.mindspore] run changes nothing: [methods] has its counterpart",
    ),
    "absent back": (
        {"methods": {"run": "go"}, "absent": {"torch": {"go": "run is its counterpart"}}},
        "[absent.torch] go changes nothing: [methods] has its counterpart",
    ),
    "attribute": ({"attributes": {"rate": "rate"}}, "[attributes] rate = 'rate' changes nothing: so it is without it"),
    "attribute of a weight": (
        {"attributes": {"weight": "gamma"}},
        "[attributes] weight = 'gamma' changes nothing: so it is without it",
    ),
    "note on an attribute": (
        {"attribute_notes": {"rate": "it is kept as it is"}},
        '[attribute_notes] rate changes nothing: only an attribute that is "" has no counterpart',
    ),
}


def case(args: str, *shapes: list[int | str], **keys: str) -> Data:
    """One case in place of all."""
    return {"check": [{"args": args, "input": list(shapes), **keys}]}


DATA = "is no data; expected are literals, names of the frameworks"

CASES: dict[str, tuple[Data, str]] = {
    "no arguments": (case("3,,", [2, 3]), "[[check]] 1 args '3,,' is not an argument list"),
    "more than a call": (case("3)(4", [2, 3]), "[[check]] 1 args '3)(4' is not an argument list"),
    "does not fit": (
        case("3, speed=1", [2, 3]),
        "[[check]] 1 args '3, speed=1' does not fit: the signature has no parameter 'speed'",
    ),
    "does not fit the other side": (
        case("3, device=None", [2, 3], side="mindspore"),
        "[[check]] 1 args '3, device=None' does not fit: the signature has no parameter 'device'",
    ),
    "code": (case("__import__('os')", [2]), f"[[check]] 1 args \"__import__('os')\": __import__('os') {DATA}"),
    "code by keyword": (case("3, mode=open('f')", [2]), f"[[check]] 1 args \"3, mode=open('f')\": open('f') {DATA}"),
    "a name": (case("size", [2]), f"[[check]] 1 args 'size': size {DATA}"),
    "an input of a layer": (case("x0", [2]), f"[[check]] 1 args 'x0': x0 {DATA}"),
    "a private name": (case("torch._C", [2]), f"[[check]] 1 args 'torch._C': torch._C {DATA}"),
    "a size that is none": (
        case("3", [2, "rate"]),
        "[[check]] 1 args '3': input names rate, which is 0.5 here; a parameter whose value is a size is expected",
    ),
    "a size that is given and none": (
        case("0", [2, "size"]),
        "[[check]] 1 args '0': input names size, which is 0 here; a parameter whose value is a size is expected",
    ),
    "a size of nothing": (
        case("3", [2, "width"]),
        "[[check]] 1 args '3': input names width, which is None here; a parameter whose value is a size is expected",
    ),
}


@pytest.mark.parametrize("what", MISFITS)
def test_a_misfit_is_told(what: str) -> None:
    change, message = MISFITS[what]
    assert problems(change) == [message]


@pytest.mark.parametrize("what", IDLE)
def test_an_entry_that_changes_nothing_is_told(what: str) -> None:
    change, message = IDLE[what]
    assert problems(change) == [message]


@pytest.mark.parametrize("what", CASES)
def test_a_case_that_cannot_be_run_is_told(what: str) -> None:
    change, message = CASES[what]
    assert problems(change) == [message]


def test_stars_in_a_case_are_told() -> None:
    assert problems(case("*(3,)", [2])) == [f"[[check]] 1 args '*(3,)': *(3,) {DATA}"]
    assert problems(case("3, **{'mode': 'b'}", [2])) == [
        f"[[check]] 1 args \"3, **{{'mode': 'b'}}\": {{'mode': 'b'}} {DATA}"
    ]


def test_a_function_gets_each_of_its_inputs() -> None:
    expected = "expected are literals, x0, x1, names of the frameworks"
    assert problems(case("x0, dim=x2", [2], [3]), FUNCTION) == [
        f"[[check]] 1 args 'x0, dim=x2': x2 is no data; {expected}",
        "[[check]] 1 args 'x0, dim=x2' does not use the input x1",
    ]
    assert problems(case("[x0, x1], dim=1", [2, 3], [2, 3]), FUNCTION) == []


OF_CLASSES = "forward weights attributes attribute_notes present methods base_init differs grows modal"


@pytest.mark.parametrize("table", OF_CLASSES.split())
def test_a_function_has_nothing_that_only_classes_have(table: str) -> None:
    sentences = {"attribute_notes", "present", "base_init", "differs"}
    entry: object = {"a": "a sentence about it" if table in sentences else "b"}
    found = problems({table: "it runs what it is given" if table in ("grows", "modal") else entry}, FUNCTION)
    assert f"{table} changes nothing: torch.op is no class, without class = true" in found


def test_a_rule_without_counterpart_says_nothing_about_the_other_side() -> None:
    change = param("size", note="told with each use") | {"one_way": "mindspore", "weights": {"weight": "gamma"}}
    change["class"] = GONE
    assert problems(change, NONE) == [
        "param changes nothing where [mindspore] has no name",
        "one_way changes nothing where [mindspore] has no name",
        "weights changes nothing where [mindspore] has no name",
    ]
    assert problems(case("3", [2], side="mindspore"), NONE) == ["[[check]] 1 args '3': [mindspore] has no name to call"]


def test_a_layer_without_counterpart_is_needed_on_every_platform() -> None:
    base = {**NONE, "torch": {**NONE["torch"], "name": "torch.nn.InstanceNorm3d"}}
    missing = "[layer.mindspore] any is missing: no other layer can be made where [mindspore] has no name"
    assert problems({"layer": {"mindspore": {"gpu": "instance_norm_native"}}}, base) == [missing]


SOUND: dict[str, Data] = {
    "another default on purpose": param("rate", same_default="both mean the usual rate"),
    "a transform": param("rate", value="complement"),
    "a version": {"versions": [{"framework": "torch", "range": ">=1.9,<2.13", "signature": "size"}]},
    "a constant": {"write": {"mindspore": {"pad": 1}}},
    "an attribute that is lost": {"attributes": {"rate": ""}, "attribute_notes": {"rate": "it is kept in the kernel"}},
    "a weight that is None in torch": {"present": {"weight": "is None without affine"}},
    "the same stars": sides("size, *args", "size, *args"),
    "a method": {"methods": {"forward": "construct"}, "base_init": {"flags": "they steer the compiler"}},
    "a name that is taken": {"methods": {"run": "go"}, "taken": {"torch": {"train": "it is torch's own switch"}}},
    "a condition": when("rate", set={"pad": 1}, **{"if": "rate >= size", "else": KEEP}),
    "no checks": {"check": GONE},
    "no signatures": {"torch": {"signature": GONE}, "mindspore": {"signature": GONE}, "param": GONE, "check": GONE},
    "a case of the other side": case("3, pad=1", [2, "size"], side="mindspore"),
    "a name of a framework": case("3, device=torch.float16", [2, "size"]),
    "a scalar": case("3", []),
}


@pytest.mark.parametrize("what", SOUND)
def test_what_is_sound_is_taken(what: str) -> None:
    assert problems(SOUND[what]) == []
