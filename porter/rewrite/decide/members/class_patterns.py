"""Keywords of class patterns are attributes: `case nn.GroupNorm(weight=w)` becomes `case nn.GroupNorm(gamma=w)`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from porter.codes import Code
from porter.findings import Kind as Role
from porter.findings import Level
from porter.rewrite.decide.change import NameEdit, Write
from porter.rewrite.decide.classes.movers import MOVES
from porter.rewrite.decide.decision import CONVERTED, SILENT, Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.patterned import is_none, option_of, patterns, rule_of
from porter.rewrite.decide.members.texts import COMMON
from porter.rewrite.decide.names.ways import prefers_class
from porter.rewrite.decide.telling import QUIET, told
from porter.rewrite.decide.tree import ANY_CHANGE, TreeFacts
from porter.rules.model import Rule
from porter.source.things import OfTree, TreeClass
from porter.source.values import Values

LABEL = "class pattern"


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """Decisions about the keywords of the class patterns of a file."""
    found = _Patterns(file, tree)
    for pattern in patterns(file):
        yield from found.decide(pattern)


@dataclass(frozen=True, slots=True)
class _Keyword:
    """`weight=w` in a pattern: its name, where that stands, the pattern behind it, and the other side's path."""

    name: str
    start: int
    end: int
    value: ast.pattern
    target: str


class _Refused(Exception):
    """Why the keywords of a pattern cannot be written."""


