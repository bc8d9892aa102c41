"""Entries of a rule that change nothing: whoever wrote one believes that something is so which is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from porter.rules.model import FRAMEWORKS, OF_CLASSES, ParamRule, Rule

OF_WEIGHTS = ("present", "unset", "buffers")


def idle_entries(rule: Rule) -> Iterator[str]:
    """What changes nothing, a sentence each."""
    yield from _kind(rule)
    if not rule.mindspore.name:
        yield from _without_counterpart(rule)
        return
    if (rule.type_test or rule.no_type_test) and not rule.is_class:
        yield f"type_test changes nothing: {rule.torch.name} is no class, without class = true"
    for param in rule.params.values():
        yield from _param(rule, param)
    yield from _tables(rule)
    yield from _attributes(rule)
    yield from _live(rule)
    for version in rule.versions:
        signature = rule.side(version.framework).signature
        if signature is None or signature.text == version.signature.text:
            where = f"[[versions]] {version.framework} {version.range}"
            yield f"{where} changes nothing: it is the signature of every version, or there is none"


def _kind(rule: Rule) -> Iterator[str]:
    """What a name is, is said where its tables do not say it, or where its spelling says something else."""
    tables = [name for name in OF_CLASSES if getattr(rule, name)]
    capital = rule.name.rpartition(".")[2][:1].isupper()
    if rule.says_class and tables and capital:
        yield f"class = true changes nothing: {tables[0]} says it"
    elif rule.says_class is None and not tables and capital:
        name = rule.torch.name or rule.mindspore.name
        yield f"is {name} a class? Write class = true, or class = false: nothing else here tells"
    elif rule.says_class is False and not tables and not capital:
        yield "class = false changes nothing: no table says otherwise"
    elif not rule.says_class and not (rule.says_class is None and capital):
        yield from (f"{name} changes nothing: {rule.torch.name} is no class, without class = true" for name in tables)


def _without_counterpart(rule: Rule) -> Iterator[str]:
    if rule.becomes:
        return
    made = bool(rule.layer.get("mindspore"))
    given = ("params", "write", "one_way", "batched", "type_test", *OF_CLASSES, *(() if made else ("caution",)))
    given = tuple(name for name in given if not (made and name == "modal"))
    refused = made and all(_refuses(param) for param in rule.params.values())
    for name in [name for name in given if getattr(rule, name) and not (name == "params" and refused)]:
        yield f"{name.replace('params', 'param')} changes nothing where [mindspore] has no name"
    if rule.layer and "any" not in rule.layer.get("mindspore", {}):
        yield "[layer.mindspore] any is missing: no other layer can be made where [mindspore] has no name"


def _refuses(param: ParamRule) -> bool:
    """Whether an entry says nothing but that calls with it stay, which hides it from the generated function."""
    stays = [when.is_other and when.write == "keep" for when in param.when]
    return bool(stays) and all(stays) and replace(param, when=()) == ParamRule(param.name)


def _param(rule: Rule, param: ParamRule) -> Iterator[str]:
    where, torch, mindspore = f"[param.{param.name}]", rule.torch.signature, rule.mindspore.signature
    if torch is None or mindspore is None:
        return
    ours, theirs = torch.default(param.name), mindspore.default(rule.renames.get(param.name, ""))
    if param.name not in rule.renames and (param.name in torch or param.name in mindspore):
        keys = [key for key in ("value", "values", "same_default") if getattr(param, key) and not _is_truth(param, key)]
        keys += ["mindspore"] * bool(param.mindspore and param.name not in torch)
        keys += ["copy"] * any(when.copy for when in param.when)
        yield from (f"{where} {key} changes nothing: {param.name} is not on both sides" for key in keys)
    elif param.same_default and (ours is None or theirs is None or ours == theirs):
        yield f"{where} same_default changes nothing: the defaults are {ours} and {theirs}"
    if any(when.copy == param.name for when in param.when):
        yield f"{where} copy of {param.name} changes nothing"


def _is_truth(param: ParamRule, key: str) -> bool:
    """Whether a value is read as True or False for the entries that speak of one of them."""
    return key == "value" and param.value == "bool" and any(isinstance(when.value, bool) for when in param.when)


def _tables(rule: Rule) -> Iterator[str]:
    """Tables for layers in the rule of a function; names that are the same; what needs another table."""
    for table, names in (("forward", rule.forward), ("methods", rule.methods)):
        yield from (f"[{table}] {name} is the same name: it changes nothing" for name in names if names[name] == name)
    for table in OF_WEIGHTS:
        shown = table if table == "buffers" else f"[{table}]"
        missing = [name for name in getattr(rule, table) if name not in rule.weights]
        yield from (f"{shown} {name} changes nothing: it is not in [weights]" for name in missing)
    if rule.modal_by and not rule.modal:
        yield "modal_by changes nothing without modal, which says what the mode changes"
    if rule.base_init and not rule.methods:
        yield "[base_init] changes nothing without [methods]: only a base class is constructed by a subclass"
    if any(rule.taken.values()) and not rule.methods:
        yield "[taken] changes nothing without [methods]: only the classes that derive from a base class are looked at"
    for to in FRAMEWORKS:
        known = rule.methods if to == "mindspore" else rule.methods.values()
        for name in sorted(set(known) & set(rule.absent.get(to, {}))):
            yield f"[absent.{to}] {name} changes nothing: [methods] has its counterpart"


def _live(rule: Rule) -> Iterator[str]:
    """What a layer looks at is an argument that it was made with; where both do, there is nothing to say."""
    for side, names in rule.live.items():
        signature, told = rule.side(side).signature, rule.live_on(side)[side]
        for name in names:
            if signature is None or name not in signature:
                yield f"[live] {side} names {name!r}, which is not in the signature of [{side}]"
            elif name not in told:
                yield f"[live] {side} {name} changes nothing: the other side looks at it as well"


def _attributes(rule: Rule) -> Iterator[str]:
    changes = rule.attribute_changes("torch")
    for name, target in rule.attributes.items():
        rest = {other: theirs for other, theirs in rule.attributes.items() if other != name}
        if replace(rule, attributes=rest).attribute_changes("torch").get(name, name) == target:
            yield f"[attributes] {name} = {target!r} changes nothing: so it is without it"
    for name in rule.attribute_notes:
        if changes.get(name) != "":
            yield f'[attribute_notes] {name} changes nothing: only an attribute that is "" has no counterpart'
