"""Classes of the tree that derive from a framework's: which of them move, and the methods renamed with them."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from porter.findings import Kind, Level
from porter.rewrite.layers import is_generated
from porter.rewrite.mixins import spread
from porter.rewrite.outcomes import Outcome, Settings
from porter.rules.load import RuleBook
from porter.rules.model import FRAMEWORKS
from porter.source.finder import DOUBT
from porter.source.index import MAX_HOPS, TreeIndex
from porter.source.names import SourceModule, dotted_parts
from porter.source.scopes import Binding, Scope, parent

BUILTINS = frozenset(dir(builtins))


@dataclass(eq=False)
class TreeClass:
    """A class statement: the framework names among its bases, and the classes of the tree among them.

    `moves`: it becomes a class of the other framework. `moved`: it was one before, from an earlier run, say; what could
    not be followed then is told again, so that a second run says, and marks, the same. `outside`: what is not known of
    a base that nothing in the tree tells about; `doubtful`: it may be one of several in the tree. `torn`: a mixin whose
    methods are renamed for others, while this class stays.
    """

    module: SourceModule
    node: ast.ClassDef
    scope: Scope
    outcomes: list[Outcome] = field(default_factory=list)
    bases: list[TreeClass] = field(default_factory=list)
    moves: bool = False
    moved: bool = False
    reason: str = ""
    outside: str = ""
    doubtful: bool = False
    torn: str = ""

    @property
    def methods(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        """Methods by name, the last definition of each."""
        return {n.name: n for n in self.node.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}

    def ancestry(self) -> Iterator[TreeClass]:
        """The class and the classes of the tree that it derives from."""
        found = [self]
        seen = {self}
        for current in found:
            yield current
            new = [base for base in current.bases if base not in seen]
            found += new
            seen.update(new)

    def framework_bases(self) -> list[Outcome]:
        """Framework names among the bases, of the class or of an ancestor."""
        return [outcome for ancestor in self.ancestry() for outcome in ancestor.outcomes]


class Hierarchy:
    """Every class of the tree, and whether it becomes a class of the other framework."""

    def __init__(
        self, index: TreeIndex, outcomes: dict[str, list[Outcome]], rules: RuleBook, settings: Settings
    ) -> None:
        self.index = index
        self.settings = settings
        self.methods: dict[str, str] = {}
        self.absent: dict[str, dict[str, str]] = {}
        self.taken: dict[str, str] = {}
        self.base_init: dict[str, str] = {}
        for rule in rules.rules.values():
            torch = settings.source == "torch"
            self.methods |= rule.methods if torch else {theirs: ours for ours, theirs in rule.methods.items()}
            self.base_init |= {} if torch else rule.base_init
            self.taken |= rule.taken.get(settings.to, {})
            for name, why in rule.absent.get(settings.to, {}).items():
                # What the base class of all layers lacks, every layer lacks; a container lacks it for itself.
                self.absent.setdefault(name, {})["" if rule.methods else rule.name] = why
        self.rules = rules
        self.by_node: dict[ast.ClassDef, TreeClass] = {}
        for module in (m for m in index.modules.values() if not is_generated(m.text.data)):
            for node, scope in module.scopes.classes:
                self.by_node[node] = TreeClass(module, node, scope)
        self._connect({id(_expression(o)): o for found in outcomes.values() for o in found})
        self._settle()

    def _connect(self, by_base: Mapping[int, Outcome]) -> None:
        for entry in self.by_node.values():
            entry.reason = _decorated(entry.node, by_base)
            for base in entry.node.bases:
                outcome = by_base.get(id(base))
                inside = [] if outcome is not None else list(_made_from(base, by_base))
                if inside:
                    entry.outcomes += inside
                    entry.reason = "the base class is made at run time, so what becomes of its methods is not known"
                    continue
                found = self.class_of(base, entry.module, entry.scope) if outcome is None else None
                if outcome is not None and outcome.rule is not None:
                    entry.outcomes.append(outcome)
                elif outcome is not None:
                    entry.reason = outcome.reason
                elif found is not None and found is not entry:
                    entry.bases.append(found)
                elif found is None:
                    target = self._is_target(base, entry.scope)
                    entry.moved = entry.moved or target
                    outside = "" if target else self._outside(base, entry.scope)
                    entry.doubtful = bool(outside) and self._is_doubtful(base, entry.scope)
                    where = "may be one of several in this tree" if entry.doubtful else "is not defined in this tree"
                    entry.outside = entry.outside or (f"{outside} {where}" if outside else "")

    def class_of(self, node: ast.expr, module: SourceModule, scope: Scope, hops: int = 0) -> TreeClass | None:
        """The class statement of the tree that an expression names."""
        parts = dotted_parts(node)
        if not parts:
            return None
        found = scope.lookup(parts[0])
        entry = self._defined(found[1], module, found[0], hops) if found and len(parts) == 1 else None
        meaning = self.index.meaning(parts[0], scope) if entry is None else None
        if meaning is None:
            return entry
        home, _, name = ".".join([meaning[1], *parts[1:]]).rpartition(".")
        other = self.index.by_dotted.get(home)
        top = other.scopes.module if other else None
        return self._defined(top.bindings.get(name, []), other, top, hops) if other and top else None

    def _defined(self, bindings: list[Binding], module: SourceModule, scope: Scope, hops: int) -> TreeClass | None:
        """The class that the one binding of a name defines, or gives another name (`Older = Newer`)."""
        if len(bindings) != 1:
            return None
        node = bindings[0].node
        if isinstance(node, ast.ClassDef):
            return self.by_node.get(node)
        statement = parent(node)
        value = statement.value if isinstance(statement, ast.Assign) and node in statement.targets else None
        renamed = isinstance(value, (ast.Name, ast.Attribute)) and hops < MAX_HOPS
        return self.class_of(value, module, scope, hops + 1) if value is not None and renamed else None

    def _is_target(self, node: ast.expr, scope: Scope) -> bool:
        """Whether a base is a class of the target framework, or one that an earlier run generated."""
        parts = dotted_parts(node)
        meaning = self.index.meaning(parts[0], scope) if parts else None
        if not parts or meaning is None:
            return False
        qualified = ".".join([meaning[1], *parts[1:]])
        return self.settings.layers in qualified.split(".") or self.rules.find(qualified, self.settings.to) is not None

    def _is_doubtful(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an import that may find one of several files leads to a base."""
        parts = dotted_parts(node)
        meaning = self.index.meaning(parts[0], scope) if parts else None
        return meaning is not None and meaning[1].startswith(DOUBT)

    def _outside(self, node: ast.expr, scope: Scope) -> str:
        """The text of a base that could be anything; "" for Python's own classes and for those of the frameworks."""
        node = node.value if isinstance(node, ast.Subscript) else node
        parts = dotted_parts(node)
        if not parts:
            return ""
        meaning = self.index.meaning(parts[0], scope)
        if meaning is None:
            return "" if scope.lookup(parts[0]) is None and parts[0] in BUILTINS else ".".join(parts)
        root = meaning[1].partition(".")[0]
        return "" if root in sys.stdlib_module_names or root in FRAMEWORKS else ".".join(parts)

    def is_layer(self, qualified: str) -> bool:
        """Whether a name of either framework is a layer's."""
        rule = self.rules.find(qualified, self.settings.source) or self.rules.find(qualified, self.settings.to)
        return rule is not None and rule.is_class and rule.name.startswith("nn.")

    def _settle(self) -> None:
        """A class moves when it derives from the framework and nothing holds it, or an ancestor of it, back."""
        for entry in self.by_node.values():
            if entry.outcomes and not entry.reason:
                entry.reason = self._held_back(entry)
            if entry.reason:
                self._hold(entry)
        for entry in self.by_node.values():
            bases = entry.framework_bases()
            held = [a.reason for a in entry.ancestry() if a.reason]
            entry.moves = bool(bases) and not held and not any(o.stays for o in bases)
        for entry in self.by_node.values():
            if entry.moves or not entry.framework_bases():
                continue
            reason = next((a.reason for a in entry.ancestry() if a.reason), "a base class stays as it was")
            self._hold(entry, reason)
        for entry in self.by_node.values():
            entry.moved = not entry.moves and any(a.moved for a in entry.ancestry())
        spread(self.by_node.values(), frozenset(self.methods) | frozenset(self.methods.values()))

    def _held_back(self, entry: TreeClass) -> str:
        """Private hooks of a framework's layer have no counterpart, and two methods cannot have one name."""
        own = {*entry.methods}
        for old, new in self.methods.items():
            if old in own and new in own:
                return f"the class has both {old} and {new}; only one can be called by {self.settings.to}"
        hooks = sorted(name for name in own if name.startswith("_") and not name.startswith("__"))
        layers = [o for o in entry.outcomes if o.rule and o.rule.mindspore.signature is not None]
        if not layers or layers[0].rule is None:
            return ""
        name = layers[0].rule.side(self.settings.source).name
        for hook in hooks:
            if hook in PRIVATE_HOOKS:
                return f"the class overrides {hook}, a private method of {name}"
        for node in ast.walk(entry.node):
            if isinstance(node, ast.Attribute) and node.attr in PRIVATE_HOOKS:
                return f"the class uses {node.attr}, a private method of {name}"
        return ""

    def _hold(self, entry: TreeClass, reason: str = "") -> None:
        for outcome in entry.outcomes:
            if not outcome.stays:
                outcome.target, outcome.plan = None, None
                outcome.level, outcome.reason = Level.MANUAL, reason or entry.reason
                outcome.mark = outcome.reason

    @cached_property
    def any_moves(self) -> bool:
        """Whether some class of the tree changes sides, or did."""
        return any(entry.moved or (entry.moves and entry.framework_bases()) for entry in self.by_node.values())


