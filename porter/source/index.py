"""A whole tree's names: modules by dotted path, re-exports followed, classes with their bases."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from porter.source.finder import FileImports, Finder
from porter.source.generated import LAYERS, is_generated
from porter.source.layout import Layout
from porter.source.names import (
    Reference,
    SourceModule,
    alias_chain,
    chain,
    dotted_parts,
    import_meaning,
    names_in_string,
)
from porter.source.origins import Origins
from porter.source.roots import own_name
from porter.source.scopes import Scope, ancestors, parent, scope_of
from porter.source.text import SourceText
from porter.source.waiting import read_waiting

MAX_HOPS = 20


@dataclass
class TreeIndex:
    """The parsed files of a tree and what is known about all of them together.

    `assumed`: that the tree is the package `root_name`, since all that is imported from there is in it.
    """

    root_name: str
    modules: dict[str, SourceModule] = field(default_factory=dict)
    by_dotted: dict[str, SourceModule] = field(default_factory=dict)
    paths: frozenset[str] = frozenset()
    assumed: bool = False
    finder: Finder = field(default_factory=lambda: Finder(Layout(frozenset(), ""), {}))
    meanings: dict[tuple[Scope, str], tuple[Scope, str, bool] | None] = field(default_factory=dict)

    @classmethod
    def build(cls, root_name: str, texts: Mapping[str, SourceText], names: frozenset[str]) -> TreeIndex:
        """Index parsed files; `names` are the paths of all Python files, also of those that are not parsed."""
        folder, root_name = root_name, own_name(root_name, texts, names)
        layout = Layout(names, root_name)
        assumed = root_name != folder and not layout.is_package
        index = cls(root_name, paths=names, finder=Finder(layout, texts), assumed=assumed)
        for path, text in texts.items():
            module = SourceModule(path, text, layout.name(path), layout.package(path), FileImports(index.finder, path))
            index.modules[path] = module
            index.by_dotted[module.dotted] = module
        for path, module in index.modules.items() if not layout.is_package else ():
            index.by_dotted.setdefault(layout.place(path.removesuffix("/__init__.py")), module)
        for module in index.modules.values():
            read_waiting(module.tree, module.text.data, module.imports, index.is_layers)
        return index

    def forget(self) -> None:
        """Names have to be looked up again, since something else binds them now."""
        self.meanings.clear()
        self.origins.known.clear()

    def is_layers(self, dotted: str) -> bool:
        """Whether a dotted path is a generated module, or one that lies outside and is called like that."""
        module = self.by_dotted.get(dotted)
        return is_generated(module.text.data) if module is not None else dotted.rpartition(".")[2] == LAYERS

    def resolve(self, qualified: str) -> str:
        """Follow a dotted name through the tree's own modules to where it is imported from."""
        return self.origins.of(qualified)

    @cached_property
    def origins(self) -> Origins:
        """Where the tree's names come from."""
        return Origins(self.by_dotted)

    def meaning(self, name: str, scope: Scope, depth: int = 0) -> tuple[Scope, str, bool] | None:
        """Scope, qualified name and "may be None" of a name read in `scope`, when imports decide it."""
        if depth:
            return self._meaning(name, scope, depth)
        key = (scope, name)
        if key not in self.meanings:
            self.meanings[key] = self._meaning(name, scope, depth)
        return self.meanings[key]

    def _meaning(self, name: str, scope: Scope, depth: int) -> tuple[Scope, str, bool] | None:
        found = scope.lookup(name)
        if found is None:
            return None
        binding_scope, bindings = found
        imported = import_meaning(bindings)
        if imported:
            return binding_scope, self.resolve(imported[0]), imported[1]
        value = alias_chain(bindings)
        parts = dotted_parts(value) if value is not None else None
        home = reading_scope(value, binding_scope) if value is not None else None
        if parts and home is not None and depth < MAX_HOPS:
            root = self.meaning(parts[0], home, depth + 1)
            if root:
                return binding_scope, self.resolve(".".join([root[1], *parts[1:]])), True
        return None

    def doubtful(self, name: str, scope: Scope) -> tuple[Scope, str] | None:
        """Scope and qualified name of a name that is imported, but bound in other ways too."""
        found = scope.lookup(name)
        if found is None:
            return None
        targets = [self.resolve(b.target) for b in found[1] if b.target]
        return (found[0], targets[0]) if targets and import_meaning(found[1]) is None else None

    def references(self, module: SourceModule) -> Iterator[Reference]:
        """Every name of a file that imports give a meaning, as its whole attribute chain."""
        cache: dict[tuple[int, str], tuple[Scope, str, bool] | None] = {}
        named = module.scopes.named
        for node, scope in module.scopes.reads:
            if node.id not in named:
                continue
            if scope.kind == "class":
                scope = reading_scope(node, scope)
            key = (id(scope), node.id)
            if key not in cache:
                cache[key] = self.meaning(node.id, scope)
            found = cache[key]
            if found:
                yield self._reference(node, scope, found)
                continue
            doubtful = self.doubtful(node.id, scope)
            if doubtful:
                nodes, parts = chain(node)
                yield Reference(node, nodes[-1], nodes, parts, scope, doubtful[0], node.id, doubtful[1], ambiguous=True)
        for constant, scope in module.scopes.strings:
            if type(parent(constant)) is not ast.Expr and is_annotation(constant):
                yield from self._string_references(module, constant, scope)

    def _reference(self, node: ast.Name, scope: Scope, found: tuple[Scope, str, bool]) -> Reference:
        """The reference of a name and its attributes, followed into the tree's own modules (`layers.Conv3d`)."""
        nodes, parts = chain(node)
        home, meaning, guarded = found
        for count in range(2, len(parts) + 1 if self.in_tree(meaning) else 0):
            spelled = ".".join((meaning, *parts[1:count]))
            resolved = self.resolve(spelled)
            if resolved != spelled:
                parts = (".".join(parts[:count]), *parts[count:])
                nodes = nodes[count - 1 :]
                return Reference(node, nodes[-1], nodes, parts, scope, home, node.id, resolved, through=True)
        return Reference(node, nodes[-1], nodes, parts, scope, home, node.id, meaning, guarded)

    def in_tree(self, dotted: str) -> bool:
        """Whether a dotted path is a module of the tree, or a package around one."""
        return dotted in self._packages

    @cached_property
    def _packages(self) -> frozenset[str]:
        """Dotted paths of the tree's modules and of the packages around them."""
        found: set[str] = set()
        for name in self.by_dotted:
            parts = name.split(".")
            found.update(".".join(parts[:count]) for count in range(1, len(parts) + 1))
        return frozenset(found)

    def _string_references(self, module: SourceModule, node: ast.Constant, scope: Scope) -> Iterator[Reference]:
        for dotted, start, end in names_in_string(module.text, node):
            parts = tuple(dotted.split("."))
            found = self.meaning(parts[0], scope)
            if found:
                yield Reference(
                    None, node, (), parts, scope, found[0], parts[0], found[1], found[2], start=start, end=end
                )

    def shadows(self, module: SourceModule, name: str) -> bool:
        """Whether `import NAME` in a file finds a file or folder of the tree rather than an installed package."""
        return module.called(name) != name


