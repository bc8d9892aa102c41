"""Sizes that are packed, and cases without inputs: what does not fit is told when the file is loaded."""

from __future__ import annotations

import pytest

from .faulty import FUNCTION, GONE, LAYER, Data, problems


def function(torch: str, mindspore: str, pack: str) -> Data:
    """A function of other signatures that packs its sizes."""
    sides = {"torch": {"signature": torch}, "mindspore": {"signature": mindspore}}
    return {**sides, "param": {"dim": GONE, "size": {"pack": pack}}, "check": GONE}


MISFITS: dict[str, tuple[Data, Data, str]] = {
    "no star": (
        LAYER,
        {"param": {"size": {"pack": "tuple"}}},
        "[param.size] pack is for a parameter that is *size in torch, and has a counterpart",
    ),
    "two stars": (
        FUNCTION,
        function("*size", "*size", "tuple"),
        "[param.size] pack is 'tuple', but by the signatures it is 'star'",
    ),
    "one star": (
        FUNCTION,
        function("*size", "size", "star"),
        "[param.size] pack is 'star', but by the signatures it is 'tuple' or 'tuple or int'",
    ),
    "a layer without input": (
        LAYER,
        {"check": [{"args": "3", "input": []}]},
        "[[check]] 1 args '3': a layer is called with something: input is empty",
    ),
}


@pytest.mark.parametrize("what", MISFITS)
def test_a_misfit_is_told(what: str) -> None:
    base, change, expected = MISFITS[what]
    assert problems(change, base) == [expected]


@pytest.mark.parametrize(
    ("torch", "mindspore", "pack"),
    [("*size", "size", "tuple"), ("*size", "size", "tuple or int"), ("*size", "*size", "star")],
)
def test_a_pack_that_fits(torch: str, mindspore: str, pack: str) -> None:
    assert problems(function(torch, mindspore, pack), FUNCTION) == []
