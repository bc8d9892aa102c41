"""Why a name of the framework stays that no rule speaks of."""

from __future__ import annotations

import ast

from porter.codes import Code
from porter.rewrite.decide.decision import SILENT, Reason
from porter.rewrite.decide.facts import Use, canonical_name
from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.source.names import SourceModule
from porter.source.scopes import parent


def why_it_stays(use: Use, module: SourceModule, rules: RuleBook, options: Options) -> Reason:
    """What there is to say of a name without a rule; nothing where it means the same whichever framework it names."""
    qualified = use.reference.qualified
    if use.made_at_run_time:
        return Reason(Code.RUN_TIME_NAME, f"the name of the attribute of {qualified} is made at run time")
    if use.looked_up:
        return Reason(Code.NO_RULE, f"no rule for {qualified}.{use.looked_up}")
    if use.reference.ambiguous:
        return _of_two(use, module)
    name = canonical_name(use)
    if name not in rules.modules(options.source):
        return Reason(Code.NO_RULE, f"no rule for {name}")
    if is_compared(use):
        return SILENT
    return Reason(Code.MODULE_AS_OBJECT, f"the module {name} is handed around as an object")


def is_compared(use: Use) -> bool:
    """`nn is not None`."""
    return isinstance(parent(use.reference.node), ast.Compare)


def _of_two(use: Use, module: SourceModule) -> Reason:
    """A name that is imported, and bound in another way too."""
    name, meaning = use.reference.name, use.reference.meaning
    if use.reference.doubt:
        text = use.reference.doubt
    elif any(node.id == name for node, _ in module.scopes.deletions):
        text = f"{name} is deleted in this file, so where it is {meaning} is not known"
    else:
        text = f"{name} is {meaning} in one case and something else in another"
    return Reason(Code.NAME_OF_TWO, text)
