"""Answers that lean on one another, also in circles: the least ones that fit together, whatever is asked first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar


class Joined(Protocol):
    """A value that grows: `a | b` holds all that either does."""

    def __or__(self, other: Self, /) -> Self:
        """Both together."""


Key = TypeVar("Key")
Value = TypeVar("Value", bound=Joined)


class Fixed(Generic[Key, Value]):
    """`work` gives a key's answer and asks `of` for those that it leans on; more of them never makes it less.

    Every key is worked out once, and again where one that it leans on has grown: no answer depends on the order.
    """

    def __init__(self, work: Callable[[Key], Value], least: Value) -> None:
        self.work = work
        self.least = least
        self._found: dict[Key, Value] = {}
        self._readers: dict[Key, dict[Key, None]] = {}
        self._todo: list[Key] = []
        self._current: Key | None = None

    def of(self, key: Key) -> Value:
        """The answer of a key; while another is worked out, as much as is known so far."""
        if self._current is not None:
            self._readers.setdefault(key, {})[self._current] = None
        if key not in self._found:
            self._found[key] = self.least
            self._todo.append(key)
        if self._current is None and self._todo:
            self._solve()
        return self._found[key]

    def _solve(self) -> None:
        while self._todo:
            key = self._current = self._todo.pop()
            try:
                value = self._found[key] | self.work(key)
            finally:
                self._current = None
            if value != self._found[key]:
                self._found[key] = value
                self._todo += self._readers.get(key, ())
