"""Decide about one reference: which rule it has, which role it plays, and what it becomes."""

from __future__ import annotations

import ast

from porter.findings import Kind, Level
from porter.rewrite.calls import plan_call
from porter.rewrite.outcomes import Outcome, Refuse, Settings, Target, UseClass, target_of
from porter.rules.load import RuleBook, canonical
from porter.rules.model import Rule
from porter.source.index import is_annotation
from porter.source.names import Reference, SourceModule, dotted_parts
from porter.source.scopes import ancestors, parent

TYPE_TESTS = frozenset({"isinstance", "issubclass"})
COLLECTIONS = (ast.Tuple, ast.List, ast.Set)


def rule_prefix(reference: Reference, rules: RuleBook, settings: Settings) -> tuple[int, Rule] | None:
    """How many names of the chain spell something with a rule, and that rule; the longest prefix wins."""
    for count in range(len(reference.parts), 0, -1):
        name = ".".join((reference.meaning, *reference.parts[1:count]))
        rule = rules.find(name, settings.source)
        if rule is not None:
            return count, rule
    return None


def kind_of(node: ast.expr) -> tuple[Kind, ast.Call | None]:
    """The role that an expression plays where it stands."""
    above = parent(node)
    if isinstance(above, ast.Call) and above.func is node:
        return Kind.CALL, above
    if isinstance(above, ast.ClassDef) and node in above.bases:
        return Kind.BASE, None
    if isinstance(above, ast.MatchClass):
        return Kind.TYPE_TEST, None
    if is_annotation(node):
        return Kind.ANNOTATION, None
    return _kind_in_collection(node), None


def _kind_in_collection(node: ast.expr) -> Kind:
    current: ast.AST = node
    for above in ancestors(node):
        if isinstance(above, ast.Call):
            tests = isinstance(above.func, ast.Name) and above.func.id in TYPE_TESTS
            return Kind.TYPE_TEST if tests and len(above.args) > 1 and above.args[1] is current else Kind.VALUE
        if isinstance(above, ast.Compare):
            return Kind.COMPARISON
        if isinstance(above, ast.BinOp) and not isinstance(above.op, ast.BitOr):
            return Kind.VALUE
        if not isinstance(above, (*COLLECTIONS, ast.BinOp)):
            return Kind.VALUE
        current = above
    return Kind.VALUE


