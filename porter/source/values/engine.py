"""What an expression can be: asked lazily, remembered for the tree, the same for every file that asks."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Protocol

from porter.source import tensors
from porter.source.flow import Flow
from porter.source.guards import key_of, tested_keys
from porter.source.index import TreeIndex
from porter.source.kinds import DEFINITIONS
from porter.source.names import SourceModule
from porter.source.scopes import Binding, Scope, ancestors, parent, scope_of
from porter.source.stores import Stores
from porter.source.things import NOTHING, NUMBER, TEXT, UNKNOWN, Answer, Function, FunctionNode, known, union
from porter.source.values import attributes, calls, displays, names, narrow, operators, owners, parameters
from porter.source.values.circles import DEEPEST
from porter.source.values.family import Family
from porter.source.values.holders import Holders, holders

SCOPE_OF = itemgetter(1)


class Knowledge(Protocol):
    """What may be asked about a framework. The caller has it from its rules."""

    source: str

    def qualified(self, module: SourceModule, node: ast.expr) -> str | None:
        """Qualified name of an expression that names something of the framework, by what the file imports."""

    def returns(self, name: str) -> str | None:
        """What calling a name gives: "tensor", "tensors" (a tuple of them), "instance", "plain"; None: not known."""

    def derived(self, name: str) -> tuple[str, ...]:
        """What derives from a class of which there are no objects: its objects are of one of these."""

    def is_layer(self, name: str) -> bool:
        """Whether a name is a class whose instances give a tensor when they are called."""

    def method_returns(self, cls: str, method: str) -> str | None:
        """What a method of an instance gives: "tensor", "tensors", "plain", "self"; None: not known."""


class Values:
    """Answers for the expressions of one file.

    Files that are asked about one after the other share what was found when they are given the same `family`.
    """

    def __init__(
        self,
        module: SourceModule,
        index: TreeIndex,
        knowledge: Knowledge,
        stores: Stores,
        family: Family | None = None,
    ) -> None:
        self.module = module
        self.index = index
        self.knowledge = knowledge
        self.stores = stores
        self.family = family or Family(index)
        self.family.members.setdefault(module.path, self)
        self.circles = self.family.circles
        self.lineage = self.family.lineage
        self.flow = Flow()
        self._by_home: dict[str, dict[Scope, list[ast.Name]]] = {}
        self.kinds: dict[type[ast.AST], Callable[[Values, ast.expr], Answer]] = KINDS

    def of(self, node: ast.expr) -> Answer:
        """All that an expression of the file can be."""
        _ = self.module.scopes  # nodes know their parents from here on
        answer = self.circles.memo.get(id(node)) or self.circles.start(lambda: self.ask(node))
        return UNKNOWN if answer is NOTHING else answer

    def before(self, name: ast.Name) -> Answer:
        """What the target of `x += y` is just before the statement."""
        scope = self.scope(parent(name) or name)
        found = scope.lookup(name.id)
        own = next((b for b in found[1] if b.node is name), None) if found is not None else None
        if found is None or own is None:
            return UNKNOWN
        bindings = self.flow.before(own, found[0])
        answer = self.circles.start(lambda: union(self.defined(binding) for binding in bindings))
        return UNKNOWN if answer is NOTHING else answer

    def passed(self, name: ast.Name) -> Answer:
        """What the calls in the tree that are seen pass for a parameter, whatever its annotation says."""
        answer = self.circles.start(lambda: parameters.seen(self, name))
        return UNKNOWN if answer is NOTHING else answer

    def may_hold(self, node: ast.expr) -> bool:
        """Whether an object can be what is called: nobody has put one at `x.view`, nor where a name is a function's."""
        if isinstance(node, ast.Name):
            found = (scope_of(node) or self.scope(node)).lookup(node.id)
            return found is not None and not all(isinstance(b.node, DEFINITIONS) for b in found[1])
        if not isinstance(node, ast.Attribute) or self.family.can_hold(node.attr, self.stores):
            return True
        return key_of(node) in self.tested

    def holders(self, name: ast.Name) -> Holders:
        """Who else has the object that a local name stands for at a place."""
        _ = self.module.scopes
        return holders(self, name)

    def bases(self, node: ast.ClassDef) -> tuple[str, ...]:
        """Qualified names of the framework's classes that a class of the tree derives from, through any others."""
        return owners.framework_bases(self, node)

    def ask(self, node: ast.expr) -> Answer:
        """The same for the parts of this package: `NOTHING` where no value comes in yet."""
        circles = self.circles
        found = circles.memo.get(id(node))
        if found is not None:
            return found
        if id(node) in circles.cut_short:
            circles.cut = True
            return circles.cut_short[id(node)]
        # No expression is part of itself, so only what it leans on decides whether it may be remembered.
        used, circles.uses = circles.uses, 0
        cut, circles.cut = circles.cut, False
        circles.depth += 1
        try:
            if circles.depth < DEEPEST:
                answer = self._found(node)
            else:
                answer = circles.too_deep(id(node), lambda: self.ask(node))
        finally:
            circles.depth -= 1
        if circles.cut:
            circles.cut_short[id(node)] = answer
        elif not circles.uses:
            circles.memo[id(node)] = answer
        circles.uses |= used
        circles.cut = circles.cut or cut
        return answer

    def _found(self, node: ast.expr) -> Answer:
        kind = self.kinds.get(type(node))
        answer = kind(self, node) if kind is not None else UNKNOWN
        if type(node) in NARROWED:
            return narrow.narrowed(self, node, answer)
        return answer

    def defined(self, binding: Binding) -> Answer:
        """What a binding gives its name."""
        return self.circles.run(id(binding), lambda: names.given(self, binding))

    def beside(self, module: SourceModule) -> Values:
        """The one who answers for another file of the tree."""
        found = self.family.members.get(module.path)
        return found or Values(module, self.index, self.knowledge, self.stores, self.family)

    def argument(self, function: FunctionNode, argument: ast.arg) -> Answer:
        """What a parameter of a function of the file can be."""
        scope = self.scopes_of_nodes.get(id(function))
        found = (b for b in scope.bindings.get(argument.arg, ()) if b.node is argument) if scope is not None else ()
        binding = next(iter(found), None)
        return self.defined(binding) if binding is not None else UNKNOWN

    def is_layer(self, name: str) -> bool:
        """Whether a framework's class is a layer, by its rule or by its name."""
        return self.knowledge.is_layer(name) or tensors.looks_like_layer(name)

    def function_returns(self, name: str) -> str | None:
        """What a framework's function gives, by its rule or by the lists of the documents."""
        return self.knowledge.returns(name) or tensors.function_returns(name)

    def home(self, node: ast.AST) -> Values:
        """The one who answers for the file that holds a node."""
        top = node
        while (above := parent(top)) is not None:
            top = above
        module = self.family.modules.get(id(top))
        return self if module is None or module is self.module else self.beside(module)

    def scope(self, node: ast.AST) -> Scope:
        """The scope that a node stands in."""
        first = next((found for each in ast.walk(node) if (found := scope_of(each)) is not None), None)
        if first is not None and not isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp)):
            return first
        for above in ancestors(node):
            if id(above) in self.scopes_of_nodes:
                return self.scopes_of_nodes[id(above)]
        return self.module.scopes.module

    @cached_property
    def scopes_of_nodes(self) -> dict[int, Scope]:
        """Scopes by the function, class or comprehension that makes them, as far as anything is done there."""
        scopes = self.module.scopes
        found: dict[int, Scope] = {}
        lists = (scopes.reads, scopes.augmented, scopes.attributes, scopes.calls, scopes.strings)
        for start in {scope for each in lists for scope in map(SCOPE_OF, each)}:
            scope: Scope | None = start
            while scope is not None and id(scope.node) not in found:
                found[id(scope.node)] = scope
                scope = scope.parent
        return found

    def reads_of(self, home: Scope, name: str) -> Sequence[ast.Name]:
        """The reads that find a name in a scope that binds it."""
        if name not in self._by_home:
            found: dict[Scope, list[ast.Name]] = {}
            for node, scope in self.module.reads.get(name, ()):
                there = scope.lookup(name)
                if there is not None:
                    found.setdefault(there[0], []).append(node)
            self._by_home[name] = found
        return self._by_home[name].get(home, ())

    @cached_property
    def tested(self) -> frozenset[str]:
        """What the file tests the class of, by its text."""
        scopes = self.module.scopes
        keys = tested_keys([call for call, _ in scopes.calls], [node for node, _ in scopes.attributes])
        return keys | narrow.matched_keys(self.module)


