"""Names of the framework inside strings, which no import leads to: told, and left for a person."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.findings import Level
from porter.rewrite.outcomes import Remark, Settings
from porter.rules.load import RuleBook
from porter.rules.model import FRAMEWORKS, Rule
from porter.source.index import TreeIndex, is_annotation
from porter.source.names import DOTTED, SourceModule
from porter.source.scopes import Scope, parent

EVALUATORS = frozenset({"eval", "exec"})


class Strings:
    """What there is to say about the strings and star imports of one file."""

    def __init__(self, module: SourceModule, index: TreeIndex, rules: RuleBook, settings: Settings) -> None:
        self.module = module
        self.index = index
        self.rules = rules
        self.settings = settings
        self.spelled: set[str] = set()
        """Names of the file that text leads to, which has to find there what it found before."""

    def remarks(self) -> Iterator[Remark]:
        """All of it, in no order."""
        for call, scope in self.module.scopes.calls:
            yield from self._evaluated(call, scope)
        for constant, scope in self.module.scopes.strings:
            yield from self._string(constant, scope)
        for node, origin in self.module.scopes.stars:
            if self.index.resolve(origin).partition(".")[0] == self.settings.source:
                yield self._remark(
                    node, "import", f"names from {origin} cannot be told from others; import them singly"
                )

    def _remark(self, node: ast.stmt | ast.expr, rule: str, message: str) -> Remark:
        return Remark(self.module.text.span(node)[0], Level.MANUAL, rule, message, message)

    def _evaluated(self, call: ast.Call, scope: Scope) -> Iterator[Remark]:
        if not isinstance(call.func, ast.Name) or call.func.id not in EVALUATORS or not call.args:
            return
        texts = [n.value for n in ast.walk(call.args[0]) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        names = [dotted for text in texts for dotted in DOTTED.findall(text) if self._qualified(dotted, scope)]
        if names:
            self.spelled.update(name.partition(".")[0] for name in names)
            yield self._remark(call, "string", f"{names[0]} stands in text that is run as code; it is not rewritten")

    def _string(self, node: ast.Constant, scope: Scope) -> Iterator[Remark]:
        """A dotted name in a string, which some registry will look up."""
        value = str(node.value)
        if "." not in value or not DOTTED.fullmatch(value) or is_annotation(node) or self._is_told_elsewhere(node):
            return
        rule = self.rules.find(value, self.settings.source)
        if rule is None:
            qualified = self._qualified(value, scope)
            rule = self._rule_of_either(qualified) if qualified else None
        if rule is not None and rule.is_class and self.index.meaning(value.partition(".")[0], scope) is not None:
            self.spelled.add(value.partition(".")[0])
        if rule is not None and rule.is_class:
            name = rule.side(self.settings.to).name or "nothing"
            message = f"a string names {value}; it is not rewritten (its counterpart is {name})"
            yield self._remark(node, rule.name, message)

    def _is_told_elsewhere(self, node: ast.Constant) -> bool:
        above = parent(node)
        if isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id in EVALUATORS:
            return True
        return isinstance(above, (ast.Expr, ast.JoinedStr))

    def _rule_of_either(self, qualified: str) -> Rule | None:
        """The rule of a name of either framework: text that an earlier run left still means the source framework."""
        return self.rules.find(qualified, self.settings.source) or self.rules.find(qualified, self.settings.to)

    def _qualified(self, dotted: str, scope: Scope) -> str | None:
        parts = dotted.split(".")
        found = self.index.meaning(parts[0], scope)
        if len(parts) < 2 or found is None:
            return None
        root = found[1].partition(".")[0]
        known = root in FRAMEWORKS and not self.index.shadows(self.module, root)
        return ".".join([found[1], *parts[1:]]) if known else None
