"""Whether a layer has a mode, as its rule says it."""

from __future__ import annotations

from .faulty import problems


def test_a_mode_by_an_option_names_one_of_torch_and_says_what_it_changes() -> None:
    unsaid = "modal_by changes nothing without modal, which says what the mode changes"
    assert problems({"modal_by": "size"}) == [unsaid]
    change = {"modal": "evaluation takes other statistics", "modal_by": "nothing"}
    assert problems(change) == ["modal_by names 'nothing', which is not in torch's signature"]
    assert problems(change | {"modal_by": "size"}) == []
