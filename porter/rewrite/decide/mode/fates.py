"""Where a value goes: it becomes a part of a layer under construction, leaves the function, or is used as it is."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import reduce

from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.fixed import Fixed
from porter.rewrite.decide.mode.callees import Callee, Function
from porter.rewrite.decide.mode.fate import DOUBT, FREE, PART, Fate, Lent, Value, Variable, is_beside, is_own
from porter.rewrite.decide.mode.functions import Functions, parameter_of
from porter.source.index import enclosing_class, enclosing_function, is_self
from porter.source.kinds import COLLECTIONS, COMPREHENSIONS, DEFS, position
from porter.source.scopes import Scope, ancestors, parent
from porter.source.things import Sequence
from porter.source.values.standard import NUMBERS, TEXTS

MODES = frozenset({"train", "eval", "set_train"})
SAME = frozenset({"to", "cuda", "cpu", "float", "half", "double", "bfloat16", "type", "apply", "requires_grad_"})
SAME |= {"share_memory", "to_float", "set_grad", "add_flags", "compile_cache", "to_empty", "xpu"}
"""Methods of a layer that give the layer itself."""
INSIDE = frozenset({"children", "named_children", "get_submodule", "values", "items", "cells", "name_cells"})
"""Methods that give what is inside: where that becomes a part of another layer, the whole was built for it."""
ADDING = frozenset({"append", "insert", "extend", "add_module", "register_module", "insert_child_to_cell", "update"})
HOLDERS = (*COLLECTIONS, ast.Dict, *COMPREHENSIONS)
PAIRED = (ast.Tuple, ast.List)
THROUGH = (*HOLDERS, ast.Subscript, ast.Starred, ast.IfExp, ast.BoolOp, ast.BinOp, ast.Await, ast.keyword, ast.Lambda)
PLAIN = frozenset({"list", "dict", "tuple", "set", "OrderedDict", "defaultdict", "deque"})
NOTHING = NUMBERS | TEXTS | {"print", "isinstance", "type", "id"}
"""Functions of Python's that give nothing of what they get."""


class Fates:
    """Answers for one tree."""

    def __init__(self, functions: Functions, layers: set[TreeClass]) -> None:
        self.functions = functions
        self.callees = functions.callees
        self.hierarchy = functions.callees.hierarchy
        self.layers = layers
        self.fixed = Fixed[Value | Variable | Lent, Fate](self._found, FREE)
        self._reads: dict[tuple[str, str], dict[Scope, list[tuple[ast.Name, Scope]]]] = {}
        self._attributes: dict[str, dict[tuple[ast.AST | None, str], list[tuple[ast.Attribute, Scope]]]] = {}
        self._constructors = Fixed[Function, bool](self._constructs, least=False)

    def of(self, node: ast.AST, file: FileFacts, scope: Scope) -> Fate:
        """What becomes of the value of an expression."""
        return self.fixed.of(Value(node, file, scope))

    def lends(self, function: Function) -> bool:
        """Whether some caller of a function puts what it gives into a layer under construction."""
        return self.fixed.of(Lent(function)).part

    def _found(self, key: Value | Variable | Lent) -> Fate:
        if isinstance(key, Value):
            return _Step(self, key.file, key.scope, key.held).value(key.node)
        if isinstance(key, Variable):
            reads = self.reads(key.file, key.home, key.name) if key.home is not None else []
            fates = (self.fixed.of(Value(node, key.file, scope, key.held)) for node, scope in reads)
            return reduce(Fate.__or__, fates, FREE)
        fates = (self.of(call.node, call.file, call.scope) for call in self.functions.calls(key.function))
        part = any(fate.part or any(self.fixed.of(Lent(each)).part for each in fate.returned) for fate in fates)
        return PART if part else FREE

    def constructs(self, node: ast.AST) -> bool:
        """Whether a node stands in the constructor of a layer, or in a method that one calls."""
        method = self._method(node)
        return method is not None and self._constructors.of(method)

    def _method(self, node: ast.AST) -> Function | None:
        """The method of a layer that a node stands in."""
        inside = enclosing_class(node)
        if inside is None or self.hierarchy.by_node.get(inside) not in self.layers:
            return None
        return next((a for a in ancestors(node) if isinstance(a, DEFS) and parent(a) is inside), None)

    def _constructs(self, method: Function) -> bool:
        """Whether a method is the constructor, or one that methods of the same object call which are."""
        if method.name == "__init__":
            return True
        own = (self._method(call.node) for call in self.functions.calls(method) if is_own(call.node.func))
        return any(self._constructors.of(caller) for caller in own if caller is not None)

    def attributes(self, file: FileFacts) -> dict[tuple[ast.AST | None, str], list[tuple[ast.Attribute, Scope]]]:
        """Where a file reads an attribute, by the class around and the attribute's name."""
        if file.path not in self._attributes:
            found = self._attributes[file.path] = defaultdict(list)
            for node, scope in file.module.scopes.attributes:
                if isinstance(node.ctx, ast.Load):
                    found[enclosing_class(node), node.attr].append((node, scope))
        return self._attributes[file.path]

    def reads(self, file: FileFacts, home: Scope, name: str) -> list[tuple[ast.Name, Scope]]:
        """Where a file reads a variable, by the scope that binds it and its name."""
        key = (file.path, name)
        if key not in self._reads:
            found = self._reads[key] = defaultdict(list)
            for node, where in file.module.reads.get(name, ()):
                if (there := where.lookup(name)) is not None:
                    found[there[0]].append((node, where))
        return self._reads[key].get(home, [])


