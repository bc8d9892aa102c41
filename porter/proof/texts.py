"""The modules that are converted to prove a rule: each uses its name once, fully spelled."""

from __future__ import annotations

from collections.abc import Iterator

from porter.rules.members import METHODS_OF_BUILTINS
from porter.rules.model import Check, Framework, Rule


def call_text(rule: Rule, side: Framework, args: str, inputs: int, made: str = "") -> str:
    """A module that calls the name, fully spelled. `made`: the layer whose member it is."""
    if made:
        return layer_text(rule, side, args, inputs, made)
    if rule.owner:
        return member_text(rule, side, args, inputs)
    return f"import {side}\n\n\ndef {_head(rule, inputs)}:\n    return {rule.side(side).name}({args})\n"


MADE = {"torch": "torch.cat((x0,))", "mindspore": "mindspore.ops.cat((x0,))"}
"""A tensor that is known to be one, and changes sides."""


def member_text(rule: Rule, side: Framework, args: str, inputs: int, *, known: bool = True) -> str:
    """A module that uses a member of the first input; what that is, is `known` to convert, or is not."""
    called = f"({args})" if rule.side(side).signature is not None else ""
    member = f"{str(rule.side(side).name).rpartition('.')[2]}{called}"
    names = ", ".join(f"x{i}" for i in range(inputs))
    body = f"    return x0.{member}\n"
    if called and member.partition("(")[0].endswith("_"):
        body = f"    found = x0.{member}\n    return found, x0\n"  # what it gives, and what became of the object
    if known:
        return f"import {side}\n\n\ndef call({names}):\n    x0 = {MADE[side]}\n{body}"
    other = f"def made(x0):\n    return {MADE[side]}"
    return f"import {side}\n\n\n{other}\n\n\ndef call({names}):\n{body}"


LAYERS = {"torch": ("torch.nn.Module", "forward"), "mindspore": ("mindspore.nn.Cell", "construct")}


def layer_text(rule: Rule, side: Framework, args: str, inputs: int, made: str, *, known: bool = True) -> str:
    """A module with a network that uses a member of a layer inside: its weights are given equal values beforehand."""
    base, run = LAYERS[side]
    names = ", ".join(f"x{i}" for i in range(inputs))
    member = f"{str(rule.side(side).name).rpartition('.')[2]}({args})"
    head = f"class Net({base}):\n    def __init__(self):\n        super().__init__()\n        self.inner = {made}\n"
    use = f"self.inner.{member}" if known else f"used(self.inner, {names})"
    other = "" if known else f"def used(layer, {names}):\n    return layer.{member}\n\n\n"
    body = f"    def {run}(self, {names}):\n        return {use}\n\n\ndef build():\n    return Net()\n"
    return f"import {side}\n\n\n{other}{head}\n{body}"


def asking_texts(rule: Rule, check: Check) -> Iterator[tuple[str, str]]:
    """What asks: of an object that is not known; of a tensor that is changed, of arguments that are not."""
    if check.made:
        if rule.is_rare:
            text = layer_text(rule, check.side, check.args, len(check.inputs), check.made, known=False)
            yield "object not known", text
        return
    rule, side, inputs = rule.seen_from(check.side), check.side, len(check.inputs)
    called = rule.side(side).signature is not None
    name = str(rule.side(side).name).rpartition(".")[2]
    if name.endswith("_") or name in METHODS_OF_BUILTINS:
        args = f"{check.args}, **{{}}" if check.args else "**{}"
        if rule.forms and called:
            yield "arguments not known", member_text(rule, side, args, inputs)
    elif called or rule.is_rare:
        yield "object not known", member_text(rule, side, check.args, inputs, known=False)


def value_text(rule: Rule, side: Framework, args: str, inputs: int) -> str:
    """A module in which the class, or function, is a value, called with arguments that convert does not see."""
    kind = f"kind={rule.side(side).name}"
    return f"import {side}\n\n\ndef {_head(rule, inputs, kind)}:\n    return kind({args})\n"


def _head(rule: Rule, inputs: int, *more: str) -> str:
    given = [] if rule.is_class else [f"x{index}" for index in range(inputs)]
    return f"{'build' if rule.is_class else 'call'}({', '.join([*given, *more])})"
