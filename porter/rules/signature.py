"""The signature of one framework's function or class, as rules spell it, and how a call fits it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from porter.rules.data import is_data

ParameterKind = Literal["positional", "keyword", "star", "double star"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a signature; `default` is source text, None when the argument is required."""

    name: str
    kind: ParameterKind
    default: str | None = None


class Signature:
    """A signature as text (`"num_features, eps=1e-05, *, bias=True"`), without `self`.

    `aliases`: other keywords that a parameter goes by, and its name. `packed`: an `*args` that goes by its name as
    well, as one sequence. Raises ValueError when the text is no parameter list, or a default is more than data.
    """

    def __init__(self, text: str, aliases: Mapping[str, str] | None = None, packed: Collection[str] = ()) -> None:
        self.text = text
        self.aliases = dict(aliases or {})
        self.packed = frozenset(packed)
        self.parameters = tuple(_parameters(_arguments(text)))
        self.names = {parameter.name: parameter for parameter in self.parameters}
        self.positional = [p.name for p in self.parameters if p.kind == "positional"]
        if len(self.names) < len(self.parameters):
            raise ValueError(f"{text!r} has a name twice")

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def default(self, name: str) -> str | None:
        """Default of `name` as source text; None when it has none or is not a parameter."""
        parameter = self.names.get(name)
        return parameter.default if parameter else None

    def star(self, kind: ParameterKind) -> str | None:
        """Name of the `*args` ("star") or `**kwargs` ("double star") parameter, if there is one."""
        return next((p.name for p in self.parameters if p.kind == kind), None)

    def bind(self, positional: int, keywords: Sequence[str]) -> dict[str, int | str]:
        """Which argument each parameter gets: the index of a positional one, or the keyword itself.

        A keyword is given as it is written. Arguments that land in `*args` are not in the result. Raises ValueError
        when the call does not fit.
        """
        bound: dict[str, int | str] = dict(zip(self.positional, range(positional), strict=False))
        if positional > len(self.positional) and not self.star("star"):
            raise ValueError(f"takes {len(self.positional)} positional arguments, {positional} are given")
        star = self.star("star")
        spread = positional > len(self.positional)
        for keyword in keywords:
            name = self.aliases.get(keyword, keyword)
            if name in bound or (spread and name == star and name in self.packed):
                raise ValueError(f"gets {name!r} twice")
            known = name in self.names and self.names[name].kind in ("positional", "keyword")
            known = known or name in self.packed
            if not known and not self.star("double star"):
                raise ValueError(f"has no parameter {keyword!r}")
            bound[name] = keyword
        missing = [p.name for p in self.parameters if p.default is None and p.name not in bound]
        missing = [name for name in missing if self.names[name].kind in ("positional", "keyword")]
        missing += [name for name in self.packed if name == star and name not in bound and not spread]
        if missing:
            raise ValueError(f"lacks {', '.join(missing)}")
        return bound


def _arguments(text: str) -> ast.arguments:
    """The parameters as a tree, by way of a lambda: it takes no annotations, and hides no second statement."""
    problem = f"{text!r} is not a parameter list: names and defaults are expected, without self and annotations"
    try:
        tree = ast.parse(f"(lambda {text}: 0)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(problem) from error
    if not isinstance(tree, ast.Lambda) or not isinstance(tree.body, ast.Constant):
        raise ValueError(problem)
    if any(argument.arg == "self" for argument in (*tree.args.posonlyargs, *tree.args.args)):
        raise ValueError(problem)
    for default in (*tree.args.defaults, *filter(None, tree.args.kw_defaults)):
        if not is_data(default):
            raise ValueError(f"the default {ast.unparse(default)} is neither a literal nor a name of a framework")
    return tree.args


def _parameters(arguments: ast.arguments) -> Iterator[Parameter]:
    positional = [*arguments.posonlyargs, *arguments.args]
    padding: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    for argument, default in zip(positional, [*padding, *arguments.defaults], strict=True):
        yield Parameter(argument.arg, "positional", ast.unparse(default) if default else None)
    if arguments.vararg:
        yield Parameter(arguments.vararg.arg, "star")
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield Parameter(argument.arg, "keyword", ast.unparse(default) if default else None)
    if arguments.kwarg:
        yield Parameter(arguments.kwarg.arg, "double star")
