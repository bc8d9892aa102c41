"""Objects of a class of which some change sides and others stay: what is said where no text is right for both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.classes.type_tests import is_whole
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Form, Need, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.telling import told, was_told

SOME = CONVERTED | MOVES | {Form.BOTH}


def some_of(needs: Iterable[Need]) -> tuple[Need, ...]:
    """That at least one of the places is converted: else the object is the source framework's in any case."""
    places = tuple(place for need in needs for place in need.places)
    return (Need(places, SOME, SILENT),) if places else ()


def can_be_either(needs: Iterable[Need]) -> bool:
    """Whether an object can change sides without all that is needed: it has several makers, or one not seen."""
    places = [place for need in needs for place in need.places]
    return len(places) > 1 or any(map(is_whole, places))


def told_of_either(name: str, needs: tuple[Need, ...]) -> tuple[Way, ...]:
    """The way of a member that is spelled as it was, though its object may have changed sides."""
    told = Way(Form.TOLD, level=Level.MANUAL, why=_reason(name), needs=some_of(needs))
    return (told,) if can_be_either(needs) else ()


def told_again(file: FileFacts, start: int, name: str, label: str) -> Iterator[Decision]:
    """The same where an earlier run said it: what it wrote tells nothing of the objects that stayed."""
    for way in way_again(file, start, name):
        yield told(file.path, start, way.level, label, way.why)


def way_again(file: FileFacts, start: int, name: str) -> tuple[Way, ...]:
    """The way that says so again, of a member that is not rewritten."""
    reason = _reason(name)
    return (Way(Form.TOLD, level=Level.MANUAL, why=reason),) if was_told(file.module, start, reason.text) else ()


def _reason(name: str) -> Reason:
    text = f"{name} is spelled differently in the two frameworks, and this object can be of either"
    return Reason(Code.ATTRIBUTE_OF_TWO, text)
