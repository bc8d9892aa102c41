"""Arguments of the call of a layer that the other framework's layer does not take: `up(x, output_size=size)`."""

from __future__ import annotations

import ast

from porter.rules.model import Framework, Rule, other

SHOWN = {"torch": "torch", "mindspore": "MindSpore"}


def extras(rule: Rule, source: Framework, call: ast.Call) -> list[str]:
    """Inputs that this call gives and that the other side lacks, a sentence for each."""
    missing = {name: place for place, name in enumerate(rule.forward) if not rule.forward[name]}
    if source == "mindspore" or not missing or any(isinstance(a, ast.Starred) for a in call.args):
        return []
    given = {keyword.arg for keyword in call.keywords}
    found = [name for name, place in missing.items() if name in given or place < len(call.args)]
    native = str(rule.side(other(source)).name).rpartition(".")[2]
    return [f"a call of {SHOWN[other(source)]}'s {native} takes no {name}" for name in found]
