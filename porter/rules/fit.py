"""Whether the parts of a rule fit together: every name in it is a parameter of the side that it speaks of."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from porter.rules.cases import check_misfits
from porter.rules.model import FRAMEWORKS, Framework, ParamRule, Rule, other
from porter.rules.template import NO_LAYERS, find, known


def misfits(rule: Rule) -> Iterator[str]:
    """What does not fit, a sentence each."""
    yield from _signatures(rule)
    for param in rule.params.values():
        yield from _param(rule, param)
        yield from _whens(rule, param)
        yield from _ranges(rule, param)
    yield from _targets(rule)
    for side, values in rule.write.items():
        yield from _writes(rule, side, values)
    for side, names in rule.layer.items():
        yield from _layers(rule, side, names)
    if rule.modal_by and rule.modal_by not in (rule.torch.signature or ()):
        yield f"modal_by names {rule.modal_by!r}, which is not in torch's signature"
    for index, check in enumerate(rule.checks, 1):
        yield from check_misfits(rule, f"[[check]] {index} args {check.args!r}", check)


def _signatures(rule: Rule) -> Iterator[str]:
    sides = [(side, rule.side(side).signature) for side in FRAMEWORKS]
    known = [side for side, signature in sides if signature is not None]
    if rule.mindspore.name and rule.torch.name and len(known) == 1 and not rule.becomes:
        yield f"only [{known[0]}] has a signature: nothing would look at the arguments; give both, or none for a type"
    if rule.interchangeable or "*" in rule.renames.values() or rule.becomes:
        return
    for side, signature in sides:
        for parameter in signature.parameters if signature and rule.mindspore.name else ():
            if rule.packed(side) == parameter.name:
                continue
            stars = {"star": "*", "double star": "**"}.get(parameter.kind)
            if stars:
                yield f"[{side}] signature: what {stars}{parameter.name} gets would be lost in the other call"


def _param(rule: Rule, param: ParamRule) -> Iterator[str]:
    torch, mindspore = rule.torch.signature, rule.mindspore.signature
    where = f"[param.{param.name}]"
    if not any(s is not None and param.name in s for s in (torch, mindspore)):
        yield f"{where} is in neither signature"
    if param.mindspore == "*" and (mindspore is None or not mindspore.star("star")):
        yield f"{where} mindspore = '*', but MindSpore's signature has no star"
    elif param.mindspore not in (None, "*") and (mindspore is None or param.mindspore not in mindspore):
        yield f"{where} mindspore = {param.mindspore!r} is not in MindSpore's signature"
    if param.values is not None:
        yield from (f"{where} {fault}" for fault in param.values.faults(one_way=bool(rule.one_way)))
        besides = {"value": param.value, "copy": any(when.copy for when in param.when)}
        yield from (f"{where} {key} beside values: one of them has to say it all" for key in besides if besides[key])
        yield from _value_defaults(rule, param, where)
    if param.pack:
        yield from _packs(rule, param, where)
    stars = [s.star("star") for s in (torch, mindspore) if s is not None]
    if param.spread and stars != [param.name, param.name]:
        yield f"{where} spread is for a parameter that is *{param.name} on both sides"
    for name in param.alias:
        if torch is None or param.name not in torch or name in torch:
            yield f"{where} alias {name!r} is no second keyword for a parameter of torch's"
    if param.drop and param.name in rule.renames:
        target = rule.renames[param.name]
        yield f"{where} drop would lose an argument that MindSpore takes as {target}: let it cross, or say when not to"


def _packs(rule: Rule, param: ParamRule, where: str) -> Iterator[str]:
    """What is packed is torch's `*args`; whether MindSpore's is as well, the signatures tell."""
    torch, mindspore = rule.torch.signature, rule.mindspore.signature
    if torch is None or torch.star("star") != param.name or param.name not in rule.renames:
        yield f"{where} pack is for a parameter that is *{param.name} in torch, and has a counterpart"
    elif (mindspore is not None and mindspore.star("star") == rule.renames[param.name]) != (param.pack == "star"):
        expected = "'tuple' or 'tuple or int'" if param.pack == "star" else "'star'"
        yield f"{where} pack is {param.pack!r}, but by the signatures it is {expected}"


def _value_defaults(rule: Rule, param: ParamRule, where: str) -> Iterator[str]:
    """A default is one of the values, or it could never cross."""
    for side in FRAMEWORKS[:1] if rule.one_way else FRAMEWORKS:
        signature = rule.side(side).signature
        name = param.name if side == "torch" else rule.renames.get(param.name, "")
        text = signature.default(name) if signature is not None else None
        known = [repr(ours) for ours, _ in param.values.seen(back=side == "mindspore")] if param.values else []
        if text is not None and text not in known:
            yield f"{where} values leaves out the default of [{side}], {text}"


def _whens(rule: Rule, param: ParamRule) -> Iterator[str]:
    """What is set is the other side's; all else in a `when` belongs to the parameter's own side."""
    side: Framework = "torch" if param.name in (rule.torch.signature or ()) else "mindspore"
    for when in param.when:
        asked = [*(when.condition.names if when.condition else ()), *([when.copy] if when.copy else [])]
        for names, owner in ((asked, side), (list(when.set), other(side))):
            signature = rule.side(owner).signature
            for name in names:
                if signature is not None and name not in signature:
                    yield f"[param.{param.name}] when names {name!r}, which is not in the signature of [{owner}]"


def _ranges(rule: Rule, param: ParamRule) -> Iterator[str]:
    """A range is of what crosses, holds the default, and goes to a class only where one is written out for it."""
    for to, limit in param.ranges.items():
        where, source = f"[param.{param.name}] range.{to}", other(to)
        signature, names = rule.side(source).signature, rule.crossing(source)
        if limit.name not in names:
            yield f"{where} changes nothing: {limit.name} is not on both sides"
        elif signature is not None and not limit.holds(_number(signature.default(limit.name))):
            yield f"{where} leaves out {limit.name}'s own default, {signature.default(limit.name)}"
        if limit.write == "class" and not rule.layer.get(to):
            yield f"{where} write = 'class', but no [layer.{to}] computes what is outside: write 'keep'"


def _number(text: str | None) -> object:
    try:
        return ast.literal_eval(text) if text is not None else None
    except (ValueError, SyntaxError):
        return None


def _targets(rule: Rule) -> Iterator[str]:
    """Two names of torch for one of MindSpore: one of them would be lost on the way back."""
    tables = {"param": rule.renames, "weights": rule.weights, "forward": rule.forward, "methods": rule.methods}
    for table, names in {**tables, "attributes": rule.attributes}.items():
        for target, count in Counter(names.values()).items():
            if target and count > 1:
                ours = " and ".join(name for name, theirs in names.items() if theirs == target)
                yield f"[{table}] {ours} have one counterpart, {target}: one of them would be lost"


def _writes(rule: Rule, side: Framework, values: dict[str, object]) -> Iterator[str]:
    signature = rule.side(side).signature
    for name in values:
        if signature is None or name not in signature:
            yield f"[write.{side}] {name} is not in its signature"
        elif name in rule.crossing(other(side)).values():
            yield f"[write.{side}] {name} would be written over what crosses to it"


def _layers(rule: Rule, side: Framework, names: dict[str, str]) -> Iterator[str]:
    """A template is a file that porter ships or the user's folder has, and defines what the layer is called."""
    wanted = str(rule.side(other(side)).name).rpartition(".")[2]
    for platform, name in names.items():
        where, path = f"[layer.{side}] {platform}", find(side, name, rule.folders) if name.isidentifier() else None
        if path is None or name in NO_LAYERS:
            yield f"{where} is {name!r}; expected one of {', '.join(map(repr, known(side, rule.folders)))}"
        elif not rule.becomes.get(side) and not defines(path, wanted):
            yield f"{where}: {name} defines no {wanted}"


def defines(path: Path, wanted: str) -> bool:
    """Whether a file of layers defines a class, or a function, of a name."""
    return re.search(rf"^(class|def) {wanted}\b", path.read_text("utf-8", "replace"), re.MULTILINE) is not None
