"""Functions of the generated module that are made from templates: for calls of which only a run tells what they are."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from porter.rewrite.layers.spelling import wrapped
from porter.rewrite.layers.templates import Piece, template_pieces
from porter.rewrite.options import Options
from porter.rules.becomes import OF_TEXT, OWN, SELF, Becomes, Hole, Named
from porter.rules.members import function_of
from porter.rules.model import FRAMEWORKS, Framework, Rule
from porter.rules.signature import Parameter, Signature

TENSORS = {"torch": "torch.Tensor", "mindspore": "mindspore.Tensor"}
DTYPES = {"torch": "torch.dtype", "mindspore": "mindspore.dtype.Type"}
TESTS = {
    "number": "isinstance({0}, (int, float)) and not isinstance({0}, bool)",
    "text": "isinstance({0}, str)",
    "bool": "isinstance({0}, bool)",
    "sequence": "isinstance({0}, (list, tuple))",
    "none": "{0} is None",
}
LISTED = '''def _listed(values):
    """What `*values` were given, also where that is one list of them."""
    return tuple(values[0]) if len(values) == 1 and isinstance(values[0], (list, tuple)) else values'''

HAS_OWN = '''def _has_own(owner, kind, name):
    """Whether the object's class has a member of this name that is not the one of all objects of the kind."""
    return getattr(type(owner), name, None) is not getattr(kind, name, None)'''


def member_function(name: str, member: str, rules: Sequence[tuple[Rule, Rule]], options: Options) -> Iterator[Piece]:
    """`tensor_size(x, 1)`: what the templates make of an object of the target framework, else what the text says.

    `rules`: the member's rule in each class that has it, with the rule of the class.
    """
    called = any(rule.side(options.source).signature is not None for rule, _ in rules)
    given = ", *args, **kwargs" if called else ""
    shown = f"owner.{member}{'(...)' if called else ''}"
    lines = [f"def {name}(owner{given}):", f'    """{shown} of {_title(options.source)}, whatever owner is."""']
    imports = []
    for rule, owner in rules:
        kind, inner = str(owner.side(options.to).name), f"_{function_of([rule.owner], member)}"
        yield from _Function(rule, options, inner).pieces()
        own = "" if owner.name == "Tensor" else f' and not _has_own(owner, {_spelled(kind)}, "{member}")'
        if own:
            yield Piece("_has_own", HAS_OWN)
        lines += [f"    if isinstance(owner, {_spelled(kind)}){own}:", f"        return {inner}(owner{given})"]
        imports.append(_import(kind))
    lines.append(f"    return owner.{member}{'(*args, **kwargs)' if called else ''}")
    yield Piece(name, "\n".join(lines), tuple(imports))


def form_function(rule: Rule, name: str, options: Options) -> Iterator[Piece]:
    """The function of the source framework's name, with its signature."""
    yield from _Function(rule, options, name).pieces()


class _Function:
    def __init__(self, rule: Rule, options: Options, name: str) -> None:
        self.rule = rule.seen_from(options.source)
        self.options = options
        self.name = name
        self.signature = self.rule.side(options.source).signature or Signature("")
        self.imports: dict[str, None] = {}
        self.written: dict[str, Piece] = {}

    def pieces(self) -> Iterator[Piece]:
        body = list(self.body())
        yield from self.written.values()
        shown = self.rule.side(self.options.source).name
        lines = [f"def {self.name}({self.parameters()}):", f'    """{shown}, by {_title(self.options.to)}."""', *body]
        if any("_listed(" in line for line in lines):
            yield Piece("_listed", LISTED)
        yield Piece(self.name, "\n".join(wrapped(lines)), tuple(self.imports))

    def parameters(self) -> str:
        optional = set(self.optional())
        text = ", ".join(self.parameter(p, optional) for p in self.signature.parameters)
        keyword = [p for p in self.signature.parameters if p.kind == "keyword"]
        if keyword and self.signature.star("star") is None:
            positional = [self.parameter(p, optional) for p in self.signature.parameters if p.kind == "positional"]
            text = ", ".join([*positional, "*", *(self.parameter(p, optional) for p in keyword)])
        others = [f"{name}=None" for name in self.signature.aliases]
        keyword_only = keyword or self.signature.star("star")
        text = ", ".join([*([text] if text else []), *(["*"] if others and not keyword_only else []), *others])
        if self.rule.owner:
            return f"self, {text}" if text else "self"
        return text

    def optional(self) -> Iterator[str]:
        """Parameters without a default that a call can give by another keyword, and those after one."""
        found = False
        for parameter in self.signature.parameters:
            found = found or (parameter.name in self.signature.aliases.values() and parameter.default is None)
            if found and parameter.kind == "positional" and parameter.default is None:
                yield parameter.name

    def parameter(self, parameter: Parameter, optional: Collection[str]) -> str:
        star = {"star": "*", "double star": "**"}.get(parameter.kind, "")
        default = "None" if parameter.name in optional else parameter.default
        return f"{star}{parameter.name}" + (f"={_reached(default)}" if default is not None else "")

    def body(self) -> Iterator[str]:
        star = self.signature.star("star")
        if star is not None and self.is_tuple(star):
            yield f"    {star} = _listed({star})"
        for other, name in self.signature.aliases.items():
            yield f"    {name} = {name} if {other} is None else {other}"
        settled: set[str] = set()
        for entry in self.rule.forms:
            conditions = list(self.conditions(entry, settled))
            if conditions:
                yield f"    if {' and '.join(conditions)}:"
            yield f"    {'    ' if conditions else ''}return {self.value(entry)}"
            if not conditions:
                return
            settled |= set(entry.given) if len(conditions) == 1 else set()
        message = f"{self.name}: {_title(self.options.to)} has no counterpart of this call"
        yield f"    raise TypeError({message!r})".replace("'", '"')

    def is_tuple(self, star: str) -> bool:
        """Whether some template takes what `*sizes` gets as one tuple."""
        parts = [part for entry in self.rule.forms if entry.template for part in entry.template.parts]
        return Hole(star) in parts or Hole(star, operand=True) in parts

    def conditions(self, entry: Becomes, settled: Collection[str]) -> Iterator[str]:
        """The tests of an entry; `settled`: parameters that are at their default, or an entry before took the call."""
        for name in entry.given:
            yield _given(self.signature, name)
        for name, kind in entry.kinds.items():
            if kind not in OF_TEXT:
                yield self.test(name, kind)
        for parameter in self.signature.parameters:
            name, default = parameter.name, parameter.default
            dropped = name in self.rule.params and self.rule.params[name].drop
            if name not in {*entry.names, *settled} and default is not None and not dropped:
                yield _equals(name, default)

    def test(self, name: str, kind: str) -> str:
        if kind == "tensor":
            self.imports[_import(TENSORS[self.options.to])] = None
            return f"isinstance({name}, {TENSORS[self.options.to]})"
        if kind == "dtype":
            self.imports[_import(DTYPES[self.options.to])] = None
            return f"isinstance({name}, {DTYPES[self.options.to]})"
        return TESTS[kind].format(name)

    def value(self, entry: Becomes) -> str:
        """The expression of an entry; a call that stays as it is, is that of the object."""
        if entry.template is None:
            return self.as_it_is(entry)
        star = self.signature.star("star")
        texts = []
        for part in entry.template.parts:
            if isinstance(part, Named):
                texts.append(self.reach(part.qualified))
            elif isinstance(part, Hole):
                texts.append(("*" if part.name == star else "**") + part.name if part.starred else part.name)
            else:
                texts.append(part)
        return "".join(texts)

    def as_it_is(self, entry: Becomes) -> str:
        """The call with what the entry speaks of; all else is at its default."""
        last = str(self.rule.side(self.options.source).name).rpartition(".")[2]
        given: list[str] = []
        gap = False
        for parameter in self.signature.parameters:
            if parameter.name not in entry.names and parameter.kind != "star":
                gap = True
            elif parameter.kind == "star":
                given.append(f"*{parameter.name}")
            else:
                by_name = gap or parameter.kind == "keyword"
                given.append(f"{parameter.name}={parameter.name}" if by_name else parameter.name)
        return f"{SELF}.{last}({', '.join(given)})"

    def reach(self, qualified: str) -> str:
        """How the generated module spells a name of the framework, or one of its own."""
        if qualified.startswith(f"{OWN}."):
            last = qualified.partition(".")[2]
            pieces = template_pieces(self.options.to, self.rule.layer[self.options.to]["any"], last)
            self.written |= {piece.name: piece for piece in pieces}
            return last
        self.imports[_import(qualified)] = None
        return _spelled(qualified)


def _module(qualified: str) -> str:
    """The module of a name: all but what begins with a capital letter, and the last."""
    parts = qualified.split(".")[:-1]
    capital = next((index for index, part in enumerate(parts) if part[:1].isupper()), len(parts))
    return ".".join(parts[:capital])


def _import(qualified: str) -> str:
    package, _, short = _module(qualified).rpartition(".")
    return f"from {package} import {short}" if package else f"import {short}"


def _spelled(qualified: str) -> str:
    module = _module(qualified)
    return module.rpartition(".")[2] + qualified[len(module) :]


def _given(signature: Signature, name: str) -> str:
    if name in signature.aliases:
        return f"{name} is not None"
    default = signature.default(name)
    if default is None:
        return f"len({name}) > 0"
    default = _reached(default)
    return f"{name} is not {default}" if _is_single(default) else f"{name} != {default}"


def _reached(default: str) -> str:
    """A default as the generated module can write it: a name that only the source framework has is None there."""
    return "None" if default.partition(".")[0] in FRAMEWORKS else default


def _equals(name: str, default: str) -> str:
    default = _reached(default)
    return f"{name} is {default}" if _is_single(default) else f"{name} == {default}"


def _is_single(text: str) -> bool:
    node = ast.parse(text, mode="eval").body
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))


def _title(framework: Framework) -> str:
    return "torch" if framework == "torch" else "MindSpore"
