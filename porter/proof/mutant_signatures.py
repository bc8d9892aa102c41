"""Signatures broken on purpose, for `mutants`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from porter.proof.mutation import Data, Mutant, mutant, setting
from porter.rules.signature import Parameter, Signature


def signatures(data: Data) -> Iterator[Mutant]:
    """A parameter lost (one too many where there is none), or two in each other's place, where position tells them."""
    for side, signature in of_both(data):
        ours = signature.parameters
        if not ours:
            yield mutant(
                data, f"[{side}] signature: with a parameter", setting(side, "signature", value="inplace=False")
            )
        for index, parameter in enumerate(ours):
            text = _text([*ours[:index], *ours[index + 1 :]])
            change = setting(side, "signature", value=text)
            yield mutant(data, f"[{side}] signature: without {parameter.name}", change)
        for index, (one, two) in enumerate(pairwise(ours)):
            if one.kind == two.kind == "positional" and (one.default is None) == (two.default is None):
                text = _text([*ours[:index], two, one, *ours[index + 2 :]])
                change = setting(side, "signature", value=text)
                yield mutant(data, f"[{side}] signature: {one.name} and {two.name} change places", change)


def defaults(data: Data) -> Iterator[Mutant]:
    """Another default on one side (a flipped affine, another eps), or none."""
    for side, signature in of_both(data):
        ours = signature.parameters
        for index, parameter in enumerate(ours):
            for other in _others(parameter, ours[:index]):
                changed = replace(parameter, default=other)
                text = _text([*ours[:index], changed, *ours[index + 1 :]])
                old, new = (_text([one]) for one in (parameter, changed))
                change = setting(side, "signature", value=text)
                yield mutant(data, f"[{side}] signature: {old} becomes {new}", change)


def of_both(data: Data) -> Iterator[tuple[str, Signature]]:
    """The signatures that a rule has."""
    for side in ("torch", "mindspore"):
        if "signature" in data[side]:
            yield side, Signature(data[side]["signature"])


def _others(parameter: Parameter, before: Sequence[Parameter]) -> list[str | None]:
    if parameter.default is None:
        return []
    may_be_required = parameter.kind == "keyword" or all(one.default is None for one in before)
    return [other_default(parameter.default), *([None] if may_be_required else [])]


def other_default(default: str) -> str:
    """Text of another value of the same kind."""
    if default in ("True", "False"):
        return str(default == "False")
    try:
        value = float(default)
    except ValueError:
        return "'other'" if default == "None" else "None"
    if value != int(value):
        return repr(value * 100 if value < 0.01 else round(1 - value, 6) if value != 0.5 else 0.25)
    return str(int(value) + 1)


def _text(parameters: Sequence[Parameter]) -> str:
    parts: list[str] = []
    starred = False
    for parameter in parameters:
        if parameter.kind == "keyword" and not starred and len(parameters) > 1:
            parts, starred = [*parts, "*"], True
        star = {"star": "*", "double star": "**"}.get(parameter.kind, "")
        starred = starred or parameter.kind == "star"
        parts.append(f"{star}{parameter.name}" + ("" if parameter.default is None else f"={parameter.default}"))
    return ", ".join(parts)