class _Patterns:
    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.text = file.module.text
        self.tree = tree
        self.values: Values = tree.values(file)

    def decide(self, pattern: ast.MatchClass) -> Iterator[Decision]:
        rule, needs = rule_of(pattern, self.file, self.values), self._needs(pattern)
        if rule is None:
            rule, needs = self._of_tree(pattern)
        if rule is None:
            yield from self._unknown(pattern)
            return
        changes = rule.attribute_changes(self.tree.options.source)
        keywords = list(self._keywords(pattern, changes))
        inner = self.tree.options.source == "mindspore" and any(
            path.startswith(f"{keyword.name}.") for path in changes for keyword in keywords
        )
        if inner:
            text = "the pattern looks into a layer inside, which the other side's layer has not"
            yield self._told(keywords[0].start, Level.MANUAL, rule.name, text, needs)
            return
        yield from self._written(pattern, rule, keywords, needs)

    def _needs(self, pattern: ast.MatchClass) -> tuple[Need, ...]:
        use = self.file.by_node.get(id(pattern.cls))
        return (Need((self.file.place(use),), CONVERTED, SILENT),) if use is not None else self._any

    @property
    def _any(self) -> tuple[Need, ...]:
        return (Need((ANY_CHANGE,), MOVES, SILENT),)

    def _of_tree(self, pattern: ast.MatchClass) -> tuple[Rule | None, tuple[Need, ...]]:
        """The framework's layer that a class of the tree derives from."""
        for thing in self.values.of(pattern.cls).things:
            entry = self.tree.hierarchy.by_node.get(thing.node) if isinstance(thing, (TreeClass, OfTree)) else None
            kinds = list(self.tree.kinds_of(entry)) if entry is not None else []
            if entry is not None and len(kinds) == 1 and kinds[0].ours is not None:
                return kinds[0].ours, (Need((entry.place,), MOVES, SILENT),)
        return None, ()

    def _keywords(self, pattern: ast.MatchClass, changes: dict[str, str]) -> Iterator[_Keyword]:
        """The keywords of a pattern, in the order of the text."""
        after = self.text.span(pattern.cls)[1]
        for name, value in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
            start, end = self._span(value)
            spelled = [*re.finditer(rb"\b%s(?=\s*=)" % name.encode(), self.text.data[after:start])]
            at = after + spelled[-1].start() if spelled else start
            yield _Keyword(name, at, end, value, changes.get(name, name))
            after = end

    def _span(self, node: ast.pattern) -> tuple[int, int]:
        return self.text.offset(node.lineno, node.col_offset), self.text.offset(node.end_lineno, node.end_col_offset)

    def _written(
        self, pattern: ast.MatchClass, rule: Rule, keywords: list[_Keyword], needs: tuple[Need, ...]
    ) -> Iterator[Decision]:
        generated = bool(rule.layer.get(self.tree.options.to)) and prefers_class(rule, self.tree)
        try:
            pieces = tuple(self._pieces(rule, keywords, generated))
        except _Refused as error:
            yield self._told(keywords[0].start, Level.CHANGED, rule.name, str(error), needs)
            return
        if pieces:
            place = Place(self.file.path, keywords[0].start, keywords[-1].end, Role.ATTRIBUTE)
            yield Decision(place, (Way(Form.WRITTEN, Write(pieces), needs=needs), QUIET), rule.name, rule)
        for keyword in keywords if self.tree.options.source == "torch" else ():
            if keyword.name in rule.present and not is_none(keyword.value) and not _turns_on(pattern):
                text = f"{keyword.name} {rule.present[keyword.name]}; MindSpore's layer always has it"
                yield self._told(keyword.start, Level.REVIEW, rule.name, text, needs, Code.NONE_TEST)

    def _pieces(self, rule: Rule, keywords: list[_Keyword], generated: bool) -> Iterator[NameEdit]:
        """The edits of the names; those of a layer inside stand together in a pattern of their own."""
        open_head, ended = "", 0
        heads: set[str] = set()
        names = {keyword.name for keyword in keywords}
        for keyword in keywords:
            name, start = keyword.name, keyword.start
            head, _, last = keyword.target.rpartition(".")
            if open_head and head != open_head:
                yield NameEdit(ended, ended, ")")
                open_head = ""
            if name in rule.present and is_none(keyword.value) and self.tree.options.source == "torch":
                yield self._option(rule, keyword, names, generated)
            elif (not keyword.target and not generated) or name in rule.absent.get(self.tree.options.to, {}):
                raise _Refused(self._absent(rule, name))
            elif head:
                if head != open_head and head in heads:
                    raise _Refused(f"{name} is {keyword.target} there, apart from another keyword of {head}")
                heads.add(head)
                before = "" if head == open_head else f"{head}=object("
                yield NameEdit(start, start + len(name.encode()), f"{before}{last}")
                open_head, ended = head, keyword.end
            elif keyword.target not in ("", name):
                yield NameEdit(start, start + len(name.encode()), keyword.target)
        if open_head:
            yield NameEdit(ended, ended, ")")

    def _option(self, rule: Rule, keyword: _Keyword, names: set[str], generated: bool) -> NameEdit:
        """`weight=None` as `affine=False`."""
        option = option_of(rule, keyword.name, generated)
        if not option or option in names:
            raise _Refused(f"{keyword.name} {rule.present[keyword.name]}; MindSpore's layer always has it")
        return NameEdit(keyword.start, keyword.end, f"{option}=False")

    def _absent(self, rule: Rule, name: str) -> str:
        there = "MindSpore" if self.tree.options.to == "mindspore" else "torch"
        why = rule.attribute_notes.get(name) or rule.absent.get(self.tree.options.to, {}).get(name)
        return why or f"{there}'s layer keeps {name} in another form, or not at all"

    def _unknown(self, pattern: ast.MatchClass) -> Iterator[Decision]:
        """A pattern of a class that is not known, which may be one of many."""
        anything = isinstance(pattern.cls, ast.Name) and pattern.cls.id == "object"
        if id(pattern.cls) in self.file.resolved or (self.values.of(pattern.cls).things and not anything):
            return
        differing = self.tree.rules.changes[self.tree.options.source] - (frozenset() if anything else COMMON)
        for keyword in self._keywords(pattern, {}):
            if keyword.name in differing:
                text = f"the class of what has this {keyword.name} is not known, and layers call it differently there"
                yield self._told(keyword.start, Level.MANUAL, LABEL, text, self._any, Code.UNKNOWN_OBJECT)

    def _told(
        self,
        start: int,
        level: Level,
        label: str,
        text: str,
        needs: tuple[Need, ...],
        code: Code = Code.ATTRIBUTE_ABSENT,
    ) -> Decision:
        return told(self.file.path, start, level, label, Reason(code, text), needs)


def _turns_on(pattern: ast.MatchClass) -> bool:
    """Whether a pattern asks for an option that is on, so that the layer has what it makes."""
    return any(isinstance(value, ast.MatchSingleton) and value.value is True for value in pattern.kwd_patterns)
