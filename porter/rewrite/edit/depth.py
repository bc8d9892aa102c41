"""How deep functions of the generated module may be nested: Python reads no more than 200 brackets in one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from porter.codes import Code
from porter.rewrite.decide.change import Ask, Fill
from porter.rewrite.decide.decision import Place, Reason
from porter.rewrite.decide.file import FilePlan

DEEPEST = 80
TOO_DEEP = Reason(Code.ASKED, f"it would be asked inside of {DEEPEST} others, deeper than Python reads: it stays")


def too_deep(plan: FilePlan) -> Mapping[Place, Reason]:
    """Places whose function would stand inside of too many others (`x.weight.weight...`): the innermost ones."""
    changes = [(c.way.change, c.place) for c in plan.choices]
    asked = [(ch.start, -ch.end, place) for ch, place in changes if isinstance(ch, (Ask, Fill)) and _wraps(ch)]
    found: dict[Place, Reason] = {}
    around: list[int] = []
    for start, negative_end, place in sorted([*asked, *_calls(plan)] if asked else [], key=lambda entry: entry[:2]):
        while around and around[-1] <= start:
            around.pop()
        around.append(-negative_end)
        if len(around) > DEEPEST and place is not None:
            found[place] = TOO_DEEP
    return found


def _wraps(change: Ask | Fill) -> bool:
    """Whether what stood at the front comes inside of something."""
    first = change.parts[0]
    return isinstance(change, Ask) or not (isinstance(first, tuple) and first[0] == change.start)


def _calls(plan: FilePlan) -> Iterator[tuple[int, int, None]]:
    """The brackets of the calls that a file has already."""
    text = plan.module.text
    for call, _ in plan.module.scopes.calls:
        yield text.span(call.func)[1], -text.span(call)[1], None
