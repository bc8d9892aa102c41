"""What one file says that decisions are made from: the framework's names that it reads, each with its rule and role.

All of it is found once, before anything is decided, and none of it depends on a decision.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from porter.findings import Kind
from porter.rewrite.decide.change import Target, target_of
from porter.rewrite.decide.decision import Place
from porter.rewrite.decide.names.beyond import is_beyond
from porter.rewrite.decide.names.rebound import Rebound
from porter.rewrite.decide.vocabulary import ASKED_METHODS
from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.rules.model import Rule
from porter.rules.paths import canonical
from porter.source.generated import asks_for, is_for, stands_for
from porter.source.index import TreeIndex
from porter.source.names import Reference, SourceModule
from porter.source.roles import kind_of
from porter.source.scopes import Binding, parent
from porter.source.waiting import WAITING


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A name of the framework where it is read: its rule, if there is one, and the role that it plays.

    `start` and `end` (byte offsets) hold what the rule is about: in `nn.Conv3d.forward` the first two names, for
    `getattr(nn, "Conv3d")` the whole call. `already` is the target framework's name of what an earlier run generated.
    `made_at_run_time`: a `getattr` of a module whose name is no text. `again`: a name of doubtful meaning was met
    before in the file. `inner`: the expression that the rule is about, where that is less than the whole chain.
    """

    reference: Reference
    kind: Kind
    start: int
    end: int
    rule: Rule | None = None
    call: ast.Call | None = None
    looked_up: str = ""
    already: Target | None = None
    made_at_run_time: bool = False
    again: bool = False
    inner: ast.expr | None = None


