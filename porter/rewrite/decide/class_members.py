"""Members of the framework's classes by the class's name: methods that are called so, and classes that are patched."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.change import NameEdit, Write
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.patches import Patch, patches
from porter.rewrite.decide.telling import QUIET, told
from porter.rewrite.decide.tree import TreeFacts
from porter.rewrite.decide.vocabulary import ASKED_METHODS, PRIVATE_HOOKS
from porter.rules.model import Rule
from porter.source.things import ClassOf


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """Decisions about `nn.ReLU.forward(self, x)`, `nn.ReLU.forward = quiet`, `setattr(nn.ReLU, "tag", 7)`."""
    members = _Members(file, tree)
    for attribute, _ in file.module.scopes.attributes:
        if attribute.attr in members.words.methods and isinstance(attribute.ctx, ast.Load):
            yield from members.read(attribute)
    for patch in patches(file, tree.values(file)):
        yield from members.patched(patch)


@dataclass(frozen=True, slots=True)
class _Named:
    """A class of the framework that an expression names, and what has to hold for it to change sides."""

    rule: Rule
    needs: tuple[Need, ...]


class _Members:
    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.tree = tree
        self.words = tree.hierarchy.words
        self.asked = ASKED_METHODS[tree.options.to]

    def read(self, node: ast.Attribute) -> Iterator[Decision]:
        """A method that is taken from the class."""
        found = self._named(node.value) or self._in_variable(node.value)
        if found is not None:
            yield self._renamed(node, found)

    def patched(self, patch: Patch) -> Iterator[Decision]:
        """A class that is changed for all of its objects."""
        found = self._named(patch.of) or self._held(patch.rule)
        name = patch.member
        unheard = name is None or name in self.asked | self.words.absent.keys() | PRIVATE_HOOKS
        renamed = name in self.words.methods
        if renamed and isinstance(patch.node, ast.Attribute):
            yield self._renamed(patch.node, found)
        elif renamed or unheard:
            text = "the class is changed for all of its objects by a name that the other side's class does not ask for"
            yield self._told(patch, Level.CHANGED, text, found)
            return
        text = "the class is changed for all of its objects, so this tree uses one class throughout"
        yield self._told(patch, Level.REVIEW, text, found)

    def _named(self, node: ast.expr) -> _Named | None:
        use = self.file.by_node.get(id(node))
        if use is None or use.rule is None or not (use.rule.is_class and use.rule.name.startswith("nn.")):
            return None
        return _Named(use.rule, (Need((self.file.place(use),), CONVERTED, SILENT),))

    def _in_variable(self, node: ast.expr) -> _Named | None:
        """`old = cls.forward`, where `cls` can be nothing but classes of the framework."""
        things = self.tree.values(self.file).of(node).things
        names = [thing.name for thing in things if isinstance(thing, ClassOf)]
        rules = [self.tree.rules.find(name, self.tree.options.source) for name in names]
        layers = [rule for rule in rules if rule is not None and rule.is_class and rule.name.startswith("nn.")]
        return self._held(layers[0]) if layers and len(layers) == len(things) else None

    def _held(self, rule: Rule) -> _Named:
        """A class that a variable holds: some place of the file gives it that."""
        places = tuple(self.file.place(use) for use in self.file.uses if use.rule is rule)
        return _Named(rule, (Need(places, CONVERTED, SILENT),) if places else ())

    def _renamed(self, node: ast.Attribute, found: _Named) -> Decision:
        end = self.file.module.text.span(node)[1]
        edit = NameEdit(end - len(node.attr.encode()), end, self.words.methods[node.attr])
        place = Place(self.file.path, edit.start, edit.end, Kind.METHOD)
        return Decision(place, (Way(Form.WRITTEN, Write((edit,)), needs=found.needs), QUIET), found.rule.name)

    def _told(self, patch: Patch, level: Level, text: str, found: _Named) -> Decision:
        start = self.file.module.text.span(patch.node)[0]
        reason = Reason(Code.PATCHED_CLASS, text)
        return told(self.file.path, start, level, patch.rule.name, reason, found.needs)
