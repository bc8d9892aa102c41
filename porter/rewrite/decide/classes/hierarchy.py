"""Classes of the tree: what they derive from, what holds them back, and which of them lend methods to layers."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property

from porter.codes import Code
from porter.rewrite.decide.classes.tree_class import Bases, TreeClass
from porter.rewrite.decide.decision import SILENT, Reason
from porter.rewrite.decide.facts import FileFacts, Use
from porter.rewrite.decide.names.unnamed import why_it_stays
from porter.rewrite.decide.vocabulary import PRIVATE_HOOKS, Vocabulary
from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.rules.model import FRAMEWORKS, Rule
from porter.source.finder import DOUBT
from porter.source.generated import is_generated
from porter.source.index import MAX_HOPS, TreeIndex
from porter.source.kinds import BUILTINS
from porter.source.names import SourceModule, dotted_parts
from porter.source.scopes import Binding, Scope, parent

MADE = Reason(Code.MADE_BASE, "the base class is made at run time, so what becomes of its methods is not known")


class Hierarchy:
    """Every class of the tree. What is asked about all of them is found in one pass over the whole."""

    def __init__(self, index: TreeIndex, files: Mapping[str, FileFacts], rules: RuleBook, options: Options) -> None:
        self.index = index
        self.rules = rules
        self.options = options
        self.words = Vocabulary(rules, options)
        self.by_node: dict[ast.ClassDef, TreeClass] = {}
        for module in (m for m in index.modules.values() if not is_generated(m.text.data)):
            for node, scope in module.scopes.classes:
                self.by_node[node] = TreeClass(module, node, scope)
        self._named: dict[tuple[ast.expr, Scope], TreeClass | None] = {}
        by_node = {key: use for file in files.values() for key, use in file.by_node.items()}
        self.bases = {entry: self._bases(entry, by_node) for entry in self.classes}
        self.by_use = {id(use): entry for entry, bases in self.bases.items() for use in bases.uses}
        self._ancestry: dict[TreeClass, tuple[TreeClass, ...]] = {}

    @property
    def classes(self) -> Collection[TreeClass]:
        """All of them."""
        return self.by_node.values()

    def _bases(self, entry: TreeClass, by_node: Mapping[int, Use]) -> Bases:
        uses: list[Use] = []
        classes: list[TreeClass] = []
        held, target, outside, doubtful = SILENT, False, "", False
        for base in entry.node.bases:
            use = by_node.get(id(base))
            inside = [] if use is not None else list(_made_from(base, by_node))
            if inside:
                uses += inside
                held = MADE
            elif use is not None and use.rule is not None:
                uses.append(use)
            elif use is not None:
                held = why_it_stays(use, entry.module, self.rules, self.options)
            else:
                found = self.class_of(base, entry.module, entry.scope)
                if found is not None and found is not entry:
                    classes.append(found)
                elif found is None:
                    is_target = self._is_target(base, entry.scope)
                    target = target or is_target
                    strange = "" if is_target else self._outside(base, entry.scope)
                    doubtful = bool(strange) and self._is_doubtful(base, entry.scope)
                    where = "may be one of several in this tree" if doubtful else "is not defined in this tree"
                    outside = outside or (f"{strange} {where}" if strange else "")
        held = held or (self._own_reason(entry, uses) if uses else SILENT)
        return Bases(tuple(uses), tuple(classes), held, target, outside, doubtful)

    def _own_reason(self, entry: TreeClass, uses: Iterable[Use]) -> Reason:
        """Private hooks of a framework's layer have no counterpart, and two methods cannot have one name."""
        own = {*entry.methods}
        for old, new in self.words.methods.items():
            if old in own and new in own:
                text = f"the class has both {old} and {new}; only one can be called by {self.options.to}"
                return Reason(Code.CLASS_HELD, text)
        layers = [use.rule for use in uses if use.rule is not None and use.rule.mindspore.signature is not None]
        if not layers:
            return SILENT
        name = layers[0].side(self.options.source).name
        hook = next((hook for hook in sorted(own) if hook in PRIVATE_HOOKS), None)
        if hook is not None:
            return Reason(Code.CLASS_HELD, f"the class overrides {hook}, a private method of {name}")
        for node in ast.walk(entry.node):
            if isinstance(node, ast.Attribute) and node.attr in PRIVATE_HOOKS:
                return Reason(Code.CLASS_HELD, f"the class uses {node.attr}, a private method of {name}")
        return SILENT

    def ancestry(self, entry: TreeClass) -> tuple[TreeClass, ...]:
        """The class and the classes of the tree that it derives from."""
        if entry not in self._ancestry:
            found = [entry]
            seen = {entry}
            for current in found:
                new = [base for base in self.bases[current].classes if base not in seen]
                found += new
                seen.update(new)
            self._ancestry[entry] = tuple(found)
        return self._ancestry[entry]

    @cached_property
    def methods(self) -> Mapping[TreeClass, frozenset[str]]:
        """For each class the methods that it and the classes above it define."""
        return self._inherited({entry: entry.methods for entry in self.classes})

    @cached_property
    def rule_names(self) -> Mapping[TreeClass, frozenset[str]]:
        """For each class the rules of the framework's names that it derives from."""
        own = {e: frozenset(use.rule.name for use in b.uses if use.rule is not None) for e, b in self.bases.items()}
        return self._inherited(own)

    @cached_property
    def outside(self) -> Mapping[TreeClass, frozenset[str]]:
        """For each class the bases, of it and of those above it, that nothing in the tree tells about."""
        return self._inherited({e: frozenset([b.outside] if b.outside else []) for e, b in self.bases.items()})

    @cached_property
    def held(self) -> set[TreeClass]:
        """Classes that must stay, by themselves or for the sake of a class above them."""
        return self.below(entry for entry, bases in self.bases.items() if bases.held)

    def _inherited(self, own: Mapping[TreeClass, frozenset[str]]) -> Mapping[TreeClass, frozenset[str]]:
        """What each class has of its own or from above, each class once; a circle ends where it closes."""
        found: dict[TreeClass, frozenset[str]] = {}
        for start in self.classes:
            todo = [start]
            while todo:
                entry = todo[-1]
                above = self.bases[entry].classes
                missing = [base for base in above if base not in found]
                found.setdefault(entry, own[entry])
                if missing:
                    todo += missing
                else:
                    found[entry] = own[entry].union(*(found[base] for base in above))
                    todo.pop()
        return found

    def definers(self, entry: TreeClass, method: str) -> list[TreeClass]:
        """The nearest classes, on each way up, that define a method."""
        todo, seen, found = [entry], {entry}, list[TreeClass]()
        while todo:
            current = todo.pop()
            if method in current.methods:
                found.append(current)
                continue
            new = [base for base in self.bases[current].classes if base not in seen]
            seen.update(new)
            todo += new
        return found

    @cached_property
    def heirs(self) -> Mapping[TreeClass, list[TreeClass]]:
        """For each class those whose statement names it as a base."""
        found: dict[TreeClass, list[TreeClass]] = defaultdict(list)
        for entry, bases in self.bases.items():
            for base in bases.classes:
                found[base].append(entry)
        return found

    def below(self, start: Iterable[TreeClass]) -> set[TreeClass]:
        """Some classes and all that derive from them."""
        todo = [*start]
        found = set(todo)
        while todo:
            new = [heir for heir in self.heirs.get(todo.pop(), ()) if heir not in found]
            found.update(new)
            todo += new
        return found

    @cached_property
    def derived(self) -> set[TreeClass]:
        """Classes that derive from a name of the framework."""
        return self.below(entry for entry, bases in self.bases.items() if bases.uses)

    @cached_property
    def targets(self) -> set[TreeClass]:
        """Classes that derive from the target framework already."""
        return self.below(entry for entry, bases in self.bases.items() if bases.target)

    @cached_property
    def matter(self) -> set[TreeClass]:
        """Classes that can hold back those which derive from them."""
        held = (entry for entry, bases in self.bases.items() if bases.held or entry.node.decorator_list)
        return self.below([*self.derived, *held])

    def uses_of(self, entry: TreeClass) -> Iterator[Use]:
        """Framework names among the bases, of the class or of an ancestor."""
        for ancestor in self.ancestry(entry):
            yield from self.bases[ancestor].uses

    def class_of(self, node: ast.expr, module: SourceModule, scope: Scope, hops: int = 0) -> TreeClass | None:
        """The class statement of the tree that an expression names."""
        if hops:
            return self._class_of(node, module, scope, hops)
        key = (node, scope)
        if key not in self._named:
            self._named[key] = self._class_of(node, module, scope, hops)
        return self._named[key]

    def _class_of(self, node: ast.expr, module: SourceModule, scope: Scope, hops: int) -> TreeClass | None:
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
        return self.options.layers in qualified.split(".") or self.rules.find(qualified, self.options.to) is not None

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

    def rule_of(self, qualified: str) -> Rule | None:
        """The rule of a name of either framework."""
        return self.rules.of_either(qualified, self.options.source)

    def is_layer(self, qualified: str) -> bool:
        """Whether a name of either framework is a layer's."""
        rule = self.rule_of(qualified)
        return rule is not None and rule.is_class and rule.name.startswith("nn.")


def _made_from(base: ast.expr, by_node: Mapping[int, Use]) -> Iterator[Use]:
    """Names of the framework inside a base that a run makes: `mixed(nn.Module)`, `nn.Module if flag else object`."""
    if isinstance(base, (ast.Call, ast.IfExp, ast.BoolOp, ast.NamedExpr)):
        yield from (by_node[id(node)] for node in ast.walk(base) if id(node) in by_node)
