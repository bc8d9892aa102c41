"""Whether a layer, or a class of the tree, has a mode: does something else in training than in evaluation."""

from __future__ import annotations

import ast
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property
from operator import attrgetter

from porter.findings import Kind
from porter.rewrite.decide.classes.tree_class import TreeClass
from porter.rewrite.decide.facts import FileFacts, Use
from porter.rewrite.decide.fixed import Fixed
from porter.rewrite.decide.mode.callees import Callee, Callees, Function
from porter.rewrite.decide.mode.looked_through import meaning_of
from porter.rules.model import FRAMEWORKS, Rule
from porter.source.index import is_self
from porter.source.names import dotted_parts
from porter.source.scopes import Scope, parent
from porter.source.things import OfTree

WORDS = frozenset({"training", "train", "eval", "set_train"})
WITHOUT = frozenset({"Parameter", "Buffer", "Tensor", "Size", "Generator", "Module"})
"""Classes without a rule, or without one in this direction, that have no mode."""
NUMBERS = frozenset({"numpy", *sys.stdlib_module_names})
LINE, LAST_LINE = attrgetter("lineno"), attrgetter("end_lineno")


class Modes:
    """Answers for one tree. A class that is not seen through has a mode."""

    def __init__(self, callees: Callees, homes: Callable[[ast.AST], FileFacts | None]) -> None:
        self.callees = callees
        self.hierarchy = callees.hierarchy
        self.homes = homes
        self._known = Fixed[ast.AST, bool](self._found, least=False)
        self._scopes: dict[str, dict[int, Scope]] = {}
        self._lines: dict[str, list[ast.expr]] = {}

    def of_use(self, use: Use, call: ast.Call | None) -> bool:
        """Whether an object of a framework's class has a mode; a container has that of what it is given."""
        rule = use.rule
        if use.kind in (Kind.ANNOTATION, Kind.TYPE_TEST):
            return False
        if rule is None:
            last = use.reference.parts[-1]
            return last[:1].isupper() and last not in WITHOUT
        return self.of_rule(rule, use.reference.meaning, call)

    def of_rule(self, rule: Rule, name: str, call: ast.Call | None) -> bool:
        """The same for a class that has a rule, by a framework's name for it."""
        layer = rule.is_class and self.hierarchy.is_layer(str(rule.torch.name))
        return layer and has_mode(rule, call, name.partition(".")[0])

    def of_class(self, entry: TreeClass) -> bool:
        """Whether a class of the tree has one, by itself or by anything that it builds."""
        return self._known.of(entry.node)

    def of_function(self, function: Function) -> bool:
        """Whether a function builds something that has one."""
        return self._known.of(function)

    def _found(self, node: ast.AST) -> bool:
        entry = self.hierarchy.by_node.get(node) if isinstance(node, ast.ClassDef) else None
        if entry is None:
            return self._inside(node)
        if self._asked is None or entry in self._asked:
            return True
        base = self.hierarchy.bases[entry]
        unknown = bool(base.outside or base.held)
        return unknown or self._inside(node) or any(map(self.of_class, base.classes))

    @cached_property
    def _asked(self) -> set[TreeClass] | None:
        """The classes whose mode other code reads, by the objects that it asks; None: it may be any."""
        found: set[TreeClass] = set()
        for file in self.callees.files.values():
            for node, _ in file.module.scopes.attributes:
                if node.attr != "training" or not isinstance(node.ctx, ast.Load) or is_self(node.value):
                    continue
                things = self.callees.values(file).of(node.value).things
                if not things and id(node) not in file.known:
                    return None
                classes = (self.hierarchy.by_node.get(each.node) for each in things if isinstance(each, OfTree))
                found |= self.hierarchy.below(entry for entry in classes if entry is not None)
        return found

    def _inside(self, node: ast.AST) -> bool:
        home = self.homes(node)
        if home is None:
            return isinstance(node, ast.ClassDef)  # a function that reads no name builds nothing
        parts = self._parts_of(node, home)
        return any(map(_tells, parts)) or any(self._adds(each, home) for each in parts)

    def _parts_of(self, node: ast.AST, file: FileFacts) -> Sequence[ast.expr]:
        """What in a class or a function can give something that has a mode, or tells that it has one."""
        if file.path not in self._lines:
            scopes, uses = file.module.scopes, map(file.node_of, file.uses)
            found = [*(call for call, _ in scopes.calls), *(each for each in uses if each is not None)]
            found += [attribute for attribute, _ in scopes.attributes if _tells(attribute)]
            self._lines[file.path] = sorted(found, key=LINE)
        parts = self._lines[file.path]
        first = min([node, *getattr(node, "decorator_list", ())], key=LINE)
        return parts[bisect_left(parts, LINE(first), key=LINE) : bisect_right(parts, LAST_LINE(node), key=LINE)]

    def _adds(self, node: ast.expr, file: FileFacts) -> bool:
        """Whether an expression stands for, or builds, something that has a mode, or that is not known."""
        use = file.by_node.get(id(node))
        if use is not None:
            return self.of_use(use, use.call) or (use.call is not None and self._takes_unknown(use.call))
        if not isinstance(node, ast.Call) or id(node.func) in file.by_node:
            return False
        scope = self.scopes(file).get(id(node))
        return scope is not None and self._calls_unknown(node, file, scope)

    def _takes_unknown(self, call: ast.Call) -> bool:
        """`nn.Sequential(*layers)`, where the layers come from outside."""
        names = [a.value if isinstance(a, ast.Starred) else a for a in call.args]
        return any(isinstance(a, ast.Name) for a in names) and any(isinstance(a, ast.Starred) for a in call.args)

    def scopes(self, file: FileFacts) -> dict[int, Scope]:
        """The scope of each call of a file."""
        if file.path not in self._scopes:
            self._scopes[file.path] = {id(call): scope for call, scope in file.module.scopes.calls}
        return self._scopes[file.path]

    def _calls_unknown(self, call: ast.Call, file: FileFacts, scope: Scope) -> bool:
        if not _may_build(call.func, scope) or self._is_object(call.func) or self._is_asked(call.func, scope, file):
            return False
        callee = self.callees.of(call.func, scope, file)
        given = bool(callee.names) or (isinstance(call.func, ast.Name) and not callee.other)
        if callee.unknown or (given and not callee.sure):
            return not self._is_harmless(call.func, scope)
        built = any(entry in self.hierarchy.derived and self.of_class(entry) for entry in callee.entries)
        return built or any(map(self.of_function, callee.functions)) or self._of_names(callee, call)

    def _is_asked(self, node: ast.expr, scope: Scope, file: FileFacts) -> bool:
        """Whether a call looks at an object: `porter_layers.children(net)`, and `layer(x)` of what that gives."""
        name = meaning_of(node, scope, file)
        if any(name.startswith(f"{module.dotted}.") for module in file.generated):
            return not _looks_like_layer(name)
        found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
        given = [_looped(binding.node) for binding in found[1]] if found is not None else []
        return bool(given) and all(
            isinstance(each, ast.Call) and meaning_of(each.func, scope, file) and self._is_asked(each.func, scope, file)
            for each in given
        )

    def _is_object(self, node: ast.expr) -> bool:
        """Whether the tree sets what is called to objects of classes only: `self.conv(x)` builds nothing."""
        stores = self.callees.stores.sets.get(node.attr, ()) if isinstance(node, ast.Attribute) else ()
        values = [store.value for store in stores]
        calls = all(isinstance(value, ast.Call) and is_class_name(value.func) for value in values)
        return bool(values) and calls and getattr(node, "attr", "") not in self.callees.methods

    def _of_names(self, callee: Callee, call: ast.Call) -> bool:
        """Whether a name of the framework's that a variable stands for has a mode."""
        rules = [(self.hierarchy.rule_of(name), name) for name in callee.names]
        return any(
            self.of_rule(rule, name, call) if rule is not None else _looks_like_layer(name) for rule, name in rules
        )

    def _is_harmless(self, node: ast.expr, scope: Scope) -> bool:
        """Whether what is called belongs to Python or to NumPy, is a framework's function, or a class's own method."""
        parts = dotted_parts(node) or [""]
        found = scope.lookup(parts[0]) if len(parts) > 1 else None
        if found is not None and all(isinstance(b.node, ast.ClassDef) for b in found[1]):
            return True  # `Own.apply(x)` of an autograd function
        meaning = self.hierarchy.index.meaning(parts[0], scope)
        root = meaning[1].partition(".")[0] if meaning is not None else ""
        return root in NUMBERS or (root in FRAMEWORKS and not _looks_like_layer(parts[-1]))


