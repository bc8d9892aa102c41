"""Answers that are made of one another: each is worked out once, and a circle ends where nothing more comes in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from porter.source.things import NOTHING, UNKNOWN, Answer, union

Compute: TypeAlias = Callable[[], Answer]
DEEPEST = 50
"""More expressions, or more answers, than this are never open at once: Python's own stack is short."""
ATTEMPTS = 80
"""How often a question is asked again once what lay too deep is known."""
FUEL = 2000
"""More answers than this are never worked out for one question."""
ROUNDS = 6


@dataclass(slots=True)
class _Open:
    """An answer that is being worked out: what is known so far, and whether it was asked for meanwhile."""

    depth: int
    answer: Answer
    hit: bool = False


class Circles:
    """The memory of a tree's answers. The least answer is sought: a circle begins with nothing and grows."""

    def __init__(self) -> None:
        self.memo: dict[object, Answer] = {}
        self.cut_short: dict[object, Answer] = {}
        self.deep: tuple[object, Compute] | None = None
        self.depth = 0
        self.open: dict[object, _Open] = {}
        self.stack: list[_Open] = []
        self.leaning: dict[object, tuple[Answer, int, _Open]] = {}
        self.uses = 0
        self.fuel = 0
        self.asking = False
        self.cut = False

    def run(self, key: object, compute: Compute) -> Answer:
        """The answer of a key, worked out when it is first asked for."""
        found = self.memo.get(key)
        if found is not None:
            return found
        entry = self.open.get(key)
        if entry is not None:
            entry.hit = True
            self.uses |= 1 << entry.depth
            return entry.answer
        leaning = self.leaning.get(key)
        if leaning is not None and self._stands(leaning):
            self.uses |= leaning[1]
            return leaning[0]
        if key in self.cut_short:
            self.cut = True
            return self.cut_short[key]
        if not self.stack and not self.asking:
            self.fuel = FUEL
            self.cut_short.clear()
        if len(self.stack) >= DEEPEST or self.fuel <= 0:
            return self.too_deep(key, lambda: self.run(key, compute))
        return self._work(key, compute)

    def start(self, compute: Compute) -> Answer:
        """The answer to a question from outside. What lay too deep is asked for by itself, then all is asked again."""
        self.asking, self.fuel = True, FUEL
        try:
            return self._start([compute])
        finally:
            self.asking = False

    def _start(self, questions: list[Compute]) -> Answer:
        tried: set[object] = set()
        while True:
            self.cut, self.uses, self.deep = False, 0, None
            self.leaning.clear()
            self.cut_short.clear()
            answer = questions[-1]()
            deep: tuple[object, Compute] | None = self.deep
            if deep is not None and deep[0] not in tried and len(tried) < ATTEMPTS:
                tried.add(deep[0])
                questions.append(deep[1])
            elif len(questions) == 1:
                return answer
            else:
                questions.pop()

    def too_deep(self, key: object, compute: Compute) -> Answer:
        """What is said for now of a question that lies too deep."""
        self.cut = True
        if self.deep is None and self.fuel > 0:
            self.deep = (key, compute)
        return UNKNOWN

    def _stands(self, leaning: tuple[Answer, int, _Open]) -> bool:
        """Whether the innermost open answer that another one used is still open, and says what it said."""
        depth = leaning[1].bit_length() - 1
        return depth < len(self.stack) and self.stack[depth] is leaning[2]

    def _work(self, key: object, compute: Compute) -> Answer:
        self.fuel -= 1
        outer, self.uses = self.uses, 0
        cut, self.cut = self.cut, False
        depth = len(self.stack)
        entry = _Open(depth, NOTHING)
        self.open[key] = entry
        self.stack.append(entry)
        try:
            answer = self._rounds(key, entry, compute)
        finally:
            self.stack.pop()
            del self.open[key]
        uses = self.uses & ~(1 << depth)
        if self.cut:
            self.cut_short[key] = answer
        elif not uses:
            self.memo[key] = answer
        else:
            self.leaning[key] = (answer, uses, self.stack[uses.bit_length() - 1])
        self.uses = outer | uses
        self.cut = self.cut or cut
        return answer

    def _rounds(self, key: object, entry: _Open, compute: Compute) -> Answer:
        """Work the answer out again, with what it was before, until it stays the same."""
        answer = compute()
        for _ in range(ROUNDS):
            if not entry.hit or answer == entry.answer or answer is UNKNOWN:
                return answer
            # A new object at the same place: what leaned on the old one no longer stands.
            merged = answer if entry.answer is NOTHING else union([entry.answer, answer])
            if merged == entry.answer:
                return merged
            entry = _Open(entry.depth, merged)
            self.open[key] = self.stack[-1] = entry
            answer = compute()
        return answer if not entry.hit or answer == entry.answer else UNKNOWN
