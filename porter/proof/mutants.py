"""Rules broken on purpose, in every way that the schema allows: each of them has to turn `check` red.

A mutant is the data of a rule file with one thing changed: each key that is there taken away or given another value,
and each key that is not there added where it would change a meaning.

Left out is what no number can show. Texts for people: docs, notes, reasons, `none`. What the proof itself is made of:
the cases, `inert`. Signatures of versions that are not installed. `same_default` taken away: a default is written out
that needs not be. `drop`, a swapped name or a constant for a parameter that the rule calls inert, with its reason: no
output depends on it. What the names in a file of the user become ([attributes], [present], [unset], buffers, [methods],
[absent], [base_init], grows, class), and the mode of what it builds (modal, which the proof sets itself), is not about
a layer's numbers; the tests of convert hold it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from porter.proof.mutant_becomes import templates
from porter.proof.mutant_ranges import ranges
from porter.proof.mutant_signatures import defaults, of_both, other_default, signatures
from porter.proof.mutation import Change, Data, Mutant, dropping, mutant, setting
from porter.rules.signature import Signature
from porter.rules.transforms import TRANSFORMS

__all__ = ["Mutant", "mutants"]


def mutants(data: Data) -> Iterator[Mutant]:
    """Every mutant of a rule's data."""
    data = {"torch": {}, "mindspore": {}, **data}  # a rule of templates may say nothing of a side
    makers = (signatures, defaults, _names, _params, _added, ranges, _whens, _writes, _constants, _weights, _forward)
    for make in (*makers, templates, _layers, _platforms):
        yield from make(data)


def _names(data: Data) -> Iterator[Mutant]:
    """The neighbour of another dimension as the name or the counterpart, or no counterpart at all."""
    for side in ("torch", "mindspore"):
        name = data[side].get("name")
        if name is not None:
            other = _neighbour(name)
            yield mutant(data, f"[{side}] name = {other}", setting(side, "name", value=other))
    if "name" in data["mindspore"]:
        yield mutant(data, "[mindspore] none", setting("mindspore", value={"none": "broken on purpose here"}))
        yield mutant(data, "one_way added", setting("one_way", value="mindspore"))


def _neighbour(name: str) -> str:
    stem, dimensions = name[:-2], {"1d": "2d", "2d": "3d", "3d": "2d"}.get(name[-2:])
    return stem + dimensions if dimensions else f"{name}_other"


def _params(data: Data) -> Iterator[Mutant]:
    for name, param in data.get("param", {}).items():
        where = f"[param.{name}]"
        for key in ("mindspore", "value", "drop"):
            if key in param:
                yield mutant(data, f"{where} without {key}", dropping("param", name, key))
        for value in TRANSFORMS if "value" in param else ():
            if value != param["value"]:
                yield mutant(data, f"{where} value = {value}", setting("param", name, "value", value=value))


def _added(data: Data) -> Iterator[Mutant]:
    """What a rule could say too much: a differing default ignored, a value transformed, a name given to another."""
    theirs = Signature(data["mindspore"].get("signature") or "")
    crossing = _crossing(data)
    for (one, ours), (two, its) in combinations(crossing.items(), 2):
        if not (_is_inert(data, one) or _is_inert(data, two)):
            yield mutant(data, f"[param] {one} and {two} take each other's name", _exchanged(one, ours, two, its))
    for parameter in Signature(data["torch"].get("signature") or "").parameters:
        name, param = parameter.name, data.get("param", {}).get(parameter.name, {})
        target = crossing.get(name)
        if target is None or parameter.default is None:
            continue
        if theirs.default(target) != parameter.default and "same_default" not in param:
            change = setting("param", name, "same_default", value="broken on purpose here")
            yield mutant(data, f"[param.{name}] same_default added: the default is not written", change)
        if "value" not in param and not param.get("inert") and _is_number(parameter.default):
            yield mutant(
                data, f"[param.{name}] value = complement added", setting("param", name, "value", value="complement")
            )


def _crossing(data: Data) -> dict[str, str]:
    """Torch parameter -> MindSpore parameter."""
    theirs = Signature(data["mindspore"].get("signature") or "")
    params = data.get("param", {})
    names = [parameter.name for parameter in Signature(data["torch"].get("signature") or "").parameters]
    pairs = {name: params.get(name, {}).get("mindspore", name) for name in names}
    return {name: target for name, target in pairs.items() if target in theirs}


def _is_inert(data: Data, name: str) -> bool:
    return "inert" in data.get("param", {}).get(name, {})


