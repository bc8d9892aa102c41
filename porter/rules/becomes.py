"""What a call, or a read, becomes where that is no call of the same shape: templates, each for some of the calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from string import Formatter
from typing import Any

from porter.rules.data import is_constant, is_name
from porter.rules.reader import Reader

ENTRY = {"given", "takes", "kinds", "write", "keep", "common", "note"}
KINDS = ("tensor", "number", "text", "bool", "sequence", "dtype", "none", "device", "function")
"""What an argument can be asked to be."""
OF_TEXT = frozenset({"function"})
"""Kinds that only the text tells: a function of the tree. What is not known to be one is none."""
SELF = "self"
"""The hole of the object whose member it is."""
PLAIN = frozenset({"bool", "float", "int", "len", "list", "tuple"})
"""Builtins that a template may call."""
ALLOWED: tuple[type[ast.AST], ...] = (
    ast.Call,
    ast.keyword,
    ast.Attribute,
    ast.Subscript,
    ast.Name,
    ast.Constant,
    ast.Tuple,
    ast.List,
    ast.Load,
)
ALLOWED += (
    ast.UnaryOp,
    ast.unaryop,
    ast.BinOp,
    ast.operator,
    ast.Compare,
    ast.cmpop,
    ast.Slice,
    ast.Starred,
    ast.IfExp,
)
ALLOWED += (ast.BoolOp, ast.boolop, ast.Expression)
MARK = "_hole_"
OWN = "porter_layers"
"""The root of what the generated module defines: a function, or a class, of the file that [layer] names."""
ROOTS = ("torch", "mindspore", OWN)


@dataclass(frozen=True, slots=True)
class Hole:
    """Where an argument goes. `operand`: something is done with it there, so more than a name needs brackets.

    `starred`: the arguments of `*sizes`, or `**options`, go there one by one.
    """

    name: str
    operand: bool = False
    starred: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A name of the framework, or of the generated module, in full."""

    qualified: str


Part = str | Hole | Named


@dataclass(frozen=True)
class Template:
    """An expression with holes: its text in pieces. Raises ValueError for what is none, or would run other code."""

    text: str

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            if not isinstance(node, ALLOWED):
                raise ValueError(f"{type(node).__name__} has no place in a template")
            if isinstance(node, ast.Name) and not (node.id in PLAIN.union(ROOTS) or _is_hole(node)):
                raise ValueError(f"{node.id} is no parameter in braces, no framework and no builtin of a template")

    @cached_property
    def _marked(self) -> str:
        """The text with a name in the place of each hole."""
        parts = []
        for text, name, spec, conversion in Formatter().parse(self.text):
            if spec or conversion:
                raise ValueError(f"{{{name}}} holds more than the name of a parameter")
            stars = len(name or "") - len((name or "").lstrip("*"))
            if name is not None and (not is_name(name[stars:]) or stars > 2):
                raise ValueError(f"{{{name}}} is no parameter")
            parts += [text, f"{name[:stars]}{MARK}{name[stars:]}" if name is not None else ""]
        return "".join(parts)

    @cached_property
    def tree(self) -> ast.Expression:
        """The expression."""
        try:
            return ast.parse(self._marked, mode="eval")
        except SyntaxError as error:
            raise ValueError("it is no expression") from error

    @cached_property
    def holes(self) -> tuple[str, ...]:
        """Parameters in the order of their holes."""
        return tuple(part.name for part in self.parts if isinstance(part, Hole))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the framework, in full, once each."""
        return tuple(dict.fromkeys(part.qualified for part in self.parts if isinstance(part, Named)))

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The text in pieces, in order."""
        data, at, found = self._marked.encode(), 0, []
        for node, above in sorted(_pieces(self.tree.body, None), key=lambda pair: pair[0].col_offset):
            found += [data[at : node.col_offset].decode(), _part(node, above)]
            at = node.end_col_offset or 0
        return tuple(part for part in (*found, data[at:].decode()) if part)

    @cached_property
    def is_atom(self) -> bool:
        """Whether it can stand anywhere without brackets."""
        return isinstance(self.tree.body, (ast.Call, ast.Attribute, ast.Subscript, ast.Name, ast.Constant, ast.List))


