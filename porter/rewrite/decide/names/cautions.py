"""What a rule says of all uses of a name: told once a file, at the first of them."""

from __future__ import annotations

from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Level
from porter.rewrite.decide.classes.type_tests import MAKING
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Need, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """A finding for each rule with a caution that the file makes objects by."""
    if tree.options.to != "mindspore":
        return
    seen: set[str] = set()
    for use in sorted(file.uses, key=lambda use: use.start):
        rule = use.rule
        if rule is not None and rule.caution and use.kind in MAKING and rule.name not in seen:
            seen.add(rule.name)
            needs = (Need((file.place(use),), CONVERTED, SILENT),)
            yield told(file.path, use.start, Level.REVIEW, rule.name, Reason(Code.RULE_NOTE, rule.caution), needs)
