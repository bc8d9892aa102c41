"""What is said of hand edits in an OUT that is converted into again."""

from __future__ import annotations

from porter.findings import Level
from porter.output.decide import Action

MERGED = "edited by hand: your edit and the new conversion are both kept; look at the result"
CONFLICT = "edited by hand where the conversion changed too: settle the lines between <<<<<<< and >>>>>>>"
MARKS = "still holds conflict marks of an earlier run: settle the lines between <<<<<<< and >>>>>>>"
MESSAGES = {
    Action.GONE: (Level.REVIEW, "removed by hand, so it is not written; .porter/last holds it"),
    Action.ORPHAN: (Level.MANUAL, "SRC has it no more, but it was edited by hand: it stays, and is yours from now on"),
}
TAKE = "the new conversion is in {aside}: take from it what you need, then remove it"
ASIDES = {
    Action.MERGE: f"edited by hand, and cannot be merged line by line; left as it is; {TAKE}",
    Action.FOREIGN: f"was not written by porter, but SRC has this name; left as it is; {TAKE}",
    Action.CLASH: f"removed by hand, while its conversion changed; {TAKE}",
}
