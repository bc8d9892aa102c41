"""Signatures as text: what is one, what a default may be, and how a call is bound to it."""

from __future__ import annotations

import re

import pytest

from porter.rules.signature import Signature

from .faulty import Data, problems


def side(framework: str, **keys: str) -> Data:
    """A change of one side."""
    return {framework: keys}


def parameters(text: str) -> str:
    """What is said about a text that is no parameter list."""
    return f"{text!r} is not a parameter list: names and defaults are expected, without self and annotations"


@pytest.mark.parametrize(
    "text",
    [
        "size rate",
        "1",
        "self, size",
        "size: int",
        "size) -> (int",
        "size): ...\nimport os\ndef f(",
        "size: 0, lambda rate",
        "a=1, b",
        "a\0b",
        "a=" + "(" * 500,
    ],
)
def test_a_signature_is_a_parameter_list(text: str) -> None:
    with pytest.raises(ValueError, match="is not a parameter list") as error:
        Signature(text)
    assert str(error.value) == parameters(text)
    for framework in ("torch", "mindspore"):
        assert problems(side(framework, signature=text)) == [f"[{framework}] signature: {parameters(text)}"]
    version = {"framework": "torch", "range": "<2", "signature": text}
    assert problems({"versions": [version]}) == [f"[[versions]] signature: {parameters(text)}"]


def test_a_name_stands_in_a_signature_once() -> None:
    assert problems(side("torch", signature="a, a")) == ["[torch] signature: 'a, a' has a name twice"]


@pytest.mark.parametrize("default", ["print(1)", "__import__('os')", "os.sep", "torch._C", "1 + 1", "[x for x in y]"])
def test_a_default_is_data(default: str) -> None:
    message = f"[torch] signature: the default {default} is neither a literal nor a name of a framework"
    assert problems(side("torch", signature=f"size, x={default}")) == [message]


@pytest.mark.parametrize("default", ["-1e-05", "mindspore.float32", "(1, [2], {'a': None})", "'b'", "not True"])
def test_a_default_that_is_data_stays_as_it_is(default: str) -> None:
    assert Signature(f"size, *, x={default}").default("x") == default


SIGNATURE = Signature("size, rate=0.5, *, bias")


@pytest.mark.parametrize(
    ("positional", "keywords", "message"),
    [
        (3, ["bias"], "takes 2 positional arguments, 3 are given"),
        (1, ["size", "bias"], "gets 'size' twice"),
        (1, ["speed", "bias"], "has no parameter 'speed'"),
        (0, [], "lacks size, bias"),
    ],
)
def test_a_call_that_does_not_fit_says_why(positional: int, keywords: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        SIGNATURE.bind(positional, keywords)
    assert str(error.value) == message


def test_a_parameter_is_bound_by_its_other_keyword() -> None:
    signature = Signature("tensors, dim=0", {"axis": "dim"})
    assert signature.bind(1, ["axis"]) == {"tensors": 0, "dim": "axis"}
    assert signature.bind(1, ["dim"]) == {"tensors": 0, "dim": "dim"}
    for keywords in (["dim", "axis"], ["axis", "dim"]):
        with pytest.raises(ValueError, match="gets 'dim' twice"):
            signature.bind(1, keywords)
    with pytest.raises(ValueError, match="has no parameter 'axes'"):
        signature.bind(1, ["axes"])


def test_a_call_is_bound() -> None:
    assert SIGNATURE.bind(1, ["bias"]) == {"size": 0, "bias": "bias"}
    stars = Signature("x, *args, y=1, **kwargs")
    assert stars.bind(3, ["z"]) == {"x": 0, "z": "z"}
    assert (stars.star("star"), stars.star("double star"), SIGNATURE.star("star")) == ("args", "kwargs", None)