class FileFacts:
    """The facts of one file."""

    def __init__(
        self, module: SourceModule, index: TreeIndex, rules: RuleBook, options: Options, generated: Sequence[str]
    ) -> None:
        self.module = module
        self.index = index
        self.rules = rules
        self.options = options
        self.generated = [index.modules[path] for path in generated]
        references = list(index.references(module))
        asking = {id(r.node): r for r in references if generated and self._asks(r)}
        self.objects = frozenset(_modules_read(references, index))
        self.asked = [r for r in asking.values() if r.qualified in self._functions]
        references = [r for r in references if id(r.node) not in asking]
        self.rebound = Rebound(module, index, options.source)
        self.references = list(self.rebound.marked(r for r in references if self._of_source(r)))
        self.others = [r for r in references if r.meaning.partition(".")[0] == options.to]
        self.resolved: Mapping[int, str] = {id(n): q for r in self.references for n, q in _prefixes(r)}
        found = references if generated else []
        self.earlier: Mapping[int, str] = {id(r.node): name for r in found if (name := self._generated_origin(r))}
        others = {id(n): q for r in self.others for n, q in _prefixes(r)}
        self.known: Mapping[int, str] = {**self.resolved, **others, **self.earlier}
        self.already: Mapping[int, str] = {
            id(r.node): r.qualified for r in references if id(r.node) not in self.resolved
        }

    @property
    def path(self) -> str:
        """The file's path in the tree."""
        return self.module.path

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Every name of the source framework that the file reads."""
        looked_up = {id(call.args[0]): call for call in self._lookups}
        told: set[str] = set()
        found: dict[int, Use] = {}
        for reference in sorted(self.references, key=lambda r: (r.node.lineno, r.node.col_offset)):
            call = looked_up.get(id(reference.node))
            if call is not None and reference.qualified in self.rules.modules(self.options.source):
                found[id(reference)] = self._looked_up(reference, call)
            else:
                found[id(reference)] = self._use(reference, reference.ambiguous and reference.name in told)
            if reference.ambiguous:
                told.add(reference.name)
        return tuple(found[id(reference)] for reference in self.references)

    @cached_property
    def by_node(self) -> Mapping[int, Use]:
        """The use that an expression is, by the identity of its node; for a lookup that of the call."""
        return {id(node): use for use in self.uses if (node := self.node_of(use)) is not None}

    @staticmethod
    def node_of(use: Use) -> ast.expr | None:
        """The expression that a use is."""
        above = parent(use.reference.node) if use.kind is Kind.STRING else use.inner or use.reference.node
        return above if isinstance(above, ast.expr) else None

    def place(self, use: Use) -> Place:
        """The key of the decision about a use."""
        return Place(self.path, use.start, use.end, use.kind)

    def is_framework_name(self, node: ast.expr) -> bool:
        """Whether an expression is a name of the source framework that a rule converts (a dtype, say)."""
        name = self.resolved.get(id(node))
        return name is not None and self.rules.find(name, self.options.source) is not None

    def _use(self, reference: Reference, again: bool) -> Use:
        full = self._generated_full(reference)
        if full is not None:
            return self._already(reference, full)
        found = None if reference.ambiguous else self._rule_prefix(reference)
        if found is None or is_beyond(reference.parts[found[0] :], self.rules, self.options):
            return Use(reference, Kind.VALUE, *self._span(reference, len(reference.parts)), again=again)
        count, rule = found
        if reference.root is None:
            return Use(reference, Kind.ANNOTATION, *self._span(reference, count), rule)
        whole = count == len(reference.parts)
        kind, call = kind_of(reference.nodes[count - 1]) if whole else (Kind.VALUE, None)
        inner = None if whole else reference.nodes[count - 1]
        return Use(reference, kind, *self._span(reference, count), rule, call, inner=inner)

    def _span(self, reference: Reference, count: int) -> tuple[int, int]:
        """Byte offsets of the first names of a chain."""
        if reference.root is None:
            return reference.start, reference.start + len(".".join(reference.parts[:count]).encode())
        return self.module.text.span(reference.nodes[count - 1])

    def _rule_prefix(self, reference: Reference) -> tuple[int, Rule] | None:
        """How many names of the chain spell something with a rule, and that rule; the longest prefix wins."""
        for count in range(len(reference.parts), 0, -1):
            name = ".".join((reference.meaning, *reference.parts[1:count]))
            rule = self.rules.find(name, self.options.source)
            if rule is not None:
                return count, rule
        return None

    def _already(self, reference: Reference, full: str) -> Use:
        """A name of a generated module that goes back to the framework which it was made for."""
        name = full.rpartition(".")[2]
        count = len(reference.parts) - reference.qualified.rpartition(f".{name}")[2].count(".")
        node = reference.nodes[count - 1]
        kind, call = kind_of(node)
        rule = self.rules.find(full, self.options.to)
        inner = node if node is not reference.node else None
        return Use(reference, kind, *self.module.text.span(node), rule, call, already=target_of(full), inner=inner)

    @cached_property
    def _lookups(self) -> list[ast.Call]:
        """Calls of the builtin `getattr`."""
        calls = ((c, scope) for c, scope in self.module.scopes.calls if type(c.func) is ast.Name and len(c.args) > 1)
        return [c for c, scope in calls if getattr(c.func, "id", "") == "getattr" and not scope.lookup("getattr")]

    def _looked_up(self, reference: Reference, call: ast.Call) -> Use:
        """`getattr(nn, "Conv3d")` is the value `nn.Conv3d`, spelled by a string."""
        name, span = call.args[1], self.module.text.span(reference.node)
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
            return Use(reference, Kind.VALUE, *span, made_at_run_time=True)
        rule = self.rules.find(f"{reference.qualified}.{name.value}", self.options.source)
        if rule is None:
            return Use(reference, Kind.VALUE, *span, looked_up=name.value)
        return Use(reference, Kind.STRING, *self.module.text.span(call), rule, looked_up=name.value)

    def _of_source(self, reference: Reference) -> bool:
        root = reference.meaning.partition(".")[0]
        ours = root == self.options.source and not self.index.shadows(self.module, root)
        ours = ours and not any(f"{reference.qualified}.".startswith(f"{each.dotted}.") for each in self.generated)
        if not ours and self._generated_name(reference) is None:
            return False
        if any(b.is_import for b in reference.binding_scope.bindings[reference.name]):
            return True
        # A variable that holds a class is a value and keeps its name; one that holds a module is looked through.
        modules = self.rules.modules(self.options.source)
        return reference.meaning in modules and self.rules.find(reference.meaning, self.options.source) is None

    def _asks(self, reference: Reference) -> bool:
        """Whether a name is a function of a generated module that looks at an object."""
        asked = ((m, name) for m in self.generated for name in asks_for(m.text.data) if name not in WAITING)
        return reference.qualified in (f"{m.dotted}.{name.replace('.', '_')}" for m, name in asked)

    @cached_property
    def _functions(self) -> Mapping[str, str]:
        """The functions that ask, of modules generated for the source framework: qualified name -> member."""
        homes = [m for m in self.generated if is_for(m.text.data, self.options.source)]
        return {f"{m.dotted}.{name.replace('.', '_')}": name for m in homes for name in asks_for(m.text.data)}

    def member_of(self, reference: Reference) -> str:
        """The member that a function asks for."""
        return self._functions[reference.qualified]

    @cached_property
    def asking_names(self) -> frozenset[str]:
        """Names that the file imports the generated module by."""
        bindings = self.module.scopes.module.bindings.items()
        return frozenset(name for name, found in bindings if any(map(self._is_layers, found)))

    def _is_layers(self, binding: Binding) -> bool:
        return (binding.target or "").rpartition(".")[2] == self.options.layers

    @property
    def asked_methods(self) -> frozenset[str]:
        """Members that are methods, among those which an earlier run let the generated module ask for."""
        return ASKED_METHODS[self.options.source]

    def _generated_name(self, reference: Reference) -> str | None:
        """The name that a reference reads from a generated module which stands for the target framework."""
        for module in self.generated:
            names = [n for n in stands_for(module.text.data) if n.startswith(f"{self.options.to}.")]
            prefix = f"{module.dotted}."
            if names and (reference.qualified + ".").startswith(prefix):
                return reference.qualified[len(prefix) :].partition(".")[0]
        return None

    def _generated_full(self, reference: Reference) -> str | None:
        """The qualified name of the target framework that a name of a generated module stands for."""
        name = self._generated_name(reference)
        names = (n for m in self.generated for n in stands_for(m.text.data) if n.rpartition(".")[2] == name)
        return next(names, None) if name is not None else None

    def _generated_origin(self, reference: Reference) -> str | None:
        """The source framework's own name for what a name of a generated module is, whichever way it was generated."""
        home, _, last = reference.qualified.rpartition(".")
        for module in self.generated:
            for name in stands_for(module.text.data) if module.dotted == home else ():
                if name.rpartition(".")[2] == last:
                    rule = self.rules.find(name, self.options.to) or self.rules.find(name, self.options.source)
                    return rule.side(self.options.source).name if rule is not None else None
        return None

    @cached_property
    def origins(self) -> Mapping[str, str]:
        """Names of the target framework by the generated names that stand for them."""
        meanings = [f"{m.dotted}.{n.rpartition('.')[2]}" for m in self.generated for n in stands_for(m.text.data)]
        return {meaning: name for meaning in meanings if (name := self._origin(meaning))}

    def _origin(self, meaning: str) -> str | None:
        """The target framework's name that `package.porter_layers.X` stands for."""
        home, _, last = meaning.rpartition(".")
        names = [n for m in self.generated if m.dotted == home for n in stands_for(m.text.data)]
        return next((n for n in names if n.endswith(f".{last}") and n.startswith(f"{self.options.to}.")), None)

    @cached_property
    def unused_imports(self) -> Sequence[tuple[str, str]]:
        """Module-level imports of the source framework that nothing in the file reads: (name, meaning)."""
        read = {(id(r.binding_scope), r.name) for r in self.references}
        return tuple(
            (name, meaning)
            for name in self.module.scopes.module.bindings
            if (id(self.module.scopes.module), name) not in read and (meaning := self._imported(name))
        )

    def _imported(self, name: str) -> str:
        """What a module-level import of the source framework makes of a name; "" for any other name."""
        meaning = self.index.meaning(name, self.module.scopes.module)
        if meaning is None or meaning[2] or self._is_handed_through(name) or self.rebound.star(name, meaning[1]):
            return ""
        if self._origin(meaning[1]) is not None:
            return meaning[1]
        root = meaning[1].partition(".")[0]
        return meaning[1] if root == self.options.source and not self.index.shadows(self.module, root) else ""

    def _is_handed_through(self, name: str) -> bool:
        """Whether a name comes from another file of the tree, where it moves by itself."""
        bindings = self.module.scopes.module.bindings[name]
        return any(b.target and b.target != self.index.resolve(b.target) for b in bindings)


def _modules_read(references: Sequence[Reference], index: TreeIndex) -> Iterator[str]:
    """Modules of the tree that are read as objects, so that their names are read somewhere else: `build(layers)`."""
    for reference in references:
        if index.in_tree(reference.meaning):
            module = index.by_dotted.get(reference.qualified.removesuffix(".__dict__"))
            if module is not None:
                yield module.dotted


def canonical_name(use: Use) -> str:
    """The qualified name of a use, as rules would be called."""
    return canonical(use.reference.qualified)


def _prefixes(reference: Reference) -> Iterator[tuple[ast.expr, str]]:
    for count, node in enumerate(reference.nodes, 1):
        yield node, ".".join((reference.meaning, *reference.parts[1:count]))