def _constant(values: Values, node: ast.expr) -> Answer:
    assert isinstance(node, ast.Constant)
    return known(displays.plain(node.value))


def _text(values: Values, node: ast.expr) -> Answer:
    return known(TEXT)


def _number(values: Values, node: ast.expr) -> Answer:
    return known(NUMBER)


def _lambda(values: Values, node: ast.expr) -> Answer:
    assert isinstance(node, ast.Lambda)
    return known(Function(node))


KINDS: dict[type[ast.AST], Callable[[Values, ast.expr], Answer]] = {
    ast.Constant: _constant,
    ast.JoinedStr: _text,
    ast.FormattedValue: _text,
    ast.Lambda: _lambda,
    ast.Name: names.name,
    ast.Attribute: attributes.attribute,
    ast.Call: calls.call,
    ast.Subscript: displays.subscript,
    ast.BinOp: operators.binary,
    ast.UnaryOp: operators.unary,
    ast.BoolOp: operators.chain,
    ast.Compare: operators.compare,
    ast.IfExp: operators.choice,
    ast.NamedExpr: operators.walrus,
    ast.List: displays.display,
    ast.Tuple: displays.display,
    ast.Set: displays.display,
    ast.Dict: displays.dictionary,
    ast.ListComp: displays.comprehension,
    ast.SetComp: displays.comprehension,
    ast.GeneratorExp: displays.comprehension,
    ast.DictComp: displays.comprehension,
}
NARROWED = frozenset({ast.Name, ast.Attribute, ast.Subscript, ast.Call})
"""Expressions that a type test around them can tell more of."""
