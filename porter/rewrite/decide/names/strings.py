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
from porter.rules.paths import canonical
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
        self.idle = file.rebound.idle

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
                there = rule.side(self.options.to).name or "nothing"
                text = f"a string names {constant.value!s}; it is not rewritten (its counterpart is {there})"
                yield constant, text, rule.name, Code.NAME_IN_TEXT
            elif name := self._class_without_rule(constant, scope):
                text = f"a string names {constant.value!s}; it is not rewritten (no rule for {name})"
                yield constant, text, name, Code.NAME_IN_TEXT
        for node, origin in self.module.scopes.stars:
            if node not in self.idle and self.index.resolve(origin).partition(".")[0] == self.options.source:
                text = f"names from {origin} cannot be told from others; import them singly"
                yield node, text, "import", Code.STAR_IMPORT

    def _run(self, call: ast.Call, scope: Scope) -> list[str]:
        """Names of the framework in text that a call runs as code."""
        if not isinstance(call.func, ast.Name) or call.func.id not in EVALUATORS or not call.args:
            return []
        texts = [n.value for n in ast.walk(call.args[0]) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        return [dotted for text in texts for dotted in DOTTED.findall(text) if self._is_read(dotted, scope)]

    def _is_read(self, dotted: str, scope: Scope) -> bool:
        """Whether code that reads a name reads one of a framework: a dotted one, or one that a rule converts."""
        found = self.index.meaning(dotted, scope)
        plain = found is not None and self.rules.find(found[1], self.options.source) is not None
        return plain or self._qualified(dotted, scope) is not None

    def _rule(self, node: ast.Constant, scope: Scope) -> Rule | None:
        """The class that a dotted name in a string stands for, which some registry will look up."""
        rule = self._any_rule(str(node.value), scope) if self._is_looked_up(node) else None
        # A function's name is seldom looked up, and often a mere key.
        return rule if rule is not None and (rule.is_class or rule.torch.signature is None) else None

    def _any_rule(self, value: str, scope: Scope) -> Rule | None:
        rule = self.rules.find(value, self.options.source)
        if rule is None:
            qualified = self._qualified(value, scope)
            rule = self.rules.of_either(qualified, self.options.source) if qualified else None
        return rule

    def _is_looked_up(self, node: ast.Constant) -> bool:
        value = str(node.value)
        dotted = "." in value and DOTTED.fullmatch(value) is not None
        return dotted and not is_annotation(node) and not self._is_told_elsewhere(node)

    def _class_without_rule(self, node: ast.Constant, scope: Scope) -> str:
        """What a string names that is a class of the framework without a rule."""
        value = str(node.value)
        root, last = value.partition(".")[0], value.rpartition(".")[2]
        ours = root == self.options.source and last[:1].isupper() and not self.index.shadows(self.module, root)
        return canonical(value) if ours and self._is_looked_up(node) and not self._any_rule(value, scope) else ""

    def _is_told_elsewhere(self, node: ast.Constant) -> bool:
        above = parent(node)
        if isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id in EVALUATORS:
            return True
        return isinstance(above, (ast.Expr, ast.JoinedStr))

    def _qualified(self, dotted: str, scope: Scope) -> str | None:
        parts = dotted.split(".")
        found = self.index.meaning(parts[0], scope)
        if len(parts) < 2 or found is None:
            return None
        root = found[1].partition(".")[0]
        known = root in FRAMEWORKS and not self.index.shadows(self.module, root)
        return ".".join([found[1], *parts[1:]]) if known else None
