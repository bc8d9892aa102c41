"""Rules broken on purpose, in every way that the schema allows: each of them has to turn `check` red.

A mutant is the data of a rule file with one thing changed. Changes that no number can show are left out: texts for
people (docs, notes, reasons), the cases themselves, and signatures of other versions.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from porter.rules.model import Signature
from porter.rules.transforms import TRANSFORMS

Data = dict[str, Any]


@dataclass(frozen=True)
class Mutant:
    """A broken rule: what was done to it, and its data."""

    name: str
    data: Data


def mutants(data: Data) -> Iterator[Mutant]:
    """Every mutant of a rule's data."""
    for make in (_defaults, _names, _params, _whens, _writes, _weights, _forward, _layers, _platforms):
        yield from make(data)


def _mutant(data: Data, name: str, change: Callable[[Data], object]) -> Mutant:
    changed = copy.deepcopy(data)
    change(changed)
    return Mutant(name, changed)


def _set(*path: str, value: Any) -> Callable[[Data], object]:
    def change(data: Data) -> None:
        for key in path[:-1]:
            data = data.setdefault(key, {})
        data[path[-1]] = value

    return change


def _drop(*path: str) -> Callable[[Data], object]:
    def change(data: Data) -> None:
        parents = [data]
        for key in path[:-1]:
            parents.append(parents[-1][key])
        del parents[-1][path[-1]]
        for parent, key in zip(reversed(parents[:-1]), reversed(path[:-1]), strict=True):
            if not parent[key]:
                del parent[key]

    return change


def _defaults(data: Data) -> Iterator[Mutant]:
    """Another default on one side: a flipped affine, another eps."""
    for side in ("torch", "mindspore"):
        text = data[side].get("signature")
        if text is None:
            continue
        for parameter in Signature(text).parameters:
            other = _other_default(parameter.default)
            if other is not None:
                old, new = f"{parameter.name}={parameter.default}", f"{parameter.name}={other}"
                signature = _with_default(text, parameter.name, other)
                yield _mutant(
                    data, f"[{side}] signature: {old} becomes {new}", _set(side, "signature", value=signature)
                )


def _other_default(default: str | None) -> str | None:
    if default in ("True", "False"):
        return str(default == "False")
    try:
        value = float(default or "")
    except ValueError:
        return None
    if value != int(value):
        return repr(value * 100 if value < 0.01 else round(1 - value, 6) if value != 0.5 else 0.25)
    return str(int(value) + 1)


def _with_default(text: str, name: str, default: str) -> str:
    parts: list[str] = []
    starred = False
    for parameter in Signature(text).parameters:
        if parameter.kind == "keyword" and not starred:
            parts, starred = [*parts, "*"], True
        value = default if parameter.name == name else parameter.default
        star = {"star": "*", "double star": "**"}.get(parameter.kind, "")
        starred = starred or parameter.kind == "star"
        parts.append(f"{star}{parameter.name}" + (f"={value}" if value is not None else ""))
    return ", ".join(parts)


def _names(data: Data) -> Iterator[Mutant]:
    """The neighbour of another dimension as the counterpart."""
    name = data["mindspore"].get("name", "")
    for one, other in (("1d", "2d"), ("2d", "3d"), ("3d", "2d")):
        if name.endswith(one):
            change = _set("mindspore", "name", value=name.removesuffix(one) + other)
            yield _mutant(data, f"[mindspore] name ends in {other}", change)


def _params(data: Data) -> Iterator[Mutant]:
    for name, param in data.get("param", {}).items():
        where = f"[param.{name}]"
        for key in ("mindspore", "value", "drop"):
            if key in param:
                yield _mutant(data, f"{where} without {key}", _drop("param", name, key))
        for other in TRANSFORMS if "value" in param else ():
            if other != param["value"]:
                yield _mutant(data, f"{where} value = {other}", _set("param", name, "value", value=other))
    yield from _added(data)


def _added(data: Data) -> Iterator[Mutant]:
    """What a rule could say too much: a differing default ignored, a value transformed."""
    text, theirs = data["torch"].get("signature"), Signature(data["mindspore"].get("signature") or "")
    for parameter in Signature(text or "").parameters:
        name, param = parameter.name, data.get("param", {}).get(parameter.name, {})
        target = param.get("mindspore", name)
        if target not in theirs or parameter.default is None:
            continue
        if theirs.default(target) != parameter.default and "same_default" not in param:
            change = _set("param", name, "same_default", value="broken on purpose here")
            yield _mutant(data, f"[param.{name}] same_default added: the default is not written", change)
        if "value" not in param and not param.get("inert") and _is_number(parameter.default):
            yield _mutant(
                data, f"[param.{name}] value = complement added", _set("param", name, "value", value="complement")
            )


def _is_number(text: str) -> bool:
    try:
        return float(text) >= 0
    except ValueError:
        return False


def _whens(data: Data) -> Iterator[Mutant]:
    for name, param in data.get("param", {}).items():
        for value, when in param.get("when", {}).items():
            where, path = f"[param.{name}] when.{value}", ("param", name, "when", value)
            yield _mutant(data, f"{where} forgotten", _drop(*path))
            for key in ("write", "copy"):
                if key in when and len(when.keys() & {"write", "set", "copy"}) > 1:
                    yield _mutant(data, f"{where} without {key}", _drop(*path, key))
            for key, fixed in when.get("set", {}).items():
                yield _mutant(data, f"{where} sets {key} otherwise", _set(*path, "set", key, value=_otherwise(fixed)))


def _writes(data: Data) -> Iterator[Mutant]:
    for side, values in data.get("write", {}).items():
        for name, value in values.items():
            yield _mutant(data, f"[write.{side}] without {name}", _drop("write", side, name))
            yield _mutant(data, f"[write.{side}] {name} otherwise", _set("write", side, name, value=_otherwise(value)))


def _otherwise(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    return {"pad": "same", "same": "valid", "valid": "same"}.get(value, f"not {value}")


def _weights(data: Data) -> Iterator[Mutant]:
    weights = data.get("weights", {})
    for name, target in weights.items():
        if name != target:
            yield _mutant(data, f"[weights] without {name}", _drop("weights", name))
    for one, two in combinations(weights, 2):
        yield _mutant(data, f"[weights] {one} and {two} swapped", _swap("weights", one, two))


def _swap(table: str, one: str, two: str) -> Callable[[Data], object]:
    def change(data: Data) -> None:
        data[table][one], data[table][two] = data[table][two], data[table][one]

    return change


def _forward(data: Data) -> Iterator[Mutant]:
    for name in data.get("forward", {}):
        yield _mutant(data, f"[forward] without {name}", _drop("forward", name))
        yield _mutant(data, f"[forward] {name} = 'other'", _set("forward", name, value="other"))


def _layers(data: Data) -> Iterator[Mutant]:
    for side, names in data.get("layer", {}).items():
        for platform in names:
            yield _mutant(data, f"[layer.{side}] without {platform}", _drop("layer", side, platform))
        if len(names) > 1:
            yield _mutant(data, f"[layer.{side}] templates swapped", lambda d, side=side: _exchange(d["layer"][side]))  # type: ignore[misc]


def _exchange(names: Data) -> None:
    first, second = list(names)[:2]
    names[first], names[second] = names[second], names[first]


def _platforms(data: Data) -> Iterator[Mutant]:
    if "platforms" in data["mindspore"]:
        yield _mutant(data, "[mindspore] runs everywhere", _drop("mindspore", "platforms"))
