"""Members that a layer of one framework has for itself, and the other one's has not: `conv.has_bias`, `seq.cell_list`.

They are told where the object is such a layer. Whatever else has one of the name keeps it, and a layer that is not
known as one raises an error that names it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.decision import SILENT, Decision, Need, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.lookups import texts_of
from porter.rewrite.decide.members.objects import Objects
from porter.rewrite.decide.members.patches import LOOKUPS
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.rules.model import Rule
from porter.source.index import enclosing_class, is_self

Lost = tuple[list[Rule], tuple[TreeClass, ...], tuple[Need, ...]]


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """A finding for each use of a member that the other framework's layer lacks."""
    lost = _Lost(file, tree)
    for node, _ in file.module.scopes.attributes if lost.words else ():
        if node.attr in lost.words and id(node) not in file.resolved:
            start = file.module.text.span(node)[1] - len(node.attr.encode())
            yield from lost.told(node.attr, node.value, start, is_set=isinstance(node.ctx, ast.Store))
    for call, scope in file.module.scopes.calls if lost.words else ():
        if isinstance(call.func, ast.Name) and call.func.id in LOOKUPS and len(call.args) > 1:
            for name in sorted((texts_of(call.args[1], scope) or frozenset()) & lost.words.keys()):
                yield from lost.told(name, call.args[0], file.module.text.span(call.args[1])[0])
    for statement, _ in file.module.scopes.classes if lost.words and tree.options.to == "mindspore" else ():
        yield from lost.overridden(tree.hierarchy.by_node[statement])


class _Lost:
    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.tree = tree
        self.hierarchy = tree.hierarchy
        self.objects = Objects(file, tree)
        self.words = self._words()

    def _words(self) -> Mapping[str, frozenset[str]]:
        """Each member with the rules whose layers lack it, of the layers that the tree names."""
        found: dict[str, frozenset[str]] = {}
        for rule in self.tree.rules.chosen(self.tree.named):
            if rule.name.startswith("nn.") and not rule.methods:
                for name in rule.absent.get(self.tree.options.to, {}):
                    found[name] = found.get(name, frozenset()) | {rule.name}
        return found

    def told(self, name: str, owner: ast.expr, start: int, *, is_set: bool = False) -> Iterator[Decision]:
        """What is said of a member of an object, at a place; where it is set, `set_later` may have said it."""
        rules, entries, needs = self._above(owner) if _is_super(owner) else self._of(owner)
        lacking = [
            rule for rule in rules if rule.name in self.words[name] and not (is_set and self._is_live(rule, name))
        ]
        if lacking and not any(self._is_own(name, entry) for entry in entries):
            why = lacking[0].absent[self.tree.options.to][name]
            reason = Reason(Code.ATTRIBUTE_ABSENT, f"{name} has no counterpart of the same meaning: {why}")
            yield told(self.file.path, start, Level.MANUAL, lacking[0].name, reason, needs)

    def overridden(self, entry: TreeClass) -> Iterator[Decision]:
        """A method of torch's layer that a class of the tree defines anew, and that MindSpore's layer does not call."""
        rules = [kind.rule for kind in self.tree.kinds_of(entry)]
        for name in sorted(entry.methods & self.words.keys()):
            lacking = [rule for rule in rules if rule.name in self.words[name]]
            if lacking:
                why = lacking[0].absent[self.tree.options.to][name]
                reason = Reason(Code.RESERVED, f"{name} is no longer called by the layer itself: {why}")
                start = self.file.module.text.span(entry.definitions[name])[0]
                yield told(self.file.path, start, Level.MANUAL, lacking[0].name, reason, self._needs(entry))

    def _of(self, owner: ast.expr) -> Lost:
        known = self.objects.of(owner)
        return [kind.rule for kind in known.kinds], known.entries, known.some

    def _above(self, owner: ast.expr) -> Lost:
        """What `super()` stands for: the layers of the framework, and the classes of the tree, above the class."""
        inside = enclosing_class(owner)
        entry = self.hierarchy.by_node.get(inside) if inside is not None else None
        if entry is None:
            return [], (), ()
        rules = [kind.rule for kind in self.tree.kinds_of(entry)]
        return rules, self.hierarchy.bases[entry].classes, self._needs(entry)

    def _needs(self, entry: TreeClass) -> tuple[Need, ...]:
        """That a class changes sides, unless it did in an earlier run."""
        return (Need((entry.place,), MOVES, SILENT),) if self.tree.movers.may_move(entry) else ()

    def _is_live(self, rule: Rule, name: str) -> bool:
        return any(name in names for names in rule.live_on(self.tree.options.source).values())

    def _is_own(self, name: str, entry: TreeClass) -> bool:
        """Whether a class of the tree, or one above it, defines the member itself."""
        return any(name in _defined(above) for above in self.hierarchy.ancestry(entry))


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _defined(entry: TreeClass) -> Iterable[str]:
    """Methods and variables of a class, and what its methods set on `self`."""
    yield from entry.methods
    for node in ast.walk(entry.node):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_self(node.value):
            yield node.attr
    for statement in entry.node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))
