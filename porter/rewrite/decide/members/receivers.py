"""What is known of an object whose method is used."""

from __future__ import annotations

from dataclasses import dataclass, replace

from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.decision import Need


@dataclass(frozen=True, slots=True)
class Receiver:
    """An object's class. `needs`: what makes it change sides; None when it does not. `own`: methods of the tree's.

    `layer`: it derives from the class of all layers, so what that class lacks on the other side, it lacks. `rules`: the
    framework's classes that it derives from. `entries`: the classes of the tree that it can be of. `assumed`: what was
    taken for granted.
    """

    needs: tuple[Need, ...] | None
    own: frozenset[str] = frozenset()
    entries: tuple[TreeClass, ...] = ()
    rules: frozenset[str] = frozenset()
    layer: bool = True
    assumed: str = ""


def together(receivers: list[Receiver]) -> Receiver | None:
    """An object that can be of several classes; None where some change sides and others do not."""
    moving = [receiver.needs for receiver in receivers if receiver.needs is not None]
    if moving and len(moving) < len(receivers):
        return None
    needs = tuple(need for each in moving for need in each) if moving else None
    own = frozenset().union(*(receiver.own for receiver in receivers))
    entries = tuple(entry for receiver in receivers for entry in receiver.entries)
    return replace(receivers[0], needs=needs, own=own, entries=entries)
