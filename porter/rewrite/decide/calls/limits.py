"""What a rule says of a value: that the other side does not take it, or that only its truth counts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.rewrite.decide.calls.arguments import Value
from porter.rewrite.decide.change import Refuse, UseClass
from porter.rules.model import Framework, ParamRule, other
from porter.rules.transforms import TRANSFORMS


def limited(
    rule: ParamRule, source: Framework, name: str, node: ast.expr, value: Value
) -> Refuse | UseClass | str | None:
    """What a rule makes of an argument: None: nothing; a text: the condition under which the other side takes it."""
    if value.kind == "name" and source == "torch":
        note = rule.names.get(node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", ""))
        return Refuse(note) if note is not None else None
    limit = rule.ranges.get(other(source))
    if limit is None:
        return None
    if value.kind == "literal":
        if limit.holds(value.value):
            return None
        return Refuse(limit.note) if limit.write == "keep" else UseClass(limit.note)
    if limit.write == "class":
        return UseClass(f"the value of {name} is known only at run time")
    return f"{name}={ast.unparse(node)} is known only at run time: {limit.note}"


def refused_values(name: str, node: ast.expr | None, rule: ParamRule) -> Iterator[str]:
    """The conditions under which the generated class takes a value that only a run knows: else it raises."""
    if node is not None:
        refused = (when for when in rule.when if when.write == "keep" and when.is_other)
        yield from (f"{name}={ast.unparse(node)} is known only at run time: {when.note}" for when in refused)


def as_truth(value: Value, rule: ParamRule) -> Value:
    """A literal as the True or False that it stands for, where the rule says that nothing else matters."""
    return Value("literal", bool(value.value)) if rule.value == "bool" and value.kind == "literal" else value


def may_be_listed(value: Value, rule: ParamRule) -> bool:
    """Whether a value that is not written out could be one of those with an entry."""
    types: dict[str, type] = {"whole": int, "list": list, "tuple": tuple, "truth": bool}
    if value.kind in types:
        return any(w.is_other or type(w.value) is types[value.kind] for w in rule.when)
    return True


def crossed_over(value: object, rule: ParamRule, source: Framework) -> object:
    """A literal carried across. Raises ValueError when it has no counterpart."""
    if rule.values is not None:
        return rule.values.across(value, back=source == "mindspore")
    if rule.value is None:
        return value
    try:
        return TRANSFORMS[rule.value].apply(value, back=source == "mindspore")
    except TypeError as error:
        raise ValueError(f"{value!r} cannot be carried across by {rule.value!r}") from error
