"""Where a value goes: it becomes a part of a layer under construction, leaves the function, or is used as it is."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import reduce

from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.fate import DOUBT, FREE, PART, Fate, is_beside, is_own, last_name, place_of
from porter.rewrite.decide.functions import FUNCTIONS, Function, Functions, parameter_of
from porter.rewrite.decide.tree_class import TreeClass
from porter.source.index import enclosing_class, enclosing_function
from porter.source.scopes import Scope, ancestors, parent

MODES = frozenset({"train", "eval", "set_train"})
SAME = frozenset({"to", "cuda", "cpu", "float", "half", "double", "bfloat16", "type", "apply", "requires_grad_"})
SAME |= {"share_memory", "to_float", "set_grad", "add_flags", "compile_cache", "to_empty", "xpu"}
"""Methods of a layer that give the layer itself."""
INSIDE = frozenset({"children", "named_children", "get_submodule", "values", "items", "cells", "name_cells"})
"""Methods that give what is inside: where that becomes a part of another layer, the whole was built for it."""
ADDING = frozenset({"append", "insert", "extend", "add_module", "register_module", "insert_child_to_cell", "update"})
HOLDERS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
PAIRED = (ast.Tuple, ast.List)
THROUGH = (*HOLDERS, ast.Subscript, ast.Starred, ast.IfExp, ast.BoolOp, ast.BinOp, ast.Await, ast.keyword, ast.Lambda)
PLAIN = frozenset({"list", "dict", "tuple", "set", "OrderedDict", "defaultdict", "deque"})
DEPTH = 12


class Fates:
    """Answers for one tree."""

    def __init__(self, functions: Functions, layers: set[TreeClass]) -> None:
        self.functions = functions
        self.hierarchy = functions.hierarchy
        self.layers = layers
        self._reads: dict[str, dict[tuple[int, str], list[tuple[ast.Name, Scope]]]] = {}
        self._attributes: dict[str, dict[str, list[tuple[ast.Attribute, Scope]]]] = {}
        self._called_by: dict[Function, frozenset[Function]] = {}
        self._constructs: dict[Function, bool] = {}
        self._lends: dict[Function, bool] = {}
        self.variables: dict[tuple[int, str, bool], Fate] = {}
        self._known: dict[tuple[int, bool], Fate] = {}
        self._met: set[tuple[int, bool]] = set()

    def of(self, node: ast.AST, file: FileFacts, scope: Scope, *, held: bool = False, depth: int = 0) -> Fate:
        """What becomes of the value of an expression; `held`: in a list, or a dict, that hides it from a layer.

        A fate is a union over all ways that a value goes, so a place that was met on one of them adds nothing again.
        """
        key = (id(node), held)
        if depth and key in self._met:
            return FREE
        if depth:
            self._met.add(key)
            return self._found(node, file, scope, held, depth)
        if key not in self._known:
            around, self._met = self._met, {key}
            self._known[key] = self._found(node, file, scope, held, depth)
            self._met = around
        return self._known[key]

    def _found(self, node: ast.AST, file: FileFacts, scope: Scope, held: bool, depth: int) -> Fate:
        above = parent(node)
        if depth > DEPTH or above is None:
            return DOUBT
        go = _Step(self, file, scope, held or isinstance(above, HOLDERS), depth + 1)
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
            return self.of(above, file, scope, held=held, depth=depth + 1)
        if isinstance(above, (ast.Return, ast.Yield, ast.YieldFrom)):
            function = enclosing_function(above)
            return Fate(returned=frozenset({function})) if function is not None else FREE
        return go.stored(above, node)

    def constructs(self, node: ast.AST) -> bool:
        """Whether a node stands in the constructor of a layer, or in a method that one calls."""
        method = self._method(node)
        return method is not None and self._is_constructor(method)

    def _method(self, node: ast.AST) -> Function | None:
        """The method of a layer that a node stands in."""
        inside = enclosing_class(node)
        if inside is None or self.hierarchy.by_node.get(inside) not in self.layers:
            return None
        return next((a for a in ancestors(node) if isinstance(a, FUNCTIONS) and parent(a) is inside), None)

    def _is_constructor(self, method: Function) -> bool:
        if method not in self._constructs:
            todo, met = [method], {method}
            while todo:
                each = todo.pop()
                if each.name == "__init__" or self._constructs.get(each):
                    self._constructs[method] = True
                    return True
                new = self._callers(each) - met if each not in self._constructs else frozenset()
                met |= new
                todo += new
            self._constructs.update(dict.fromkeys(met, False))
        return self._constructs[method]

    def _callers(self, method: Function) -> frozenset[Function]:
        """The methods of layers that call a method of their own object."""
        if method not in self._called_by:
            own = (call.node for call in self.functions.calls(method) if is_own(call.node.func))
            self._called_by[method] = frozenset(found for node in own if (found := self._method(node)) is not None)
        return self._called_by[method]

    def lends(self, function: Function) -> bool:
        """Whether some caller of a function puts what it gives into a layer under construction."""
        if function not in self._lends:
            self._lends[function] = False  # a call of itself adds nothing
            fates = (self.of(call.node, call.file, call.scope) for call in self.functions.calls(function))
            self._lends[function] = any(fate.part or any(map(self.lends, fate.returned)) for fate in fates)
        return self._lends[function]

    def attributes(self, file: FileFacts) -> dict[str, list[tuple[ast.Attribute, Scope]]]:
        """Where a file reads an attribute, by the attribute's name."""
        if file.path not in self._attributes:
            self._attributes[file.path] = defaultdict(list)
            for node, scope in file.module.scopes.attributes:
                if isinstance(node.ctx, ast.Load):
                    self._attributes[file.path][node.attr].append((node, scope))
        return self._attributes[file.path]

    def reads(self, name: ast.Name, file: FileFacts, scope: Scope) -> list[tuple[ast.Name, Scope]]:
        """Where a file reads the variable of a name."""
        if file.path not in self._reads:
            found: dict[tuple[int, str], list[tuple[ast.Name, Scope]]] = defaultdict(list)
            for node, where in file.module.scopes.reads:
                home = where.lookup(node.id)
                if home is not None:
                    found[id(home[0]), node.id].append((node, where))
            self._reads[file.path] = found
        home = scope.lookup(name.id)
        return self._reads[file.path].get((id(home[0]), name.id), []) if home is not None else []


