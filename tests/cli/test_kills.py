"""A few kills at random moments of each way to write; `python -m tests.kills` does hundreds."""

from __future__ import annotations

import pytest

from tests import kills


@pytest.mark.parametrize("name", kills.SIGNALS)
@pytest.mark.parametrize("mode", kills.MODES)
def test_what_is_killed_is_old_or_new_after_the_next_run(mode: str, name: str) -> None:
    tally = kills.run(mode, name, 3, seed=1, copies=2)
    assert tally.wrong == []
    assert tally.states.total() == 3


def test_the_program_sees_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kills.Scene, "state", lambda _scene: "mixed")
    assert len(kills.run("out", "TERM", 1, copies=1).wrong) == 2
