"""What of a tree builds layers: calls of classes, of functions that give a layer, and of names that hold a class."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from porter.rewrite.decide.classes import MOVES, Movers
from porter.rewrite.decide.decision import CONVERTED, SILENT, Need, Place
from porter.rewrite.decide.facts import FileFacts, Use
from porter.rewrite.decide.fate import Fate
from porter.rewrite.decide.fates import Fates
from porter.rewrite.decide.functions import Function, Functions, argument_for
from porter.rewrite.decide.modes import Modes
from porter.rewrite.decide.tree_class import TreeClass
from porter.rules.model import Rule
from porter.source.index import TreeIndex, enclosing_class, enclosing_function
from porter.source.scopes import Scope, parent

Holding = tuple[FileFacts, Use | None, TreeClass | None]
"""A class that a name holds, and the file that names it."""
MAX_HOPS = 6
NAMING = (ast.Name, ast.Attribute, ast.Subscript, ast.IfExp, ast.Call)
ELEMENTS = (ast.List, ast.Tuple)
COLLECTED = (ast.ListComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Made:
    """What a call builds: places of which one at least has to change sides. `sure`: the class is written there."""

    places: tuple[Place, ...]
    sure: bool = True

    @property
    def needs(self) -> tuple[Need, ...]:
        """That what is built is the target framework's."""
        return (Need(self.places, CONVERTED | MOVES, SILENT),)


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where an expression stands, after so many steps back."""

    scope: Scope
    file: FileFacts
    hops: int = 0


class Making:
    """Answers for one tree."""

    def __init__(self, index: TreeIndex, files: Mapping[str, FileFacts], movers: Movers) -> None:
        self.hierarchy = movers.hierarchy
        self.movers = movers
        self.functions = Functions(index, files, self.hierarchy)
        self.layers = {entry for entry in self.hierarchy.derived if self._is_layer(entry)}
        lent = {mixin for mixin, heirs in movers.supporters.items() if not self.layers.isdisjoint(heirs)}
        staying = self.hierarchy.below(entry for entry, bases in self.hierarchy.bases.items() if bases.held)
        self.fates = Fates(self.functions, {*self.layers, *self.hierarchy.targets, *lent, *staying})
        self.modes = Modes(self.functions)
        self._given: dict[Function, tuple[Place, ...]] = {}
        self._parameters: dict[ast.arg, tuple[Holding, ...]] = {}
        self._calls: dict[str, dict[Function | None, list[tuple[ast.Call, Scope]]]] = {}
        self.built: set[TreeClass] = set()

    def made(self, call: ast.Call, scope: Scope, file: FileFacts) -> Made | None:
        """What a call builds that has a mode; None where it builds no layer, or none that has one."""
        use, entry = self._class(call.func, scope, file)
        if use is not None:
            return Made((file.place(use),)) if self.has_mode(call, scope, file) else None
        if entry is not None:
            self.built.add(entry)
            return Made((entry.place,)) if self._counts(entry) else None
        function = self.functions.of(call.func, file.module, scope)
        if function is not None:
            places = self.given(function) if self.fates.lends(function) else ()
            return Made(places) if places else None
        held = dict.fromkeys(self._behind(call.func, _Spot(scope, file)))
        places = tuple(place for each in held for place in self._of_held(each, call))
        return Made(places, sure=False) if places else None

    def _of_held(self, held: Holding, call: ast.Call) -> Iterator[Place]:
        """The place of a class that a name holds, where what the call builds of it has a mode."""
        file, use, entry = held
        if use is not None and self.modes.of_use(use, call):
            yield file.place(use)
        if entry is not None:
            self.built.add(entry)
            yield from [entry.place] if self._counts(entry) else []

    def given(self, function: Function) -> tuple[Place, ...]:
        """Places of what a function builds and gives to its callers."""
        if function not in self._given:
            self._given[function] = ()
            home = self.functions.homes.get(function)
            found: list[Place] = []
            for call, scope in self._calls_in(function):
                made = self.made(call, scope, home[0]) if home is not None else None
                if home is not None and made is not None and function in self.fate(call, scope, home[0]).returned:
                    found += made.places
            self._given[function] = tuple(dict.fromkeys(found))
        return self._given[function]

    def _calls_in(self, function: Function) -> Sequence[tuple[ast.Call, Scope]]:
        """The calls in a function, but for those in functions inside it."""
        home = self.functions.homes.get(function)
        if home is None:
            return ()
        path, calls = home[0].path, home[0].module.scopes.calls
        if path not in self._calls:
            self._calls[path] = defaultdict(list)
            for call, scope in calls:
                self._calls[path][enclosing_function(call)].append((call, scope))
        return self._calls[path].get(function, ())

    def fate(self, call: ast.Call, scope: Scope, file: FileFacts) -> Fate:
        """Where what a call gives goes."""
        return self.fates.of(call, file, scope)

    def _class(self, node: ast.expr, scope: Scope, file: FileFacts) -> tuple[Use | None, TreeClass | None]:
        """The class that an expression is: the framework's, or one of the tree."""
        use = file.by_node.get(id(node))
        if use is not None:
            layer = use.rule is not None and use.rule.is_class and self.hierarchy.is_layer(str(use.rule.torch.name))
            return use if layer else None, None
        return None, self._own_class(node) or self.hierarchy.class_of(node, file.module, scope)

    def _own_class(self, node: ast.expr) -> TreeClass | None:
        """`cls` in a class method, `self.__class__`, `type(self)`."""
        inside = enclosing_class(node) if _is_own_class(node) else None
        return self.hierarchy.by_node.get(inside) if inside is not None else None

    def _counts(self, entry: TreeClass) -> bool:
        return entry in self.layers and self.modes.of_class(entry)

    def _is_layer(self, entry: TreeClass) -> bool:
        """Whether a class derives from a layer, and not from a tensor, say."""
        rules = (use.rule for use in self.hierarchy.uses_of(entry))
        return any(rule is not None and self.hierarchy.is_layer(str(rule.torch.name)) for rule in rules)

    def has_mode(self, node: ast.expr, scope: Scope, file: FileFacts) -> bool:
        """Whether what an expression gives has a mode, as far as that is seen; what is not seen has one."""
        if isinstance(node, ast.Call):
            return self._call_has_mode(node, scope, file)
        if isinstance(node, (ast.Starred, ast.keyword)):
            return self.has_mode(node.value, scope, file)
        if isinstance(node, ELEMENTS):
            return any(self.has_mode(each, scope, file) for each in node.elts)
        if isinstance(node, COLLECTED):
            return self.has_mode(node.elt, scope, file)
        if isinstance(node, ast.IfExp):
            return self.has_mode(node.body, scope, file) or self.has_mode(node.orelse, scope, file)
        return not isinstance(node, ast.Constant)

    def _call_has_mode(self, call: ast.Call, scope: Scope, file: FileFacts) -> bool:
        use = file.by_node.get(id(call.func))
        if use is not None and use.rule is not None and is_container(use.rule):
            given = [*call.args, *(k.value for k in call.keywords)]
            return any(self.has_mode(each, scope, file) for each in given)
        if use is not None:
            return self.modes.of_use(use, call)
        entry = self.hierarchy.class_of(call.func, file.module, scope)
        if entry is not None:
            return self.modes.of_class(entry)
        function = self.functions.of(call.func, file.module, scope)
        return function is None or self.modes.of_function(function)

    def _behind(self, node: ast.expr, at: _Spot) -> Iterator[Holding]:
        """The classes that a name or an element stands for, as far as they can be found."""
        if at.hops > MAX_HOPS:
            return
        if isinstance(node, ast.Subscript):
            yield from self._elements(node.value, at)
        found = at.scope.lookup(node.id) if isinstance(node, ast.Name) else None
        if found is None or len(found[1]) != 1:
            return
        binding = found[1][0].node
        statement = parent(binding)
        if isinstance(binding, ast.arg):
            yield from self._passed(binding, at)
        elif isinstance(statement, ast.Assign) and statement.targets == [binding]:
            yield from self._named(statement.value, replace(at, scope=found[0]))

    def _named(self, node: ast.expr | None, at: _Spot) -> Iterator[Holding]:
        """The class that an expression names."""
        if not isinstance(node, NAMING):
            return
        use, entry = self._class(node, at.scope, at.file)
        if use is not None or entry is not None:
            yield at.file, use, entry
        elif isinstance(node, ast.IfExp):
            yield from self._named(node.body, at)
            yield from self._named(node.orelse, at)
        else:
            yield from self._behind(node, replace(at, hops=at.hops + 1))

    def _elements(self, node: ast.expr, at: _Spot) -> Iterator[Holding]:
        """`LAYERS["norm"]`: the classes in a dict or a list that is written out."""
        found = at.scope.lookup(node.id) if isinstance(node, ast.Name) else None
        statement = parent(found[1][0].node) if found is not None and len(found[1]) == 1 else None
        value = statement.value if isinstance(statement, ast.Assign) else node
        values = value.values if isinstance(value, ast.Dict) else value.elts if isinstance(value, ELEMENTS) else []
        inner = replace(at, scope=found[0] if found is not None else at.scope, hops=at.hops + 1)
        for each in values:
            yield from self._named(each, inner)

    def _passed(self, parameter: ast.arg, at: _Spot) -> tuple[Holding, ...]:
        """The classes that callers pass for a parameter, and its default."""
        if parameter not in self._parameters:
            self._parameters[parameter] = ()
            function = enclosing_function(parameter)
            if function is not None and function in self.functions.homes:
                found = self._arguments(function, parameter, at.hops + 1)
                self._parameters[parameter] = tuple({(id(u), e): (f, u, e) for f, u, e in found}.values())
        return self._parameters[parameter]

    def _arguments(self, function: Function, parameter: ast.arg, hops: int) -> Iterator[Holding]:
        file, scope = self.functions.homes[function]
        yield from self._named(_default(function, parameter), _Spot(scope, file, hops))
        for caller in self.functions.known(function):
            value = argument_for(function, caller.node, parameter.arg)
            yield from self._named(value, _Spot(caller.scope, caller.file, hops))


def is_container(rule: Rule) -> bool:
    """Whether a layer's rule says that it takes other layers."""
    return rule.is_class and any(param.spread or param.mindspore == "*" for param in rule.params.values())


def _is_own_class(node: ast.expr) -> bool:
    """`cls`, `self.__class__`, `type(self)`."""
    if isinstance(node, ast.Call):
        return getattr(node.func, "id", "") == "type" and len(node.args) == 1 and _is_self(node.args[0])
    if isinstance(node, ast.Attribute):
        return node.attr == "__class__" and _is_self(node.value)
    return isinstance(node, ast.Name) and node.id in ("cls", "__class__")


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _default(function: Function, parameter: ast.arg) -> ast.expr | None:
    arguments = [*function.args.posonlyargs, *function.args.args]
    if parameter in arguments:
        place = arguments.index(parameter) - len(arguments) + len(function.args.defaults)
        return function.args.defaults[place] if place >= 0 else None
    if parameter in function.args.kwonlyargs:
        return function.args.kw_defaults[function.args.kwonlyargs.index(parameter)]
    return None