def reading_scope(node: ast.AST, scope: Scope) -> Scope:
    """The scope that a read looks in: in a class body, `nn = nn` reads what is outside before it binds."""
    if scope.kind != "class" or scope.parent is None or not isinstance(node, (ast.Name, ast.Attribute)):
        return scope
    parts = dotted_parts(node)
    statement = next((a for a in ancestors(node) if isinstance(a, ast.stmt)), None)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return scope.parent if parts and any(isinstance(t, ast.Name) and t.id == parts[0] for t in targets) else scope


ANNOTATION_NODES = (ast.Attribute, ast.Subscript, ast.Tuple, ast.BinOp, ast.List, ast.Constant, ast.Name, ast.Starred)

GENERIC_TYPES = frozenset(
    {"Callable", "ClassVar", "Dict", "FrozenSet", "Generator", "Iterable", "Iterator", "List", "Mapping", "Optional"}
    | {"Sequence", "Set", "Tuple", "Type", "Union"}
)


def is_annotation(node: ast.AST) -> bool:
    """Whether a node stands in the annotation of a parameter, a variable or a result; `Literal["x"]` holds values."""
    current = node
    for above in ancestors(node):
        if isinstance(above, (ast.arg, ast.AnnAssign)):
            return above.annotation is current
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return above.returns is current
        if isinstance(above, ast.Subscript) and _is_literal_type(above.value):
            return False
        if isinstance(above, ast.Subscript) and above.slice is current and _is_generic_type(above.value):
            return True
        if isinstance(above, (ast.Call, ast.keyword)):
            return _is_typing_argument(above, current)
        if not isinstance(above, ANNOTATION_NODES):
            return False
        current = above
    return False


def _is_typing_argument(above: ast.Call | ast.keyword, current: ast.AST) -> bool:
    """The type in `cast(T, x)` and `TypeVar("N", bound=T)`."""
    call = parent(above) if isinstance(above, ast.keyword) else above
    if not isinstance(call, ast.Call):
        return False
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "cast":
        return len(call.args) == 2 and call.args[0] is current
    return name == "TypeVar" and (isinstance(above, ast.keyword) or current in call.args[1:])


def _is_generic_type(node: ast.expr) -> bool:
    """Whether what stands in the brackets behind an expression are types, wherever that is: `Some = List["Tensor"]`."""
    parts = dotted_parts(node)
    return parts is not None and parts[-1] in GENERIC_TYPES


def _is_literal_type(node: ast.expr) -> bool:
    parts = dotted_parts(node)
    return parts is not None and parts[-1] == "Literal"


def enclosing_class(node: ast.AST) -> ast.ClassDef | None:
    """The class whose body (or a method of it) holds a node."""
    above = parent(node)
    while above is not None and not isinstance(above, ast.ClassDef):
        above = getattr(above, "parent", None)
    return above


def is_self(node: ast.expr) -> bool:
    """Whether an expression is the instance that the method around it belongs to."""
    method = _method_around(node) if isinstance(node, ast.Name) else None
    if method is None or any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in method.decorator_list):
        return False
    arguments = method.args.posonlyargs or method.args.args
    return bool(arguments) and arguments[0].arg == node.id  # type: ignore[attr-defined]


def _method_around(name: ast.Name) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The method that a name is read in, also in a function inside it."""
    scope = scope_of(name)
    while scope is not None:
        node = scope.node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and isinstance(parent(node), ast.ClassDef):
            return node
        scope = scope.parent
    return None


def enclosing_function(node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The function or method that holds a node."""
    above = parent(node)
    while above is not None and not isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
        above = getattr(above, "parent", None)
    return above
