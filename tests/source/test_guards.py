"""Type tests around a use, and where what they tell ends."""

from __future__ import annotations

import pytest

from .asking import ask

A, B = "nn.InstanceNorm3d", "nn.BatchNorm3d"
ONE = "InstanceNorm3d"
BOTH = "BatchNorm3d | InstanceNorm3d"

HOLDS = {
    "isinstance": (f"def f(m):\n    if isinstance(m, {A}):\n        SEEN(m)\n", [ONE]),
    "the other branch": (f"def f(m):\n    if not isinstance(m, {A}):\n        pass\n    else:\n"
        f"        SEEN(m)\n", [ONE]),
    "type ==": (f"def f(m):\n    if type(m) == {A}:\n        SEEN(m)\n", [ONE]),
    "== type": (f"def f(m):\n    if {A} == type(m):\n        SEEN(m)\n", [ONE]),
    "type is, and": (f"def f(m):\n    if type(m) is {A} and SEEN(m) is None:\n        SEEN(m)\n", [ONE, ONE]),
    "type is not": (f"def f(m):\n    if type(m) is not {A}:\n        return\n    SEEN(m)\n", [ONE]),
    "type !=": (f"def f(m):\n    return None if type(m) != {A} else SEEN(m)\n", [ONE]),
    "__class__": (f"def f(m):\n    if m.__class__ is {A}:\n        SEEN(m)\n", [ONE]),
    "issubclass": (f"def f(m):\n    if issubclass(type(m), {A}):\n        SEEN(m)\n", [ONE]),
    "issubclass of __class__": (f"def f(m):\n    if issubclass(m.__class__, {A}):\n        SEEN(m)\n", [ONE]),
    "type in": (f"def f(m):\n    if type(m) in ({A}, {B}):\n        SEEN(m)\n", [BOTH]),
    "type not in": (f"def f(m):\n    if type(m) not in [{A}, {B}]:\n        return 1\n    SEEN(m)\n", [BOTH]),
    "an abstract class": (
        "from torch.nn.modules.conv import _ConvNd\ndef f(m):\n    if isinstance(m, _ConvNd):\n        SEEN(m)\n",
        ["Conv2d | Conv3d"],
    ),
    "a tuple": (f"def f(m):\n    if isinstance(m, ({A}, {B})):\n        SEEN(m)\n", [BOTH]),
    "a union": (f"def f(m):\n    if isinstance(m, {A} | {B}):\n        SEEN(m)\n", [BOTH]),
    "a name for a tuple": (f"TYPES = ({A}, {B})\ndef f(m):\n    if isinstance(m, TYPES):\n        SEEN(m)\n", [BOTH]),
    "a name for a class": (f"def f(m):\n    kind = {A}\n    if isinstance(m, kind):\n        SEEN(m)\n", [ONE]),
    "or": (f"def f(m):\n    if isinstance(m, {A}) or type(m) is {B}:\n        SEEN(m)\n", [BOTH]),
    "not or": (f"def f(m):\n    if not (m is None or not isinstance(m, {A})):\n        SEEN(m)\n", [ONE]),
    "a name for the test": (f"def f(m):\n    k = isinstance(m, {A})\n    if k:\n        SEEN(m)\n", [ONE]),
    "a name for no test": (f"def f(m):\n    no = not isinstance(m, {A})\n    if no:\n        return\n"
        f"    SEEN(m)\n", [ONE]),
    "early exit": (f"def f(ms):\n    for m in ms:\n        if not isinstance(m, {A}):\n            continue\n"
        f"        SEEN(m)\n", [ONE]),
    "early exit of an or": (f"def f(m):\n    if m is None or not isinstance(m, {A}):\n"
        f"        raise ValueError\n    SEEN(m)\n", [ONE]),
    "assert": (f"def f(m):\n    assert isinstance(m, {A})\n    with open('a'):\n        SEEN(m)\n", [ONE]),
    "comprehension": (f"def f(ms):\n    return [SEEN(m) for m in ms if isinstance(m, {A})]\n", [ONE]),
    "generator": (f"def f(ms):\n    return sum(SEEN(m) for m in ms if isinstance(m, {A}) if SEEN(m))\n", [ONE, ONE]),
    "inner comprehension": (f"def f(ms):\n    return [p for m in ms if isinstance(m, {A}) for p in SEEN(m)]\n", [ONE]),
    "while": (f"def f(m):\n    while isinstance(m, {A}):\n        SEEN(m)\n        m = m.next\n", [ONE]),
    "conditional expression": (f"def f(m):\n    return SEEN(m) if isinstance(m, {A}) else 1\n", [ONE]),
    "or, the other side": (f"def f(m):\n    return not isinstance(m, {A}) or SEEN(m)\n", [ONE]),
    "an attribute": (f"def f(s):\n    if isinstance(s.norm, {A}):\n        SEEN(s.norm)\n", [ONE]),
    "an element": (f"def f(s):\n    if isinstance(s[0], {A}):\n        SEEN(s[0])\n", [ONE]),
    "walrus": (f"def f(s):\n    if isinstance(m := s.norm, {A}):\n        SEEN(m)\n", [ONE]),
    "a class of the tree": ("class K:\n    pass\ndef f(m):\n    if isinstance(m, K):\n        SEEN(m)\n", ["a K"]),
    "Python's own": (
        "def f(m):\n    if isinstance(m, str):\n        SEEN(m)\n    elif isinstance(m, (int, float)):\n"
            "        SEEN(m)\n"
        "    elif isinstance(m, (list, tuple)):\n        SEEN(m)\n    elif isinstance(m, dict):\n        SEEN(m)\n",
        ["text", "number", "list[?] | tuple[?]", "dict[?]"],
    ),
    "a tensor": (
        "def f(x):\n    if isinstance(x, torch.Tensor):\n        SEEN(x)\n    if torch.is_tensor(x):\n        SEEN(x)\n"
        "    if isinstance(x, nn.Parameter):\n        SEEN(x)\n",
        ["Tensor", "Tensor", "Tensor"],
    ),
    "match": (
        f"def f(m):\n    match m:\n        case {A}(affine=True):\n            SEEN(m)\n"
            f"        case {B}() | {A}() as n:\n"
        f"            SEEN(m)\n            SEEN(n)\n        case {A}(weight=w):\n            SEEN(w)\n        case _:\n"
        "            SEEN(m)\n",
        [ONE, BOTH, BOTH, "Tensor", "?"],
    ),
    "one of those that are known": (
        f"def f(k):\n    m = {A}(3) if k else {B}(3)\n    if isinstance(m, {A}):\n        SEEN(m)\n    else:\n"
            f"        SEEN(m)\n",
        [ONE, "BatchNorm3d"],
    ),
    "none": (
        f"def f(k):\n    m = {A}(3) if k else None\n    if m is not None:\n        SEEN(m)\n    if m:\n"
            f"        SEEN(m)\n"
        "    SEEN(m)\n    if m is None:\n        return\n    SEEN(m)\n",
        [ONE, ONE, f"{ONE} | none", ONE],
    ),
    "an object made in the guarded block": (
        f"def swap(layer, c):\n    out = layer\n    if isinstance(layer, {B}):\n        out = {A}(c)\n"
            f"        SEEN(out)\n"
        "        SEEN(layer)\n    SEEN(out)\n    return out\n",
        [ONE, "BatchNorm3d", "?"],
    ),
    "set again before the test": (f"def f(m):\n    m = m.a\n    if isinstance(m, {A}):\n        SEEN(m)\n", [ONE]),
    "in a try": (f"def f(m):\n    try:\n        if isinstance(m, {A}):\n            SEEN(m)\n    except E:\n"
        f"        pass\n", [ONE]),
}  # fmt: skip