@dataclass(frozen=True, slots=True)
class Becomes:
    """What some calls become; the first entry that fits a call is taken.

    `given`: parameters that must be given, with something else than their default; or another keyword of one, which has
    to be how the call spells it. `takes`: of a call that stays, parameters that may be given. `kinds`: what arguments
    have to be.
    `template`: None where the call means the same on the other side as it stands. `common`: what is written means the
    same on both sides, so it does not matter what the object is. `note`: told where it is taken.
    """

    template: Template | None = None
    given: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    common: bool = False
    note: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Parameters that it says something about; the others have to be at their default."""
        holes = self.template.holes if self.template else ()
        return frozenset({*self.given, *self.takes, *self.kinds, *holes}) - {SELF}


def read_becomes(reader: Reader, where: str, tables: list[dict[str, Any]]) -> tuple[Becomes, ...]:
    """The entries of one direction."""
    return tuple(entry for number, data in enumerate(tables, 1) if (entry := _entry(reader, f"{where} {number}", data)))


def _entry(reader: Reader, where: str, data: Mapping[str, Any]) -> Becomes | None:
    reader.unknown(data, ENTRY, f"{where} key")
    if ("write" in data) == ("keep" in data):
        reader.problem(f"{where} needs one of write, a template, and keep, for a call that stays as it is")
        return None
    for key in ("keep", "common"):
        if data.get(key, True) is not True:
            reader.problem(f"{where} {key} is {data[key]!r}: true is expected, or no such key")
    if "keep" in data and "common" in data:
        reader.problem(f"{where} common changes nothing: the call stays as it is")
    if "takes" in data and "keep" not in data:
        reader.problem(f"{where} takes changes nothing: a template takes what has a hole in it")
    given, takes = (reader.identifiers(where, data, key) for key in ("given", "takes"))
    note = reader.sentence(where, data, "note")
    template = _template(reader, where, data["write"]) if "write" in data else None
    return Becomes(template, given, takes, _kinds(reader, where, data), data.get("common") is True, note)


def _template(reader: Reader, where: str, text: object) -> Template | None:
    if not isinstance(text, str) or not is_constant(text):
        reader.problem(f"{where} write is {text!r}: an expression on one line is expected, as text")
        return None
    try:
        return Template(text)
    except ValueError as error:
        reader.problem(f"{where} write is {text!r}: {error}")
        return None


def _kinds(reader: Reader, where: str, data: Mapping[str, Any]) -> dict[str, str]:
    table = reader.table(f"{where} kinds", data, "kinds")
    for name, kind in table.items():
        if kind not in KINDS:
            reader.problem(f"{where} kinds {name} is {kind!r}: one of {', '.join(KINDS)} is expected")
    return {name: kind for name, kind in table.items() if kind in KINDS}


def _is_hole(node: object) -> bool:
    return isinstance(node, ast.Name) and node.id.startswith(MARK)


def _pieces(node: ast.AST, above: ast.AST | None) -> Iterator[tuple[ast.expr | ast.keyword, ast.AST | None]]:
    """Holes, with their stars, and names of the framework, each with what it stands in."""
    starred = isinstance(node, ast.Starred) or (isinstance(node, ast.keyword) and node.arg is None)
    if starred and _is_hole(getattr(node, "value", None)):
        yield node, above  # type: ignore[misc]
    elif isinstance(node, ast.expr) and (_qualified(node) or _is_hole(node)):
        yield node, above
    else:
        for child in ast.iter_child_nodes(node):
            yield from _pieces(child, node)


def _part(node: ast.expr | ast.keyword, above: ast.AST | None) -> Part:
    if isinstance(node, (ast.Starred, ast.keyword)):
        assert isinstance(node.value, ast.Name)
        return Hole(node.value.id.removeprefix(MARK), starred=True)
    if not isinstance(node, ast.Name) or not _is_hole(node):
        return Named(_qualified(node))
    free = above is None or isinstance(above, (ast.keyword, ast.Tuple, ast.List))
    free = free or (isinstance(above, ast.Call) and above.func is not node)
    free = free or (isinstance(above, ast.Subscript) and above.slice is node)
    return Hole(node.id.removeprefix(MARK), not free)


def _qualified(node: ast.expr) -> str:
    """A dotted name that a framework begins; "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    root = node.id if isinstance(node, ast.Name) else ""
    return ".".join([root, *reversed(parts)]) if root in ROOTS and parts else ""
