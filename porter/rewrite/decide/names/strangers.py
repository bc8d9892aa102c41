"""Calls of other packages that are given what moves: they may be made for the framework that it moves from."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.classes.movers import Moved
from porter.rewrite.decide.decision import CONVERTED, Decision, Form, Reason
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.either import SOME
from porter.rewrite.decide.members.objects import Objects
from porter.rewrite.decide.telling import told
from porter.rewrite.decide.tree import ANY_CHANGE, TreeFacts
from porter.rules.model import FRAMEWORKS, TITLES
from porter.source.names import dotted_parts
from porter.source.scopes import Scope
from porter.source.things import ClassOf, Instance, OfTree, TreeClass

EITHER = sys.stdlib_module_names | {"numpy", *FRAMEWORKS}
"""Packages that are made for no framework; the two themselves have rules."""
HOLDING = (ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Starred, ast.IfExp)
MOVED = CONVERTED | {Form.MOVES}


def tell(file: FileFacts, tree: TreeFacts, moved: Moved) -> Iterator[Decision]:
    """A finding for each function of another package that is given something of the framework, at its first call."""
    search = _Search(file, tree, moved)
    places: dict[str, list[int]] = {}
    levels: dict[str, Level] = {}
    for call, scope in file.module.scopes.calls:
        callee = search.stranger(call.func, scope)
        given = (*call.args, *(keyword.value for keyword in call.keywords)) if callee else ()
        found = [level for each in given for value in _values(each) if (level := search.given(value)) is not None]
        if found:
            places.setdefault(callee, []).append(file.module.text.span(call)[0])
            levels[callee] = max([*found, levels.get(callee, Level.REVIEW)], key=lambda level: level.rank)
    theirs, ours = TITLES[file.options.source], TITLES[file.options.to]
    for callee, starts in places.items():
        count = "" if len(starts) == 1 else f" ({len(starts)} places in this file)"
        text = f"{callee} is not part of this tree: if it is made for {theirs}, it does not go with {ours}'s{count}"
        yield told(file.path, min(starts), levels[callee], "outside", Reason(Code.OTHER_PACKAGE, text))


class _Search:
    """What the calls of one file are, and are given."""

    def __init__(self, file: FileFacts, tree: TreeFacts, moved: Moved) -> None:
        self.file = file
        self.tree = tree
        self.moved = moved
        self.objects = Objects(file, tree)
        self.tensors = frozenset(f"{framework}.Tensor" for framework in FRAMEWORKS)

    def stranger(self, node: ast.expr, scope: Scope) -> str:
        """The qualified name of what is called, where it is imported from neither the tree nor a known package."""
        parts = dotted_parts(node)
        named = bool(parts) and parts is not None and parts[0] in self.file.module.scopes.named
        meaning = self.file.index.meaning(parts[0], scope) if parts and named else None
        if not parts or meaning is None:
            return ""
        root = meaning[1].partition(".")[0]
        own = not root or root in EITHER or self.file.index.in_tree(root)
        known = own or self.file.index.shadows(self.file.module, root)
        return "" if known else ".".join([meaning[1], *parts[1:]])

    def given(self, node: ast.expr) -> Level | None:
        """How much it matters that a call is given something; a tensor may be looked at in ways that either has."""
        if not self.moves(node):
            return None
        things = self.objects.values.of(node).things if id(node) not in self.file.by_node else ()
        tensor = bool(things) and all(isinstance(t, Instance) and t.name in self.tensors for t in things)
        return Level.REVIEW if tensor else Level.CHANGED

    def moves(self, node: ast.expr) -> bool:
        """Whether an expression is of the framework, and moves: a class, a layer, a dtype, a class of the tree."""
        use = self.file.by_node.get(id(node))
        if use is not None:
            return use.kind is not Kind.ANNOTATION and self.moved.choices.form(self.file.place(use)) in CONVERTED
        made = self.file.by_node.get(id(node.func)) if isinstance(node, ast.Call) else None
        if made is not None:
            return self.moved.choices.form(self.file.place(made)) in CONVERTED
        things = self.objects.values.of(node).things
        if any(isinstance(thing, ClassOf) and self._is_converted(thing.name) for thing in things):
            return True
        entries = (self.tree.hierarchy.by_node.get(t.node) for t in things if isinstance(t, (OfTree, TreeClass)))
        if any(entry is not None and self.moved.moves(entry) for entry in entries):
            return True
        known = self.objects.of(node)
        places = [place for need in known.some for place in need.places]
        if not places and known.kinds:  # a tensor, of whichever framework runs here
            places = [ANY_CHANGE]
        return any(self.moved.choices.form(place) in SOME for place in places)

    def _is_converted(self, name: str) -> bool:
        """Whether a class that a name stands for has a counterpart."""
        rule = self.tree.rules.find(name, self.file.options.source)
        return rule is not None and rule.is_class


def _values(node: ast.expr) -> Iterator[ast.expr]:
    """What an argument holds: itself, or the elements of what is written out."""
    if not isinstance(node, HOLDING):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) and child is not getattr(node, "test", None):
            yield from _values(child)
