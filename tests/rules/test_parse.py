"""What is wrong with the data of one rule, its parameters apart: each message, with the smallest change for it."""

from __future__ import annotations

from typing import Any

import pytest

from .faulty import DOCS, FUNCTION, GONE, LAYER, NONE, Data, problems

WHY = "a sentence that says why is expected, on one line"


def param(name: str, **entry: Any) -> Data:
    """A change of one [param.X]."""
    return {"param": {name: entry}}


def side(framework: str, **keys: Any) -> Data:
    """A change of one side."""
    return {framework: keys}


def check(**keys: Any) -> Data:
    """One case in place of all."""
    return {"check": [{"args": "3", "input": [2, 3]} | keys]}


TOP = (
    "absent, assigned, attribute_notes, attributes, base_init, batched, becomes, buffers, caution, check, class, "
    "differs, extends, forward, graph, grows, lacking, layer, live, methods, mindspore, modal, modal_by, notes, "
    "one_way, param, parts, present, rare, taken, torch, type_test, unset, versions, weights, write"
)
KINDS = "call, value, base, type test, comparison, annotation, attribute, method, string, import"

FAULTS: dict[str, tuple[Data, str]] = {
    "unknown key": ({"weight": {}}, f"unknown key 'weight'; known: {TOP}"),
    "no torch": ({"torch": GONE}, "[torch] is missing: a table with name, signature and docs is expected"),
    "no side": ({"mindspore": GONE}, "[mindspore] is missing: a table with name, signature and docs is expected"),
    "side is no table": (
        {"mindspore": "mindspore.nn.Layer"},
        "[mindspore] is missing: a table with name, signature and docs is expected",
    ),
    "unknown key of a side": (
        side("torch", platforms=["GPU"]),
        "unknown [torch] key 'platforms'; known: aliases, docs, name, signature",
    ),
    "path is not the name": (
        side("torch", name="torch.nn.Other"),
        "[torch] name is 'torch.nn.Other', but the path says 'torch.nn.Layer'",
    ),
    "no name": (side("torch", name=GONE), "[torch] name is None, but the path says 'torch.nn.Layer'"),
    "name of another package": (
        side("mindspore", name="numpy.nn.Layer"),
        "[mindspore] name is 'numpy.nn.Layer': a name that starts with mindspore. is expected",
    ),
    "name is code": (
        side("mindspore", name="mindspore.nn.f()"),
        "[mindspore] name is 'mindspore.nn.f()': a name that starts with mindspore. is expected",
    ),
    "name and none": (
        side("mindspore", none="there is no such layer"),
        "[mindspore] needs either name, or none = why there is no counterpart",
    ),
    "none says nothing": (side("mindspore", name=GONE, none="no"), f"[mindspore] none is 'no': {WHY}"),
    "no docs": (side("mindspore", docs=GONE), "[mindspore] docs is missing: link the page that the rule was read from"),
    "docs is no text": (side("torch", docs=3), "[torch] docs is 3: a text is expected"),
    "unknown platform": (
        side("mindspore", platforms=["TPU"]),
        "[mindspore] platforms is ['TPU']; expected a list of 'CPU', 'GPU', 'Ascend'",
    ),
    "platforms is a text": (
        side("mindspore", platforms="GPU"),
        "[mindspore] platforms is 'GPU'; expected a list of 'CPU', 'GPU', 'Ascend'",
    ),
    "one_way": ({"one_way": "torch"}, "one_way is 'torch'; expected one of 'mindspore'"),
    "modal": ({"modal": True}, f"the key modal is True: {WHY}"),
    "modal_by": ({"modal": "it drops values at random", "modal_by": 3}, "the key modal_by is 3: a text is expected"),
    "grows": ({"grows": "yes"}, f"the key grows is 'yes': {WHY}"),
    "aliases is a text": (
        side("torch", aliases="torch.nn.Other"),
        "[torch] aliases is 'torch.nn.Other': a list of names is expected",
    ),
    "an alias of the other side": (
        side("torch", aliases=["mindspore.nn.Other"]),
        "[torch] aliases 'mindspore.nn.Other': another name that starts with torch. is expected",
    ),
    "an alias is the name": (
        side("mindspore", aliases=["mindspore.nn.Layer"]),
        "[mindspore] aliases 'mindspore.nn.Layer': another name that starts with mindspore. is expected",
    ),
    "write for nobody": (
        {"write": {"gpu": {"pad": 1}}},
        "unknown table of [write] 'gpu'; known: mindspore, torch",
    ),
    "write of a table": (
        {"write": {"mindspore": {"pad": {}}}},
        "[write.mindspore] pad is {}: a number, a text, true, false or a list is expected",
    ),
    "absent in general": (
        {"absent": {"cuda": "there is no device"}},
        "[absent] holds tables, such as [absent.NAME]; cuda is 'there is no device'",
    ),
    "absent for nobody": ({"absent": {"jax": {}}}, "unknown table of [absent] 'jax'; known: mindspore, torch"),
    "absent without why": ({"absent": {"torch": {"cells": True}}}, f"[absent.torch] cells is True: {WHY}"),
    "taken in general": (
        {"taken": {"phase": "Cell has it too"}, "methods": {"run": "go"}},
        "[taken] holds tables, such as [taken.NAME]; phase is 'Cell has it too'",
    ),
    "taken of no base class": (
        {"taken": {"torch": {"train": "it is torch's own switch"}}},
        "[taken] changes nothing without [methods]: only the classes that derive from a base class are looked at",
    ),
    "taken for nobody": ({"taken": {"jax": {}}}, "unknown table of [taken] 'jax'; known: mindspore, torch"),
    "taken without why": ({"taken": {"torch": {"train": ""}}}, f"[taken.torch] train is '': {WHY}"),
    "layer of a platform": (
        {"layer": {"mindspore": {"cpu": "containers"}}},
        "unknown platform of [layer.mindspore] 'cpu'; known: any, gpu",
    ),
    "notes is a text": ({"notes": "know this"}, "[notes] is 'know this': a table is expected"),
    "notes of no kind": ({"notes": {"use": "know this well"}}, f"[notes] 'use' is no kind of use; known: {KINDS}"),
    "notes without words": ({"notes": {"torch": {"base": "no"}}}, f"[notes.torch] base is 'no': {WHY}"),
    "weights of a number": ({"weights": {"bias": 3}}, "[weights] bias = 3: two names are expected"),
    "weights are code": ({"weights": {"bias": "f()"}}, "[weights] bias = 'f()': two names are expected"),
    "forward without a name": ({"forward": {"input": 3}}, "[forward] input = 3: two names are expected"),
    "a method that is a word of Python": (
        {"methods": {"forward": "def"}},
        "[methods] forward = 'def': two names are expected",
    ),
    "attribute": ({"attributes": {"rate": "a b"}}, "[attributes] rate = 'a b': two names are expected"),
    "attribute_notes": ({"attribute_notes": {"rate": ""}}, f"[attribute_notes] rate is '': {WHY}"),
    "present": ({"present": {"weight": "None"}}, f"[present] weight is 'None': {WHY}"),
    "buffers is a text": ({"buffers": "mean"}, "buffers is 'mean': a list of names is expected"),
    "live names no side": (
        {"live": {"tensorflow": ["a"]}},
        "unknown side of [live] 'tensorflow'; known: mindspore, torch",
    ),
    "live is a text": ({"live": {"torch": "eps"}}, "[live] torch is 'eps': a list of names is expected"),
    "buffers are no names": ({"buffers": ["a.b"]}, "buffers is ['a.b']: a list of names is expected"),
    "unset is a list": ({"unset": ["weight"]}, "[unset] is ['weight']: a table is expected"),
    "unset of a text": (
        {"unset": {"weight": "affine"}},
        "[unset] weight is 'affine': a table with unless, when or fixed is expected",
    ),
    "unset of nothing": (
        {"unset": {"weight": {}}},
        "[unset] weight is {}: a table with unless, when or fixed is expected",
    ),
    "unknown key of unset": (
        {"unset": {"weight": {"if": "affine"}}},
        "unknown [unset] weight key 'if'; known: fixed, unless, when",
    ),
    "unset with two answers": (
        {"unset": {"weight": {"when": "off", "fixed": 1}}},
        "[unset] weight has something beside when, which decides alone",
    ),
    "unset of a truth value": (
        {"unset": {"weight": {"fixed": True}}},
        "[unset] weight fixed is True: the number that every element has is expected",
    ),
    "unset by code": (
        {"unset": {"weight": {"unless": "f()"}}},
        "[unset] weight unless is 'f()': an attribute of MindSpore's layer is expected",
    ),
    "unset by nothing": (
        {"unset": {"weight": {"when": ""}}},
        "[unset] weight when is '': an attribute of MindSpore's layer is expected",
    ),
    "base_init": ({"base_init": {"flags": 1}}, f"[base_init] flags is 1: {WHY}"),
    "check is one table": ({"check": {}}, "check is a list of tables: write [[check]]"),
    "unknown key of a check": (
        check(seed=1),
        "unknown [[check]] 1 key 'seed'; known: args, dtypes, holds, input, modes, object, side",
    ),
    "args": (check(args=[3]), "[[check]] 1 args is [3]: the arguments of a call are expected, as text"),
    "dtype": (
        check(dtypes=["int8"]),
        "[[check]] 1 dtypes is ['int8']; expected a list of 'float16', 'float32', 'float64'",
    ),
    "no dtype": (check(dtypes=[]), "[[check]] 1 dtypes is []; expected a list of 'float16', 'float32', 'float64'"),
    "side": (check(side="jax"), "[[check]] 1 side is 'jax'; expected one of 'torch', 'mindspore'"),
    "versions": (
        {"versions": [{"framework": "jax", "range": "<2", "signature": "size"}]},
        "[[versions]] framework is 'jax'; expected one of 'torch', 'mindspore'",
    ),
    "version key": (
        {"versions": [{"framework": "torch", "range": "<2", "signature": "size", "docs": DOCS}]},
        "unknown [[versions]] key 'docs'; known: framework, range, signature",
    ),
    "range": (
        {"versions": [{"framework": "torch", "range": "2.1 or so", "signature": "size"}]},
        "[[versions]] range is '2.1 or so'; expected a comparison such as '<2.13', or several with commas",
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_told(what: str) -> None:
    change, message = FAULTS[what]
    assert problems(change) == [message]


@pytest.mark.parametrize("found", [None, [[]], [2, "no size"], [2, 0], [2, True], [[2], 3], "size", 5])
def test_an_input_is_a_shape_or_a_list_of_shapes(found: object) -> None:
    change = check(input=found) if found != [[]] else check(input=[[2, -1]])
    shown = [[2, -1]] if found == [[]] else found
    expected = "a shape (sizes, or names of parameters), or a list of them, is expected"
    assert problems(change) == [f"[[check]] 1 input is {shown!r}: {expected}"]


def test_a_version_needs_all_its_keys() -> None:
    found = problems({"versions": [{"framework": "torch", "range": "<2"}]})
    assert found == ["[[versions]] needs framework, range and signature"]


def test_a_file_tells_all_its_faults_at_once() -> None:
    change = side("torch", docs=GONE, name="torch.nn.Other") | param("rate", drop="no") | check(dtypes=[]) | {"what": 1}
    found = problems(change)
    assert len(found) == 5
    for part in ("docs is missing", "torch.nn.Other", "drop is 'no'", "dtypes is []", "unknown key 'what'"):
        assert any(part in problem for problem in found)


def test_what_does_not_fit_is_told_with_what_cannot_be_read() -> None:
    found = problems(param("unknown", note="told with each use") | {"what": 1})
    assert found == [f"unknown key 'what'; known: {TOP}", "[param.unknown] is in neither signature"]


def test_the_path_of_a_rule_has_no_dot() -> None:
    found = problems(side("torch", name="torch.nn.Layer"), name="nn.Layer")
    assert found == ["the path 'nn.Layer' has a dot: folders stand for the dots of a name"]


@pytest.mark.parametrize("base", [LAYER, FUNCTION, NONE], ids=["layer", "function", "none"])
def test_a_sound_rule_is_taken(base: Data) -> None:
    assert problems({}, base) == []