def _exchanged(one: str, target: str, two: str, other: str) -> Change:
    def change(data: Data) -> None:
        for name, new in ((one, other), (two, target)):
            param = data.setdefault("param", {}).setdefault(name, {})
            param.pop("mindspore", None)
            if new != name:
                param["mindspore"] = new

    return change


def _is_number(text: str) -> bool:
    try:
        return float(text) >= 0
    except ValueError:
        return False


def _whens(data: Data) -> Iterator[Mutant]:
    for name, param in data.get("param", {}).items():
        for value, when in param.get("when", {}).items():
            where, path = f"[param.{name}] when.{value}", ("param", name, "when", value)
            yield mutant(data, f"{where} forgotten", dropping(*path))
            for key in ("write", "copy"):
                if key in when and len(when.keys() & {"write", "set", "copy"}) > 1:
                    yield mutant(data, f"{where} without {key}", dropping(*path, key))
            if "write" in when:
                opposite = {"class": "keep", "keep": "class"}[when["write"]]
                yield mutant(data, f"{where} write = {opposite}", setting(*path, "write", value=opposite))
            if value in ("True", "False", "None"):
                swapped = {"True": "False", "False": "True", "None": "0"}[value]
                yield mutant(data, f"{where} becomes when.{swapped}", _moved(path, swapped))
            for key, fixed in when.get("set", {}).items():
                yield mutant(data, f"{where} sets {key} otherwise", setting(*path, "set", key, value=_otherwise(fixed)))


def _moved(path: tuple[str, ...], key: str) -> Change:
    def change(data: Data) -> None:
        for part in path[:-1]:
            data = data[part]
        data[key] = data.pop(path[-1])

    return change


def _writes(data: Data) -> Iterator[Mutant]:
    for side, values in data.get("write", {}).items():
        for name, value in values.items():
            yield mutant(data, f"[write.{side}] without {name}", dropping("write", side, name))
            yield mutant(
                data, f"[write.{side}] {name} otherwise", setting("write", side, name, value=_otherwise(value))
            )


def _constants(data: Data) -> Iterator[Mutant]:
    """A constant too much, which is not what the other side's default becomes."""
    pairs = _crossing(data)
    opposite = {"torch": pairs, "mindspore": {theirs: ours for ours, theirs in pairs.items()}}
    defaults = {side: {p.name: p.default for p in signature.parameters} for side, signature in of_both(data)}
    for side, own in defaults.items() if "name" in data["mindspore"] else ():
        far = defaults.get("mindspore" if side == "torch" else "torch", {})
        for name, default in own.items():
            crossed = far.get(opposite[side].get(name, ""), default) or ""
            if name in data.get("write", {}).get(side, {}) or _is_inert(data, name):
                continue
            if crossed in ("True", "False") or _is_number(crossed):
                value = ast.literal_eval(other_default(crossed))
                yield mutant(data, f"[write.{side}] {name} = {value} added", setting("write", side, name, value=value))


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
            yield mutant(data, f"[weights] without {name}", dropping("weights", name))
        yield mutant(data, f"[weights] {name} = 'other'", setting("weights", name, value="other"))
    for one, two in combinations(weights, 2):
        yield mutant(data, f"[weights] {one} and {two} swapped", _swap("weights", one, two))


def _swap(table: str, one: str, two: str) -> Change:
    def change(data: Data) -> None:
        data[table][one], data[table][two] = data[table][two], data[table][one]

    return change


def _forward(data: Data) -> Iterator[Mutant]:
    for name in data.get("forward", {}):
        yield mutant(data, f"[forward] without {name}", dropping("forward", name))
        yield mutant(data, f"[forward] {name} = 'other'", setting("forward", name, value="other"))


def _layers(data: Data) -> Iterator[Mutant]:
    for side, names in data.get("layer", {}).items():
        for platform in names:
            yield mutant(data, f"[layer.{side}] without {platform}", dropping("layer", side, platform))
        if len(names) > 1:
            yield mutant(data, f"[layer.{side}] templates swapped", lambda d, side=side: _exchange(d["layer"][side]))  # type: ignore[misc]


def _exchange(names: Data) -> None:
    first, second = list(names)[:2]
    names[first], names[second] = names[second], names[first]


def _platforms(data: Data) -> Iterator[Mutant]:
    if "platforms" in data["mindspore"]:
        yield mutant(data, "[mindspore] runs everywhere", dropping("mindspore", "platforms"))
