"""The modules that are converted to prove a rule: each uses its name once, fully spelled."""

from __future__ import annotations

from porter.rules.model import Framework, Rule


def call_text(rule: Rule, side: Framework, args: str, inputs: int, made: str = "") -> str:
    """A module that calls the name, fully spelled. `made`: the layer whose member it is."""
    if made:
        return layer_text(rule, side, args, inputs, made)
    if rule.owner:
        return member_text(rule, side, args, inputs)
    name = rule.side(side).name
    body = f"return {name}({args})"
    head = "build()" if rule.is_class else f"call({', '.join(f'x{i}' for i in range(inputs))})"
    return f"import {side}\n\n\ndef {head}:\n    {body}\n"


MADE = {"torch": "torch.cat((x0,))", "mindspore": "mindspore.ops.cat((x0,))"}
"""A tensor that is known to be one, and changes sides."""


def member_text(rule: Rule, side: Framework, args: str, inputs: int, *, known: bool = True) -> str:
    """A module that uses a member of the first input; what that is, is `known` to convert, or is not."""
    called = f"({args})" if rule.side(side).signature is not None else ""
    member = f"{str(rule.side(side).name).rpartition('.')[2]}{called}"
    names = ", ".join(f"x{i}" for i in range(inputs))
    if known:
        return f"import {side}\n\n\ndef call({names}):\n    x0 = {MADE[side]}\n    return x0.{member}\n"
    other = f"def made(x0):\n    return {MADE[side]}"
    return f"import {side}\n\n\n{other}\n\n\ndef call({names}):\n    return x0.{member}\n"


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


def asked_text(rule: Rule, side: Framework, args: str, inputs: int, made: str) -> str:
    """A module that uses a member of what convert does not know."""
    if made:
        return layer_text(rule, side, args, inputs, made, known=False)
    return member_text(rule, side, args, inputs, known=False)


def value_text(rule: Rule, side: Framework, args: str) -> str:
    """A module in which the class is a value, called with arguments that convert does not see."""
    return f"import {side}\n\n\ndef build(kind={rule.side(side).name}):\n    return kind({args})\n"