@dataclass(frozen=True, slots=True)
class _Step:
    fates: Fates
    file: FileFacts
    scope: Scope
    held: bool

    def of(self, node: ast.AST) -> Fate:
        return self.fates.fixed.of(Value(node, self.file, self.scope, self.held))

    def value(self, node: ast.AST) -> Fate:
        """Where a value goes from where it stands."""
        above = parent(node)
        go = replace(self, held=True) if isinstance(above, HOLDERS) else self
        if isinstance(above, COMPREHENSIONS) and self.scope.node is above and self.scope.parent is not None:
            go = replace(go, scope=self.scope.parent)
        call = parent(above) if isinstance(above, ast.keyword) else above
        if isinstance(call, ast.Call):
            return FREE if call.func is node else go.argument(call, node)
        if isinstance(above, ast.Attribute):
            return go.member(above)
        if isinstance(above, ast.NamedExpr):
            return go.target(above.target, above) | go.of(above)
        if isinstance(above, THROUGH):
            return go.through(above, node)
        if isinstance(above, ast.comprehension):
            return go.iterated(above, node)
        if isinstance(above, (ast.Return, ast.Yield, ast.YieldFrom)):
            function = enclosing_function(above)
            return Fate(returned=frozenset({function})) if function is not None else FREE
        if isinstance(above, ast.arguments):
            return go.default(above, node)
        return go.stored(above, node) if above is not None else DOUBT

    def iterated(self, loop: ast.comprehension, node: ast.AST) -> Fate:
        """`[wrap(net) for net in nets]`: each element goes where the variable goes."""
        return replace(self, held=False).target(loop.target, None) if loop.iter is node else FREE

    def default(self, arguments: ast.arguments, node: ast.AST) -> Fate:
        """`def run(net=Net())`: a default goes where its parameter goes."""
        placed = [*arguments.posonlyargs, *arguments.args]
        pairs = [*zip(reversed(placed), reversed(arguments.defaults), strict=False)]
        pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
        function = parent(arguments)
        for argument, default in pairs:
            if default is node and isinstance(function, DEFS):
                return self.parameter(function, argument.arg)
        return DOUBT

    def parameter(self, function: Function, name: str) -> Fate:
        """What a function of the tree does with what it gets for a parameter."""
        home = self.fates.functions.homes.get(function)
        if home is None:
            return FREE  # it reads no name
        return self.fates.fixed.of(Variable(home[1], name, home[0], self.held))

    def through(self, above: ast.AST, node: ast.AST) -> Fate:
        """Where a list, an element of it, or one of two values goes."""
        if isinstance(above, ast.Subscript):
            return replace(self, held=False).of(above) if above.value is node else FREE
        if isinstance(above, ast.Lambda):
            return self.of(above) | DOUBT
        if isinstance(above, PAIRED) and isinstance(parent(above), ast.Assign):
            return self.unpacked(above, parent(above), node)
        return FREE if isinstance(above, ast.IfExp) and above.test is node else self.of(above)

    def unpacked(self, values: ast.Tuple | ast.List, statement: ast.AST | None, node: ast.AST) -> Fate:
        """`self.a, self.b = Net(), Net()`: each goes to its own target."""
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        pairs = [t.elts for t in targets if isinstance(t, PAIRED) and len(t.elts) == len(values.elts)]
        if len(pairs) < len(targets):
            return self.of(values)
        place = next(index for index, value in enumerate(values.elts) if value is node)
        step = replace(self, held=False)
        return reduce(Fate.__or__, (step.target(each[place], statement) for each in pairs))

    def argument(self, call: ast.Call, node: ast.AST) -> Fate:
        """What a call does with an argument."""
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        name = getattr(call.func, "id", "")
        if method == "__init__":
            return PART if self.fates.constructs(call) else FREE
        if method in ADDING and isinstance(call.func, ast.Attribute):
            return self.added(call.func.value)
        if name == "setattr" and call.args:
            return self.added(call.args[0])
        if name in NOTHING and self.scope.lookup(name) is None:
            return FREE
        callee = self.fates.callees.of(call.func, self.scope, self.file)
        if self._is_layer(call.func) or any(map(self.fates.hierarchy.is_layer, callee.names)):
            return PART
        if callee.entries or callee.functions:
            return self._into(callee, call, node)
        sees = name in PLAIN or not self.fates.constructs(call)
        return self.of(call) if sees else self.of(call) | DOUBT

    def _into(self, callee: Callee, call: ast.Call, node: ast.AST) -> Fate:
        """Into functions of the tree, and the constructors of its classes: a layer may keep it where none finds it."""
        fates = [self.handed(function, call, node) for function in callee.functions]
        for entry in callee.entries:
            layer = entry in self.fates.layers
            makers = self.fates.hierarchy.definers(entry, "__init__")
            if not makers:
                fates.append(PART if layer else FREE)
            for maker in makers if layer else ():
                inner = self.handed(maker.definitions["__init__"], call, node)
                fates.append(PART if inner.part or inner.doubt else FREE)
        return reduce(Fate.__or__, fates, FREE)

    def _is_layer(self, node: ast.expr) -> bool:
        use = self.file.by_node.get(id(node))
        if use is not None and use.rule is not None:
            return use.rule.is_class and self.fates.hierarchy.is_layer(str(use.rule.torch.name))
        name = self.file.known.get(id(node)) or self.file.already.get(id(node), "")
        return ".nn." in name and name.rpartition(".")[2][:1].isupper()

    def handed(self, function: Function, call: ast.Call, node: ast.AST) -> Fate:
        """What a function of the tree does with its parameter, and where its result goes."""
        name = parameter_of(function, call, node)
        inner = self.parameter(function, name) if name is not None else DOUBT
        through = self.of(call) if function in inner.returned else FREE
        return Fate(inner.part, False, inner.returned - {function}, inner.doubt) | through

    def member(self, above: ast.Attribute) -> Fate:
        """`net.eval()` sets the mode, `net.to(device)` is the net, `net.features` a part of it; the rest are uses."""
        call = parent(above)
        if not isinstance(call, ast.Call) or call.func is not above:
            return self.of(above) if isinstance(above.ctx, ast.Load) else FREE
        if above.attr in MODES:
            return Fate(moded=True) | self.of(call)
        return self.of(call) if above.attr in SAME or above.attr in INSIDE else FREE

    def stored(self, above: ast.AST, node: ast.AST) -> Fate:
        """What a statement does with a value."""
        if isinstance(above, ast.Assign):
            return reduce(Fate.__or__, (self.target(target, above) for target in above.targets))
        if isinstance(above, (ast.AnnAssign, ast.AugAssign)):
            return self.target(above.target, above)
        if isinstance(above, (ast.For, ast.AsyncFor)) and above.iter is node:
            return replace(self, held=False).target(above.target, None)
        return FREE

    def target(self, target: ast.expr, statement: ast.AST | None) -> Fate:
        """Where an assignment puts it."""
        if isinstance(target, ast.Name):
            return self.variable(target, statement)
        if isinstance(target, ast.Attribute):
            return self.attribute(target)
        if isinstance(target, ast.Subscript):
            return self.added(target.value)
        elements = target.elts if isinstance(target, (ast.Tuple, ast.List)) else []
        names = (each for each in elements if isinstance(each, (ast.Name, ast.Attribute)))
        return reduce(Fate.__or__, (replace(self, held=False).target(each, None) for each in names), FREE)

    def variable(self, name: ast.Name, statement: ast.AST | None) -> Fate:
        """What is done with a variable; its mode counts where the next statement that touches it sets it."""
        home = self.scope.lookup(name.id)
        if home is None:
            return FREE
        used = self.fates.fixed.of(Variable(home[0], name.id, self.file, self.held))
        reads = self.fates.reads(self.file, home[0], name.id) if statement is not None else []
        line = getattr(statement, "end_lineno", None) or 0
        after = min((r for r in reads if r[0].lineno > line), key=lambda read: position(read[0]), default=None)
        if after is None or not is_beside(after[0], statement):
            return replace(used, moded=False)
        return replace(used, moded=replace(self, scope=after[1]).of(after[0]).moded)

    def added(self, holder: ast.expr) -> Fate:
        """What is appended to a holder, set in it, or added to a layer by name goes where that goes."""
        if isinstance(holder, ast.Name) and is_self(holder):
            return PART if self.fates.constructs(holder) else FREE
        inside = replace(self, held=self.held or self._is_plain(holder))
        if isinstance(holder, ast.Attribute):
            return inside.attribute(holder)
        return inside.variable(holder, None) if isinstance(holder, ast.Name) else FREE

    def attribute(self, node: ast.Attribute) -> Fate:
        """`self.norm = ..` is a part while the layer is constructed; what a plain list or dict holds is hidden."""
        root: ast.expr = node.value
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        if not is_self(root):
            return self.variable(root, None) if isinstance(root, ast.Name) else FREE
        if not self.held:
            return PART if self.fates.constructs(node) else FREE
        reads = self.fates.attributes(self.file).get((enclosing_class(node), node.attr), ())
        values = (Value(n, self.file, scope, held=True) for n, scope in reads if n is not node)
        return Fate(part=any(self.fates.fixed.of(value).part for value in values))

    def _is_plain(self, node: ast.expr) -> bool:
        """Whether something can be a list or a dict of Python's, which no layer looks into."""
        answer = self.fates.callees.values(self.file).of(node)
        return any(isinstance(thing, Sequence) for thing in answer.things)