class Decider:
    """Decides for one file. `shared` holds the rules whose generated class stands for all their uses in the tree."""

    def __init__(self, module: SourceModule, rules: RuleBook, settings: Settings) -> None:
        self.module = module
        self.rules = rules
        self.settings = settings
        self.shared: frozenset[str] = frozenset()

    def decide(self, reference: Reference) -> Outcome:
        """Decide about one name."""
        found = rule_prefix(reference, self.rules, self.settings)
        if reference.ambiguous:
            return self._without_meaning(reference)
        if found is None:
            return self._without_rule(reference)
        count, rule = found
        outcome = self._outcome(reference, count, rule)
        self._apply(outcome, rule, suffix=reference.parts[count:])
        if outcome.level.rank > self.settings.level.rank and outcome.target is not None:
            outcome.target, outcome.plan = None, None
            reason = "; ".join([r for r in (outcome.reason, *outcome.notes) if r])
            outcome.reason = f"{reason} (left, since the level is {self.settings.level})"
            outcome.level, outcome.mark = Level.MANUAL, outcome.reason
        return outcome

    def _outcome(self, reference: Reference, count: int, rule: Rule) -> Outcome:
        if reference.root is None:
            return Outcome(reference, Kind.ANNOTATION, reference.start, self._end_in_string(reference, count), rule)
        node = reference.nodes[count - 1]
        kind, call = kind_of(node) if count == len(reference.parts) else (Kind.VALUE, None)
        start, end = self.module.text.span(node)
        return Outcome(reference, kind, start, end, rule, call=call, label=rule.name)

    def _end_in_string(self, reference: Reference, count: int) -> int:
        return reference.start + len(".".join(reference.parts[:count]).encode())

    def _without_rule(self, reference: Reference) -> Outcome:
        if reference.root is None:
            start, end = reference.start, reference.end
        else:
            start, end = self.module.text.span(reference.node)
        name = canonical(reference.qualified)
        outcome = Outcome(reference, Kind.VALUE, start, end, label=name, level=Level.MANUAL)
        if name not in self.rules.modules(self.settings.source):
            outcome.reason = f"no rule for {name}"
        elif isinstance(parent(reference.node), ast.Compare):
            outcome.harmless = True
        else:
            outcome.reason = f"the module {name} is handed around as an object"
        outcome.mark = outcome.reason
        return outcome

    def _without_meaning(self, reference: Reference) -> Outcome:
        """A name that is imported, and bound in another way too: nothing is changed, and the file says so once."""
        start, end = self.module.text.span(reference.node)
        name, meaning = reference.name, reference.meaning
        deleted = any(node.id == name for node, _ in self.module.scopes.deletions)
        if deleted:
            reason = f"{name} is deleted in this file, so where it is {meaning} is not known"
        else:
            reason = f"{name} is {meaning} in one case and something else in another"
        return Outcome(reference, Kind.VALUE, start, end, level=Level.MANUAL, reason=reason, label=meaning)

    def _apply(self, outcome: Outcome, rule: Rule, suffix: tuple[str, ...]) -> None:
        note = rule.notes.get(outcome.kind)
        if note is not None:
            outcome.level, outcome.reason = Level.REVIEW, note
        if outcome.kind is Kind.CALL:
            self._apply_call(outcome, rule)
        elif outcome.kind in (Kind.TYPE_TEST, Kind.ANNOTATION):
            self._apply_type(outcome, rule)
        else:
            if outcome.kind is Kind.COMPARISON and rule.name in self.shared:
                outcome.reason = "classes are compared, so this tree uses one class throughout"
            self.apply_value(outcome, rule)

    def _apply_call(self, outcome: Outcome, rule: Rule) -> None:
        assert outcome.call is not None
        if rule.side(self.settings.to).name is None:
            self._use_class(outcome, rule)
            return
        plan = plan_call(rule, self.settings.source, outcome.call, self.is_framework_name)
        if isinstance(plan, Refuse):
            self.refuse(outcome, plan.reason)
        elif isinstance(plan, UseClass):
            outcome.reason, outcome.level, outcome.notes = plan.reason, plan.level, list(plan.notes)
            self._use_class(outcome, rule)
        elif self.prefers_class(rule):
            outcome.notes = list(plan.notes)
            self._use_class(outcome, rule)
        else:
            outcome.plan, outcome.notes = plan, list(plan.notes)
            outcome.target = target_of(str(rule.side(self.settings.to).name))
        if outcome.notes and outcome.target is not None:
            outcome.level = max(outcome.level, Level.REVIEW, key=lambda level: level.rank)

    def prefers_class(self, rule: Rule) -> bool:
        """Whether every use of the layer goes through the generated class."""
        if rule.grows and rule.name in self.shared:
            return True
        if rule.interchangeable:
            return False
        tied = self.settings.to == "mindspore" and self.settings.platform == "any" and rule.tied
        return tied or rule.name in self.shared

    def _apply_type(self, outcome: Outcome, rule: Rule) -> None:
        name = rule.side(self.settings.to).name
        if self.prefers_class(rule):
            self._use_class(outcome, rule)
        elif name is None:
            self.refuse(outcome, rule.side(self.settings.to).none)
        else:
            outcome.target = target_of(name)

    def apply_value(self, outcome: Outcome, rule: Rule) -> None:
        """A class or function that is handed around: its name if that is enough, else the generated one."""
        if _is_base_of_made_class(outcome.reference.node):
            self.refuse(outcome, "a class is made of it at run time, so what becomes of its methods is not known")
            return
        name = rule.side(self.settings.to).name
        if self.prefers_class(rule):
            self._use_class(outcome, rule)
        elif name is not None and (rule.interchangeable or rule.collects):
            outcome.target = target_of(name)
        else:
            self._use_class(outcome, rule)

    def _use_class(self, outcome: Outcome, rule: Rule) -> None:
        side = rule.side(self.settings.to)
        if side.name is None and not rule.layer.get(self.settings.to):
            self.refuse(outcome, side.none)
            return
        outcome.target = Target(self.settings.layers, layer_name(rule, self.settings))

    def refuse(self, outcome: Outcome, reason: str) -> None:
        """Leave a site as it is, for a person."""
        outcome.target, outcome.plan = None, None
        outcome.level, outcome.reason, outcome.mark = Level.MANUAL, reason, reason

    def is_framework_name(self, node: ast.expr) -> bool:
        """Whether an expression is a name of the source framework that a rule converts (a dtype, say)."""
        name = self.resolve(node)
        return name is not None and self.rules.find(name, self.settings.source) is not None

    def resolve(self, node: ast.expr) -> str | None:
        """Canonical qualified name of an expression that is one of the source framework's names."""
        return self.resolved.get(id(node))

    resolved: dict[int, str]


def _is_base_of_made_class(node: ast.expr) -> bool:
    """Whether a name is a base in `type("Net", (nn.Module,), body)` or `new_class("Net", (nn.Module,))`."""
    bases = parent(node)
    call = parent(bases) if isinstance(bases, ast.Tuple) else None
    if not isinstance(call, ast.Call) or len(call.args) < 2 or call.args[1] is not bases:
        return False
    parts = dotted_parts(call.func) or [""]
    return (parts == ["type"] and len(call.args) == 3) or parts[-1] == "new_class"


def layer_name(rule: Rule, settings: Settings) -> str:
    """What the generated class is called: as the source framework calls it."""
    return str(rule.side(settings.source).name).rpartition(".")[2]
