"""A template with the pieces of a call's text in its holes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from porter.rewrite.decide.calls.forms import Fits, Given, KindOf
from porter.rewrite.decide.change import Fill, Target, target_of
from porter.rewrite.decide.facts import FileFacts
from porter.rules.becomes import OWN, SELF, Hole, Named, Part
from porter.rules.model import Rule
from porter.source.scopes import parent

Parts = tuple[str | tuple[int, int] | None, ...]
ATOMS = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.List, ast.Tuple, ast.Dict, ast.Set)
FREE = (ast.Assign, ast.Return, ast.Expr, ast.AnnAssign, ast.keyword, ast.List, ast.Tuple, ast.Call)
"""What an expression can stand in without brackets, whatever it is."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The object whose member it is: where its text stands.

    `instead`: what is written where it goes by itself, and not before a dot: `self` for `super()`.
    """

    start: int
    end: int
    node: ast.expr
    instead: str = ""


def filled(
    rule: Rule, fits: Fits, whole: ast.expr, owner: Owner | None, file: FileFacts, kind_of: KindOf
) -> Fill | None:
    """What the whole expression becomes; None where its pieces would stand in another order, or several times.

    Then the generated module's function has to take the call as it is written.
    """
    template, text = fits.entry.template, file.module.text
    assert template is not None
    if len(template.names) > 1:
        return None
    try:
        parts = tuple(_Filling(rule, fits, owner, file, kind_of).parts())
    except _NotInPlace:
        return None
    start, end = text.span(whole)
    pieces = [part for part in parts if isinstance(part, tuple)]
    order = [offset for piece in pieces for offset in piece]
    if order != sorted(order) or _loses(fits, pieces, start, end, file):
        return None
    if owner is not None and SELF not in template.holes and _acts(owner.node):
        return None
    if not template.is_atom and not isinstance(parent(whole), FREE):
        parts = ("(", *parts, ")")
    target = target_of(template.names[0]) if template.names else None
    if target is not None and target.module == OWN:
        target = Target(file.options.layers, target.name)
    return Fill(start, end, target, parts)


def _loses(fits: Fits, pieces: list[tuple[int, int]], start: int, end: int, file: FileFacts) -> bool:
    """Whether a comment stands in what goes, or more than a constant or a name, which may act or be edited."""
    text, at = file.module.text, start
    for first, last in (*pieces, (end, end)):
        if b"#" in text.data[at:first]:
            return True
        at = last
    left = [node for nodes in fits.given.values() for node in nodes if not _is_in(text.span(node), pieces)]
    return any(not isinstance(node, (ast.Constant, ast.Name)) or id(node) in file.known for node in left)


def _is_in(span: tuple[int, int], pieces: list[tuple[int, int]]) -> bool:
    """Whether text of a piece, or of its elements, goes into the template."""
    return any(span[0] <= first and last <= span[1] for first, last in pieces)


def _acts(node: ast.expr) -> bool:
    return any(isinstance(each, (ast.Call, ast.Await, ast.NamedExpr)) for each in ast.walk(node))


def _is_size(node: ast.expr) -> bool:
    """Whether it is read from a tensor as its sizes, which are a tuple on both sides."""
    member = node.func if isinstance(node, ast.Call) and not node.args else node
    return isinstance(member, ast.Attribute) and member.attr in ("shape", "size")


def _without_empty(parts: Sequence[Part], given: Given) -> list[Part]:
    """The pieces of a template less the stars that got nothing, with the comma before, or behind."""
    kept: list[Part] = []
    gone = False
    for part in parts:
        if isinstance(part, Hole) and part.starred and not given.get(part.name):
            gone = not (kept and isinstance(kept[-1], str) and kept[-1].endswith(", "))
            if not gone:
                kept[-1] = str(kept[-1])[:-2]
            continue
        kept.append(part.removeprefix(", ") if gone and isinstance(part, str) else part)
        gone = False
    return kept


class _NotInPlace(Exception):
    """The pieces cannot be put in the holes as they are."""


class _Filling:
    def __init__(self, rule: Rule, fits: Fits, owner: Owner | None, file: FileFacts, kind_of: KindOf) -> None:
        self.rule = rule
        self.fits = fits
        self.owner = owner
        self.file = file
        self.text = file.module.text
        self.kind_of = kind_of

    def parts(self) -> Iterator[str | tuple[int, int] | None]:
        template = self.fits.entry.template
        assert template is not None
        for part in _without_empty(template.parts, self.fits.given):
            if isinstance(part, Named):
                yield None
            elif isinstance(part, Hole):
                yield from self.hole(part)
            else:
                yield part

    def hole(self, hole: Hole) -> Iterator[str | tuple[int, int]]:
        signature = self.rule.side(self.rule.source).signature
        if hole.name == SELF:
            if self.owner is None:
                raise _NotInPlace
            span = (self.owner.start, self.owner.end)
            if self.owner.instead and not hole.operand:
                yield self.owner.instead
            else:
                yield self.text.slice(*span) if self.is_name(self.owner.node) else span
        elif signature is not None and signature.star("star") == hole.name:
            yield from self.star(hole)
        elif signature is not None and signature.star("double star") == hole.name:
            keywords = [parent(node) for node in self.fits.given.get(hole.name, ())]
            yield from self.listed([keyword for keyword in keywords if isinstance(keyword, ast.keyword)])
        elif hole.name in self.fits.given:
            yield from self.argument(self.fits.given[hole.name][0], hole)
        else:
            default = signature.default(hole.name) if signature is not None else None
            if default is None:
                raise _NotInPlace
            yield default

    def argument(self, node: ast.expr, hole: Hole) -> Iterator[str | tuple[int, int]]:
        span = self.text.span(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float, type(None))):
            yield self.text.slice(*span)  # nothing in it is edited, so it can stand anywhere
        elif self.is_name(node):
            yield self.text.slice(*span)
        elif hole.operand and (not isinstance(node, ATOMS) or b"\n" in self.text.data[slice(*span)]):
            yield from ("(", span, ")")
        elif isinstance(node, (ast.GeneratorExp, ast.Starred, ast.NamedExpr)):
            raise _NotInPlace
        else:
            yield span

    def is_name(self, node: ast.expr) -> bool:
        """Whether it is a variable, which can be read anywhere, and any number of times."""
        return isinstance(node, ast.Name) and id(node) not in self.file.known

    def star(self, hole: Hole) -> Iterator[str | tuple[int, int]]:
        """The arguments of `*sizes`, one by one, or as one tuple, which a single one may be already."""
        nodes = self.fits.given.get(hole.name, ())
        if hole.starred:
            yield from self.listed(nodes)
            return
        single = nodes[0] if len(nodes) == 1 and not isinstance(nodes[0], ast.Starred) else None
        kinds = self.kind_of(single) if single is not None else frozenset()
        if isinstance(single, ast.GeneratorExp) or (single is not None and len(kinds) != 1):
            raise _NotInPlace
        if isinstance(single, ast.List) and not any(isinstance(each, ast.Starred) for each in single.elts):
            nodes, single = tuple(single.elts), None
        if single is not None and kinds == {"sequence"}:
            is_tuple = isinstance(single, ast.Tuple) or _is_size(single)
            yield from (self.text.span(single),) if is_tuple else ("tuple(", self.text.span(single), ")")
            return
        yield "("
        yield from self.listed(nodes)
        yield ",)" if len(nodes) == 1 else ")"

    def listed(self, nodes: Sequence[ast.expr | ast.keyword]) -> Iterator[str | tuple[int, int]]:
        for number, node in enumerate(nodes):
            yield from [", "] if number else []
            yield self.text.span(node)
