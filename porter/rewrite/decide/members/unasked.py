"""The way back: what an earlier run let the generated module look at is the source framework's expression again."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from porter.codes import Code
from porter.findings import Kind, Level
from porter.rewrite.decide.change import FormEdit, NameEdit, Shape, Write
from porter.rewrite.decide.decision import Decision, Form, Place, Reason, Way
from porter.rewrite.decide.facts import FileFacts
from porter.rewrite.decide.members.asked_names import Member, members_of_functions
from porter.rewrite.decide.members.asking import LOOKUPS
from porter.rewrite.decide.tree import TreeFacts
from porter.source.names import Reference
from porter.source.scopes import parent

FRESH = "fresh"
BUILTINS = {function: builtin for builtin, function in LOOKUPS.items()}
PRIMARY = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
LABEL = "nn.Module"
Parts = tuple[str | tuple[int, int], ...]


def decide(file: FileFacts, tree: TreeFacts) -> Iterator[Decision]:
    """A decision for every use of a function that asks, in a file that goes back."""
    if file.asked:
        members = members_of_functions(tree.rules, tree.options.to)
        yield from (_Back(reference, file, members).decision() for reference in file.asked)


class _Back:
    def __init__(self, reference: Reference, file: FileFacts, members: Mapping[str, Member]) -> None:
        self.reference = reference
        self.file = file
        self.text = file.module.text
        self.name = file.member_of(reference)
        self.member = members.get(self.name, Member(self.name, self.name in file.asked_methods))
        above = parent(reference.node)
        called = isinstance(above, ast.Call) and above.func is reference.node and bool(above.args)
        self.call = above if isinstance(above, ast.Call) and called else None

    def decision(self) -> Decision:
        whole: ast.expr = self.call if self.call is not None else self.reference.node
        start, end = self.text.span(whole)
        change = self._change()
        place = Place(self.file.path, start, end, Kind.CALL)
        if change is None:
            reason = Reason(Code.ASKED, f"{self.reference.qualified} is not called with the object here")
            return Decision(place, (Way(Form.STAYS, level=Level.MANUAL, why=reason),), LABEL, None, self.reference)
        return Decision(place, (Way(Form.WRITTEN, change), Way(Form.STAYS)), LABEL, None, self.reference)

    def _change(self) -> Write | Shape | None:
        call = self.call
        if call is None or any(isinstance(argument, ast.Starred) for argument in call.args[:1]):
            return None
        if self.name == FRESH:
            return self._taken_away(call)
        if self.name in BUILTINS:
            return self._set(call) or Write((NameEdit(*self.text.span(self.reference.node), BUILTINS[self.name]),))
        start, end = self.text.span(call)
        arguments = self._rest(call, 1)
        tail: Parts = ("(", *([arguments] if arguments else []), ")") if self.member.is_method else ()
        owner: Parts = ("super()",) if self.member.of_base else self._owner(call)
        return Shape(FormEdit(start, end, (*owner, f".{self.member.name}", *tail)))

    def _owner(self, call: ast.Call) -> Parts:
        """The object, in brackets where it is more than a name, a member, a call or an element."""
        first = self.text.span(call.args[0])
        return (first,) if isinstance(call.args[0], PRIMARY) else ("(", first, ")")

    def _rest(self, call: ast.Call, count: int) -> tuple[int, int] | None:
        """Where the arguments stand behind the first ones; None where there are no more."""
        rest: list[ast.expr | ast.keyword] = [*call.args[count:], *call.keywords]
        if not rest:
            return None
        return min(self.text.span(each)[0] for each in rest), max(self.text.span(each)[1] for each in rest)

    def _taken_away(self, call: ast.Call) -> Write:
        """The layer alone; in its brackets where a comment stands in them."""
        start, end = self.text.span(call)
        first, last = self.text.span(call.args[0])
        if "#" in self.text.slice(start, first) + self.text.slice(last, end):
            return Write((NameEdit(start, self.text.span(self.reference.node)[1], ""),))
        return Write((NameEdit(start, first, ""), NameEdit(last, end, "")))

    def _set(self, call: ast.Call) -> Shape | None:
        """`set_member(m, "weight", v)` as a statement is an assignment."""
        name = call.args[1] if len(call.args) == 3 and not call.keywords else None
        statement = self.name == LOOKUPS["setattr"] and isinstance(parent(call), ast.Expr)
        if not statement or not isinstance(name, ast.Constant):
            return None
        start, end = self.text.span(call)
        value = self.text.span(call.args[2])
        return Shape(FormEdit(start, end, (*self._owner(call), f".{name.value!s} = ", value)))
