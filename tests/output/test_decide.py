"""What becomes of a path: every combination of what porter wrote last, what lies there, and what it would write."""

from __future__ import annotations

import pytest

from porter.output.decide import Action, decide

NOTHING, OLD, NEW, MINE = "", "file:old", "file:new", "file:mine"


@pytest.mark.parametrize(
    ("last", "now", "new", "action"),
    [
        # porter has never written it
        ("", NOTHING, NEW, Action.WRITE),
        ("", NEW, NEW, Action.KEEP),
        ("", MINE, NEW, Action.FOREIGN),
        ("", "folder", NEW, Action.FOREIGN),
        ("", "link:x", NEW, Action.FOREIGN),
        ("", MINE, NOTHING, Action.KEEP),
        ("", NOTHING, NOTHING, Action.KEEP),
        # nobody has edited it
        (OLD, OLD, OLD, Action.KEEP),
        (OLD, OLD, NEW, Action.WRITE),
        (OLD, OLD, "link:x", Action.WRITE),
        (OLD, OLD, NOTHING, Action.REMOVE),
        # it was edited by hand
        (OLD, MINE, OLD, Action.EDITED),
        (OLD, "folder", OLD, Action.EDITED),
        (OLD, MINE, NEW, Action.MERGE),
        (OLD, NEW, NEW, Action.KEEP),
        (OLD, MINE, NOTHING, Action.ORPHAN),
        # it was removed by hand
        (OLD, NOTHING, OLD, Action.GONE),
        (OLD, NOTHING, NEW, Action.CLASH),
        (OLD, NOTHING, NOTHING, Action.KEEP),
    ],
)
def test_what_becomes_of_a_path(last: str, now: str, new: str, action: Action) -> None:
    assert decide({last} - {""}, now, new) is action


@pytest.mark.parametrize(
    ("now", "new", "action"),
    [
        (MINE, NEW, Action.WRITE),
        ("link:x", NEW, Action.WRITE),
        ("folder", NEW, Action.FOREIGN),
        ("other", NEW, Action.FOREIGN),
        (MINE, NOTHING, Action.KEEP),
    ],
)
def test_force_replaces_what_is_to_be_written_and_nothing_else(now: str, new: str, action: Action) -> None:
    assert decide(set(), now, new, force=True) is action


def test_line_ends_that_version_control_changed_are_no_edit() -> None:
    assert decide({OLD, "file:old with other line ends"}, "file:old with other line ends", NEW) is Action.WRITE
