"""Which arguments of a call its case has to depend on: one that would not notice them proves nothing about them."""

from __future__ import annotations

import ast

from porter.proof.calls import Call, same_value
from porter.rules.model import Rule


def arguments_to_notice(rule: Rule, call: Call) -> list[str]:
    """Arguments of a call that its case has to depend on: away from their default, and not declared idle."""
    return [name for name in call.away_from_default() if not is_idle(rule, name) and not _is_copy(rule, call, name)]


def _is_copy(rule: Rule, call: Call, name: str) -> bool:
    """Whether an argument is what its default stands for: a pool's stride that is its kernel_size."""
    param = rule.params.get(name)
    default = call.signature.default(name)
    copied = [w.copy for w in param.when if w.copy and repr(w.value) == default] if param else []
    return any(
        source in call.given and same_value(ast.unparse(call.given[source]), ast.unparse(call.given[name]))
        for source in copied
        if source
    )


def is_idle(rule: Rule, name: str) -> bool:
    """Whether a rule says, with a reason, that an argument changes no number, or that it is dropped."""
    param = rule.params.get(name)
    return bool(param and (param.inert or (param.drop and name not in rule.renames)))
