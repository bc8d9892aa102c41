"""What `check` has found: frozen values, without numbers or frameworks, for whoever prints them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """How one case ended."""

    OK = "ok"
    """Same numbers, and the case would have noticed a difference."""
    MISMATCH = "mismatch"
    """Other numbers, dtypes, shapes or trainable parameters."""
    BLIND = "blind"
    """The case cannot see one of its own arguments: it proved nothing about it."""
    IDLE = "idle"
    """An argument that a user wrote makes no difference there: the place is proven, its conversion could not matter."""
    ERROR = "error"
    """The converted code, or the case itself, did not run."""
    NOT_RUN = "not run"
    """There is nothing to run here; the detail says why. Never counted as proven."""


@dataclass(frozen=True, slots=True)
class Result:
    """One case.

    `direction` is `torch -> mindspore`, `mindspore -> torch`, or `torch -> mindspore -> torch`; `form` says how the
    name was used (`call`, `value`, ...) and for which platform. `path` and `line` are empty for a rule's own cases.
    `samples` holds what names of the tree were given (`{"self.c": "3"}`).
    """

    case: str
    rule: str
    verdict: Verdict
    detail: str = ""
    path: str = ""
    line: int = 0
    direction: str = ""
    form: str = ""
    mode: str = ""
    dtype: str = ""
    repeat: str = ""
    samples: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All cases of a run, in the order in which they ran."""

    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()
    """What is odd about the trees, such as a file that was edited since it was written."""

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many cases ended in each verdict; every verdict has an entry."""
        found = Counter(result.verdict for result in self.results)
        return {verdict: found[verdict] for verdict in Verdict}

    @property
    def exit_code(self) -> int:
        """0: all that ran is ok, 1: a mismatch, a blind case or an error, 2: nothing was proven."""
        counts = self.counts
        if counts[Verdict.MISMATCH] or counts[Verdict.BLIND] or counts[Verdict.ERROR]:
            return 1
        return 0 if counts[Verdict.OK] else 2
