"""A fresh torch module trains, a fresh Cell does not: what is built, and is no part of a layer, keeps its mode."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.change import Ask, Target
from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.objects import Objects
from porter.rewrite.decide.mode.fate import Fate
from porter.rewrite.decide.mode.out_of_sight import built_by, is_registered
from porter.rewrite.decide.telling import QUIET, told, was_told
from porter.rewrite.decide.tree import TreeFacts
from porter.source.index import is_self
from porter.source.scopes import parent

FRESH = "fresh"
MODULE = "nn.Module"
MODES = "a fresh layer trains in torch, and is in evaluation in MindSpore"
HANDED = f"{MODES}; where this one goes is not all seen"
UNSURE = f"{MODES}; whether one is built here is known only at run time"
FLAG = Reason(
    Code.MODE_FLAG,
    "the flag of one layer is set; layers of MindSpore's keep others inside, each with a flag of its own",
)
ELSEWHERE = {
    "mindspore": "what builds it is not in this tree, or not seen: a fresh Cell is in evaluation, so call "
    "set_train(True) where torch's default was relied on",
    "torch": "what builds it is not in this tree, or not seen: a fresh torch module trains, so call eval() where "
    "MindSpore's default was relied on",
}


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """Decisions about the layers that a file builds; those that an earlier run gave their mode have it."""
    given = {id(parent(reference.node)) for reference in file.asked}
    for call, scope in file.module.scopes.calls:
        if id(parent(call)) not in given and id(call) not in given:
            made = tree.making.made(call, scope, file)
            fate = tree.making.fate(call, scope, file) if made is not None else None
            if made is not None and fate is not None and _leaves(fate, tree):
                yield _fresh(call, file, tree, made.needs, _doubt(fate, made.sure, tree))
    for call, scope in file.module.scopes.calls:
        places = built_by(call, scope, file, tree)
        if places and _leaves(tree.making.fate(call, scope, file), tree):
            reason = Reason(Code.BUILT_ELSEWHERE, ELSEWHERE[tree.options.to])
            needs = (Need(places, CONVERTED | MOVES, SILENT),)
            yield told(file.path, file.module.text.span(call)[0], Level.REVIEW, MODULE, reason, needs)
    yield from _flags(file, tree)


def decide_elsewhere(tree: TreeFacts) -> Iterator[Decision]:
    """What is said of classes that nothing in the tree builds, once all its calls have been looked at."""
    making = tree.making
    for entry in tree.hierarchy.classes:
        known = entry in making.layers and entry.module.path in tree.files
        built = known and not making.built.isdisjoint(tree.hierarchy.below([entry]))
        unseen = known and (not built or is_registered(entry, tree))
        if unseen and entry.node.bases and making.modes.of_class(entry):
            reason = Reason(Code.BUILT_ELSEWHERE, ELSEWHERE[tree.options.to])
            start, _ = entry.module.text.span(entry.node.bases[0])
            needs = (Need((entry.place,), MOVES, SILENT),)
            yield told(entry.module.path, start, Level.REVIEW, MODULE, reason, needs)


def _leaves(fate: Fate, tree: TreeFacts) -> bool:
    """Whether a layer is used as it was built, and not put into one that is being built."""
    return not (fate.part or fate.moded or any(tree.making.fates.lends(function) for function in fate.returned))


def _doubt(fate: Fate, sure: bool, tree: TreeFacts) -> str:
    if not sure:
        return UNSURE
    return HANDED if fate.doubt or any(map(tree.making.functions.handed, fate.returned)) else ""


def _fresh(call: ast.Call, file: FileFacts, tree: TreeFacts, needs: tuple[Need, ...], doubt: str) -> Decision:
    start, end = file.module.text.span(call)
    ask = Ask(start, end, Target(tree.options.layers, FRESH), ("(", (start, end), ")"))
    why = Reason(Code.FRESH, doubt) if doubt else SILENT
    way = Way(Form.ASKED, ask, Level.REVIEW if doubt else Level.SAFE, why, needs=needs)
    return Decision(Place(file.path, start, end, Kind.CALL), (way, QUIET), MODULE)


def _flags(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """`self.norm.training = False`: a flag that is set on a layer, or on what may be one."""
    objects = Objects(file, tree)
    for node, _ in file.module.scopes.attributes:
        if node.attr != "training" or not isinstance(node.ctx, ast.Store) or is_self(node.value):
            continue
        known, start = objects.of(node.value), file.module.text.span(node)[1] - len(node.attr)
        needs = known.some if known.kinds else ()
        if not known.unknown and not needs and not was_told(file.module, start, FLAG.text):
            continue
        places = tree.movers.places if not tree.movers.earlier else ()
        if needs or places or tree.movers.earlier:
            needs = needs or ((Need(places, MOVES, SILENT),) if places else ())
            yield told(file.path, start, Level.MANUAL, MODULE, FLAG, needs)
