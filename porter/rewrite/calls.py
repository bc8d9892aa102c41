"""Bind a call to its signature, and say what its arguments become on the other side."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from porter.findings import Level
from porter.rewrite.outcomes import Argument, CallPlan, Carried, NewArgument, Refuse, UseClass
from porter.rewrite.values import Value, default_value, literal_text, read_value, same, same_text
from porter.rules.model import Framework, ParamRule, Rule, Signature, When, other
from porter.rules.transforms import TRANSFORMS

NOTHING = ParamRule("")


def ordered_arguments(call: ast.Call) -> list[ast.expr | ast.keyword]:
    """Arguments in the order of their text."""
    return sorted([*call.args, *call.keywords], key=lambda a: (a.lineno, a.col_offset))


def has_star(call: ast.Call) -> bool:
    """Whether the call has `*args` or `**kwargs`, so that its arguments are known only at run time."""
    return any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords)


def plan_call(
    rule: Rule, source: Framework, call: ast.Call, is_framework_name: Callable[[ast.expr], bool]
) -> CallPlan | UseClass | Refuse:
    """Decide what a call becomes natively, or that only the generated class can take it, or that it must stay."""
    theirs, ours = rule.side(source).signature, rule.side(other(source)).signature
    if rule.interchangeable:
        if theirs is None and (call.args or call.keywords):
            return Refuse(f"the constructors of {rule.torch.name} and {rule.mindspore.name} differ")
        return CallPlan((), untouched=True)
    if theirs is None or ours is None:
        return UseClass("")
    if rule.collects:
        return _plan_collected(rule, source, call)
    if has_star(call):
        return UseClass("its arguments are known only at run time", Level.REVIEW)
    try:
        bound = theirs.bind(len(call.args), [k.arg for k in call.keywords if k.arg])
    except ValueError as error:
        return Refuse(f"the call does not fit {rule.side(source).name}, which {error}")
    return _Planner(rule, source, theirs, ours, call, bound, is_framework_name).plan()


def _plan_collected(rule: Rule, source: Framework, call: ast.Call) -> CallPlan | Refuse:
    """`CellList([a, b])` takes what `ModuleList([a, b])` takes; several arguments have no counterpart."""
    if call.keywords or len(call.args) > 1 or has_star(call):
        return Refuse(f"{rule.side(other(source)).name} takes one list of layers")
    return CallPlan((), untouched=True)


@dataclass
class _Planner:
    rule: Rule
    source: Framework
    theirs: Signature
    ours: Signature
    call: ast.Call
    bound: dict[str, int | str]
    is_framework_name: Callable[[ast.expr], bool]
    kept: dict[int, tuple[str, str | None, Carried | None]] = field(default_factory=dict)
    added: dict[str, NewArgument] = field(default_factory=dict)
    constants: dict[str, object] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    classes: list[UseClass] = field(default_factory=list)

    def plan(self) -> CallPlan | UseClass | Refuse:
        self.order = ordered_arguments(self.call)
        self.crossing = self.rule.crossing(self.source)
        self.torch_names = {ours: theirs for theirs, ours in self.rule.renames.items()}
        self.constants = dict(self.rule.write_for(other(self.source)))
        for parameter in self.theirs.parameters:
            if parameter.kind in ("positional", "keyword"):
                self.decide(parameter.name)
        if self.refusals:
            return Refuse("; ".join(self.refusals))
        if self.classes:
            level = max((c.level for c in self.classes), key=lambda level: level.rank)
            return UseClass("; ".join(dict.fromkeys(c.reason for c in self.classes)), level, tuple(self.notes))
        return CallPlan(self.arguments(), self.additions(), tuple(self.notes))

    def param_rule(self, name: str) -> ParamRule:
        """The entry of a parameter, which is filed under torch's name where torch has it."""
        key = name
        if self.source == "mindspore" and name in self.crossing:
            key = self.torch_names[name]
        return self.rule.params.get(key, NOTHING)

    def argument(self, name: str) -> ast.expr | None:
        """The expression that a parameter gets in this call."""
        where = self.bound.get(name)
        if isinstance(where, int):
            return self.call.args[where]
        return next((k.value for k in self.call.keywords if k.arg == where), None) if where else None

    def index(self, name: str) -> int | None:
        """Place of a parameter's argument among the call's arguments."""
        node = self.argument(name)
        for index, argument in enumerate(self.order):
            if argument is node or (isinstance(argument, ast.keyword) and argument.value is node):
                return index
        return None

    def decide(self, name: str) -> None:
        """Decide about one parameter of the source signature, given or omitted."""
        node, rule, target = self.argument(name), self.param_rule(name), self.crossing.get(name)
        default = default_value(self.theirs, name)
        value = read_value(node, self.is_framework_name) if node is not None else default
        applies = self.source == "torch" or target is None
        if applies and rule.when and self.decided_by_value(name, value, default, rule, target):
            return
        if target is None:
            self.decide_absent(name, node, value, default, rule)
        elif node is None:
            self.decide_omitted(name, target, default, rule)
        else:
            self.decide_given(name, target, node, value, default, rule)

    def decided_by_value(self, name: str, value: Value, default: Value, rule: ParamRule, target: str | None) -> bool:
        """Apply the `when` entry for this value; True when it settles the parameter."""
        if value.kind != "literal":
            if name not in self.bound or not self.may_be_listed(value, rule):
                return False
            if default.value is None and all(w.write == "keep" for w in rule.when):
                self.refusals.append(rule.when[0].note)
            else:
                self.classes.append(UseClass(f"the value of {name} is known only at run time"))
            return True
        constant = self.rule.write_for(self.source).get(name, default.value)
        when = next((w for w in rule.when if not w.is_other and same(w.value, value.value)), None)
        if when is None and not same(value.value, constant):
            when = next((w for w in rule.when if w.is_other), None)
        if when is None:
            return False
        self.apply_when(name, when, target)
        return True

    def may_be_listed(self, value: Value, rule: ParamRule) -> bool:
        """Whether a value that is not written out could be one of those with an entry."""
        if value.kind == "whole":
            return any(w.is_other or type(w.value) is int for w in rule.when)
        return True

    def apply_when(self, name: str, when: When, target: str | None) -> None:
        if when.write == "class":
            self.classes.append(UseClass(when.note, Level.REVIEW))
        elif when.write == "keep":
            self.refusals.append(when.note)
        self.constants |= when.set
        if when.copy is not None and target is not None:
            self.copy(name, target, when.copy)

    def copy(self, name: str, target: str, origin: str) -> None:
        """Repeat the argument of another parameter, if repeating it changes nothing."""
        index, node = self.index(origin), self.argument(origin)
        if node is None or index is None:
            return
        if any(isinstance(n, (ast.Call, ast.NamedExpr, ast.Await)) for n in ast.walk(node)):
            self.classes.append(UseClass(f"{name} repeats {origin}, which is a call here"))
            return
        self.added[target] = NewArgument(target, copy=index)

    def decide_absent(self, name: str, node: ast.expr | None, value: Value, default: Value, rule: ParamRule) -> None:
        """A parameter that the other side does not have."""
        written = self.rule.write_for(self.source)
        harmless = Value("literal", written[name]) if name in written else default
        if value.kind == harmless.kind == "literal" and same(value.value, harmless.value):
            return
        if node is None and name not in written:
            return
        shown = f"{name}={ast.unparse(node)}" if node is not None else f"the default of {name}"
        if rule.drop:
            self.notes.append(f"{shown} is dropped: {rule.drop}")
        else:
            self.refusals.append(f"{self.rule.side(other(self.source)).name} has no counterpart for {shown}")

    def decide_omitted(self, name: str, target: str, default: Value, rule: ParamRule) -> None:
        """A default that differs on the other side is written out."""
        if rule.same_default or default.kind != "literal":
            return
        try:
            value = self.transformed(default.value, rule)
        except ValueError as error:
            self.refusals.append(str(error))
            return
        ours = default_value(self.ours, target)
        if ours.kind != "literal" or not same(ours.value, value):
            self.added[target] = NewArgument(target, literal_text(value))

    def decide_given(
        self, name: str, target: str, node: ast.expr, value: Value, default: Value, rule: ParamRule
    ) -> None:
        """An argument that crosses, under another name or through a transform where the rule says so."""
        index = self.index(name)
        assert index is not None
        text, carried = None, None
        literals = value.kind == default.kind == "literal"
        if rule.same_default and literals and same(value.value, default.value):
            return
        if rule.same_default and value.kind == "open" and self.source == "torch":
            self.classes.append(UseClass(f"the value of {name} is known only at run time"))
        if rule.value and value.kind == "literal":
            try:
                crossed = self.transformed(value.value, rule)
            except ValueError as error:
                self.refusals.append(str(error))
                return
            text = literal_text(crossed) if not same_text(crossed, value.value) else None
        elif rule.value:
            carried = self.carry(name, node, value, rule.value)
        self.kept[index] = (target, text, carried)

    def carry(self, name: str, node: ast.expr, value: Value, transform: str) -> Carried | None:
        whole = value.kind == "whole"
        if TRANSFORMS[transform].expression(ast.unparse(node), whole_number=whole) is None:
            self.classes.append(UseClass(f"the value of {name} is known only at run time"))
        return Carried(transform, self.source == "mindspore", whole)

    def transformed(self, value: object, rule: ParamRule) -> object:
        """A literal carried across. Raises ValueError when it has no counterpart."""
        if rule.value is None:
            return value
        try:
            return TRANSFORMS[rule.value].apply(value, back=self.source == "mindspore")
        except TypeError as error:
            raise ValueError(f"{value!r} cannot be carried across by {rule.value!r}") from error

    def arguments(self) -> tuple[Argument, ...]:
        """The arguments that stay, positional for as long as both signatures agree on the place."""
        result: list[Argument] = []
        in_place = True
        for index in range(len(self.order)):
            if index not in self.kept:
                in_place = False
                continue
            target, text, carried = self.kept[index]
            positional = not isinstance(self.order[index], ast.keyword)
            at = self.ours.positional.index(target) if target in self.ours.positional else -1
            in_place = in_place and positional and at == index
            result.append(Argument(index, None if in_place else target, text, carried))
        return tuple(result)

    def additions(self) -> tuple[NewArgument, ...]:
        """Written defaults, copies and constants, in the order of the target's signature."""
        taken = {target for target, _, _ in self.kept.values()}
        for name, value in self.constants.items():
            ours = default_value(self.ours, name)
            fixed = name in self.rule.write_for(other(self.source))
            if name not in taken and (fixed or not same(ours.value, value)):
                self.added[name] = NewArgument(name, literal_text(value))
        order = [p.name for p in self.ours.parameters]
        return tuple(sorted(self.added.values(), key=lambda new: order.index(new.keyword)))
