"""Copy definitions out of the standalone modules, by their text, with what they depend on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from porter.rules.model import Framework
from porter.rules.template import collect

FUTURE = "from __future__ import annotations"


@dataclass(frozen=True, slots=True)
class Piece:
    """One top-level definition of a generated module, and the import lines that it needs."""

    name: str
    text: str
    imports: tuple[str, ...] = ()


def template_pieces(side: Framework, template: str, name: str, own: Sequence[Path] = ()) -> Iterator[Piece]:
    """The definition `name` of a template and everything it depends on, dependencies first.

    `own`: folders of rules of a user, whose templates win over the shipped ones.
    """
    for _, defined, source in collect(side, template, name, own):
        lines = [line for used in source.names(defined) for line in source.imports.get(used, ())]
        if FUTURE in source.text:
            lines.append(FUTURE)
        yield Piece(defined, source.source(defined), tuple(lines))
