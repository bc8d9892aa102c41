"""The functions of a tree, and who calls each: as far as names and classes tell."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.hierarchy import Hierarchy
from porter.rewrite.decide.tree_class import TreeClass
from porter.source.index import TreeIndex, enclosing_class
from porter.source.names import SourceModule, dotted_parts
from porter.source.origins import longest_module
from porter.source.scopes import Binding, Scope, parent

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True, eq=False)
class Called:
    """A call, and where it stands."""

    node: ast.Call
    scope: Scope
    file: FileFacts


class Functions:
    """Answers for one tree."""

    def __init__(self, index: TreeIndex, files: Mapping[str, FileFacts], hierarchy: Hierarchy) -> None:
        self.index = index
        self.files = files
        self.hierarchy = hierarchy
        self._found: dict[tuple[ast.expr, Scope], Function | None] = {}

    def of(self, node: ast.expr, module: SourceModule, scope: Scope) -> Function | None:
        """The function, or method, that an expression names; None for anything else."""
        key = (node, scope)
        if key not in self._found:
            self._found[key] = self._of(node, module, scope)
        return self._found[key]

    def _of(self, node: ast.expr, module: SourceModule, scope: Scope) -> Function | None:
        if isinstance(node, ast.Attribute):
            entry, beyond = self._class_before(node, module, scope)
            if entry is not None:
                ancestors = self.hierarchy.ancestry(entry)[1 if beyond else 0 :]
                return next((a.definitions[node.attr] for a in ancestors if node.attr in a.methods), None)
        parts = dotted_parts(node)
        found = scope.lookup(parts[0]) if parts else None
        if parts is None or found is None:
            return None
        own = _function(found[1]) if len(parts) == 1 else None
        return own or self._imported(parts, scope)

    def _imported(self, parts: list[str], scope: Scope) -> Function | None:
        meaning = self.index.meaning(parts[0], scope)
        if meaning is None:
            return None
        home, rest = longest_module(".".join([meaning[1], *parts[1:]]), self.index.by_dotted)
        return _function(home.scopes.module.bindings.get(rest[0], [])) if home is not None and len(rest) == 1 else None

    def _class_before(self, node: ast.Attribute, module: SourceModule, scope: Scope) -> tuple[TreeClass | None, bool]:
        """The class whose method `self.build`, `cls.build`, `super().build` or `Net.build` is; whether beyond it."""
        value, inside = node.value, enclosing_class(node)
        entry = self.hierarchy.by_node.get(inside) if inside is not None else None
        if isinstance(value, ast.Call):
            return (entry, True) if getattr(value.func, "id", "") == "super" else (None, False)
        own = isinstance(value, ast.Name) and value.id in ("self", "cls")
        return (entry, False) if own and entry is not None else (self.hierarchy.class_of(value, module, scope), False)

    def calls(self, function: Function) -> list[Called]:
        """Where the tree calls a function; a method also where nothing is known of the object but the name."""
        inside = parent(function)
        if not isinstance(inside, ast.ClassDef):
            return list(self._known.get(function, ()))
        entry = self.hierarchy.by_node.get(inside)
        classes = self.hierarchy.ancestry(entry) if entry is not None else ()
        same = dict.fromkeys([function, *(c.definitions[function.name] for c in classes if function.name in c.methods)])
        return [*(call for each in same for call in self._known.get(each, ())), *self._loose.get(function.name, ())]

    def known(self, function: Function) -> list[Called]:
        """Where the tree names a function and calls it."""
        return list(self._known.get(function, ()))

    def handed(self, function: Function) -> bool:
        """Whether a function is named somewhere without being called, so that anything may call it."""
        return any(self.of(n, file.module, s) is function for n, s, file in self._named.get(function.name, ()))

    @cached_property
    def homes(self) -> dict[ast.AST, tuple[FileFacts, Scope]]:
        """The file and the scope of each function that reads a name."""
        files = self.files.values()
        return {scope.node: (file, scope) for file in files for _, scope in file.module.scopes.reads}

    @cached_property
    def _sorted(self) -> tuple[dict[Function, list[Called]], dict[str, list[Called]]]:
        known: dict[Function, list[Called]] = defaultdict(list)
        loose: dict[str, list[Called]] = defaultdict(list)
        for file in self.files.values():
            for call, scope in file.module.scopes.calls:
                function = self.of(call.func, file.module, scope)
                if function is not None:
                    known[function].append(Called(call, scope, file))
                elif isinstance(call.func, ast.Attribute):
                    loose[call.func.attr].append(Called(call, scope, file))
        return known, loose

    @property
    def _known(self) -> dict[Function, list[Called]]:
        return self._sorted[0]

    @property
    def _loose(self) -> dict[str, list[Called]]:
        return self._sorted[1]

    @cached_property
    def _named(self) -> dict[str, list[tuple[ast.expr, Scope, FileFacts]]]:
        """Names and attributes that are read and not called, by their last part."""
        found: dict[str, list[tuple[ast.expr, Scope, FileFacts]]] = defaultdict(list)
        for file in self.files.values():
            for node, scope in self._read(file):
                if getattr(parent(node), "func", None) is not node:
                    found[node.attr if isinstance(node, ast.Attribute) else node.id].append((node, scope, file))
        return found

    @staticmethod
    def _read(file: FileFacts) -> Iterator[tuple[ast.Name | ast.Attribute, Scope]]:
        yield from file.module.scopes.reads
        yield from ((n, scope) for n, scope in file.module.scopes.attributes if isinstance(n.ctx, ast.Load))


def _function(bindings: list[Binding]) -> Function | None:
    """The function that the one binding of a name defines."""
    node = bindings[0].node if len(bindings) == 1 else None
    return node if isinstance(node, FUNCTIONS) else None


def positional(function: Function, call: ast.Call) -> list[str]:
    """The parameters that the positional arguments of a call are for."""
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    method = isinstance(parent(function), ast.ClassDef) and isinstance(call.func, ast.Attribute)
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)
    return names[1:] if method and not static else names


def parameter_of(function: Function, call: ast.Call, node: ast.AST) -> str | None:
    """The parameter that gets an argument, or the `*args` that do; None where that is not plain."""
    keyword = next((k.arg for k in call.keywords if k.value is node or k is node), None)
    if keyword is not None:
        known = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        return keyword if any(a.arg == keyword for a in known) else None
    place = next((i for i, argument in enumerate(call.args) if argument is node), len(call.args))
    if place == len(call.args) or any(isinstance(a, ast.Starred) for a in call.args[:place]):
        return None
    names = positional(function, call)
    star = function.args.vararg.arg if function.args.vararg else None
    return names[place] if place < len(names) else star


def argument_for(function: Function, call: ast.Call, name: str) -> ast.expr | None:
    """What a call gives for a parameter; None where it gives nothing, or that is not plain."""
    keyword = next((k.value for k in call.keywords if k.arg == name), None)
    names = positional(function, call)
    place = names.index(name) if name in names else len(call.args)
    starred = any(isinstance(a, ast.Starred) for a in call.args[: place + 1])
    return keyword or (call.args[place] if place < len(call.args) and not starred else None)
