"""Plan one file: every decision about it, from the names it reads to the attributes of known instances."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from porter.findings import Kind, Level
from porter.rewrite.decide import Decider, kind_of
from porter.rewrite.instances import Instances
from porter.rewrite.layers import stands_for
from porter.rewrite.outcomes import NameEdit, Outcome, Remark, Settings, target_of
from porter.rewrite.strings import Strings
from porter.rules.load import RuleBook
from porter.source.index import TreeIndex
from porter.source.names import Reference, SourceModule
from porter.source.receivers import Receivers
from porter.source.scopes import parent

COMPARED = (ast.Compare, ast.Tuple, ast.List, ast.Set)


class FilePlanner:
    """Everything that is decided about one file before its imports are planned."""

    def __init__(
        self,
        module: SourceModule,
        index: TreeIndex,
        rules: RuleBook,
        settings: Settings,
        generated: set[str],
    ) -> None:
        self.module = module
        self.index = index
        self.rules = rules
        self.settings = settings
        self.generated = [index.modules[path] for path in generated]
        references = list(index.references(module))
        self.references = [r for r in references if self._of_source(r)]
        self.others = [r for r in references if r.meaning.partition(".")[0] == settings.to]
        self.strings = Strings(module, index, rules, settings)
        self.decider = Decider(module, rules, settings)
        self.decided: dict[int, Outcome] = {}
        self.decider.resolved = {id(n): q for r in self.references for n, q in _prefixes(r)}
        known = self.decider.resolved | {id(n): q for r in self.others for n, q in _prefixes(r)}
        found = references if generated else []
        earlier = {id(r.node): name for r in found if (name := self._generated_origin(r))}
        known |= earlier
        self.receivers = Receivers(module, lambda node: known.get(id(node)))
        self.earlier = Receivers(module, lambda node: earlier.get(id(node)))

    def _of_source(self, reference: Reference) -> bool:
        root = reference.meaning.partition(".")[0]
        ours = root == self.settings.source and not self.index.shadows(self.module, root)
        ours = ours and not any(f"{reference.qualified}.".startswith(f"{each.dotted}.") for each in self.generated)
        if not ours and self._generated_name(reference) is None:
            return False
        if any(b.is_import for b in reference.binding_scope.bindings[reference.name]):
            return True
        # A variable that holds a class is a value and keeps its name; one that holds a module is looked through.
        modules = self.rules.modules(self.settings.source)
        return reference.meaning in modules and self.rules.find(reference.meaning, self.settings.source) is None

    def _generated_name(self, reference: Reference) -> str | None:
        """The name that a reference reads from a generated module which stands for the target framework."""
        for module in self.generated:
            names = [n for n in stands_for(module.text.data) if n.startswith(f"{self.settings.to}.")]
            prefix = f"{module.dotted}."
            if names and (reference.qualified + ".").startswith(prefix):
                return reference.qualified[len(prefix) :].partition(".")[0]
        return None

    def _origin(self, meaning: str) -> str | None:
        """The target framework's name that `package.porter_layers.X` stands for."""
        home, _, last = meaning.rpartition(".")
        names = [n for m in self.generated if m.dotted == home for n in stands_for(m.text.data)]
        return next((n for n in names if n.endswith(f".{last}") and n.startswith(f"{self.settings.to}.")), None)

    def origins(self) -> dict[str, str]:
        """Names of the target framework by the generated names that stand for them."""
        meanings = [f"{m.dotted}.{n.rpartition('.')[2]}" for m in self.generated for n in stands_for(m.text.data)]
        return {meaning: name for meaning in meanings if (name := self._origin(meaning))}

    def _generated_full(self, reference: Reference) -> str | None:
        """The qualified name of the target framework that a name of a generated module stands for."""
        name = self._generated_name(reference)
        names = (n for m in self.generated for n in stands_for(m.text.data) if n.rpartition(".")[2] == name)
        return next(names, None)

    def _generated_origin(self, reference: Reference) -> str | None:
        """The source framework's own name for what a name of a generated module is, whichever way it was generated."""
        home, _, last = reference.qualified.rpartition(".")
        for module in self.generated:
            for name in stands_for(module.text.data) if module.dotted == home else ():
                if name.rpartition(".")[2] == last:
                    rule = self.rules.find(name, self.settings.to) or self.rules.find(name, self.settings.source)
                    return rule.side(self.settings.source).name if rule is not None else None
        return None

    def _decide(self, reference: Reference) -> Outcome:
        name, full = self._generated_name(reference), self._generated_full(reference)
        if name is None or full is None:
            return self.decider.decide(reference)
        count = len(reference.parts) - reference.qualified.rpartition(f".{name}")[2].count(".")
        node = reference.nodes[count - 1]
        rule = self.rules.find(full, self.settings.to)
        kind, _ = kind_of(node)
        return Outcome(reference, kind, *self.module.text.span(node), rule, target_of(full), label=full)

    def unused_imports(self) -> list[tuple[str, str]]:
        """Module-level imports of the source framework that nothing in the file reads: (name, meaning)."""
        read = {(id(r.binding_scope), r.name) for r in self.references}
        found: list[tuple[str, str]] = []
        for name in self.module.scopes.module.bindings:
            meaning = self.index.meaning(name, self.module.scopes.module)
            if meaning is None or meaning[2] or (id(self.module.scopes.module), name) in read:
                continue
            if self._is_handed_through(name):
                continue
            if self._origin(meaning[1]) is not None:
                found.append((name, meaning[1]))
                continue
            root = meaning[1].partition(".")[0]
            if root == self.settings.source and not self.index.shadows(self.module, root):
                found.append((name, meaning[1]))
        return found

    def _is_handed_through(self, name: str) -> bool:
        """Whether a name comes from another file of the tree, where it moves by itself."""
        bindings = self.module.scopes.module.bindings[name]
        return any(b.target and b.target != self.index.resolve(b.target) for b in bindings)

    def outcomes(self) -> list[Outcome]:
        """Decisions about every name of the source framework, given the rules that the decider says are shared."""
        outcomes = {id(r): self._still(r) or self._decide(r) for r in self.references}
        self.decided = outcomes
        for call in self._lookups:
            self._decide_getattr(call, outcomes)
        self._tell_doubts_once(outcomes)
        return list(outcomes.values())

    @cached_property
    def _lookups(self) -> list[ast.Call]:
        """Calls of the builtin `getattr`."""
        calls = ((c, scope) for c, scope in self.module.scopes.calls if type(c.func) is ast.Name)
        return [c for c, scope in calls if getattr(c.func, "id", "") == "getattr" and not scope.lookup("getattr")]

    def _still(self, reference: Reference) -> Outcome | None:
        """An earlier decision that cannot have changed: shared rules, and classes held back since, concern others."""
        outcome = self.decided.get(id(reference))
        if outcome is None or outcome.kind in (Kind.BASE, Kind.STRING):
            return None
        return outcome if outcome.rule is None or outcome.rule.name not in self.decider.shared else None

    def _tell_doubts_once(self, outcomes: dict[int, Outcome]) -> None:
        """A name that is bound in several ways is one remark, at its first use."""
        told: set[str] = set()
        for reference in sorted(self.references, key=lambda r: (r.node.lineno, r.node.col_offset)):
            if reference.ambiguous and reference.name in told:
                outcomes[id(reference)].reason = ""
            elif reference.ambiguous:
                told.add(reference.name)

    def _decide_getattr(self, call: ast.Call, outcomes: dict[int, Outcome]) -> None:
        """`getattr(nn, "Conv3d")` is the value `nn.Conv3d`, spelled by a string."""
        if len(call.args) < 2:
            return
        reference = next((r for r in self.references if r.node is call.args[0]), None)
        if reference is None or reference.qualified not in self.rules.modules(self.settings.source):
            return
        outcome = outcomes[id(reference)]
        name = call.args[1]
        rule = None
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            rule = self.rules.find(f"{reference.qualified}.{name.value}", self.settings.source)
            reason = f"no rule for {reference.qualified}.{name.value}"
        else:
            reason = f"the name of the attribute of {reference.qualified} is made at run time"
        if rule is None:
            outcome.reason = outcome.mark = reason
            return
        outcome.rule, outcome.label, outcome.kind = rule, rule.name, Kind.STRING
        outcome.start, outcome.end = self.module.text.span(call)
        outcome.level, outcome.reason, outcome.mark = Level.SAFE, "", ""
        self.decider.apply_value(outcome, rule)

    def compared_rules(self) -> set[str]:
        """Rules whose class is compared by `==`, `is` or `in` somewhere in the file, or dispatched on."""
        names: set[str] = set()
        for reference in self.references:
            above = parent(reference.node)
            compared = isinstance(above, COMPARED) and kind_of(reference.node)[0] is Kind.COMPARISON
            if compared or (isinstance(above, ast.Call) and _registers(above, reference.node)):
                rule = self._decide(reference).rule
                names |= {rule.name} if rule is not None and rule.is_class else set()
        return names

    def details(self) -> Iterator[NameEdit | Remark]:
        """Attributes and calls of known instances, and names of the framework inside strings."""
        instances = Instances(self.module, self.receivers, self.earlier, self.rules, self.decider)
        yield from instances.details()
        yield from self.strings.remarks()


def _registers(call: ast.Call, node: ast.expr) -> bool:
    """`describe.register(nn.Conv3d)`: a table that is looked up by an object's type."""
    return isinstance(call.func, ast.Attribute) and call.func.attr == "register" and node in call.args


def _prefixes(reference: Reference) -> Iterator[tuple[ast.expr, str]]:
    for count, node in enumerate(reference.nodes, 1):
        yield node, ".".join((reference.meaning, *reference.parts[1:count]))
