"""Read the `[param.X]` tables of a rule file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from porter.rules.conditions import Condition
from porter.rules.data import literal
from porter.rules.model import ParamRule, When
from porter.rules.ranges import read_ranges
from porter.rules.reader import Reader
from porter.rules.transforms import TRANSFORMS
from porter.rules.values import read_values

PARAM = {"mindspore", "value", "same_default", "drop", "note", "inert", "spread", "when", "range", "alias", "names"}
PARAM |= {"values", "pack"}
PACKS = ("tuple", "tuple or int", "star")
WHEN = {"if", "else", "write", "set", "copy", "note"}
ACTS = ("write", "set", "copy")
WORDS = {"true": "True", "false": "False", "none": "None", "null": "None"}
"""How other languages spell a value: in a rule file it would be a text that no call ever gives."""


def read_param(reader: Reader, name: str, data: Mapping[str, Any]) -> ParamRule:
    """One `[param.X]` table."""
    where = f"[param.{name}]"
    reader.unknown(data, PARAM, f"{where} key")
    if not data:
        reader.problem(f"{where} is empty: it changes nothing")
    if data.get("mindspore") == name:
        reader.problem(f"{where} mindspore is the same name: it changes nothing")
    if "value" in data:
        reader.choice(f"{where} value", data["value"], tuple(TRANSFORMS))
    if "pack" in data:
        reader.choice(f"{where} pack", data["pack"], PACKS)
    return ParamRule(
        name,
        mindspore=reader.text(where, data, "mindspore"),
        value=data["value"] if data.get("value") in list(TRANSFORMS) else None,
        same_default=reader.sentence(where, data, "same_default") or None,
        drop=reader.sentence(where, data, "drop") or None,
        note=reader.sentence(where, data, "note"),
        inert=reader.sentence(where, data, "inert"),
        spread=reader.sentence(where, data, "spread"),
        when=tuple(_whens(reader, where, data)),
        alias=reader.identifiers(where, data, "alias"),
        names=reader.sentences(f"{where} names", reader.table(f"{where} names", data, "names")),
        pack=data["pack"] if data.get("pack") in PACKS else "",
        values=read_values(reader, where, data),
        ranges=read_ranges(reader, where, {"mindspore": name, "torch": str(data.get("mindspore", name))}, data),
    )


def _whens(reader: Reader, where: str, data: Mapping[str, Any]) -> list[When]:
    """All entries for values, that for any other value last."""
    found: list[When] = []
    for value, table in reader.table(f"{where} when", data, "when").items():
        found += _entries(reader, f"{where} when.{value}", value, table)
    return sorted(found, key=lambda when: when.is_other)


def _entries(reader: Reader, where: str, value: str, data: object) -> Iterator[When]:
    """The entries of one value: that under its condition, and that for where the condition does not hold."""
    if not isinstance(data, dict):
        reader.problem(f"{where} is {data!r}: a table is expected")
        return
    if value.lower() in WORDS and value not in WORDS.values():
        reader.problem(f"{where} is the text {value!r}: write when.{WORDS[value.lower()]}")
    yield _when(reader, where, value, data, _condition(reader, where, data))
    if "else" not in data:
        return
    otherwise = data["else"]
    if not isinstance(otherwise, dict) or "if" not in data:
        reader.problem(f"{where} else is a table beside an if")
        return
    if otherwise.keys() & {"if", "else"}:
        reader.problem(f"{where} else holds no if of its own")
    yield _when(reader, f"{where} else", value, otherwise, None)


def _condition(reader: Reader, where: str, data: Mapping[str, Any]) -> Condition | None:
    if "if" not in data:
        return None
    try:
        return Condition.parse(str(data["if"]))
    except ValueError as error:
        reader.problem(f"{where} if: {error}")
        return None


def _when(reader: Reader, where: str, value: str, data: Mapping[str, Any], condition: Condition | None) -> When:
    reader.unknown(data, WHEN, f"{where} key")
    acts = [key for key in ACTS if data.get(key)]
    if not acts:
        reader.problem(f"{where} changes nothing: write, set or copy is expected")
    if "write" in acts and len(acts) > 1:
        reader.problem(f"{where} has {acts[-1]} beside write, which leaves no call to change: keep one of them")
    if "write" in data:
        reader.choice(f"{where} write", data["write"], ("class", "keep"))
        if "note" not in data:
            reader.problem(f"{where} write = {data['write']!r} needs note: a sentence that says why")
    elif "note" in data:
        reader.problem(f"{where} note is told nowhere: only write makes a finding")
    return When(
        literal(value),
        value == "other",
        data["write"] if data.get("write") in ("class", "keep") else None,
        reader.constants(f"{where} set", reader.table(f"{where} set", data, "set")),
        reader.text(where, data, "copy"),
        reader.sentence(where, data, "note"),
        condition,
    )
