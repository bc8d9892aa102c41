"""A call that is bound to the signature of its own side: what each parameter is given."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from porter.rewrite.decide.calls.arguments import default_value, ordered_arguments, place_of, read_value, same
from porter.rules.model import Framework, ParamRule, Rule, When, other
from porter.rules.signature import Signature

NOTHING = ParamRule("")
Question = Callable[[ast.expr], bool]


@dataclass
class Bound:
    """A call, both signatures, and the rule between them."""

    rule: Rule
    source: Framework
    theirs: Signature
    ours: Signature
    call: ast.Call
    bound: dict[str, int | str]
    is_framework_name: Question
    is_no_list: Question

    @cached_property
    def order(self) -> list[ast.expr | ast.keyword]:
        """The arguments in the order of their text."""
        return ordered_arguments(self.call)

    @cached_property
    def crossing(self) -> dict[str, str]:
        """Parameter of this side -> parameter of the other one."""
        return self.rule.crossing(self.source)

    def param_rule(self, name: str) -> ParamRule:
        """The entry of a parameter, which is filed under torch's name where torch has it."""
        key = self.crossing[name] if self.source == "mindspore" and name in self.crossing else name
        return self.rule.params.get(key, NOTHING)

    def argument(self, name: str) -> ast.expr | None:
        """The expression that a parameter gets in this call."""
        where = self.bound.get(name)
        if isinstance(where, int):
            return self.call.args[where]
        return next((k.value for k in self.call.keywords if k.arg == where), None) if where else None

    def index(self, name: str) -> int | None:
        """Place of a parameter's argument among the call's arguments."""
        return place_of(self.argument(name), self.order)

    def holds(self, when: When) -> bool:
        """Whether the call's text shows that the condition of an entry holds."""
        return when.condition is None or when.condition.holds(dict(self.known_values(when.condition.names)))

    def known_values(self, names: Iterable[str]) -> Iterator[tuple[str, object]]:
        """The values of parameters, given or not, that the text tells."""
        for name in names:
            node = self.argument(name)
            value = default_value(self.theirs, name) if node is None else read_value(node, self.is_framework_name)
            if value.kind == "literal":
                yield name, value.value

    def needed(self, target: str, value: object) -> bool:
        """Whether a value has to be written, since it is not what the target takes anyway."""
        fixed = target in self.rule.write_for(other(self.source))
        return fixed or not same(default_value(self.ours, target).value, value)
