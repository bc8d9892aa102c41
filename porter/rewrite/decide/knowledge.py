"""What the rules tell of a framework's names, for the question what an expression is."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.source.names import SourceModule


class RuleKnowledge:
    """Answers from the rules, for names of either framework: an earlier run may have converted some."""

    def __init__(self, files: Mapping[str, FileFacts], rules: RuleBook, options: Options) -> None:
        self.source: str = options.source
        self.files = files
        self.rules = rules
        self.options = options

    def qualified(self, module: SourceModule, node: ast.expr) -> str | None:
        """Qualified name of an expression that names something of a framework, by what the file imports."""
        file = self.files.get(module.path)
        return file.known.get(id(node)) if file is not None else None

    def returns(self, name: str) -> str | None:
        """What calling a name gives: an instance of a class, a tensor of a function; None where no rule tells."""
        rule = self.rules.of_either(name, self.options.source)
        if rule is None:
            return None
        if rule.is_class:
            return "instance"
        return "tensor" if rule.torch.signature is not None else None

    def derived(self, name: str) -> tuple[str, ...]:
        """What derives from a class of which there are no objects."""
        rule = self.rules.of_either(name, self.options.source)
        return rule.type_test if rule is not None else ()

    def is_layer(self, name: str) -> bool:
        """Whether a name is a class whose instances give a tensor when they are called."""
        rule = self.rules.of_either(name, self.options.source)
        return rule is not None and rule.is_class and rule.torch.signature is not None

    def method_returns(self, cls: str, method: str) -> str | None:
        """No rule speaks of what a method gives."""
        return None
