"""Whether the parts of a rule fit together: every name in it is a parameter of the side that it speaks of."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.rules.model import Check, ParamRule, Rule


def misfits(rule: Rule) -> Iterator[str]:
    """What does not fit, a sentence each."""
    for param in rule.params.values():
        yield from _param(rule, param)
        yield from _whens(rule, param)
    for side, values in rule.write.items():
        signature = rule.side(side).signature
        for name in values:
            if signature is None or name not in signature:
                yield f"[write.{side}] {name} is not in its signature"
    for index, check in enumerate(rule.checks, 1):
        yield from _check(rule, index, check)


def _param(rule: Rule, param: ParamRule) -> Iterator[str]:
    torch, mindspore = rule.torch.signature, rule.mindspore.signature
    where = f"[param.{param.name}]"
    if not any(s is not None and param.name in s for s in (torch, mindspore)):
        yield f"{where} is in neither signature"
    if param.mindspore not in (None, "*") and (mindspore is None or param.mindspore not in mindspore):
        yield f"{where} mindspore = {param.mindspore!r} is not in MindSpore's signature"
    stars = [s.star("star") for s in (torch, mindspore) if s is not None]
    if param.spread and stars != [param.name, param.name]:
        yield f"{where} spread is for a parameter that is *{param.name} on both sides"


def _whens(rule: Rule, param: ParamRule) -> Iterator[str]:
    """What is set is the other side's; all else in a `when` belongs to the parameter's own side."""
    own, far = rule.torch.signature, rule.mindspore.signature
    if own is None or param.name not in own:
        own, far = far, own
    for when in param.when:
        asked = [*(when.condition.names if when.condition else ()), *([when.copy] if when.copy else [])]
        for names, signature in ((asked, own), (list(when.set), far)):
            for name in names:
                if signature is not None and name not in signature:
                    yield f"[param.{param.name}] when names {name!r}, which is not in that side's signature"


def _check(rule: Rule, index: int, check: Check) -> Iterator[str]:
    signature = rule.side(check.side).signature
    where = f"[[check]] {index} args {check.args!r}"
    try:
        call = ast.parse(f"f({check.args})", mode="eval").body
    except SyntaxError:
        yield f"{where} is not an argument list"
        return
    if not isinstance(call, ast.Call) or signature is None:
        return
    try:
        signature.bind(len(call.args), [k.arg for k in call.keywords if k.arg])
    except ValueError as error:
        yield f"{where} does not fit: the signature {error}"
