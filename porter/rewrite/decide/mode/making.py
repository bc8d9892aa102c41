"""What of a tree builds layers: calls of classes, of functions that give a layer, and of names that hold a class."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from porter.rewrite.decide.classes.movers import MOVES, Movers
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.classes.type_tests import MAKING
from porter.rewrite.decide.decision import CONVERTED, SILENT, Need, Place
from porter.rewrite.decide.facts import FileFacts, Use
from porter.rewrite.decide.fixed import Fixed
from porter.rewrite.decide.mode.callees import Callee, Callees, Function
from porter.rewrite.decide.mode.candidates import Candidates
from porter.rewrite.decide.mode.fate import Fate
from porter.rewrite.decide.mode.fates import MODES, Fates
from porter.rewrite.decide.mode.functions import Functions
from porter.rewrite.decide.mode.looked_through import value_of
from porter.rewrite.decide.mode.modes import Modes
from porter.rules.model import Rule
from porter.source.index import enclosing_class, enclosing_function, is_self
from porter.source.scopes import Scope, parent
from porter.source.stores import Stores
from porter.source.values import Values

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


class Making:
    """Answers for one tree."""

    def __init__(
        self, files: Mapping[str, FileFacts], movers: Movers, stores: Stores, values: Callable[[FileFacts], Values]
    ) -> None:
        self.files = files
        self.hierarchy = movers.hierarchy
        self.movers = movers
        self.callees = Callees(files, self.hierarchy, stores, values)
        self.candidates = Candidates(files, stores, self._names_layer, self._is_giver)
        self.functions = Functions(files, self.callees)
        self.layers = {entry for entry in self.hierarchy.derived if self._is_layer(entry)}
        lent = {mixin for mixin, heirs in movers.supporters.items() if not self.layers.isdisjoint(heirs)}
        staying = self.hierarchy.below(entry for entry, bases in self.hierarchy.bases.items() if bases.held)
        self.fates = Fates(self.functions, {*self.layers, *self.hierarchy.targets, *lent, *staying})
        self.modes = Modes(self.callees, self._home)
        self._given = Fixed[Function, frozenset[Place]](self._gives, frozenset())
        self._calls: dict[str, dict[Function | None, list[tuple[ast.Call, Scope]]]] = {}
        self.built: set[TreeClass] = set()
        self.seen_through: set[int] = set()

    def _home(self, node: ast.AST) -> FileFacts | None:
        """The file of a class or of a function that reads a name."""
        entry = self.hierarchy.by_node.get(node) if isinstance(node, ast.ClassDef) else None
        if entry is not None:
            return self.files.get(entry.module.path)
        return self.functions.homes[node][0] if node in self.functions.homes else None

    def made(self, call: ast.Call, scope: Scope, file: FileFacts) -> Made | None:
        """What a call builds that has a mode; None where it builds no layer, or none that has one."""
        if not self.candidates.may_build(call, scope, file):
            return None
        callee = self.callees.of(call.func, scope, file)
        use = callee.use
        if use is not None:
            self._look_through(call.func, scope)
            return Made((file.place(use),)) if self._builds(use, call, scope, file) else None
        self.built.update(callee.entries)
        if callee.entries:
            self._look_through(call.func, scope)
        places = frozenset(self._of_names(callee, call)).union(*map(self._of_class, callee.entries))
        given = [(function, self._given.of(function)) for function in callee.functions]
        places = places.union(*(found for function, found in given if found and self.fates.lends(function)))
        return Made(tuple(sorted(places, key=_by_place)), callee.sure and not callee.other) if places else None

    def _builds(self, use: Use, call: ast.Call, scope: Scope, file: FileFacts) -> bool:
        """Whether a call of a framework's class, or of what holds one, builds a layer that has a mode."""
        if id(call.func) in file.by_node:
            return self.has_mode(call, scope, file)
        bound = value_of(call.func, scope)  # `partial(nn.InstanceNorm3d, affine=True)`
        options = (call, *([bound] if isinstance(bound, ast.Call) else []))
        return self._names_layer(use) and any(self.modes.of_use(use, each) for each in options)

    def _names_layer(self, use: Use) -> bool:
        """Whether a name of the framework's is a layer's class."""
        return use.rule is not None and use.rule.is_class and self.hierarchy.is_layer(str(use.rule.torch.name))

    def _is_giver(self, function: Function) -> bool:
        return bool(self._given.of(function))

    def _look_through(self, node: ast.expr, scope: Scope) -> None:
        """What a call calls is known, so nothing is to be said of a `partial` that gives it."""
        self.seen_through.add(id(value_of(node, scope)))

    def _of_names(self, callee: Callee, call: ast.Call) -> Iterator[Place]:
        """The places that name a class which a variable holds, where what the call builds of it has a mode."""
        for name in callee.names:
            rule = self.hierarchy.rule_of(name)
            if rule is not None and self.modes.of_rule(rule, name, call):
                yield from self._namings.get(rule.name, ())

    def _of_class(self, entry: TreeClass) -> frozenset[Place]:
        moded = entry in self.layers and self.modes.of_class(entry)
        return frozenset({entry.place} if moded and not self._sets_its_own(entry) else ())

    def _sets_its_own(self, entry: TreeClass) -> bool:
        """Whether the constructor, which is told there, sets the mode of the whole: it is not that of a fresh layer."""
        return not self._setting.isdisjoint(above.node for above in self.hierarchy.ancestry(entry))

    @cached_property
    def _setting(self) -> frozenset[ast.ClassDef]:
        """Classes whose constructors set the mode."""
        found: set[ast.ClassDef] = set()
        for file in self.files.values():
            for node, _ in file.module.scopes.attributes:
                call = parent(node) if node.attr in MODES and is_self(node.value) else None
                inside = enclosing_class(node) if isinstance(call, ast.Call) and call.func is node else None
                if inside is not None and self.fates.constructs(node):
                    found.add(inside)
        return frozenset(found)

    @cached_property
    def _namings(self) -> Mapping[str, list[Place]]:
        """Where the tree names a class to build of it, by the rule."""
        found: dict[str, list[Place]] = defaultdict(list)
        for file in self.files.values():
            for use in file.uses:
                if use.rule is not None and use.kind in MAKING:
                    found[use.rule.name].append(file.place(use))
        return found

    def _gives(self, function: Function) -> frozenset[Place]:
        """Places of what a function builds and gives to its callers."""
        home = self.functions.homes.get(function)
        found: set[Place] = set()
        for call, scope in self._calls_in(function):
            made = self.made(call, scope, home[0]) if home is not None else None
            if home is not None and made is not None and function in self.fate(call, scope, home[0]).returned:
                found.update(made.places)
        return frozenset(found)

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

    def _is_layer(self, entry: TreeClass) -> bool:
        """Whether a class derives from a layer, and not from a tensor, say."""
        rules = (use.rule for use in self.hierarchy.uses_of(entry))
        return any(rule is not None and self.hierarchy.is_layer(str(rule.torch.name)) for rule in rules)

    def has_mode(self, node: ast.expr, scope: Scope, file: FileFacts) -> bool:
        """Whether what an expression gives has a mode, as far as that is seen; what is not seen has one."""
        if isinstance(node, ast.Call):
            return self._call_has_mode(node, scope, file)
        if isinstance(node, ast.Starred):
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
            return self._is_given_one(call, scope, file)
        if use is not None:
            return self.modes.of_use(use, call)
        callee = self.callees.of(call.func, scope, file)
        if callee.unknown or callee.names:
            return True
        if callee.other and self._is_given_one(call, scope, file):
            return True  # `OrderedDict([("norm", nn.BatchNorm3d(4))])`
        return any(map(self.modes.of_class, callee.entries)) or any(map(self.modes.of_function, callee.functions))

    def _is_given_one(self, call: ast.Call, scope: Scope, file: FileFacts) -> bool:
        """Whether some argument has a mode: `nn.Sequential(nn.BatchNorm3d(4))`."""
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        return any(self.has_mode(each, scope, file) for each in given)


def _by_place(place: Place) -> tuple[str, int, int]:
    return place.path, place.start, place.end


def is_container(rule: Rule) -> bool:
    """Whether a layer's rule says that it takes other layers."""
    return rule.is_class and any(param.spread or param.mindspore == "*" for param in rule.params.values())
