"""Say what the arguments of a call that fits its signature become on the other side."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace

from porter.findings import Level
from porter.rewrite.decide.calls.arguments import (
    Value,
    default_value,
    literal_text,
    read_value,
    same,
    same_text,
)
from porter.rewrite.decide.calls.bound import Bound
from porter.rewrite.decide.calls.limits import as_truth, crossed_over, limited, may_be_listed, refused_values
from porter.rewrite.decide.calls.packing import Sizes, is_behind_keyword, is_sequence, packed_value, sizes
from porter.rewrite.decide.change import Argument, CallPlan, Carried, NewArgument, Refuse, UseClass
from porter.rules.model import ParamRule, When, other

ACTS = (ast.Call, ast.NamedExpr, ast.Await)


@dataclass
class Planner(Bound):
    """One call, bound to the signature of its own side; `plan` decides about each parameter in turn."""

    kept: dict[int, tuple[str, str | None, Carried | None]] = field(default_factory=dict)
    added: dict[str, NewArgument] = field(default_factory=dict)
    constants: dict[str, object] = field(default_factory=dict)
    settings: list[tuple[str, object, int | None]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    classes: list[UseClass] = field(default_factory=list)
    sizes: Sizes | None = None

    def plan(self) -> CallPlan | UseClass | Refuse:
        """Decide about every parameter, given or omitted."""
        self.constants = dict(self.rule.write_for(other(self.source)))
        for parameter in self.theirs.parameters:
            if parameter.kind in ("positional", "keyword"):
                self.decide(parameter.name)
            elif parameter.name == self.rule.packed(self.source):
                self.decide_sizes(parameter.name)
        if self.refusals:
            return Refuse("; ".join(self.refusals))
        if self.classes:
            level = max((c.level for c in self.classes), key=lambda level: level.rank)
            told = self.conditions and level is Level.SAFE  # which says more than that a value is not known
            reason = "" if told else "; ".join(dict.fromkeys(c.reason for c in self.classes))
            return UseClass(reason, level, (*self.notes, *self.conditions))
        for setting in self.settings:
            self.settle(*setting)
        return CallPlan(self.arguments(), self.additions(), (*self.notes, *self.conditions))

    def decide(self, name: str) -> None:
        """Decide about one parameter of the source signature, given or omitted."""
        node, rule, target = self.argument(name), self.param_rule(name), self.crossing.get(name)
        default = default_value(self.theirs, name)
        self.notes += [f"{name}: {rule.note}"] if rule.note and node is not None else []
        value = read_value(node, self.is_framework_name) if node is not None else default
        if node is not None and self.is_outside(name, node, value, rule):
            return
        applies = self.source == "torch" or target is None
        read = as_truth(value, rule)
        if applies and rule.when and self.decided_by_value(name, read, default, rule, target):
            return
        if target is None:
            self.decide_absent(name, node, read, default, rule)
        elif node is None:
            self.decide_omitted(name, target, default, rule)
        else:
            self.decide_given(name, target, node, value, default, rule)

    def is_outside(self, name: str, node: ast.expr, value: Value, rule: ParamRule) -> bool:
        """Whether the other side does not take this value."""
        found = limited(rule, self.source, name, node, value)
        self.refusals += [found.reason] if isinstance(found, Refuse) else []
        self.classes += [found] if isinstance(found, UseClass) else []
        self.conditions += [found] if isinstance(found, str) else []
        return found is not None and value.kind in ("literal", "name")

    def decided_by_value(self, name: str, value: Value, default: Value, rule: ParamRule, target: str | None) -> bool:
        """Apply the entry for this value; True when it settles the parameter."""
        if value.kind == "name":
            return self.decided_by_name(name, default, rule, target)
        if value.kind != "literal":
            if name not in self.bound or not may_be_listed(value, rule):
                return False
            when = next((w for w in rule.when if self.holds(w)), None)
            if default.value is None and when is not None and all(w.is_other for w in rule.when) and not when.copy:
                self.apply_when(name, when, target)  # None would be no value to lose
            else:
                self.classes.append(UseClass(f"the value of {name} is known only at run time"))
                self.conditions += refused_values(name, self.argument(name), rule)
            return True
        constant = self.rule.write_for(self.source).get(name, default.value)
        listed = [w for w in rule.when if not w.is_other and same(w.value, value.value)]
        others = [w for w in rule.when if w.is_other] if listed or not same(value.value, constant) else []
        when = next((w for w in (*listed, *others) if self.holds(w)), None)
        if when is None:
            return False
        self.apply_when(name, when, target)
        return True

    def decided_by_name(self, name: str, default: Value, rule: ParamRule, target: str | None) -> bool:
        """A name of the framework is none of the values with an entry; it may be the default, which changes nothing."""
        node = self.argument(name)
        if node is not None and target is None and ast.unparse(node) == default.value:
            return True
        others = [when for when in rule.when if when.is_other and self.holds(when)]
        for when in others[:1]:
            self.apply_when(name, when, target)
        return bool(others)

    def apply_when(self, name: str, when: When, target: str | None) -> None:
        if when.write == "class":
            self.classes.append(UseClass(when.note, Level.REVIEW))
        elif when.write == "keep":
            self.refusals.append(when.note)
        index = self.index(name)
        self.settings += [(target, value, index) for target, value in when.set.items()]
        if when.copy is not None and target is not None:
            self.copy(name, target, when.copy)

    def settle(self, target: str, value: object, index: int | None) -> None:
        """Write what an entry sets: over an argument that is given, in place of the one that it replaces, or added."""
        self.added.pop(target, None)
        given = next((i for i, (name, _, _) in self.kept.items() if name == target), None)
        if given is not None:
            self.kept[given] = (target, literal_text(value), None)
        elif index is not None and index not in self.kept and self.needed(target, value):
            self.kept[index] = (target, literal_text(value), None)
        else:
            self.constants[target] = value

    def copy(self, name: str, target: str, origin: str) -> None:
        """Repeat the argument of another parameter, if repeating it changes nothing."""
        index, node = self.index(origin), self.argument(origin)
        if node is None or index is None:
            return
        if any(isinstance(n, ACTS) for n in ast.walk(node)):
            self.classes.append(UseClass(f"{name} repeats {origin}, which is a call here"))
        else:
            self.added[target] = self.repeated(name, target, node, index)

    def repeated(self, name: str, target: str, node: ast.expr, index: int) -> NewArgument:
        """The same argument once more, run through the transform of the parameter that repeats it."""
        transform, value = self.param_rule(name).value, read_value(node, self.is_framework_name)
        if transform is None:
            return NewArgument(target, copy=index)
        if value.kind == "literal":
            crossed = crossed_over(value.value, self.param_rule(name), self.source)
            text = "" if same_text(crossed, value.value) else literal_text(crossed)
        else:
            before = ast.unparse(node)
            after = self.carry(name, node, value, transform).written(before)
            text = after if after is not None and after != before else ""
        return NewArgument(target, text=text) if text else NewArgument(target, copy=index)

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
            self.notes += [f"{shown} is dropped: {rule.drop}"] if not rule.inert else []
        else:
            self.refusals.append(f"{self.rule.side(other(self.source)).name} has no counterpart for {shown}")

    def decide_omitted(self, name: str, target: str, default: Value, rule: ParamRule) -> None:
        """A default that differs on the other side is written out."""
        if rule.same_default or default.kind != "literal" or target == "*":
            return
        try:
            value = crossed_over(default.value, rule, self.source)
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
        index, text, carried = self.index(name) or 0, None, None
        literals = value.kind == default.kind == "literal"
        if (rule.same_default or target == "*") and literals and same(value.value, default.value):
            return
        if rule.same_default and value.kind == "open" and self.source == "torch":
            self.classes.append(UseClass(f"the value of {name} is known only at run time"))
        if (rule.value or rule.values) and value.kind == "literal":
            try:
                crossed = crossed_over(value.value, rule, self.source)
            except ValueError as error:
                return self.refusals.append(f"{name}: {error}" if rule.values else str(error))
            text = literal_text(crossed) if not same_text(crossed, value.value) else None
        elif target == self.rule.packed(other(self.source)) and is_behind_keyword(self.order, index):
            if not is_sequence(node) or self.source == "torch":
                self.classes.append(UseClass(f"what {name} is given is known only at run time"))
        elif rule.values:
            self.classes.append(UseClass(f"the value of {name} is known only at run time"))
        elif rule.value:
            carried = self.carry(name, node, value, rule.value)
        self.kept[index] = (target, text, carried)

    def decide_sizes(self, name: str) -> None:
        """`*size`, or one sequence in its place."""
        rule, target = self.param_rule(name), self.crossing[name]
        found = sizes(rule, self.theirs, self.call, self.order, name)
        if found is None:
            return
        value = packed_value(self.order, found)
        if value.kind == "literal" and self.source == "torch":
            self.decided_by_value(name, value, Value("open"), rule, target)
        if not found.known or (rule.pack == "star" and is_behind_keyword(self.order, found.first)):
            self.classes.append(UseClass(f"what {name} is given is known only at run time"))
        self.sizes = found
        places = range(found.first, found.last + 1) if rule.pack == "star" else [found.first]
        self.kept |= dict.fromkeys(places, (target, found.text, None))

    def carry(self, name: str, node: ast.expr, value: Value, transform: str) -> Carried:
        unlisted = transform == "tuple" and value.kind == "open" and self.is_no_list(node)
        carried = Carried(transform, self.source == "mindspore", "no list" if unlisted else value.kind)
        if carried.written(ast.unparse(node)) is None:
            self.classes.append(UseClass(f"the value of {name} is known only at run time"))
        return carried

    def arguments(self) -> tuple[Argument, ...]:
        """The arguments that stay, positional for as long as both signatures agree on the place."""
        result: list[Argument] = []
        in_place = True
        star, wrapped = self.rule.packed(other(self.source)), self.sizes if self.sizes and self.sizes.wrap else None
        for index in range(len(self.order)):
            if index not in self.kept:
                in_place = in_place and wrapped is not None and wrapped.first < index <= wrapped.last
                continue
            target, text, carried = self.kept[index]
            positional = not isinstance(self.order[index], ast.keyword)
            at = self.ours.positional.index(target) if target in self.ours.positional else -1
            in_place = in_place and positional and at == index
            bare = in_place or target == "*" or (target == star and not is_behind_keyword(self.order, index))
            argument = Argument(index, None if bare else target, text, carried)
            found = self.sizes if self.sizes and self.sizes.first == index else Sizes(index, index)
            result.append(replace(argument, through=found.last if found.wrap else index, unstar=found.bare))
        return tuple(result)

    def additions(self) -> tuple[NewArgument, ...]:
        """Written defaults, copies and constants, in the order of the target's signature."""
        taken = {target for target, _, _ in self.kept.values()}
        for name, value in self.constants.items():
            if name not in taken and self.needed(name, value):
                self.added[name] = NewArgument(name, literal_text(value))
        return tuple(new for p in self.ours.parameters for new in self.added.values() if new.keyword == p.name)
