"""Arguments of the call of a layer that the other framework's layer does not take: `up(x, output_size=size)`."""

from __future__ import annotations

import ast

from porter.rules.model import SHORT, Framework, Rule


class Extras:
    """The inputs of one rule's layer that the other side lacks, each with its place among the arguments."""

    def __init__(self, rule: Rule, to: Framework) -> None:
        self.missing = {name: place for place, name in enumerate(rule.forward) if not rule.forward[name]}
        native = str(rule.side(to).name).rpartition(".")[2]
        self.lacks = f"a call of {SHORT[to]}'s {native} takes no"

    def given_in(self, call: ast.Call) -> list[str]:
        """Those that a call gives, a sentence for each."""
        if any(isinstance(a, ast.Starred) for a in call.args):
            return []
        given = {keyword.arg for keyword in call.keywords}
        found = (name for name, place in self.missing.items() if name in given or place < len(call.args))
        return [f"{self.lacks} {name}" for name in found]
