"""Plan one file: every decision about it, from the names it reads to the attributes of known instances."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from porter.findings import Kind, Level
from porter.rewrite.decide import Decider, kind_of
from porter.rewrite.layers import stands_for
from porter.rewrite.outcomes import NameEdit, Outcome, Remark, Settings, target_of
from porter.rules.load import RuleBook
from porter.rules.model import FRAMEWORKS, Rule
from porter.source.index import TreeIndex, enclosing_class, is_annotation
from porter.source.names import DOTTED, Reference, SourceModule
from porter.source.receivers import Receivers
from porter.source.scopes import Scope, parent

COMPARED = (ast.Compare, ast.Tuple, ast.List, ast.Set)
EVALUATORS = frozenset({"eval", "exec"})


class FilePlanner:
    """Everything that is decided about one file before its imports are planned."""

    def __init__(
        self,
        module: SourceModule,
        index: TreeIndex,
        rules: RuleBook,
        settings: Settings,
        compared: frozenset[str],
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
        self.decider = Decider(module, rules, settings, compared)
        self.decider.resolved = {id(n): q for r in self.references for n, q in _prefixes(r)}
        known = self.decider.resolved | {id(n): q for r in self.others for n, q in _prefixes(r)}
        self.receivers = Receivers(module, lambda node: known.get(id(node)))

    def _of_source(self, reference: Reference) -> bool:
        if not any(b.is_import for b in reference.binding_scope.bindings[reference.name]):
            # A variable that holds a class is a value and keeps its name; one that holds a module is looked through.
            modules = self.rules.modules(self.settings.source)
            if reference.meaning not in modules or self.rules.find(reference.meaning, self.settings.source):
                return False
        root = reference.meaning.partition(".")[0]
        if self._generated_name(reference) is not None:
            return True
        return root == self.settings.source and not self.index.shadows(self.module, root)

    def _generated_name(self, reference: Reference) -> str | None:
        """The name that a reference reads from a generated module which stands for the target framework."""
        for module in self.generated:
            names = [n for n in stands_for(module.text.data) if n.startswith(f"{self.settings.to}.")]
            prefix = f"{module.dotted}."
            if names and (reference.qualified + ".").startswith(prefix):
                return reference.qualified[len(prefix) :].partition(".")[0]
        return None

    def _decide(self, reference: Reference) -> Outcome:
        name = self._generated_name(reference)
        if name is None:
            return self.decider.decide(reference)
        full = next(n for m in self.generated for n in stands_for(m.text.data) if n.rpartition(".")[2] == name)
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
            root = meaning[1].partition(".")[0]
            if root == self.settings.source and not self.index.shadows(self.module, root):
                found.append((name, meaning[1]))
        return found

    def outcomes(self) -> list[Outcome]:
        """Decisions about every name of the source framework."""
        outcomes = {id(r): self._decide(r) for r in self.references}
        for call, scope in self.module.scopes.calls:
            if isinstance(call.func, ast.Name) and call.func.id == "getattr" and scope.lookup("getattr") is None:
                self._decide_getattr(call, outcomes)
        return list(outcomes.values())

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
        outcome.level, outcome.reason, outcome.mark, outcome.replace_call = Level.SAFE, "", "", True
        self.decider.apply_value(outcome, rule)

    def compared_rules(self) -> set[str]:
        """Rules whose class is compared by `==`, `is` or `in` somewhere in the file."""
        names: set[str] = set()
        for reference in self.references:
            if isinstance(parent(reference.node), COMPARED) and kind_of(reference.node)[0] is Kind.COMPARISON:
                rule = self._decide(reference).rule
                names |= {rule.name} if rule is not None and rule.is_class else set()
        return names

    def details(self) -> Iterator[NameEdit | Remark]:
        """Attributes and calls of known instances, and names of the framework inside strings."""
        for attribute, scope in self.module.scopes.attributes:
            yield from self._attribute(attribute, scope)
        for call, scope in self.module.scopes.calls:
            yield from self._keyword(call, scope)
            yield from self._evaluated(call, scope)
        for constant, scope in self.module.scopes.strings:
            yield from self._string(constant, scope)
        for node, origin in self.module.scopes.stars:
            if self.index.resolve(origin).partition(".")[0] == self.settings.source:
                message = f"names from {origin} cannot be told from the file's own; import them one by one"
                yield Remark(self.module.text.span(node)[0], Level.MANUAL, "import", message, message)

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Iterator[NameEdit | Remark]:
        if node.attr not in self._attribute_names:
            return
        names = self.receivers.types(node.value, scope)
        found = [self._rule_of_either(name) for name in names]
        rules = [rule for rule in found if rule is not None]
        if not rules or len(rules) != len(names):
            return
        back = self.settings.source == "mindspore"
        renamed = set()
        for rule in rules:
            table = rule.attribute_names
            renamed.add(
                {v: k for k, v in table.items()}.get(node.attr, node.attr) if back else table.get(node.attr, node.attr)
            )
        _, end = self.module.text.span(node)
        start = end - len(node.attr.encode())
        if len(renamed) == 1:
            name = renamed.pop()
            if name != node.attr and all(self.rules.find(n, self.settings.source) for n in names):
                yield NameEdit(start, end, name)
            return
        spelled = ", ".join(sorted(renamed))
        message = f"{node.attr} is called differently ({spelled}) in the classes that this object can be of"
        yield Remark(start, Level.MANUAL, rules[0].name, message, message)

    @cached_property
    def _attribute_names(self) -> frozenset[str]:
        names: set[str] = set()
        for rule in self.rules.rules.values():
            names |= set(rule.attribute_names if self.settings.source == "torch" else rule.attribute_names.values())
        return frozenset(names)

    def _keyword(self, call: ast.Call, scope: Scope) -> Iterator[NameEdit | Remark]:
        """`norm(input=t)` becomes `norm(x=t)` where the class of `norm` is known."""
        keywords = [k for k in call.keywords if k.arg in self._forward_names]
        if not keywords or not isinstance(call.func, (ast.Name, ast.Attribute)):
            return
        if id(call.func) in self.decider.resolved:
            return
        names = self.receivers.types(call.func, scope)
        rules = [self.rules.find(name, self.settings.source) for name in names]
        for keyword in keywords:
            start = self.module.text.offset(keyword.lineno, keyword.col_offset)
            new = {self._forward(rule).get(str(keyword.arg)) for rule in rules if rule is not None}
            if len(new) == 1 and None not in new:
                yield NameEdit(start, start + len(str(keyword.arg)), str(new.pop()))
            elif not names and self._is_layer_call(call.func) and self.settings.source == "torch":
                message = f"the layer that gets {keyword.arg}= is not known; MindSpore's layers call it x"
                yield Remark(start, Level.MANUAL, "keyword", message, message)

    def _is_layer_call(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Attribute) and self.receivers.is_self(node.value) and not self._is_method(node)

    def _is_method(self, node: ast.Attribute) -> bool:
        inside = enclosing_class(node)
        return inside is not None and any(getattr(n, "name", None) == node.attr for n in inside.body)

    def _forward(self, rule: object) -> dict[str, str]:
        forward: dict[str, str] = getattr(rule, "forward", {})
        return forward if self.settings.source == "torch" else {v: k for k, v in forward.items()}

    @cached_property
    def _forward_names(self) -> frozenset[str]:
        return frozenset(name for rule in self.rules.rules.values() for name in self._forward(rule))

    def _evaluated(self, call: ast.Call, scope: Scope) -> Iterator[Remark]:
        if not isinstance(call.func, ast.Name) or call.func.id not in EVALUATORS or not call.args:
            return
        code = call.args[0]
        texts = [n.value for n in ast.walk(code) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        for dotted in (match for text in texts for match in DOTTED.findall(text)):
            if self._names_source(dotted, scope):
                start, _ = self.module.text.span(call)
                message = f"{dotted} stands in text that is run as code; it is not rewritten"
                yield Remark(start, Level.MANUAL, "string", message, message)
                return

    def _string(self, node: ast.Constant, scope: Scope) -> Iterator[Remark]:
        """A dotted name in a string, which some registry will look up."""
        value = str(node.value)
        if "." not in value or not DOTTED.fullmatch(value) or is_annotation(node):
            return
        above = parent(node)
        if isinstance(above, (ast.Expr, ast.JoinedStr)):
            return
        if isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id in EVALUATORS:
            return
        rule = self.rules.find(value, self.settings.source)
        if rule is None:
            qualified = self._names_source(value, scope)
            rule = self._rule_of_either(qualified) if qualified else None
        if rule is not None and rule.is_class:
            name = rule.side(self.settings.to).name or "nothing"
            message = f"a string names {value}; it is not rewritten (its counterpart is {name})"
            yield Remark(self.module.text.span(node)[0], Level.MANUAL, rule.name, message, message)

    def _rule_of_either(self, qualified: str) -> Rule | None:
        """The rule of a name of either framework: text that an earlier run left still means the source framework."""
        return self.rules.find(qualified, self.settings.source) or self.rules.find(qualified, self.settings.to)

    def _names_source(self, dotted: str, scope: Scope) -> str | None:
        parts = dotted.split(".")
        found = self.index.meaning(parts[0], scope)
        if len(parts) < 2 or found is None:
            return None
        root = found[1].partition(".")[0]
        if root not in FRAMEWORKS or self.index.shadows(self.module, root):
            return None
        return ".".join([found[1], *parts[1:]])


def _prefixes(reference: Reference) -> Iterator[tuple[ast.expr, str]]:
    for count, node in enumerate(reference.nodes, 1):
        yield node, ".".join((reference.meaning, *reference.parts[1:count]))