def _expression(outcome: Outcome) -> ast.AST | None:
    """The expression that an outcome decides about: for `getattr(nn, "Module")` the whole of it."""
    node = outcome.reference.node
    return parent(node) if outcome.kind is Kind.STRING else node


def _made_from(base: ast.expr, outcomes: Mapping[int, Outcome]) -> Iterator[Outcome]:
    """Names of the framework inside a base that a run makes: `mixed(nn.Module)`, `nn.Module if flag else object`."""
    if isinstance(base, (ast.Call, ast.IfExp, ast.BoolOp, ast.NamedExpr)):
        yield from (outcomes[id(node)] for node in ast.walk(base) if id(node) in outcomes)


def _decorated(node: ast.ClassDef, by_node: Mapping[int, Outcome]) -> str:
    """Why a class must stay that the source framework decorates: `@torch.jit.interface` takes only torch's classes."""
    for decorator in node.decorator_list:
        outcome = by_node.get(id(decorator.func if isinstance(decorator, ast.Call) else decorator))
        if outcome is not None and outcome.stays:
            return f"the class is decorated by {outcome.label}, which has no rule"
    return ""


PRIVATE_HOOKS = frozenset(
    {
        "_check_input_dim",
        "_apply_instance_norm",
        "_handle_no_batch_input",
        "_get_no_batch_dim",
        "_conv_forward",
        "_output_padding",
        "_load_from_state_dict",
        "_save_to_state_dict",
    }
)
