"""Which of a rule's templates a call fits, as far as its text and its values tell."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from porter.rules.becomes import OF_TEXT, Becomes
from porter.rules.model import Rule
from porter.rules.signature import Signature

KindOf = Callable[[ast.expr], frozenset[str]]
"""The kinds that an expression can be of; none where that is not known."""
Given = Mapping[str, tuple[ast.expr, ...]]


@dataclass(frozen=True, slots=True)
class Fits:
    """The template that a call takes, and the expressions for its parameters (of a star parameter any number)."""

    entry: Becomes
    given: Given
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Open:
    """Only a run tells which template it is."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """No template takes the call. `foreign`: it is no call of this name at all, so that the object is another one."""

    why: str
    foreign: bool = False


def choose(rule: Rule, call: ast.Call | None, kind_of: KindOf) -> Fits | Open | Unfit:
    """The first template that the call fits; `call` is None where a member is only read."""
    signature = rule.side(rule.source).signature
    if call is None or signature is None:
        return Fits(rule.forms[0], {}) if call is None and signature is None else Unfit(_not_called(rule, call))
    try:
        given = bind(signature, call)
    except ValueError as error:
        return Unfit(f"the call does not fit {rule.side(rule.source).name}, which {error}", foreign=True)
    if given is None:
        return Open()
    spelled = frozenset(str(keyword.arg) for keyword in call.keywords)
    return _Chooser(rule, signature, given, spelled, kind_of).choice()


def _not_called(rule: Rule, call: ast.Call | None) -> str:
    name = rule.side(rule.source).name
    return f"{name} is called, and it is no method" if call is not None else f"{name} is handed around as it is"


def bind(signature: Signature, call: ast.Call) -> Given | None:
    """The expressions for each parameter; None where a run tells. Raises ValueError for what does not fit."""
    star = signature.star("star")
    starred = [isinstance(argument, ast.Starred) for argument in call.args]
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    if any(starred) and (star is None or any(starred[: len(signature.positional)])):
        return None
    named = [
        keyword for keyword in call.keywords if keyword.arg == star and len(call.args) <= len(signature.positional)
    ]
    bound = signature.bind(len(call.args), [str(each.arg) for each in call.keywords if each not in named])
    given: dict[str, tuple[ast.expr, ...]] = {
        name: (_argument(call, where),) for name, where in bound.items() if name in signature
    }
    rest = tuple(call.args[len(signature.positional) :]) or tuple(keyword.value for keyword in named)
    options = signature.star("double star")
    more = tuple(_argument(call, where) for name, where in bound.items() if name not in signature)
    given |= {star: rest} if star is not None and rest else {}
    return given | ({options: more} if options is not None and more else {})


def _argument(call: ast.Call, where: int | str) -> ast.expr:
    if isinstance(where, int):
        return call.args[where]
    return next(keyword.value for keyword in call.keywords if keyword.arg == where)


class _Chooser:
    """`spelled`: the keywords of the call as they are written."""

    def __init__(
        self, rule: Rule, signature: Signature, given: Given, spelled: frozenset[str], kind_of: KindOf
    ) -> None:
        self.rule = rule
        self.signature = signature
        self.given = given
        self.spelled = spelled
        self.kind_of = kind_of
        self.spoken_of = frozenset().union(*(entry.names for entry in rule.forms))

    def choice(self) -> Fits | Open | Unfit:
        for entry in self.rule.forms:
            answers = list(self.answers(entry))
            if False in answers:
                continue
            return Open() if None in answers else Fits(entry, self.given, tuple(self.notes(entry)))
        none = self.rule.side("mindspore" if self.rule.source == "torch" else "torch").none
        return Unfit(none or f"no counterpart of {self.rule.side(self.rule.source).name} takes this call")

    def answers(self, entry: Becomes) -> Iterator[bool | None]:
        """Whether each condition holds; None where only a run tells."""
        for name in entry.given:
            found = self.is_given(name)
            yield None if found and self.is_left_out(entry, name) else found
        for name, kind in entry.kinds.items():
            yield self.is_of(name, kind)
        for parameter in self.signature.parameters:
            name = parameter.name
            if name not in entry.names and name in self.given and not self.is_dropped(name):
                found = self.is_given(name)
                # What no template speaks of would be lost: a call that may give it stays.
                yield (None if name in self.spoken_of else False) if found is None else not found

    def is_given(self, name: str) -> bool | None:
        """Whether a parameter has another value than its default, or a call is spelled with another keyword of it."""
        if name in self.signature.aliases:
            return name in self.spelled
        nodes, default = self.given.get(name, ()), self.signature.default(name)
        if not nodes or default is None:
            return bool(nodes)
        if default == ast.unparse(nodes[0]):
            return False
        if isinstance(nodes[0], ast.Constant) or default != "None":
            return True  # a template takes any value that is one; None stands for none
        kinds = self.kind_of(nodes[0])
        return True if kinds and not kinds & _kinds_of_default(default) else None

    def is_left_out(self, entry: Becomes, name: str) -> bool:
        """Whether a template says something for another value than the default, and a run tells whether it is one."""
        nodes = self.given.get(name, ())
        plain = len(nodes) != 1 or isinstance(nodes[0], ast.Constant) or self.signature.default(name) is None
        return entry.template is not None and name not in entry.template.holes and not plain

    def is_of(self, name: str, kind: str) -> bool | None:
        """Whether an argument is of a kind."""
        nodes, default = self.given.get(name, ()), self.signature.default(name)
        if not nodes:
            return default is not None and kind in _kinds_of_default(default)
        kinds = self.kind_of(nodes[0])
        if kind in OF_TEXT:
            return kinds == {kind}
        if not kinds or (kind in kinds and len(kinds) > 1):
            return None
        return kind in kinds

    def is_dropped(self, name: str) -> bool:
        return name in self.rule.params and bool(self.rule.params[name].drop)

    def notes(self, entry: Becomes) -> Iterator[str]:
        """What has to be known of this call."""
        if entry.note:
            yield entry.note
        for name in self.given:
            param = self.rule.params.get(name)
            if param is not None and param.note:
                yield f"{name}: {param.note}"
            if (
                param is not None
                and param.drop
                and not param.inert
                and name not in entry.names
                and self.is_given(name) is not False
            ):
                yield f"{name} is dropped: {param.drop}"


def _kinds_of_default(text: str) -> frozenset[str]:
    node = ast.parse(text, mode="eval").body
    return kinds_of_constant(node.value) if isinstance(node, ast.Constant) else frozenset()


def kinds_of_constant(value: object) -> frozenset[str]:
    """The kind of a literal."""
    if value is None:
        return frozenset({"none"})
    if isinstance(value, bool):
        return frozenset({"bool"})
    return frozenset({"text"} if isinstance(value, str) else {"number"})
