"""Classes that change sides while something in them stays: until a person ends the work they run nowhere."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.classes.movers import Moved
from porter.rewrite.decide.decision import Choice, Decision, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.graph import name_start
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import TreeFacts
from porter.source.index import is_annotation
from porter.source.roles import kind_of

ONLY_NAMED = frozenset({Kind.ANNOTATION, Kind.TYPE_TEST})
"""Roles in which a name of the other framework does no harm to a class: nothing is computed with it."""
ONLY_SPELLED = frozenset({Code.NAME_IN_TEXT, Code.STAR_IMPORT})
"""What is said of a text or an import, which the class may not even use."""


def tell(file: FileFacts, tree: TreeFacts, moved: Moved) -> Iterator[Decision]:
    """One remark for each class of a file that runs in neither framework, at its name."""
    found = {node: places for node, places in _left(file, moved) if places}
    for node, places in found.items():
        start = name_start(file.module, node)
        count = f"{len(places)} place{'' if len(places) == 1 else 's'} left"
        reason = Reason(Code.NEITHER, f"{node.name} runs in neither framework: {count}")
        yield told(file.path, start, Level.MANUAL, "nn.Module", reason)


def _left(file: FileFacts, moved: Moved) -> Iterator[tuple[ast.ClassDef, set[int]]]:
    """Each class that changes sides, or did, and where something stays in it; of nested classes the inner one."""
    entries = [moved.hierarchy.by_node[node] for node, _ in file.module.scopes.classes]
    spans = {e.node: file.module.text.span(e.node) for e in entries if moved.moves(e) or moved.moved(e)}
    staying = [choice for choice in moved.choices.by_path.get(file.path, ()) if runs_and_stays(choice)]
    inside: dict[ast.ClassDef, list[Choice]] = {node: [] for node in spans}
    for choice in staying:
        around = [node for node, (start, end) in spans.items() if start <= choice.place.start < end]
        if around:
            inside[max(around, key=lambda node: spans[node][0])].append(choice)
    for node, choices in inside.items():
        yield node, _places(choices)


def _places(choices: Iterable[Choice]) -> set[int]:
    """Where something is said; a name that stays without a word, such as an argument of a call, is part of that."""
    choices = list(choices)
    said = {choice.place.start for choice in choices if choice.reason}
    return said or {choice.place.start for choice in choices}


def role_of(choice: Choice) -> Kind:
    """The role of a name, also of one without a rule, whose decision does not ask for it."""
    if choice.decision.rule is not None:
        return choice.kind
    node = choice.reference.node
    return Kind.ANNOTATION if is_annotation(node) else kind_of(node)[0]


def runs_and_stays(choice: Choice) -> bool:
    """Whether something stays as it was that takes part in what the program computes."""
    if choice.decision.reference is not None:
        return choice.stays and not choice.harmless and role_of(choice) not in ONLY_NAMED
    said = bool(choice.reason) and choice.level is Level.MANUAL
    return said and choice.stays and choice.kind is not Kind.CLASS and choice.reason.code not in ONLY_SPELLED
