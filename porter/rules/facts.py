"""What has to be known of every rule before any is asked for: plain data, derived from the rule and nothing else.

A fact is what JSON holds, and comes back from it as it was. What is empty is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from porter.rules.becomes import OWN
from porter.rules.differs import Difference
from porter.rules.model import FRAMEWORKS, Framework, Rule

Facts = Mapping[str, Any]
"""The facts of one rule, by the names of FACTS."""
CLAIMS = ("name", "torch", "mindspore", "one_way", "aliases")


def facts_of(rule: Rule) -> dict[str, Any]:
    """The facts of a rule."""
    return {name: found for name, of in FACTS.items() if (found := of(rule))}


def claims(rule: Rule) -> dict[str, Any]:
    """What a rule lays claim to, of one that is otherwise wrong, too."""
    return {name: found for name in CLAIMS if (found := FACTS[name](rule))}


def packed(difference: Difference) -> dict[str, Any]:
    """A difference as plain data: the fields that say more than their defaults."""
    found: dict[str, Any] = {}
    for field in fields(difference):
        value = getattr(difference, field.name)
        if field.default is MISSING or value != field.default:
            found[field.name] = _plain(value)
    return found


def unpacked(data: Mapping[str, Any]) -> Difference:
    """The difference that `packed` was given."""
    return Difference(**{name: _back(value) for name, value in data.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Difference):
        return packed(value)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _back(value: Any) -> Any:
    if isinstance(value, dict):
        return unpacked(value)
    return tuple(_back(item) for item in value) if isinstance(value, list) else value


def _by_side(of: Callable[[Framework], Any]) -> dict[str, Any]:
    return {side: found for side in FRAMEWORKS if (found := of(side))}


def _parameters(rule: Rule, side: Framework) -> list[str]:
    signature = rule.side(side).signature
    return [parameter.name for parameter in signature.parameters] if signature is not None else []


def _written(rule: Rule, side: Framework) -> dict[str, str]:
    """Functions of the generated module that templates call, and the file that each is written out in."""
    named = [name for entry in rule.becomes.get(side, ()) if entry.template for name in entry.template.names]
    layer = rule.layer.get(side, {}).get("any", "")
    return {name.partition(".")[2]: layer for name in named if name.startswith(f"{OWN}.")}


FACTS: Mapping[str, Callable[[Rule], Any]] = {
    "name": lambda rule: rule.name,
    "torch": lambda rule: rule.torch.name,
    "mindspore": lambda rule: rule.mindspore.name,
    "one_way": lambda rule: rule.one_way,
    "is_class": lambda rule: rule.is_class,
    "abstract": lambda rule: bool(rule.type_test or rule.no_type_test),
    "aliases": lambda rule: _by_side(lambda side: list(rule.side(side).aliases)),
    "signed": lambda rule: [side for side in FRAMEWORKS if rule.side(side).signature is not None],
    "parameters": lambda rule: _by_side(lambda side: _parameters(rule, side)),
    "changes": lambda rule: _by_side(rule.attribute_changes),
    "weights": lambda rule: rule.weights,
    "forward": lambda rule: rule.forward,
    "methods": lambda rule: rule.methods,
    "base_init": lambda rule: rule.base_init,
    "absent": lambda rule: {side: names for side, names in rule.absent.items() if names},
    "rare": lambda rule: {side: sorted(names) for side, names in rule.rare.items() if names},
    "parts": lambda rule: {
        side: {of: [why, list(names)] for of, (why, names) in found.items()} for side, found in rule.parts.items()
    },
    "differs": lambda rule: {
        side: {name: packed(each) for name, each in found.items()} for side, found in rule.differs.items() if found
    },
    "taken": lambda rule: {side: names for side, names in rule.taken.items() if names},
    "live": lambda rule: _by_side(lambda side: sorted(frozenset().union(*rule.live_on(side).values()))),
    "grows": lambda rule: bool(rule.grows),
    "tied": lambda rule: rule.tied,
    "caution": lambda rule: rule.caution,
    "written": lambda rule: _by_side(lambda side: _written(rule, side)),
    "collects": lambda rule: rule.seen_from("mindspore").collects,
}
