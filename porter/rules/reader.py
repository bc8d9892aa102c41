"""Read typed values out of a rule file's tables; what is wrong is noted, and reading goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from porter.rules.data import is_constant, is_line, is_name

FEWEST_WORDS = 3


class Reader:
    """`problems` says what is wrong, a sentence each. What a problem is about is read as if it were absent."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def problem(self, text: str) -> None:
        """Note something wrong."""
        self.problems.append(text)

    def text(self, where: str, data: Mapping[str, Any], key: str) -> str | None:
        """A text that says something; None when there is none."""
        value = data.get(key)
        if value is None or (is_line(value) and value.strip()):
            return value
        self.problem(f"{where} {key} is {value!r}: a text is expected")
        return None

    def sentence(self, where: str, data: Mapping[str, Any], key: str) -> str:
        """The reason of an exception, for people; "" when there is none."""
        value = data.get(key)
        if value is None or (is_line(value) and len(value.split()) >= FEWEST_WORDS):
            return value or ""
        self.problem(f"{where} {key} is {value!r}: a sentence that says why is expected, on one line")
        return ""

    def sentences(self, where: str, data: Mapping[str, Any]) -> dict[str, str]:
        """A table of them."""
        read = {key: self.sentence(where, data, key) for key in data}
        return {key: text for key, text in read.items() if text}

    def identifiers(self, where: str, data: Mapping[str, Any], key: str, *, dotted: bool = False) -> tuple[str, ...]:
        """A list of names; empty when there is none."""
        found = data.get(key, [])
        if isinstance(found, list) and (found or key not in data) and all(is_name(n, dotted=dotted) for n in found):
            return tuple(found)
        self.problem(f"{where} {key} is {found!r}: a list of names is expected")
        return ()

    def names(
        self, where: str, data: Mapping[str, Any], *, dotted: bool = False, absent: bool = False
    ) -> dict[str, str]:
        """A table of names by name; `absent`: "" may stand for no name."""
        good: dict[str, str] = {}
        for key, value in data.items():
            if is_name(key, dotted=dotted) and (is_name(value, dotted=dotted) or (absent and value == "")):
                good[key] = value
            else:
                self.problem(f"{where} {key} = {value!r}: two names are expected")
        return good

    def constants(self, where: str, data: Mapping[str, Any]) -> dict[str, object]:
        """A table of values that can be written as Python."""
        for key, value in data.items():
            if not is_constant(value):
                self.problem(f"{where} {key} is {value!r}: a number, a text, true, false or a list is expected")
        return {key: value for key, value in data.items() if is_constant(value)}

    def table(self, where: str, data: Mapping[str, Any], key: str) -> dict[str, Any]:
        """A table; empty when there is none."""
        value = data.get(key, {})
        if isinstance(value, dict):
            return value
        self.problem(f"{where} is {value!r}: a table is expected")
        return {}

    def tables(self, where: str, data: Mapping[str, Any], key: str) -> dict[Any, dict[str, Any]]:
        """A table of tables."""
        found = self.table(where, data, key)
        tables = {name: value for name, value in found.items() if isinstance(value, dict)}
        for name in found.keys() - tables:
            self.problem(f"{where} holds tables, such as [{key}.NAME]; {name} is {found[name]!r}")
        return tables

    def list_of_tables(self, data: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        """What `[[key]]` makes."""
        values = data.get(key, [])
        if isinstance(values, list) and all(isinstance(value, dict) for value in values):
            return values
        self.problem(f"{key} is a list of tables: write [[{key}]]")
        return []

    def choices(self, where: str, data: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
        """A list of choices, all of them when there is none."""
        values = data.get(key, list(allowed))
        if isinstance(values, list) and values and all(value in allowed for value in values):
            return tuple(values)
        self.problem(f"{where} {key} is {values!r}; expected a list of {_listed(allowed)}")
        return allowed

    def choice(self, where: str, found: object, allowed: tuple[str, ...]) -> str:
        """One of a few words; what is found when it is none of them."""
        if found not in allowed:
            self.problem(f"{where} is {found!r}; expected one of {_listed(allowed)}")
        return str(found)

    def unknown(self, data: Iterable[str], known: Iterable[str], what: str) -> None:
        """Note the keys that are not known."""
        for key in sorted(set(data) - set(known)):
            self.problem(f"unknown {what} {key!r}; known: {', '.join(sorted(known))}")


def _listed(allowed: Iterable[str]) -> str:
    return ", ".join(repr(word) for word in allowed if word)
