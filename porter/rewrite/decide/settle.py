"""Take changes away until everything that a change needs is there: what stays keeps what needs it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.decision import SILENT, Choice, Decision, Form, Need, Place, Reason, Way


class Choices:
    """The way that each decision takes, by file and by place."""

    def __init__(self, choices: Iterable[Choice]) -> None:
        self.by_path: dict[str, list[Choice]] = defaultdict(list)
        self.by_place: dict[Place, Choice] = {}
        for choice in choices:
            self.by_path[choice.place.path].append(choice)
            self.by_place[choice.place] = choice

    def __iter__(self) -> Iterator[Choice]:
        for choices in self.by_path.values():
            yield from choices

    def form(self, place: Place) -> Form:
        """What becomes of a place; it stays where nothing was decided."""
        choice = self.by_place.get(place)
        return choice.way.form if choice is not None else Form.STAYS


def settle(decisions: Collection[Decision], limit: Level, refused: Mapping[Place, Reason] | None = None) -> Choices:
    """Move each decision down its ways until the needs of all hold; never up, so it ends.

    Edits above the level `limit` are not made, nor those at `refused` places. The result is the greatest one that
    holds: decisions that need one another all go, unless something else stops one of them.
    """
    return _Settling(decisions, limit, refused or {}).choices()


class _Settling:
    def __init__(self, decisions: Collection[Decision], limit: Level, refused: Mapping[Place, Reason]) -> None:
        self.decisions = tuple(decisions)
        self.limit = limit
        self.refused = refused
        self.at = [0] * len(self.decisions)
        self.lost: list[tuple[Level, Reason] | None] = [None] * len(self.decisions)
        self.by_place = {decision.place: number for number, decision in enumerate(self.decisions)}
        self.users: dict[Place, list[int]] = defaultdict(list)
        for number, decision in enumerate(self.decisions):
            for place in {place for way in decision.ways for need in way.needs for place in need.places}:
                self.users[place].append(number)

    def choices(self) -> Choices:
        todo = list(range(len(self.decisions)))
        while todo:
            number = todo.pop()
            if self._lowered(number):
                todo += self.users[self.decisions[number].place]
        return Choices(map(self._choice, range(len(self.decisions))))

    def _way(self, number: int) -> Way:
        return self.decisions[number].ways[self.at[number]]

    def _lowered(self, number: int) -> bool:
        """Go down to the first way that is open; whether that was a step."""
        before = self.at[number]
        while self.at[number] + 1 < len(self.decisions[number].ways):
            why = self._closed(number)
            if why is None:
                break
            self.at[number] += 1
            self.lost[number] = why
        return self.at[number] > before

    def _closed(self, number: int) -> tuple[Level, Reason] | None:
        """Why the way that a decision is on cannot be gone."""
        decision, way = self.decisions[number], self._way(number)
        if way.change is not None and decision.place in self.refused:
            return Level.MANUAL, self.refused[decision.place]
        if way.change is not None and way.level.rank > self.limit.rank:
            text = "; ".join([reason.text for reason in (way.why, *way.conditions) if reason])
            code = next((reason.code for reason in (way.why, *way.conditions) if reason), Code.LEVEL)
            return Level.MANUAL, Reason(code, f"{text} (left, since the level is {self.limit})")
        unmet = next((need for need in way.needs if not self._holds(need)), None)
        if unmet is None:
            return None
        return Level.MANUAL, unmet.why if unmet.why is not None else self._said(unmet.places[0])

    def _holds(self, need: Need) -> bool:
        return any(self._form(place) in need.forms for place in need.places)

    def _form(self, place: Place) -> Form:
        number = self.by_place.get(place)
        return self._way(number).form if number is not None else Form.STAYS

    def _said(self, place: Place) -> Reason:
        """What is said of a place that stays."""
        number = self.by_place.get(place)
        return self._choice(number).reason if number is not None else SILENT

    def _choice(self, number: int) -> Choice:
        """The last way tells why the better ones were not open, unless it has something of its own to say."""
        decision, way, lost = self.decisions[number], self._way(number), self.lost[number]
        if way.why or lost is None or way.form not in (Form.STAYS, Form.TOLD):
            return Choice(decision, way, way.level, way.why)
        return Choice(decision, way, *lost)