def _tells(node: ast.expr) -> bool:
    """Whether an attribute is one by which a mode is set or asked for."""
    return isinstance(node, ast.Attribute) and node.attr in WORDS


def _looped(target: ast.AST) -> ast.expr | None:
    """What a loop runs over to give a name its value."""
    above = parent(target)
    above = parent(above) if isinstance(above, ast.Tuple) else above
    return above.iter if isinstance(above, (ast.For, ast.comprehension)) else None


def _may_build(node: ast.expr, scope: Scope) -> bool:
    """Whether a call may give a new layer: of a name, a member of an import or of `self`, but no local's method."""
    root = node
    while isinstance(root, ast.Attribute):
        root = root.value
    if root is node:
        return True
    found = scope.lookup(root.id) if isinstance(root, ast.Name) else None
    imported = found is not None and any(b.is_import or isinstance(b.node, ast.ClassDef) for b in found[1])
    direct = isinstance(node, ast.Attribute) and node.value is root
    return imported or (direct and (is_self(root) or getattr(root, "id", "") == "cls"))


def is_class_name(node: ast.expr) -> bool:
    """Whether the last name of what is called is written as those of classes are."""
    return getattr(node, "attr", getattr(node, "id", ""))[:1].isupper()


def _looks_like_layer(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last[:1].isupper() and last not in WITHOUT


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
