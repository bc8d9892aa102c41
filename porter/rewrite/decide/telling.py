"""Decisions that change nothing: there is something to say about a place."""

from __future__ import annotations

from porter.findings import Kind, Level
from porter.rewrite.decide.decision import Decision, Form, Need, Place, Reason, Way
from porter.source.names import SourceModule

QUIET = Way(Form.STAYS)
"""There is nothing to say after all."""


def was_told(module: SourceModule, offset: int, message: str) -> bool:
    """Whether an earlier run said so: of what is there already, the text does not tell where it came from."""
    line, _ = module.text.position(offset)
    return message in module.text.marks.get(line, "")


def told(path: str, offset: int, level: Level, label: str, reason: Reason, needs: tuple[Need, ...] = ()) -> Decision:
    """A remark at a byte offset; with `needs` only where they hold."""
    way = Way(Form.TOLD, level=level, why=reason, needs=needs)
    return Decision(Place(path, offset, offset, Kind.VALUE), (way, QUIET) if needs else (way,), label)
