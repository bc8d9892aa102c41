"""Find Python's scopes in one pass over a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from porter.source.scopes import Binding, Scope, Scopes, parent

NO_NODES = {"attr", "conversion", "ctx", "id", "kind", "level", "module", "op", "ops", "simple", "type_comment"}
"""Fields with text or with an operator, whose nodes say nothing about names; they are a third of all nodes."""


class Imports(Protocol):
    """Tells what the modules that a file imports are called in its tree."""

    def module(self, dotted: str, node: ast.Import | None = None) -> str:
        """The name of a module that an import, or a string, spells."""

    def first(self, dotted: str, node: ast.Import) -> str:
        """The name of what `import a.b` binds."""

    def names(self, node: ast.ImportFrom) -> tuple[str, list[str]]:
        """The name of the module that a `from` import reads, and those of what it takes from there."""


class Spelled:
    """Imports of a file that belongs to no tree: everything is called as it is spelled."""

    def module(self, dotted: str, node: ast.Import | None = None) -> str:
        """As it is spelled."""
        return dotted

    def first(self, dotted: str, node: ast.Import) -> str:
        """Its first part."""
        return dotted.partition(".")[0]

    def names(self, node: ast.ImportFrom) -> tuple[str, list[str]]:
        """As they are spelled; dots keep a relative import from being taken for an installed module."""
        origin = "." * node.level + (node.module or "")
        return origin, [f"{origin}.{alias.name}" for alias in node.names]


SPELLED = Spelled()


def analyse(tree: ast.Module, imports: Imports = SPELLED) -> Scopes:
    """Find all scopes; every node gets a `parent` attribute."""
    return _Analyser(tree, imports).run()


class _Children(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of a kind of node that hold nodes, found when the kind is first met."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        self[kind] = found = tuple(name for name in kind._fields if name not in NO_NODES)
        return found


CHILDREN = _Children()


class _Analyser:
    def __init__(self, tree: ast.Module, imports: Imports) -> None:
        self.imports = imports
        self.result = Scopes(Scope("module", tree, None))
        self.stack: list[tuple[ast.AST, Scope]] = [(tree, self.result.module)]
        self.moved: list[tuple[Scope, str]] = []
        self.handlers: dict[type[ast.AST], Callable[[Any, Scope], None]] = {
            ast.Name: self.name,
            ast.FunctionDef: self.function,
            ast.AsyncFunctionDef: self.function,
            ast.Lambda: self.function,
            ast.ClassDef: self.class_,
            ast.ListComp: self.comprehension,
            ast.SetComp: self.comprehension,
            ast.DictComp: self.comprehension,
            ast.GeneratorExp: self.comprehension,
            ast.Import: self.import_,
            ast.ImportFrom: self.import_from,
            ast.Global: self.declaration,
            ast.Nonlocal: self.declaration,
            ast.Constant: self.constant,
            ast.JoinedStr: self.joined,
            ast.ExceptHandler: self.named,
            ast.MatchAs: self.named,
            ast.MatchStar: self.named,
            ast.MatchMapping: self.rest,
        }
        self.listed: dict[type[ast.AST], Callable[[Any], None]] = {
            ast.Call: self.result.calls.append,
            ast.Attribute: self.result.attributes.append,
            ast.AugAssign: self.result.augmented.append,
            ast.MatchClass: self.result.patterns.append,
            ast.Return: self.result.results.append,
            ast.Yield: self.result.results.append,
            ast.YieldFrom: self.result.results.append,
        }

    def run(self) -> Scopes:
        """Every node comes by here, so this loop is most of the cost."""
        handlers, listed, stack, push_children = self.handlers, self.listed, self.stack, self.push_children
        while stack:
            found = stack.pop()
            node, scope = found
            handler = handlers.get(type(node))
            if handler is not None:
                handler(node, scope)
                continue
            append = listed.get(type(node))
            if append is not None:
                append(found)
            push_children(node, scope)
        self.move_declared()
        return self.result

    def push_children(self, node: ast.AST, scope: Scope) -> None:
        append = self.stack.append
        for name in CHILDREN[type(node)]:
            value = getattr(node, name, None)
            if type(value) is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        item.parent = node  # type: ignore[attr-defined]
                        append((item, scope))
            elif isinstance(value, ast.AST):
                value.parent = node  # type: ignore[attr-defined]
                append((value, scope))

    def push(self, children: Iterable[ast.AST | None], above: ast.AST, scope: Scope) -> None:
        for child in children:
            if child is not None:
                child.parent = above  # type: ignore[attr-defined]
                self.stack.append((child, scope))

    def bind(self, name: str, scope: Scope, node: ast.AST, target: str | None = None, alias: int = 0) -> None:
        scope.bindings.setdefault(name, []).append(Binding(name, scope, node, target, alias))
        self.result.bound.add(name)

    def named(self, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar, scope: Scope) -> None:
        if node.name:
            self.bind(node.name, scope, node)
        self.push_children(node, scope)

    def rest(self, node: ast.MatchMapping, scope: Scope) -> None:
        if node.rest:
            self.bind(node.rest, scope, node)
        self.push_children(node, scope)

    def name(self, node: ast.Name, scope: Scope) -> None:
        if type(node.ctx) is ast.Load:
            node.scope = scope  # type: ignore[attr-defined]
            self.result.reads.append((node, scope))
            return
        if type(node.ctx) is ast.Del:
            self.result.deletions.append((node, scope))
        above = parent(node)
        if type(above) is ast.Assign and type(above.value) in (ast.Attribute, ast.Name):
            self.result.named.add(node.id)
        if type(above) is ast.NamedExpr:
            while scope.kind == "comprehension" and scope.parent:
                scope = scope.parent
        self.bind(node.id, scope, node)

    def constant(self, node: ast.Constant, scope: Scope) -> None:
        if type(node.value) is str:
            self.result.strings.append((node, scope))
            self.note_lines(node)
        elif type(node.value) is bytes:
            self.note_lines(node)

    def joined(self, node: ast.JoinedStr, scope: Scope) -> None:
        self.note_lines(node)
        self.push_children(node, scope)

    def note_lines(self, node: ast.expr) -> None:
        end = node.end_lineno
        if end is not None and end > node.lineno:
            self.result.string_lines.update(range(node.lineno, end))

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope) -> None:
        inner = Scope("function", node, scope)
        arguments = node.args
        arguments.parent = node  # type: ignore[attr-defined]
        for argument in _arguments(arguments):
            self.bind(argument.arg, inner, argument)
            argument.parent = arguments  # type: ignore[attr-defined]
            self.push([argument.annotation], argument, scope)
        self.push([*arguments.defaults, *arguments.kw_defaults], arguments, scope)
        if isinstance(node, ast.Lambda):
            self.push([node.body], node, inner)
            return
        self.bind(node.name, scope, node)
        self.push([*node.decorator_list, node.returns], node, scope)
        self.push([*getattr(node, "type_params", ()), *node.body], node, inner)

    def class_(self, node: ast.ClassDef, scope: Scope) -> None:
        self.bind(node.name, scope, node)
        self.result.classes.append((node, scope))
        self.push([*node.decorator_list, *node.bases, *node.keywords], node, scope)
        self.push([*getattr(node, "type_params", ()), *node.body], node, Scope("class", node, scope))

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, scope: Scope) -> None:
        inner = Scope("comprehension", node, scope)
        for index, generator in enumerate(node.generators):
            generator.parent = node  # type: ignore[attr-defined]
            self.push([generator.iter], generator, scope if index == 0 else inner)
            self.push([generator.target, *generator.ifs], generator, inner)
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self.push(results, node, inner)

    def import_(self, node: ast.Import, scope: Scope) -> None:
        self.result.imports.append((node, ""))
        for index, alias in enumerate(node.names):
            name = alias.asname or alias.name.partition(".")[0]
            module = self.imports.module(alias.name, node)
            self.result.imported.append(module)
            self.result.named.add(name)
            self.bind(name, scope, node, module if alias.asname else self.imports.first(alias.name, node), index)

    def import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        origin, targets = self.imports.names(node)
        self.result.imports.append((node, origin))
        for index, (alias, target) in enumerate(zip(node.names, targets, strict=True)):
            if alias.name == "*":
                self.result.stars.append((node, origin))
                self.result.imported.append(origin)
                continue
            name = alias.asname or alias.name
            self.result.imported.append(target)
            self.result.named.add(name)
            self.bind(name, scope, node, target, index)

    def declaration(self, node: ast.Global | ast.Nonlocal, scope: Scope) -> None:
        for name in node.names:
            scope.outer[name] = "global" if isinstance(node, ast.Global) else "nonlocal"
            self.moved.append((scope, name))

    def move_declared(self) -> None:
        """`global x` makes what a function binds a binding of the module."""
        for scope, name in self.moved:
            bindings = scope.bindings.pop(name, [])
            outer = scope.module
            if scope.outer[name] == "nonlocal" and scope.parent is not None:
                found = scope.parent.lookup(name)
                outer = found[0] if found else outer
            outer.bindings.setdefault(name, []).extend(bindings)


def _arguments(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from arguments.posonlyargs
    yield from arguments.args
    yield from arguments.kwonlyargs
    if arguments.vararg:
        yield arguments.vararg
    if arguments.kwarg:
        yield arguments.kwarg
