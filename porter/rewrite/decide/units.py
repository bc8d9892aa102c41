"""What stays as one, as `--whole class` and `--whole file` ask: a unit moves with all that it needs, or stays.

A unit in which something must stay is found by deciding about every place alone, first. It stays, and so does each
unit that uses it or that it uses, since an object of one framework would meet the other one's there. `--level safe`
closes over uses in the same way: what is left for the level's sake keeps what it is tied to, and says so itself.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.classes.holders import holders
from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.classes.neither import role_of, runs_and_stays
from porter.rewrite.decide.decision import Choice, Decision, Form, Need, Reason, Way
from porter.rewrite.decide.graph import Unit, UnitGraph
from porter.rewrite.decide.settle import Choices
from porter.rewrite.decide.telling import QUIET
from porter.rewrite.decide.ties import patched
from porter.rewrite.decide.tree import TreeFacts
from porter.rewrite.options import Options
from porter.source.kinds import BUILTINS

LABEL = "whole"
CHANGES = frozenset(Form) - {Form.STAYS, Form.TOLD}


def is_needed(options: Options) -> bool:
    """Whether places are decided about by units, and not each by itself."""
    return options.whole != "site" or options.level is Level.SAFE


class Units:
    """The units of a tree, given what would become of each place by itself, and what is told of it then."""

    def __init__(self, tree: TreeFacts, decided: Iterable[Decision], alone: Choices, told: Iterable[Choice]) -> None:
        self.tree = tree
        self.alone = alone
        self.whole = tree.options.whole != "site"
        graph = UnitGraph.build(tree.index, tree.options.whole if self.whole else "class")
        self.graph = graph.tied(patched(tree.files.values(), graph))
        self.loose: list[Decision] = []
        self.inside: dict[Unit, list[Decision]] = defaultdict(list)
        for decision in decided:
            unit = self.graph.at(decision.place)
            (self.loose if unit is None else self.inside[unit]).append(decision)
        self.told = tuple(told)

    def decisions(self) -> Iterator[Decision]:
        """Those about the units, and those about the places in them, which need their units."""
        yield from self.loose
        for unit in self.involved:
            yield Decision(unit.place, tuple(self._ways(unit)), LABEL)
        for unit, decisions in self.inside.items():
            yield from (self._bound(decision, unit) for decision in decisions)

    def is_silent(self, choice: Choice, choices: Choices) -> bool:
        """Whether there is nothing to say of a place, since the unit around it stays.

        What is said once a file is said where any of its units moves.
        """
        unit = self.graph.at(choice.place)
        if unit is None or unit not in self.involved:
            return False
        general = choice.level.rank < Level.CHANGED.rank
        units = self._by_path[choice.place.path] if general else [unit]
        return all(choices.form(each.place) is Form.STAYS for each in units)

    @cached_property
    def _by_path(self) -> Mapping[str, list[Unit]]:
        found: dict[str, list[Unit]] = defaultdict(list)
        for unit in self.touched:
            found[unit.module.path].append(unit)
        return found

    def _bound(self, decision: Decision, unit: Unit) -> Decision:
        if unit in self.stays:
            return replace(decision, ways=tuple(self._left(decision)))
        if unit not in self.involved:
            return decision
        need = Need((unit.place,), MOVES, Reason(Code.NONE))
        return replace(decision, ways=(*(replace(w, needs=(*w.needs, need)) for w in decision.ways), QUIET))

    def _left(self, decision: Decision) -> Iterator[Way]:
        """What a place of a unit that stays has to say: nothing, since the unit does, or what it says by itself."""
        choice = self.alone.by_place[decision.place]
        if not self.whole and decision.reference is not None and choice.stays:
            yield replace(choice.way, level=choice.level, why=choice.reason, needs=())
        elif not self.whole:
            yield from (way for way in decision.ways if way.form is Form.TOLD)
            yield QUIET
        else:
            yield QUIET

    def _ways(self, unit: Unit) -> Iterator[Way]:
        why = self.stays.get(unit)
        if why is None:
            yield Way(Form.MOVES, needs=tuple(self._needs(unit)))
            yield Way(Form.STAYS, level=Level.MANUAL)
        elif unit in self.touched and (self.whole or why.code is Code.STAYS_WITH):
            yield Way(Form.STAYS, level=Level.MANUAL, why=why)
        else:
            yield QUIET

    def _needs(self, unit: Unit) -> Iterator[Need]:
        """What changes by itself has to change in the unit too, and its neighbours have to move."""
        for decision in self.inside.get(unit, ()):
            if self.alone.form(decision.place) in CHANGES:
                text = f"{unit.name} stays as it was: what {decision.label} needs stays elsewhere"
                yield Need((decision.place,), CHANGES, Reason(Code.STAYS_WITH, text))
        for other, names in self.graph.neighbours(unit, self.involved):
            yield Need((other.place,), MOVES, _tied(unit, other, names))

    @cached_property
    def touched(self) -> Mapping[Unit, None]:
        """Units in which there is something to convert, or to say."""
        found = (self.graph.at(choice.place) for choice in (*self.alone, *self.told) if _concerns(choice))
        return dict.fromkeys(unit for unit in found if unit is not None)

    @cached_property
    def involved(self) -> Mapping[Unit, None]:
        """Units that use the framework, or keep what others put in, and those that name one: no plain helper."""
        return dict.fromkeys(_ordered(self.graph.involved({*self.touched, *holders(self.graph)})))

    @cached_property
    def stays(self) -> Mapping[Unit, Reason]:
        """Why units stay, from those in which something must on to their neighbours."""
        found = {unit: _whole(unit, texts) for unit, texts in self._own_reasons.items()}
        first = {unit: unit for unit in found}
        todo = deque(_ordered(found))
        while todo:
            unit = todo.popleft()
            for other, named in self.graph.neighbours(unit, self.involved):
                if other not in found:
                    first[other] = first[unit]
                    found[other] = _tied(other, unit, not named, first[unit])
                    todo.append(other)
        return found

    @property
    def _own_reasons(self) -> Mapping[Unit, Collection[str]]:
        """What must stay in each unit, in the order of the text."""
        found: dict[Unit, dict[str, None]] = defaultdict(dict)
        for choice in sorted((*self.alone, *self.told), key=lambda choice: choice.place.start):
            unit = self.graph.at(choice.place)
            must = _must_stay(choice) if self.whole else _is_above(choice, self.tree.options.level)
            if unit is not None and must:
                found[unit][choice.reason.text or f"{choice.label} stays"] = None
        for unit, text in self._reads_stars() if self.whole else ():
            found[unit][text] = None
        return found

    def _reads_stars(self) -> Iterator[tuple[Unit, str]]:
        """Units that read a name which only a star import of the framework can give them."""
        for file in self.tree.files.values():
            scopes = file.module.scopes
            stars = (self.tree.index.resolve(origin) for _, origin in scopes.stars)
            origin = next((star for star in stars if star.partition(".")[0] == file.options.source), None)
            for node, scope in scopes.reads if origin is not None else ():
                unit = self.graph.divisions[file.path].of(node)
                if unit is not None and node.id not in BUILTINS and scope.lookup(node.id) is None:
                    yield unit, f"{node.id} can be a name from {origin}, which cannot be told from others"


def _ordered(units: Iterable[Unit]) -> list[Unit]:
    return sorted(units, key=lambda unit: (unit.module.path, unit.start))


def _concerns(choice: Choice) -> bool:
    return choice.decision.reference is not None or bool(choice.reason) or choice.way.form in CHANGES


def _must_stay(choice: Choice) -> bool:
    """Whether a place needs a person, so that its unit stays for one."""
    if choice.decision.reference is not None and choice.stays:
        tested = bool(choice.reason) and not choice.harmless
        return runs_and_stays(choice) or (tested and role_of(choice) is Kind.TYPE_TEST)
    summed_up = choice.kind is Kind.CLASS or choice.reason.code is Code.NEITHER
    return bool(choice.reason) and choice.level.rank >= Level.CHANGED.rank and not summed_up


def _is_above(choice: Choice, level: Level) -> bool:
    """Whether an edit of a place is above a level, so that it was not made."""
    return choice.stays and any(w.change is not None and w.level.rank > level.rank for w in choice.decision.ways)


def _whole(unit: Unit, texts: Collection[str]) -> Reason:
    first, *rest = texts
    more = f" (and {len(rest)} more reason{'' if len(rest) == 1 else 's'})" if rest else ""
    return Reason(Code.STAYS_WHOLE, f"{unit.name} stays as it was: {first}{more}")


def _tied(unit: Unit, other: Unit, names: bool, first: Unit | None = None) -> Reason:
    """That a unit stays with another one, which it `names` or which names it; `first`: in which something must."""
    text = f"it uses {other.name}, which stays" if names else f"{other.name} uses it, and stays"
    because = f" because of {first.name}" if first is not None and first is not other else ""
    return Reason(Code.STAYS_WITH, f"{unit.name} stays as it was: {text}{because}")
