"""Dotted names of the framework inside longer texts: data that some registry reads, and names that a run completes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.decision import Decision, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.rules.load import RuleBook
from porter.rules.model import Framework
from porter.source.names import DOTTED
from porter.source.scopes import ancestors, parent

SAYING = frozenset(
    {"warn", "warning", "info", "debug", "error", "critical", "exception", "log", "print", "fail", "skip", "getLogger"}
)
"""Functions that are given prose."""
BEFORE, AFTER = r"(?:(?<=[\"'=])|(?<=: )|(?<=:))", r"(?=[\"',;}\])]|\s*$)"


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """A finding for each string that names something of the framework, or starts to."""
    for node, text in _Texts(file).remarks():
        start = file.module.text.span(node)[0]
        yield told(file.path, start, Level.MANUAL, "string", Reason(Code.NAME_IN_TEXT, text))


def dotted_in_data(framework: str) -> re.Pattern[str]:
    """Finds the dotted names of a framework in data: JSON, YAML, a table of settings."""
    return re.compile(rf"{BEFORE}{framework}(?:\.[^\W\d]\w*)+{AFTER}", re.MULTILINE)


def names_class(name: str, rules: RuleBook, framework: Framework) -> bool:
    """Whether a dotted name is a class of the framework that a rule converts."""
    rule = rules.find(name, framework)
    return rule is not None and rule.is_class


class _Texts:
    def __init__(self, file: FileFacts) -> None:
        self.module = file.module
        self.rules = file.rules
        self.source = file.options.source
        self.data = dotted_in_data(self.source)
        self.made = re.compile(rf"{self.source}\.(?:[^\W\d]\w*\.)*\w*(?:[{{%]\S*|)")

    def remarks(self) -> Iterator[tuple[ast.expr, str]]:
        """Where, and what is said."""
        word = f"{self.source}."
        joined: set[ast.JoinedStr] = set()
        for node, _ in self.module.scopes.strings:
            above = parent(node)
            if word not in str(node.value) or _is_prose(node):
                continue
            if isinstance(above, ast.JoinedStr):
                if above not in joined:
                    joined.add(above)
                    yield from self._in_text(above, _joined(above))
            elif not DOTTED.fullmatch(str(node.value)):
                yield from self._in_text(node, str(node.value))

    def _in_text(self, node: ast.expr, text: str) -> Iterator[tuple[ast.expr, str]]:
        whole = DOTTED.fullmatch(text) is not None
        if self.made.fullmatch(text) and not whole:
            yield node, f"a name of {self.source} is made from this text; it is not rewritten"
            return
        found = [text] if whole else self.data.findall(text)
        names = [name for name in found if names_class(name, self.rules, self.source)]
        if names:
            count = "" if len(names) == 1 else f" ({len(names)} names)"
            yield node, f"this text names {names[0]}; it is not rewritten{count}"


def _joined(node: ast.JoinedStr) -> str:
    """The text of an f-string, with brackets where a value goes."""
    return "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)


def _is_prose(node: ast.Constant) -> bool:
    """A docstring, or what is told to somebody."""
    for above in ancestors(node):
        if isinstance(above, (ast.Raise, ast.Assert)):
            return True
        if isinstance(above, ast.Call):
            name = above.func.attr if isinstance(above.func, ast.Attribute) else getattr(above.func, "id", "")
            if name in SAYING:
                return True
        if isinstance(above, ast.Expr):
            return above.value is node
        if isinstance(above, ast.stmt):
            return False
    return False