@dataclass(eq=False, slots=True)  # not frozen: one is made for every place on a way
class _Step:
    fates: Fates
    file: FileFacts
    scope: Scope
    held: bool
    depth: int

    def of(self, node: ast.AST) -> Fate:
        return self.fates.of(node, self.file, self.scope, held=self.held, depth=self.depth)

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
        entry = self.fates.hierarchy.class_of(call.func, self.file.module, self.scope)
        if entry is not None:
            return PART if entry in self.fates.layers else FREE
        if self._is_layer(call.func):
            return PART
        function = self.fates.functions.of(call.func, self.file.module, self.scope)
        if function is not None:
            return self.handed(function, call, node)
        sees = name in PLAIN or not self.fates.constructs(call)
        return self.of(call) if sees else self.of(call) | DOUBT

    def _is_layer(self, node: ast.expr) -> bool:
        use = self.file.by_node.get(id(node))
        if use is not None and use.rule is not None:
            return use.rule.is_class and self.fates.hierarchy.is_layer(str(use.rule.torch.name))
        name = self.file.known.get(id(node)) or self.file.already.get(id(node), "")
        return ".nn." in name and name.rpartition(".")[2][:1].isupper()

    def handed(self, function: Function, call: ast.Call, node: ast.AST) -> Fate:
        """What a function of the tree does with its parameter, and where its result goes."""
        parameter = parameter_of(function, call, node)
        home, inner = self.fates.functions.homes.get(function), DOUBT
        if parameter is not None and home is not None:
            step = _Step(self.fates, *home, self.held, self.depth)
            inner = step.variable(ast.Name(parameter, ast.Load()), None)
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
        reads = self.fates.reads(name, self.file, self.scope)
        line = getattr(statement, "end_lineno", None) or 0
        after = min((r for r in reads if r[0].lineno > line), key=place_of, default=None) if statement else None
        moded = after is not None and is_beside(after[0], statement) and self.read(*after).moded
        return replace(self.used(name, reads), moded=moded)

    def used(self, name: ast.Name, reads: list[tuple[ast.Name, Scope]]) -> Fate:
        """What all uses of a variable together do with it."""
        home = self.scope.lookup(name.id)
        key = (id(home[0]) if home is not None else 0, name.id, self.held)
        if key not in self.fates.variables:
            self.fates.variables[key] = FREE  # a use that leads back to it adds nothing
            self.fates.variables[key] = reduce(Fate.__or__, (self.read(*each) for each in reads), FREE)
        return self.fates.variables[key]

    def read(self, node: ast.Name, scope: Scope) -> Fate:
        """What is done with a variable at one place."""
        return self.fates.of(node, self.file, scope, held=self.held, depth=self.depth)

    def added(self, holder: ast.expr) -> Fate:
        """What is appended to a holder, set in it, or added to a layer by name goes where that goes."""
        if isinstance(holder, ast.Attribute):
            return self.attribute(holder, added=True)
        if isinstance(holder, ast.Name) and self.file.receivers.is_self(holder):
            return PART if self.fates.constructs(holder) else FREE
        return self.variable(holder, None) if isinstance(holder, ast.Name) else FREE

    def attribute(self, node: ast.Attribute, *, added: bool = False) -> Fate:
        """`self.norm = ..` is a part while the layer is constructed; what a plain list or dict holds is hidden."""
        if not self.file.receivers.is_self(node.value):
            return self.variable(node.value, None) if isinstance(node.value, ast.Name) else FREE
        held = self.held or (added and self._is_plain(node))
        if not held:
            return PART if self.fates.constructs(node) else FREE
        inside = enclosing_class(node)
        read = self.fates.attributes(self.file).get(node.attr, ())
        same = [(n, s) for n, s in read if n is not node and enclosing_class(n) is inside]
        fates = (self.fates.of(n, self.file, s, held=True, depth=self.depth) for n, s in same)
        return Fate(part=any(fate.part for fate in fates))

    def _is_plain(self, node: ast.Attribute) -> bool:
        values = self.file.receivers.values(node)
        return any(isinstance(v, HOLDERS) or (isinstance(v, ast.Call) and last_name(v.func) in PLAIN) for v in values)
