"""Whether a name is a class: the tables of its rule say so, or the key `class`; never its spelling alone."""

from __future__ import annotations

import pytest

from porter.rules.load import load_rules, rule_from_data
from porter.rules.model import FRAMEWORKS

from .faulty import FUNCTION, GONE, LAYER, Data, changed, problems

ASKED = "is torch.nn.Layer a class? Write class = true, or class = false"
KINDS: dict[str, tuple[Data, Data, list[str]]] = {
    "no word": (
        {"weights": GONE, "check": GONE},
        LAYER,
        [f"{ASKED}: nothing else here tells"],
    ),
    "a class": ({"weights": GONE, "class": True}, LAYER, []),
    "a table says it": ({"class": True}, LAYER, ["class = true changes nothing: weights says it"]),
    "no class with a table": (
        {"class": False, "check": GONE},
        LAYER,
        ["weights changes nothing: torch.nn.Layer is no class, without class = true"],
    ),
    "a function": ({"class": False}, FUNCTION, ["class = false changes nothing: no table says otherwise"]),
    "a text": ({"class": "yes"}, FUNCTION, ["class is 'yes': true or false is expected"]),
    "a class in small letters": ({"class": True, "param": GONE, "check": GONE, "weights": {"a": "b"}}, FUNCTION, []),
}


@pytest.mark.parametrize("what", KINDS)
def test_a_rule_says_whether_it_is_of_a_class(what: str) -> None:
    change, base, expected = KINDS[what]
    assert problems(change, base) == expected


def test_what_a_name_is_comes_from_its_rule() -> None:
    small = rule_from_data(
        "device", {"class": True, **{side: {"name": f"{side}.device", "docs": "x"} for side in FRAMEWORKS}}
    )
    assert small.is_class
    great = rule_from_data("nn/Layer", changed(LAYER, {"class": False, "weights": GONE, "check": GONE}))
    assert not great.is_class and rule_from_data("nn/Layer", LAYER).is_class
    plain = {rule.name for rule in load_rules().rules.values() if not rule.is_class}
    assert {"cat", "float32", "max", "nn.functional.gelu", "nn.init.normal_"} <= plain
    assert not [name for name in plain if name.rpartition(".")[2][:1].isupper()]
