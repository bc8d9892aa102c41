"""Members that are named by a text: `getattr(m, "weight", None)`, `hasattr(m, name)`, `setattr(a, "bias", b)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.decision import Decision, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.asking import LOOKUPS, Asker
from porter.rewrite.decide.members.objects import Objects
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.rewrite.decide.vocabulary import ASKED_METHODS
from porter.rules.model import Rule
from porter.source.kinds import COLLECTIONS
from porter.source.scopes import Scope, parent


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """Decisions about the calls of the builtins that take a member's name."""
    lookups = _Lookups(file, tree)
    for call, scope in file.module.scopes.calls:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if (name in LOOKUPS or name == "delattr") and len(call.args) > 1 and scope.lookup(name) is None:
            yield from lookups.decide(call, name, scope)


class _Lookups:
    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.tree = tree
        self.objects = Objects(file, tree)
        self.asker = Asker(file, tree)
        self.watched = tree.rules.changes[tree.options.source] | ASKED_METHODS[tree.options.to]
        self.methods = tree.hierarchy.words.methods

    def decide(self, call: ast.Call, builtin: str, scope: Scope) -> Iterator[Decision]:
        """Ask where the object may be a layer and the name one that differs; a made name may be any."""
        target, name = call.args[0], call.args[1]
        if any(isinstance(argument, ast.Starred) for argument in call.args) or id(target) in self.file.resolved:
            return
        texts = texts_of(name, scope)
        if texts is not None and not texts & self.watched:
            return
        known = self.objects.of(target)
        if not known.unknown and not any(self._differs(texts, kind.rule) for kind in known.kinds):
            return
        if texts is not None and texts & self.methods.keys():
            return  # told with the method's other uses
        label = f"attribute {', '.join(sorted(texts & self.watched))}" if texts is not None else builtin
        if builtin == "delattr":
            start = self.file.module.text.span(call)[0]
            reason = Reason(Code.UNKNOWN_OBJECT, "a member is deleted by its name, which no function can take over")
            yield told(self.file.path, start, Level.MANUAL, label, reason, self.asker.needs)
            return
        yield self.asker.lookup(call, builtin, label)

    def _differs(self, texts: frozenset[str] | None, rule: Rule) -> bool:
        changes = rule.attribute_changes(self.tree.options.source).keys()
        return bool(changes if texts is None else texts & (changes | ASKED_METHODS[self.tree.options.to]))


def texts_of(node: ast.expr, scope: Scope) -> frozenset[str] | None:
    """The texts that a name of a member can be; None where only a run can tell."""
    if isinstance(node, ast.Constant):
        return frozenset({str(node.value)})
    found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    texts: set[str] = set()
    for binding in found[1] if found is not None else ():
        values = _written_out(parent(binding.node), binding.node)
        if values is None:
            return None
        texts |= values
    return frozenset(texts) if texts else None


def _written_out(statement: ast.AST | None, target: ast.AST) -> set[str] | None:
    """The texts that a statement gives a name: `name = "weight"`, `for name in ("weight", "bias")`."""
    if isinstance(statement, (ast.For, ast.comprehension)) and statement.target is target:
        values = statement.iter.elts if isinstance(statement.iter, COLLECTIONS) else None
    elif isinstance(statement, ast.Assign) and target in statement.targets:
        values = [statement.value]
    else:
        values = None
    if values is None or not all(isinstance(v, ast.Constant) and isinstance(v.value, str) for v in values):
        return None
    return {str(value.value) for value in values if isinstance(value, ast.Constant)}
