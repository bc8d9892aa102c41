"""Members that the other side's class has not: `[absent]` one by one, `[[lacking]]` many by one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from porter.rules.model import FRAMEWORKS, Framework, Rule
from porter.rules.reader import Reader

ENTRY = {"why", "names"}


def read_lacking(reader: Reader, data: Mapping[str, Any]) -> dict[Framework, dict[str, str]]:
    """`[[lacking.mindspore]]`: a sentence, and the names that it is said of."""
    table = reader.table("[lacking]", data, "lacking")
    reader.unknown(table, FRAMEWORKS, "table of [lacking]")
    found: dict[Framework, dict[str, str]] = {}
    for to in FRAMEWORKS:
        where = f"[[lacking.{to}]]"
        for entry in reader.list_of_tables(table, to):
            reader.unknown(entry, ENTRY, f"{where} key")
            if "why" not in entry:
                reader.problem(f"{where} why is missing: a sentence that says what is lacking is expected")
            why = reader.sentence(where, entry, "why")
            found.setdefault(to, {}).update(dict.fromkeys(reader.identifiers(where, entry, "names"), why))
    return found


def read_rare(reader: Reader, data: Mapping[str, Any]) -> dict[Framework, frozenset[str]]:
    """`[rare]`: for each framework to convert to, names that hardly anything else has."""
    if not isinstance(data.get("rare", {}), dict):
        return {}  # of the rule of a member
    table = reader.table("[rare]", data, "rare")
    reader.unknown(table, FRAMEWORKS, "key of [rare]")
    return {to: frozenset(reader.identifiers("[rare]", table, to)) for to in FRAMEWORKS if to in table}


def read_rare_on(reader: Reader, data: Mapping[str, Any]) -> frozenset[Framework]:
    """`rare = true` of a member: hardly anything else has one of its name; `rare = "torch"`: of its name there."""
    found = data.get("rare", {})
    if found is True:
        return frozenset(FRAMEWORKS)
    if not isinstance(found, dict) and found not in FRAMEWORKS:
        reader.problem(f"rare is {found!r}: true, torch or mindspore is expected; in the rule of a class, a table")
    return frozenset(side for side in FRAMEWORKS if found == side)


def read_parts(reader: Reader, data: Mapping[str, Any]) -> dict[Framework, dict[str, tuple[str, tuple[str, ...]]]]:
    """`[[parts.mindspore]]`: names of parts of what the methods `of` give, and what the other side gives."""
    table = reader.table("[parts]", data, "parts")
    reader.unknown(table, FRAMEWORKS, "table of [parts]")
    found: dict[Framework, dict[str, tuple[str, tuple[str, ...]]]] = {}
    for to in FRAMEWORKS:
        where = f"[[parts.{to}]]"
        for entry in reader.list_of_tables(table, to):
            reader.unknown(entry, {*ENTRY, "of"}, f"{where} key")
            for key in sorted({*ENTRY, "of"} - entry.keys()):
                reader.problem(f"{where} {key} is missing")
            said = (reader.sentence(where, entry, "why"), reader.identifiers(where, entry, "names"))
            found.setdefault(to, {}).update(dict.fromkeys(reader.identifiers(where, entry, "of"), said))
    return found


def idle_names(rule: Rule) -> Iterator[str]:
    """Names that are said to be rare, and of which nothing is said."""
    for to, names in rule.rare.items():
        known = rule.absent.get(to, {}).keys() | rule.differs.get(to, {}).keys()
        for name in sorted(names - known):
            yield f"[rare] {name} changes nothing: neither [absent.{to}] nor [differs] speaks of it"
