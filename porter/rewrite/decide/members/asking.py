"""Members of objects that are not known: the program asks, when it runs, what the object is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.change import Ask, Target
from porter.rewrite.decide.decision import SILENT, Decision, Form, Need, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.telling import QUIET, told
from porter.rewrite.decide.tree import ANY_CHANGE, TreeFacts
from porter.source.scopes import parent

ASSIGNS = re.compile(rb"[ \t]*=[ \t]*")
LOOKUPS = {"getattr": "get_member", "hasattr": "has_member", "setattr": "set_member"}
"""Builtins that are given the name of a member, and what asks in their place."""


class Asker:
    """Makes the decisions that ask, in one file."""

    def __init__(self, file: FileFacts, tree: TreeFacts) -> None:
        self.file = file
        self.text = file.module.text
        self.options = tree.options
        some = tree.makers and not tree.movers.earlier
        self.needs = (Need((ANY_CHANGE,), frozenset({Form.MOVES}), SILENT),) if some else ()

    def attribute(
        self, node: ast.Attribute, label: str, needs: tuple[Need, ...], assumed: str = ""
    ) -> Iterator[Decision]:
        """`m.weight` where it is read, and where a statement sets it; in any other place it is told."""
        ask = self._of_attribute(node)
        if ask is not None:
            yield self._decision(ask, label, self._not_known(node.attr, assumed), Level.REVIEW, needs)
        else:
            text = f"{node.attr} is set, or deleted, in a way that no function can take over"
            yield self._said(node, label, text, needs)

    def path(self, node: ast.Attribute, above: ast.Attribute, path: str, needs: tuple[Need, ...]) -> Iterator[Decision]:
        """`norm.bn2d.gamma` of an object that is not known."""
        start, end = self.text.span(node)
        first = end - len(path.encode()) - 1
        label = f"attribute {path}"
        if not isinstance(node.ctx, ast.Load) or self.text.slice(first, end) != f".{path}":
            yield self._said(node, label, f"{path} is set, or deleted, in a way that no function can take over", needs)
            return
        ask = Ask(start, end, self._target(path.replace(".", "_")), ("(", (start, first), ")"), path)
        yield self._decision(ask, label, self._not_known(path), Level.REVIEW, needs)

    def either(self, node: ast.Attribute, needs: tuple[Need, ...]) -> Iterator[Way]:
        """The way of an attribute whose object can be of either framework."""
        ask = self._of_attribute(node)
        text = f"{node.attr} is spelled differently in the two frameworks, and this object can be of either"
        if ask is not None:
            why = Reason(Code.ATTRIBUTE_OF_TWO, f"{text}: {self.options.layers} looks when the program runs")
            yield Way(Form.ASKED, ask, Level.REVIEW, why, needs=needs)
        yield Way(Form.TOLD, level=Level.MANUAL, why=Reason(Code.ATTRIBUTE_OF_TWO, text), needs=needs)

    def _of_attribute(self, node: ast.Attribute) -> Ask | None:
        above = parent(node)
        if isinstance(node.ctx, ast.Load):
            return self._asked(node, node, ())
        if isinstance(above, ast.Assign) and above.targets == [node] and self._plain_target(node, above):
            return self._set(node, above)
        return None

    def method(self, node: ast.Attribute, label: str, level: Level, needs: tuple[Need, ...]) -> Decision:
        """`net.modules()`; a method that is handed around is told, since its identity would be another."""
        call = parent(node)
        if not isinstance(call, ast.Call) or call.func is not node:
            return self._said(node, label, f"the method {node.attr} is handed around as it is", needs)
        ask = self._asked(node, call, self._arguments(call, node))
        if ask is None:
            text = f"a line break or a comment stands before {node.attr}, so it is not rewritten"
            return self._said(node, label, text, needs)
        return self._decision(ask, label, self._not_known(node.attr), level, needs)

    def lookup(self, call: ast.Call, builtin: str, label: str) -> Decision:
        """`getattr(m, "weight", None)`: the same call of the function that asks."""
        _, end = self.text.span(call.func)
        first, last = self.text.span(call)
        ask = Ask(first, last, self._target(LOOKUPS[builtin]), ((end, last),))
        return self._decision(ask, label, self._why(builtin, call.args[1]), Level.REVIEW, self.needs)

    def _asked(self, node: ast.Attribute, whole: ast.expr, arguments: tuple[str | tuple[int, int], ...]) -> Ask | None:
        start, end = self.text.span(whole)
        object_end = self._object_end(node)
        if object_end is None:
            return None
        return Ask(start, end, self._target(node.attr), ("(", (start, object_end), *arguments, ")"))

    def _set(self, node: ast.Attribute, statement: ast.Assign) -> Ask:
        """`m.weight = v` becomes a call, whose value is a tuple in brackets where it was one without."""
        start, end = self.text.span(statement)
        object_end = self._object_end(node)
        match = ASSIGNS.match(self.text.data, self.text.span(node)[1])
        assert object_end is not None and match is not None
        bare = isinstance(statement.value, ast.Tuple) and self.text.data[match.end() : match.end() + 1] != b"("
        value: tuple[str | tuple[int, int], ...] = ((match.end(), end),)
        parts = ("(", (start, object_end), f', "{node.attr}", ', *(("(", *value, ")") if bare else value), ")")
        return Ask(start, end, self._target("set_member"), parts)

    def _plain_target(self, node: ast.Attribute, statement: ast.Assign) -> bool:
        starred = isinstance(statement.value, (ast.Starred, ast.Yield, ast.YieldFrom))
        one_line = ASSIGNS.match(self.text.data, self.text.span(node)[1]) is not None
        return one_line and not starred and self._object_end(node) is not None

    def _object_end(self, node: ast.Attribute) -> int | None:
        """Where the object's own text ends; None where more than the dot stands between it and the member."""
        end = self.text.span(node)[1] - len(node.attr.encode()) - 1
        plain = self.text.data[end : end + 1] == b"." and not self.text.data[end - 1 : end].isspace()
        return end if plain else None

    def _arguments(self, call: ast.Call, node: ast.Attribute) -> tuple[str | tuple[int, int], ...]:
        """What stands in the brackets, behind the object."""
        inner = (self.text.span(node)[1], self.text.span(call)[1])
        opening = self.text.data.index(b"(", *inner) + 1
        given = bool(call.args or call.keywords)
        return (", ", (opening, inner[1] - 1)) if given else ()

    def _target(self, name: str) -> Target:
        return Target(self.options.layers, name)

    def _not_known(self, name: str, assumed: str = "") -> Reason:
        what = (
            f"what has this {name} is not known" if not assumed else f"what has this {name} is not certain, {assumed}"
        )
        return Reason(Code.ASKED, f"{what}: {self.options.layers} looks when the program runs")

    def _why(self, builtin: str, name: ast.expr) -> Reason:
        what = f'"{name.value!s}"' if isinstance(name, ast.Constant) else "a name"
        text = f"{builtin} is given {what} as a text, so {self.options.layers} looks when the program runs"
        return Reason(Code.ASKED, text)

    def _decision(self, ask: Ask, label: str, why: Reason, level: Level, needs: tuple[Need, ...]) -> Decision:
        why = why if level is not Level.SAFE else SILENT
        way = Way(Form.ASKED, ask, level, why, needs=needs)
        stays = QUIET if needs else Way(Form.STAYS, level=Level.MANUAL)
        return Decision(Place(self.file.path, ask.start, ask.end, Kind.ATTRIBUTE), (way, stays), label)

    def _said(self, node: ast.Attribute, label: str, text: str, needs: tuple[Need, ...]) -> Decision:
        start = self.text.span(node)[1] - len(node.attr.encode())
        return told(self.file.path, start, Level.MANUAL, label, Reason(Code.UNKNOWN_OBJECT, text), needs)
