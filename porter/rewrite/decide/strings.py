"""Names of the framework inside strings, which no import leads to: told, and left for a person."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.decision import Decision, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.rules.model import FRAMEWORKS, Rule
from porter.source.index import is_annotation
from porter.source.names import DOTTED
from porter.source.scopes import Scope, parent

EVALUATORS = frozenset({"eval", "exec"})


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """What there is to say about the strings and star imports of a file."""
    strings = Strings(file)
    for node, text, label, code in strings.remarks():
        yield told(file.path, file.module.text.span(node)[0], Level.MANUAL, label, Reason(code, text))


Remark = tuple[ast.stmt | ast.expr, str, str, Code]


class Strings:
    """The strings and star imports of one file that hold names of the framework."""

    def __init__(self, file: FileFacts) -> None:
        self.module = file.module
        self.index = file.index
        self.rules = file.rules
        self.options = file.options

    def spelled(self) -> frozenset[str]:
        """Names of the file that text leads to, which has to find there what it found before."""
        found = {name.partition(".")[0] for call, scope in self.module.scopes.calls for name in self._run(call, scope)}
        for constant, scope in self.module.scopes.strings:
            value, rule = str(constant.value), self._rule(constant, scope)
            if rule is not None and self.index.meaning(value.partition(".")[0], scope) is not None:
                found.add(value.partition(".")[0])
        return frozenset(found)

    def remarks(self) -> Iterator[Remark]:
        """All of it, in no order: (where, what, rule, code)."""
        for call, scope in self.module.scopes.calls:
            for name in self._run(call, scope)[:1]:
                text = f"{name} stands in text that is run as code; it is not rewritten"
                yield call, text, "string", Code.CODE_IN_TEXT
        for constant, scope in self.module.scopes.strings:
            rule = self._rule(constant, scope)
            if rule is not None:
                name = rule.side(self.options.to).name or "nothing"
                text = f"a string names {constant.value!s}; it is not rewritten (its counterpart is {name})"
                yield constant, text, rule.name, Code.NAME_IN_TEXT
        for node, origin in self.module.scopes.stars:
            if self.index.resolve(origin).partition(".")[0] == self.options.source:
                text = f"names from {origin} cannot be told from others; import them singly"
                yield node, text, "import", Code.STAR_IMPORT

    def _run(self, call: ast.Call, scope: Scope) -> list[str]:
        """Names of the framework in text that a call runs as code."""
        if not isinstance(call.func, ast.Name) or call.func.id not in EVALUATORS or not call.args:
            return []
        texts = [n.value for n in ast.walk(call.args[0]) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        return [dotted for text in texts for dotted in DOTTED.findall(text) if self._qualified(dotted, scope)]

    def _rule(self, node: ast.Constant, scope: Scope) -> Rule | None:
        """The class that a dotted name in a string stands for, which some registry will look up."""
        value = str(node.value)
        if "." not in value or not DOTTED.fullmatch(value) or is_annotation(node) or self._is_told_elsewhere(node):
            return None
        rule = self.rules.find(value, self.options.source)
        if rule is None:
            qualified = self._qualified(value, scope)
            rule = self._rule_of_either(qualified) if qualified else None
        return rule if rule is not None and rule.is_class else None

    def _is_told_elsewhere(self, node: ast.Constant) -> bool:
        above = parent(node)
        if isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id in EVALUATORS:
            return True
        return isinstance(above, (ast.Expr, ast.JoinedStr))

    def _rule_of_either(self, qualified: str) -> Rule | None:
        """The rule of a name of either framework: text that an earlier run left still means the source framework."""
        return self.rules.find(qualified, self.options.source) or self.rules.find(qualified, self.options.to)

    def _qualified(self, dotted: str, scope: Scope) -> str | None:
        parts = dotted.split(".")
        found = self.index.meaning(parts[0], scope)
        if len(parts) < 2 or found is None:
            return None
        root = found[1].partition(".")[0]
        known = root in FRAMEWORKS and not self.index.shadows(self.module, root)
        return ".".join([found[1], *parts[1:]]) if known else None
