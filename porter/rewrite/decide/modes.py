"""Whether a layer, or a class of the tree, has a mode: does something else in training than in evaluation."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator

from porter.findings import Kind
from porter.rewrite.decide.facts import FileFacts, Use
from porter.rewrite.decide.functions import Function, Functions
from porter.rewrite.decide.tree_class import TreeClass
from porter.rules.model import Rule
from porter.source.names import dotted_parts
from porter.source.receivers import Receivers
from porter.source.scopes import Scope

BUILTINS = frozenset(dir(builtins))
WORDS = frozenset({"training", "train", "eval", "set_train"})
WITHOUT = frozenset({"Parameter", "Buffer", "Tensor", "Size", "Generator", "Module"})
"""Classes without a rule, or without one in this direction, that have no mode."""
NUMBERS = frozenset({"numpy", *sys.stdlib_module_names})


DEEPEST = 80
"""How many functions that call one another are seen through; Python's own stack is not endless."""


class Modes:
    """Answers for one tree. A class that is not seen through has a mode."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        self.hierarchy = functions.hierarchy
        self._known: dict[ast.AST, bool] = {}
        self._depth = 0
        self._scopes: dict[str, dict[int, Scope]] = {}

    def of_use(self, use: Use, call: ast.Call | None) -> bool:
        """Whether an object of a framework's class has a mode; a container has that of what it is given."""
        rule = use.rule
        if use.kind in (Kind.ANNOTATION, Kind.TYPE_TEST):
            return False
        if rule is None:
            last = use.reference.parts[-1]
            return last[:1].isupper() and last not in WITHOUT
        if not rule.is_class or not self.hierarchy.is_layer(f"{rule.torch.name}"):
            return False
        return has_mode(rule, call, use.reference.meaning.partition(".")[0])

    def of_class(self, entry: TreeClass) -> bool:
        """Whether a class of the tree has one, by itself or by anything that it builds."""
        if entry.node not in self._known:
            if self._depth == DEEPEST:
                return True
            self._depth += 1
            self._known[entry.node] = False  # a class inside itself adds nothing
            bases = [self.hierarchy.bases[each] for each in self.hierarchy.ancestry(entry)]
            unknown = any(base.outside or base.held for base in bases)
            self._known[entry.node] = unknown or any(self._inside(each.node) for each in self.hierarchy.ancestry(entry))
            self._depth -= 1
        return self._known[entry.node]

    def of_function(self, function: Function) -> bool:
        """Whether a function builds something that has one."""
        if function not in self._known:
            if self._depth == DEEPEST:
                return True
            self._depth += 1
            self._known[function] = False
            self._known[function] = self._inside(function)
            self._depth -= 1
        return self._known[function]

    def _inside(self, node: ast.AST) -> bool:
        home = self._home(node)
        if home is None:
            return isinstance(node, ast.ClassDef)  # a function that reads no name builds nothing
        return any(isinstance(n, ast.Attribute) and n.attr in WORDS for n in ast.walk(node)) or any(
            self._adds(each, home) for each in self._expressions(node)
        )

    def _home(self, node: ast.AST) -> FileFacts | None:
        entry = self.hierarchy.by_node.get(node) if isinstance(node, ast.ClassDef) else None
        if entry is not None:
            return self.functions.files.get(entry.module.path)
        return self.functions.homes[node][0] if node in self.functions.homes else None

    @staticmethod
    def _expressions(node: ast.AST) -> Iterator[ast.expr]:
        return (each for each in ast.walk(node) if isinstance(each, (ast.Call, ast.Name, ast.Attribute)))

    def _adds(self, node: ast.expr, file: FileFacts) -> bool:
        """Whether an expression stands for, or builds, something that has a mode, or that is not known."""
        use = file.by_node.get(id(node))
        if use is not None:
            return self.of_use(use, use.call) or (use.call is not None and self._takes_unknown(use.call))
        if not isinstance(node, ast.Call) or id(node.func) in file.by_node:
            return False
        scope = self.scopes(file).get(id(node))
        return scope is not None and self._calls_unknown(node.func, file, scope)

    def _takes_unknown(self, call: ast.Call) -> bool:
        """`nn.Sequential(*layers)`, where the layers come from outside."""
        names = [a.value if isinstance(a, ast.Starred) else a for a in call.args]
        return any(isinstance(a, ast.Name) for a in names) and any(isinstance(a, ast.Starred) for a in call.args)

    def scopes(self, file: FileFacts) -> dict[int, Scope]:
        """The scope of each call of a file."""
        if file.path not in self._scopes:
            self._scopes[file.path] = {id(call): scope for call, scope in file.module.scopes.calls}
        return self._scopes[file.path]

    def _calls_unknown(self, node: ast.expr, file: FileFacts, scope: Scope) -> bool:
        entry = self.hierarchy.class_of(node, file.module, scope)
        if entry is not None:
            return entry in self.hierarchy.derived and self.of_class(entry)
        function = self.functions.of(node, file.module, scope)
        if function is not None:
            return self.of_function(function)
        if isinstance(node, ast.Name):
            return scope.lookup(node.id) is not None or node.id not in BUILTINS
        if isinstance(node, ast.Attribute) and file.receivers.is_self(node.value):
            return not _is_built(node, file.receivers)
        parts = dotted_parts(node)
        meaning = self.functions.index.meaning(parts[0], scope) if parts else None
        return meaning is not None and meaning[1].partition(".")[0] not in NUMBERS


def _is_built(node: ast.Attribute, receivers: Receivers) -> bool:
    """Whether all that `self.NAME` can be is made by calls, which are looked at themselves."""
    values = receivers.values(node)
    return bool(values) and all(isinstance(value, ast.Call) for value in values)


def has_mode(rule: Rule, call: ast.Call | None, framework: str) -> bool:
    """Whether a layer has a mode, where its rule says that an option gives it one, by what the call says."""
    if not rule.modal or not rule.modal_by or call is None:
        return bool(rule.modal)
    signature = rule.side("torch").signature
    if signature is None or (framework == "mindspore" and rule.modal_by not in (rule.mindspore.signature or ())):
        return False
    default = signature.default(rule.modal_by)
    given = next((k.value for k in call.keywords if k.arg == rule.modal_by), None)
    place = signature.positional.index(rule.modal_by) if rule.modal_by in signature.positional else len(call.args)
    given = given or (call.args[place] if place < len(call.args) else None)
    starred = any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords)
    return starred or (given is not None and ast.unparse(given) != default)
