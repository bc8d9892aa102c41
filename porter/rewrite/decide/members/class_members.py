"""Members of the framework's classes by the class's name: methods that are called so, and classes that are patched."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.change import NameEdit, Write
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.patches import Patch, is_accessor, layer_classes, name_end, patches
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
    for _, of_one in groupby(patches(file, tree.values(file)), key=lambda patch: id(patch.node)):
        yield from members.patched(tuple(of_one))


@dataclass(frozen=True, slots=True)
class _Named:
    """The classes of the framework that an expression can name, and what has to hold for each to change sides."""

    label: str
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
        end = self.file.module.text.span(node)[1]
        if found is not None:
            yield self._renamed(end, node.attr, found)
            return
        rules = [rule for rule, _ in layer_classes(node.value, self.file, self.tree.values(self.file))]
        held = self._held(rules)
        if rules and held.needs:
            new = self.words.methods[node.attr]
            text = f"what has this {node.attr} is not known; a converted class calls it {new}"
            start = end - len(node.attr.encode())
            yield told(self.file.path, start, Level.MANUAL, held.label, Reason(Code.UNKNOWN_OBJECT, text), held.needs)

    def patched(self, of_one: tuple[Patch, ...]) -> Iterator[Decision]:
        """A place where a class is changed for all of its objects; there is a patch for each class that it can be."""
        patch = of_one[0]
        found = self._named(patch.of) or self._held([each.rule for each in of_one])
        name = patch.member
        unheard = name is None or name in self.asked | self.words.absent.keys() | PRIVATE_HOOKS
        renamed = name in self.words.methods
        end = name_end(patch, self.file.module.text)
        if renamed and end:
            yield self._renamed(end, str(name), found)
        elif renamed and is_accessor(patch.node):
            return  # that a text names the method is told at the text
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
        return _Named(use.rule.name, (Need((self.file.place(use),), CONVERTED, SILENT),))

    def _in_variable(self, node: ast.expr) -> _Named | None:
        """`old = cls.forward`, where `cls` can be nothing but classes of the framework."""
        things = self.tree.values(self.file).of(node).things
        names = [thing.name for thing in things if isinstance(thing, ClassOf)]
        rules = [self.tree.rules.find(name, self.tree.options.source) for name in names]
        layers = [rule for rule in rules if rule is not None and rule.is_class and rule.name.startswith("nn.")]
        return self._held(layers) if layers and len(layers) == len(things) else None

    def _held(self, rules: Sequence[Rule]) -> _Named:
        """Classes that a variable can hold: some place of the file gives it each."""
        places = [tuple(self.file.place(use) for use in self.file.uses if use.rule is rule) for rule in rules]
        needs = tuple(Need(of_rule, CONVERTED, SILENT) for of_rule in places if of_rule)
        return _Named(" or ".join(rule.name for rule in rules), needs)

    def _renamed(self, end: int, name: str, found: _Named) -> Decision:
        edit = NameEdit(end - len(name.encode()), end, self.words.methods[name])
        place = Place(self.file.path, edit.start, edit.end, Kind.METHOD)
        return Decision(place, (Way(Form.WRITTEN, Write((edit,)), needs=found.needs), QUIET), found.label)

    def _told(self, patch: Patch, level: Level, text: str, found: _Named) -> Decision:
        start = self.file.module.text.span(patch.node)[0]
        any_of = tuple(place for need in found.needs for place in need.places)
        needs = (Need(any_of, CONVERTED, SILENT),) if any_of else ()
        return told(self.file.path, start, level, found.label, Reason(Code.PATCHED_CLASS, text), needs)
