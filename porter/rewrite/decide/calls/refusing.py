"""Calls of what has no counterpart, which the generated class or function takes but for some arguments."""

from __future__ import annotations

import ast

from porter.rules.model import Framework, Rule


def refused_argument(rule: Rule, source: Framework, call: ast.Call) -> str:
    """Why a call has to stay as it is; "" where the generated one takes it, or only a run tells what is given."""
    signature = rule.side(source).signature
    if signature is None or any(isinstance(argument, ast.Starred) for argument in call.args):
        return ""
    try:
        bound = signature.bind(len(call.args), [str(keyword.arg) for keyword in call.keywords if keyword.arg])
    except ValueError:
        return ""
    for name, where in bound.items():
        kept = [w for w in rule.params[name].when if w.is_other and w.write == "keep"] if name in rule.params else []
        if kept and ast.unparse(_given(call, where)) != signature.default(name):
            return kept[0].note
    return ""


def _given(call: ast.Call, where: int | str) -> ast.expr:
    if isinstance(where, int):
        return call.args[where]
    return next(keyword.value for keyword in call.keywords if keyword.arg == where)