@pytest.mark.parametrize("name", HOLDS)
def test_a_test_that_holds(name: str) -> None:
    text, expected = HOLDS[name]
    assert ask(text) == expected


ENDS = {
    "after the block": f"def f(m):\n    if isinstance(m, {A}):\n        pass\n    SEEN(m)\n",
    "the other branch": f"def f(m):\n    if isinstance(m, {A}):\n        pass\n    else:\n        SEEN(m)\n",
    "set again in between": f"def f(m, n):\n    if isinstance(m, {A}):\n        m = n\n        SEEN(m)\n",
    "perhaps set again": f"def f(m, n):\n    if isinstance(m, {A}):\n        if n:\n            m = n\n"
        f"        SEEN(m)\n",
    "set again later in a loop": (
        f"def f(m):\n    if isinstance(m, {A}):\n        while m:\n            SEEN(m)\n            m = m.next\n"
    ),
    "a loop sets it": f"def f(m, ms):\n    assert isinstance(m, {A})\n    for m in ms:\n        SEEN(m)\n",
    "an attribute set again": f"def f(s, n):\n    if isinstance(s.a, {A}):\n        s.a = n\n        SEEN(s.a)\n",
    "its owner set again": f"def f(s, n):\n    if isinstance(s.a, {A}):\n        s = n\n        SEEN(s.a)\n",
    "one of an or": f"def f(m, k):\n    if isinstance(m, {A}) or k:\n        SEEN(m)\n",
    "one of a tuple is not known": f"def f(m, k):\n    if isinstance(m, ({A}, k)):\n        SEEN(m)\n",
    "a test of another": f"def f(m, k):\n    if isinstance(k, {A}):\n        SEEN(m)\n"
        f"    if type(m) is type(k):\n        SEEN(m)\n",
    "the name of the test is set again": (
        f"def f(m, k):\n    t = isinstance(m, {A})\n    t = k\n    if t:\n        SEEN(m)\n"
    ),
    "set again after the test got a name": (
        f"def f(m, k):\n    t = isinstance(m, {A})\n    m = k\n    if t:\n        SEEN(m)\n"
    ),
    "a function that runs later": f"def f(m):\n    if isinstance(m, {A}):\n        return lambda: SEEN(m)\n"
        f"    m = 3 if m else m\n",
    "an exit that does not leave": f"def f(m):\n    if not isinstance(m, {A}):\n        m.a()\n    SEEN(m)\n",
    "a failed and": f"def f(m, k):\n    if isinstance(m, {A}) and k:\n        return\n    SEEN(m)\n",
    "a pattern of another": f"def f(m, k):\n    match k:\n        case {A}():\n            SEEN(m)\n"
        f"        case x:\n            SEEN(x)\n",
    "a pattern with a guard": "def f(m, k):\n    match m:\n        case n if k:\n            SEEN(n)\n",
    "issubclass of a class": f"def f(m):\n    if issubclass(m, {A}):\n        SEEN(m)\n",
    "unset by del": f"def f(m, ms):\n    if isinstance(m, {A}):\n        del m\n        m = ms\n        SEEN(m)\n",
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_where_a_test_ends(name: str) -> None:
    assert set(ask(ENDS[name])) == {"?"}


def test_an_attribute_that_methods_set_may_change_between_the_test_and_the_use() -> None:
    text = (
        "class K:\n    def __init__(self, m):\n        self.a = m\n    def reset(self, m):\n        self.a = m\n"
        f"    def f(self):\n        if isinstance(self.a, {A}):\n            self.reset(1)\n            SEEN(self.a)\n"
    )
    assert ask(text) == [f"{ONE} (assumed)"]
