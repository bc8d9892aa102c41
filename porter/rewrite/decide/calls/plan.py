"""Bind a call to its signature, and say which way it can go: natively, by the generated class, or not at all."""

from __future__ import annotations

import ast

from porter.findings import Level
from porter.rewrite.decide.calls.binding import Planner
from porter.rewrite.decide.calls.bound import Question
from porter.rewrite.decide.calls.containers import has_star, plan_collected, plan_container
from porter.rewrite.decide.calls.packing import hides_sizes
from porter.rewrite.decide.change import CallPlan, Refuse, UseClass
from porter.rules.model import Framework, Rule, other
from porter.rules.signature import Signature


def plan_call(
    rule: Rule, source: Framework, call: ast.Call, is_framework_name: Question, is_no_list: Question
) -> CallPlan | UseClass | Refuse:
    """Decide what a call becomes natively, or that only the generated class can take it, or that it must stay.

    `is_no_list`: whether the tree shows that an argument, of which the text tells nothing, is no list.
    """
    theirs, ours = rule.side(source).signature, rule.side(other(source)).signature
    if (planned := plan_container(rule, source, call, is_framework_name)) is not None:
        return planned
    if rule.interchangeable:
        if theirs is None and (call.args or call.keywords):
            return Refuse(f"the constructors of {rule.torch.name} and {rule.mindspore.name} differ", constructors=True)
        unfit = "" if theirs is None or has_star(call) else misfit(rule, source, theirs, call)
        return Refuse(unfit) if unfit else CallPlan((), untouched=True)
    if theirs is None or ours is None:
        return UseClass("")
    if rule.collects:
        return plan_collected(rule, source, call)
    if hides_sizes(rule, source, theirs, call):
        return UseClass("its arguments are known only at run time", Level.REVIEW)
    if unfit := misfit(rule, source, theirs, call):
        return Refuse(unfit)
    bound = theirs.bind(len(call.args), [k.arg for k in call.keywords if k.arg])
    return Planner(rule, source, theirs, ours, call, bound, is_framework_name, is_no_list).plan()


def misfit(rule: Rule, source: Framework, signature: Signature, call: ast.Call) -> str:
    """Why a call does not fit its own signature; "" where it does."""
    try:
        signature.bind(len(call.args), [k.arg for k in call.keywords if k.arg])
    except ValueError as error:
        return f"the call does not fit {rule.side(source).name}, which {error}"
    return ""
