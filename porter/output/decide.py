"""What becomes of one path of an OUT that is converted into again: decided by what lay, lies and is to lie there."""

from __future__ import annotations

from collections.abc import Container
from enum import Enum

from porter.output import disk


class Action(Enum):
    """What to do at one path."""

    KEEP = "it is as it should be, or nobody but the user has a say"
    EDITED = "a hand edit stays, since porter's text is the old one"
    GONE = "removed by hand; it stays so, since porter's text is the old one"
    WRITE = "porter's text is put there"
    REMOVE = "SRC has it no more, and nobody has edited it"
    ORPHAN = "SRC has it no more, but it was edited by hand"
    MERGE = "porter's text and the hand edit are both new"
    FOREIGN = "porter has never written it, and it is not what porter would write"
    CLASH = "removed by hand, while porter's text for it is new"


def decide(last: Container[str], now: str, new: str, *, force: bool = False) -> Action:
    """`now` and `new` are fingerprints, ABSENT for nothing; `last` holds those that count as porter's own old text.

    `last` is empty where porter has never written the path. `force`: what is foreign may be replaced.
    """
    if now == new:
        return Action.KEEP
    if not last:
        return _foreign(now, new, force=force)
    if now in last:
        return Action.WRITE if new != disk.ABSENT else Action.REMOVE
    if new == disk.ABSENT:
        return Action.ORPHAN
    if new in last:
        return Action.GONE if now == disk.ABSENT else Action.EDITED
    return Action.CLASH if now == disk.ABSENT else Action.MERGE


def _foreign(now: str, new: str, *, force: bool) -> Action:
    if new == disk.ABSENT:
        return Action.KEEP
    replaceable = now.startswith(("file:", "link:"))
    return Action.WRITE if now == disk.ABSENT or (force and replaceable) else Action.FOREIGN
