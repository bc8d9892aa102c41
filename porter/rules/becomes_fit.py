"""Whether the templates of a rule fit its signatures, and whether each of them can be taken at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from porter.rules.becomes import OWN, Becomes
from porter.rules.fit import defines
from porter.rules.model import FRAMEWORKS, Framework, Rule, other
from porter.rules.signature import Signature
from porter.rules.template import find


def becomes_misfits(rule: Rule) -> Iterator[str]:
    """What does not fit, a sentence each."""
    for to in FRAMEWORKS:
        closed = False
        for number, entry in enumerate(rule.becomes.get(to, ()), 1):
            where, signature = f"[[becomes.{to}]] {number}", rule.side(other(to)).signature
            yield from _names(where, entry, signature)
            yield from _target(where, entry, to, find(to, rule.layer.get(to, {}).get("any", ""), rule.folders))
            if closed:
                yield f"{where} changes nothing: every call goes to an entry before it"
            closed = closed or _takes_all(entry, signature)
    if rule.assigned and (rule.torch.signature is not None or not rule.becomes):
        yield "assigned changes nothing: only of what is read, by a template, can an assignment go"
    if rule.becomes and rule.mindspore.name is None and rule.one_way:
        yield "one_way changes nothing: there is no name to come back from"


def _names(where: str, entry: Becomes, signature: Signature | None) -> Iterator[str]:
    for name in sorted(entry.names):
        if signature is not None and name in entry.given and name in signature.aliases:
            continue
        if signature is None or name not in signature:
            yield f"{where} names {name!r}, which is not in the signature of the side that it is written for"
        elif name in entry.given and signature.names[name].default is None and _is_plain(signature, name):
            yield f"{where} given {name} changes nothing: every call gives it"


def _target(where: str, entry: Becomes, to: Framework, layer: Path | None) -> Iterator[str]:
    for name in entry.template.names if entry.template else ():
        root, _, last = name.partition(".")
        if root not in (to, OWN):
            yield f"{where} write names {name}: a name of {to} is expected"
        elif root == OWN and not (layer is not None and defines(layer, last)):
            yield f"{where} write names {name}, which the file of [layer.{to}] any does not define"


def _takes_all(entry: Becomes, signature: Signature | None) -> bool:
    """Whether every call fits an entry: it asks for nothing, and has a place for everything."""
    if entry.given or entry.kinds:
        return False
    return signature is None or {p.name for p in signature.parameters} <= entry.names


def _is_plain(signature: Signature, name: str) -> bool:
    return signature.names[name].kind in ("positional", "keyword")
