"""Decide about the names of the framework: what each becomes, natively or through the generated module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.calls.plan import plan_call
from porter.rewrite.decide.calls.refusing import refused_argument
from porter.rewrite.decide.calls.sizes import is_no_list
from porter.rewrite.decide.change import CallEdit, CallPlan, Move, Refuse, Target, UseClass, target_of
from porter.rewrite.decide.classes.abstract_tests import why_not, with_members
from porter.rewrite.decide.classes.type_tests import with_both
from porter.rewrite.decide.decision import SILENT, Decision, Form, Reason, Way
from porter.rewrite.decide.facts import FileFacts, Use, canonical_name
from porter.rewrite.decide.names.constants import Constants
from porter.rewrite.decide.names.formed import assignment, formed
from porter.rewrite.decide.names.unnamed import is_compared, why_it_stays
from porter.rewrite.decide.needs import Around
from porter.rewrite.decide.tree import TreeFacts
from porter.rewrite.options import Options
from porter.rules.model import Rule
from porter.source.names import dotted_parts
from porter.source.scopes import parent

ONE_CLASS = Reason(Code.ONE_CLASS, "classes are compared, so this tree uses one class throughout")
MADE = Reason(Code.MADE_BASE, "a class is made of it at run time, so what becomes of its methods is not known")
STAYS = Way(Form.STAYS, level=Level.MANUAL)


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """A decision about every name of the source framework in a file."""
    around, constants = Around(file, tree.hierarchy), Constants(file, tree.flows)
    for use in file.uses:
        decision = with_both(use, _Name(use, file, tree).decision(), file, tree.made)
        decision = with_members(use, decision, file, tree)
        decision = around.with_needs(use, decision)
        yield constants.with_needs(use, decision)


class _Name:
    def __init__(self, use: Use, file: FileFacts, tree: TreeFacts) -> None:
        self.use = use
        self.file = file
        self.tree = tree
        self.options = tree.options

    def decision(self) -> Decision:
        use, place = self.use, self.file.place(self.use)
        if use.already is not None:
            move = Move(use.start, use.end, use.already)
            return Decision(place, (Way(Form.NATIVE, move), STAYS), use.already.qualified, use.rule, use.reference)
        if use.rule is None:
            label = use.reference.meaning if use.reference.ambiguous else canonical_name(use)
            gone = assignment(use, self.file, self.tree)
            ways = (gone, self.without_rule()) if gone is not None else (self.without_rule(),)
            return Decision(place, ways, label, None, use.reference)
        best = self.way(use.rule)
        ways = (best,) if best.change is None else (best, STAYS)
        return Decision(place, ways, use.rule.name, use.rule, use.reference, use.call)

    def without_rule(self) -> Way:
        why = why_it_stays(self.use, self.file.module, self.tree.rules, self.options)
        plain = not (self.use.looked_up or self.use.made_at_run_time or self.use.reference.ambiguous)
        harmless = plain and not why and is_compared(self.use)
        return Way(Form.STAYS, level=Level.MANUAL, why=SILENT if self.use.again else why, harmless=harmless)

    def way(self, rule: Rule) -> Way:
        """The best way for a name with a rule."""
        if rule.forms and not rule.is_class:
            return formed(self.use, rule, self.file, self.tree)
        note = rule.notes.get(self.use.kind)
        level, why = (Level.REVIEW, Reason(Code.RULE_NOTE, note)) if note is not None else (Level.SAFE, SILENT)
        stays = why_not(self.use, rule, self.file)
        if stays is not None:
            return refused(stays)
        if rule.type_test and self.use.kind is Kind.TYPE_TEST:
            return self.by_class(rule, level, why)
        if self.use.kind is Kind.CALL:
            return self.called(rule, level, why)
        if self.use.kind in (Kind.TYPE_TEST, Kind.ANNOTATION):
            return self.typed(rule, level, why)
        if self.use.kind is Kind.COMPARISON and rule.name in self.tree.one_class:
            why = ONE_CLASS
        return self.value(rule, level, why)

    def called(self, rule: Rule, level: Level, why: Reason) -> Way:
        call = self.use.call
        assert call is not None
        name = rule.side(self.options.to).name
        if name is None:
            refusal = refused_argument(rule, self.options.source, call)
            return refused(Reason(Code.CALL_REFUSED, refusal)) if refusal else self.by_class(rule, level, why)
        listed = partial(is_no_list, call=call, values=self.tree.values(self.file))
        plan = plan_call(rule, self.options.source, call, self.file.is_framework_name, listed)
        if isinstance(plan, Refuse):
            return refused(Reason(Code.CONSTRUCTORS if plan.constructors else Code.CALL_REFUSED, plan.reason))
        conditions = tuple(Reason(Code.CONDITION, note) for note in plan.notes)
        if isinstance(plan, UseClass):
            reason = Reason(Code.RUN_TIME_VALUE, plan.reason)
            return self.by_class(rule, plan.level, reason, conditions)
        if prefers_class(rule, self.tree):
            return self.by_class(rule, level, why, conditions)
        move = Move(self.use.start, self.use.end, target_of(name), self.arguments(call, plan))
        return reviewed(Way(Form.NATIVE, move, level, why, conditions))

    def arguments(self, call: ast.Call, plan: CallPlan) -> CallEdit | None:
        return None if plan.untouched else CallEdit(*self.file.module.text.span(call), plan)

    def typed(self, rule: Rule, level: Level, why: Reason) -> Way:
        side = rule.side(self.options.to)
        if prefers_class(rule, self.tree):
            return self.by_class(rule, level, why)
        if side.name is None:
            return self.by_class(rule, level, why)
        return Way(Form.NATIVE, Move(self.use.start, self.use.end, target_of(side.name)), level, why)

    def value(self, rule: Rule, level: Level, why: Reason) -> Way:
        """A class or function that is handed around: its name if that is enough, else the generated one."""
        if _is_base_of_made_class(self.use.reference.node):
            return refused(MADE)
        name = rule.side(self.options.to).name
        native = (rule.interchangeable and not self._may_get_list(rule)) or rule.collects
        if name is None or prefers_class(rule, self.tree) or not native:
            return self.by_class(rule, level, why)
        return Way(Form.NATIVE, Move(self.use.start, self.use.end, target_of(name)), level, why)

    def _may_get_list(self, rule: Rule) -> bool:
        """Whether what a class, or a name, stands for may be given one list, which only the generated class takes."""
        if not rule.spreads or self.use.kind is Kind.COMPARISON:
            return False
        entry = self.tree.hierarchy.by_use.get(id(self.use)) if self.use.kind is Kind.BASE else None
        return entry is None or entry in self.tree.given_lists

    def by_class(self, rule: Rule, level: Level, why: Reason, conditions: tuple[Reason, ...] = ()) -> Way:
        """The generated class or function, which takes every call as it stands."""
        if not has_class(rule, self.options):
            return refused(Reason(Code.NO_COUNTERPART, rule.side(self.options.to).none))
        target = Target(self.options.layers, layer_name(rule, self.options))
        return reviewed(Way(Form.LAYER, Move(self.use.start, self.use.end, target), level, why, conditions))


def reviewed(way: Way) -> Way:
    """What keeps its meaning under a condition has to be reviewed."""
    review = bool(way.conditions) and way.level is Level.SAFE
    return replace(way, level=Level.REVIEW) if review else way


def refused(why: Reason) -> Way:
    """The place stays as it is, for a person."""
    return Way(Form.STAYS, level=Level.MANUAL, why=why)


def prefers_class(rule: Rule, tree: TreeFacts) -> bool:
    """Whether every use of the layer goes through the generated class."""
    if rule.grows and rule.name in tree.one_class:
        return True
    if rule.interchangeable:
        return False
    tied = tree.options.to == "mindspore" and tree.options.platform == "any" and rule.tied
    return tied or rule.name in tree.one_class


def has_class(rule: Rule, options: Options) -> bool:
    """Whether there is a class, or function, of the same name in the generated module."""
    return rule.side(options.to).name is not None or bool(rule.layer.get(options.to))


def layer_name(rule: Rule, options: Options) -> str:
    """What the generated class is called: as the source framework calls it."""
    return str(rule.side(options.source).name).rpartition(".")[2]


def _is_base_of_made_class(node: ast.expr) -> bool:
    """Whether a name is a base in `type("Net", (nn.Module,), body)` or `new_class("Net", (nn.Module,))`."""
    bases = parent(node)
    call = parent(bases) if isinstance(bases, ast.Tuple) else None
    if not isinstance(call, ast.Call) or len(call.args) < 2 or call.args[1] is not bases:
        return False
    parts = dotted_parts(call.func) or [""]
    return (parts == ["type"] and len(call.args) == 3) or parts[-1] == "new_class"
