"""What is wrong with the entry of one parameter: each message, with the smallest change that brings it about."""

from __future__ import annotations

from typing import Any

import pytest

from .faulty import GONE, Data, problems

WHY = "a sentence that says why is expected, on one line"


def param(name: str, **entry: Any) -> Data:
    """A change of one [param.X]."""
    return {"param": {name: entry}}


def when(value: str, entry: object) -> Data:
    """A change of one `when` of [param.rate]."""
    return {"param": {"rate": {"when": {value: entry}}}}


KEEP = {"write": "keep", "note": "this would be lost"}

FAULTS: dict[str, tuple[Data, str]] = {
    "params are no tables": ({"param": {"rate": 3}}, "[param] holds tables, such as [param.NAME]; rate is 3"),
    "param is no table": ({"param": 3}, "[param] is 3: a table is expected"),
    "unknown key of a param": (
        param("rate", nonsense=1),
        "unknown [param.rate] key 'nonsense'; known: alias, drop, inert, mindspore, names, note, pack, "
        "range, same_default, spread, value, values, when",
    ),
    "alias of nothing": (param("rate", alias=[]), "[param.rate] alias is []: a list of names is expected"),
    "alias is no name": (param("rate", alias=["a.b"]), "[param.rate] alias is ['a.b']: a list of names is expected"),
    "alias is a parameter": (
        param("rate", alias=["mode"]),
        "[param.rate] alias 'mode' is no second keyword for a parameter of torch's",
    ),
    "alias of MindSpore's": (
        param("pad", alias=["padding"]),
        "[param.pad] alias 'padding' is no second keyword for a parameter of torch's",
    ),
    "empty param": (param("rate"), "[param.rate] is empty: it changes nothing"),
    "same name": (param("rate", mindspore="rate"), "[param.rate] mindspore is the same name: it changes nothing"),
    "name is empty": (param("rate", mindspore=""), "[param.rate] mindspore is '': a text is expected"),
    "unknown transform": (
        param("rate", value="os.system"),
        "[param.rate] value is 'os.system'; expected one of 'complement', 'pairs', 'float', 'tuple', "
        "'bool', 'bool in torch', 'list'",
    ),
    "unknown pack": (
        param("rate", pack="list"),
        "[param.rate] pack is 'list'; expected one of 'tuple', 'tuple or int', 'star'",
    ),
    "values are no table": (param("mode", values="a"), "[param.mode] values is 'a': a table is expected"),
    "no values": (param("mode", values={}), "[param.mode] values is empty: it changes nothing"),
    "a value is a table": (
        param("mode", values={"a": {}, "b": "c"}),
        "[param.mode] values a is {}: a number, a text, true, false or a list is expected",
    ),
    "values of themselves": (
        param("mode", values={"a": "a", "b": "b"}),
        "[param.mode] values changes nothing: each value is its own counterpart",
    ),
    "two values for one": (
        param("mode", values={"a": "a", "b": "c", "d": "c"}),
        "[param.mode] values has 'c' twice: which counterpart it has is not known",
    ),
    "values without the default": (
        param("mode", values={"b": "a", "c": "b"}),
        "[param.mode] values leaves out the default of [torch], 'a'",
    ),
    "values without MindSpore's default": (
        param("mode", values={"a": "c", "c": "b"}),
        "[param.mode] values leaves out the default of [mindspore], 'a'",
    ),
    "value beside values": (
        param("mode", values={"a": "a", "b": "c"}, value="bool"),
        "[param.mode] value beside values: one of them has to say it all",
    ),
    "copy beside values": (
        param("mode", values={"a": "a", "b": "c"}, when={"b": {"copy": "rate"}}),
        "[param.mode] copy beside values: one of them has to say it all",
    ),
    "values of one side": (
        param("device", drop=GONE, values={"None": "cpu"}),
        "[param.device] values changes nothing: device is not on both sides",
    ),
    "same_default is no sentence": (param("rate", same_default=True), f"[param.rate] same_default is True: {WHY}"),
    "drop is a word": (param("device", drop="yes"), f"[param.device] drop is 'yes': {WHY}"),
    "note runs over lines": (param("rate", note="one two\nthree"), f"[param.rate] note is 'one two\\nthree': {WHY}"),
    "inert is two words": (param("rate", inert="no effect"), f"[param.rate] inert is 'no effect': {WHY}"),
    "when is no table": (param("rate", when="None"), "[param.rate] when is 'None': a table is expected"),
    "a when is no table": (when("None", "keep"), "[param.rate] when.None is 'keep': a table is expected"),
    "unknown key of a when": (
        when("None", {**KEEP, "why": "x"}),
        "unknown [param.rate] when.None key 'why'; known: copy, else, if, note, set, write",
    ),
    "a when does nothing": (
        when("None", {"set": {}}),
        "[param.rate] when.None changes nothing: write, set or copy is expected",
    ),
    "write and set": (
        when("None", {**KEEP, "set": {"pad": 1}}),
        "[param.rate] when.None has set beside write, which leaves no call to change: keep one of them",
    ),
    "unknown write": (
        when("None", {"write": "native", "note": "this is not known"}),
        "[param.rate] when.None write is 'native'; expected one of 'class', 'keep'",
    ),
    "class without note": (
        when("None", {"write": "class"}),
        "[param.rate] when.None write = 'class' needs note: a sentence that says why",
    ),
    "keep without note": (
        when("None", {"write": "keep"}),
        "[param.rate] when.None write = 'keep' needs note: a sentence that says why",
    ),
    "note is a word": (
        when("None", {"write": "keep", "note": "lost"}),
        f"[param.rate] when.None note is 'lost': {WHY}",
    ),
    "note without write": (
        when("None", {"set": {"pad": 1}, "note": "this is told nowhere"}),
        "[param.rate] when.None note is told nowhere: only write makes a finding",
    ),
    "true as in TOML": (when("true", KEEP), "[param.rate] when.true is the text 'true': write when.True"),
    "null": (when("null", KEEP), "[param.rate] when.null is the text 'null': write when.None"),
    "set is no table": (when("None", {"set": "pad"}), "[param.rate] when.None set is 'pad': a table is expected"),
    "set of a nan": (
        when("None", {"set": {"pad": float("nan")}}),
        "[param.rate] when.None set pad is nan: a number, a text, true, false or a list is expected",
    ),
    "copy is no text": (when("None", {"copy": 3}), "[param.rate] when.None copy is 3: a text is expected"),
    "condition": (
        when("None", {**KEEP, "if": "rate.is_integer()"}),
        "[param.rate] when.None if: 'rate.is_integer()' is not a comparison of a parameter with another one or with a "
        "literal",
    ),
    "else without if": (
        when("None", {**KEEP, "else": KEEP}),
        "[param.rate] when.None else is a table beside an if",
    ),
    "else is no table": (
        when("None", {**KEEP, "if": "rate > 1", "else": "keep"}),
        "[param.rate] when.None else is a table beside an if",
    ),
    "else does nothing": (
        when("None", {**KEEP, "if": "rate > 1", "else": {}}),
        "[param.rate] when.None else changes nothing: write, set or copy is expected",
    ),
    "if within else": (
        when("None", {**KEEP, "if": "rate > 1", "else": {**KEEP, "if": "rate > 2"}}),
        "[param.rate] when.None else holds no if of its own",
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_told(what: str) -> None:
    change, message = FAULTS[what]
    assert problems(change) == [message]
