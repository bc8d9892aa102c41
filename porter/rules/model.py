"""A rule as typed, frozen values: what two frameworks call a thing, and where their meaning differs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from porter.rules.conditions import Condition
from porter.rules.data import is_data
from porter.rules.differs import Difference
from porter.rules.ranges import Range
from porter.rules.transforms import TRANSFORMS
from porter.rules.unset import Unset

Framework = Literal["torch", "mindspore"]
FRAMEWORKS: tuple[Framework, ...] = ("torch", "mindspore")
PLATFORMS = ("CPU", "GPU", "Ascend")

OF_CLASSES = ("forward", "weights", "attributes", "attribute_notes", "present", "unset", "buffers", "methods")
OF_CLASSES += ("base_init", "differs", "grows", "modal")
"""What only the rules of classes have."""

ParameterKind = Literal["positional", "keyword", "star", "double star"]


def other(side: Framework) -> Framework:
    """The framework on the far side of a conversion."""
    return "mindspore" if side == "torch" else "torch"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a signature; `default` is source text, None when the argument is required."""

    name: str
    kind: ParameterKind
    default: str | None = None


class Signature:
    """A signature as text (`"num_features, eps=1e-05, *, bias=True"`), without `self`.

    `aliases`: other keywords that a parameter goes by, and its name. Raises ValueError when the text is no parameter
    list, or a default is more than data.
    """

    def __init__(self, text: str, aliases: Mapping[str, str] | None = None) -> None:
        self.text = text
        self.aliases = dict(aliases or {})
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
        for keyword in keywords:
            name = self.aliases.get(keyword, keyword)
            if name in bound:
                raise ValueError(f"gets {name!r} twice")
            known = name in self.names and self.names[name].kind in ("positional", "keyword")
            if not known and not self.star("double star"):
                raise ValueError(f"has no parameter {keyword!r}")
            bound[name] = keyword
        missing = [p.name for p in self.parameters if p.default is None and p.name not in bound]
        missing = [name for name in missing if self.names[name].kind in ("positional", "keyword")]
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


@dataclass(frozen=True, slots=True)
class When:
    """What to do when a parameter has one value (`value` is a Python literal; `is_other`: any not listed).

    With a `condition`, only where that holds too; the names in it are those of the side that has the parameter.
    """

    value: object
    is_other: bool = False
    write: Literal["class", "keep"] | None = None
    set: dict[str, object] = field(default_factory=dict)
    copy: str | None = None
    note: str = ""
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class ParamRule:
    """How one parameter crosses; every field but `name` is an exception to "the same on both sides"."""

    name: str
    mindspore: str | None = None
    value: str | None = None
    same_default: str | None = None
    drop: str | None = None
    note: str = ""
    inert: str = ""
    spread: str = ""
    when: tuple[When, ...] = ()
    ranges: dict[Framework, Range] = field(default_factory=dict)
    alias: tuple[str, ...] = ()

    @property
    def keeps_meaning(self) -> bool:
        """Whether the value means the same on both sides, its type apart."""
        return self.value is None or TRANSFORMS[self.value].retypes


@dataclass(frozen=True, slots=True)
class Side:
    """One framework's half: `name` is None where the framework has no counterpart (`none` says why)."""

    name: str | None
    signature: Signature | None = None
    docs: str = ""
    aliases: tuple[str, ...] = ()
    platforms: tuple[str, ...] = PLATFORMS
    none: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One numeric case: the arguments of a call, and the shapes of its inputs (a str names a parameter)."""

    args: str
    inputs: tuple[tuple[int | str, ...], ...]
    dtypes: tuple[str, ...] = ("float32",)
    side: Framework = "torch"


@dataclass(frozen=True, slots=True)
class Version:
    """The signature that a range of a framework's versions has (`range`: `"<2.12"`, `">=2.1,<2.7"`)."""

    framework: Framework
    range: str
    signature: Signature


@dataclass(frozen=True)
class Rule:
    """One name of torch and what it is in MindSpore. `name` is the path of the rule file without its ending.

    `source` is the side that the rule was found from: what differs by direction (`notes`, `spreads`) follows it.
    """

    name: str
    torch: Side
    mindspore: Side
    params: dict[str, ParamRule] = field(default_factory=dict)
    write: dict[Framework, dict[str, object]] = field(default_factory=dict)
    weights: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    attribute_notes: dict[str, str] = field(default_factory=dict)
    present: dict[str, str] = field(default_factory=dict)
    unset: dict[str, Unset] = field(default_factory=dict)
    buffers: tuple[str, ...] = ()
    forward: dict[str, str] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)
    absent: dict[Framework, dict[str, str]] = field(default_factory=dict)
    differs: dict[Framework, dict[str, Difference]] = field(default_factory=dict)
    taken: dict[Framework, dict[str, str]] = field(default_factory=dict)
    base_init: dict[str, str] = field(default_factory=dict)
    layer: dict[Framework, dict[str, str]] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    versions: tuple[Version, ...] = ()
    remarks: dict[Framework, dict[str, str]] = field(default_factory=dict)
    one_way: str = ""
    grows: str = ""
    modal: str = ""
    modal_by: str = ""
    caution: str = ""
    says_class: bool | None = None
    source: Framework = field(default="torch", compare=False)

    @property
    def notes(self) -> dict[str, str]:
        """Kind of a use -> what a person must know about it, in the direction of `source`."""
        return self.remarks.get(other(self.source), {})

    def seen_from(self, source: Framework) -> Rule:
        """The same rule for a conversion from `source`."""
        return self if source == self.source else replace(self, source=source)

    def side(self, framework: Framework) -> Side:
        """The half of `framework`."""
        return self.torch if framework == "torch" else self.mindspore

    def write_for(self, framework: Framework) -> dict[str, object]:
        """Constants that a call of `framework` carries beside its own arguments."""
        return self.write.get(framework, {})

    def attribute_changes(self, source: Framework) -> dict[str, str]:
        """Attributes of an instance that the other framework calls differently ("": it has none of that meaning)."""
        pairs = {name: name for name in self.renames} | self.weights | self.attributes
        changes = {ours: theirs for ours, theirs in pairs.items() if ours != theirs}
        for name, target in self.renames.items():
            rule = self.params.get(name)
            if name not in self.weights and rule is not None:
                changes |= {name: ""} if not rule.keeps_meaning or target == "*" else {}
                changes |= {name: target} if rule.value is None and target not in (name, "*") else {}
        changes = {k: v for k, v in changes.items() if k not in self.attributes} | self.attributes
        if source == "mindspore":
            return {theirs: ours for ours, theirs in changes.items() if theirs and theirs != ours}
        return changes

    @cached_property
    def is_class(self) -> bool:
        """Whether the name can be a base or a type to test for: the rule says so, or has what only classes have."""
        return any(getattr(self, name) for name in OF_CLASSES) if self.says_class is None else self.says_class

    @cached_property
    def tied(self) -> bool:
        """Whether MindSpore's native layer is missing on some platform."""
        return set(self.mindspore.platforms) != set(PLATFORMS)

    @cached_property
    def renames(self) -> dict[str, str]:
        """Torch parameter -> MindSpore parameter, for every parameter that crosses (`*args` written `"*"`)."""
        torch, mindspore = self.torch.signature, self.mindspore.signature
        if torch is None or mindspore is None:
            return {}
        named = {p.name: self.params.get(p.name, ParamRule(p.name)).mindspore or p.name for p in torch.parameters}
        return {name: target for name, target in named.items() if target == "*" or target in mindspore}

    def crossing(self, source: Framework) -> dict[str, str]:
        """Parameter of `source` -> parameter of the other side."""
        if source == "torch":
            return self.renames
        return {theirs: ours for ours, theirs in self.renames.items()}

    @property
    def collects(self) -> bool:
        """Whether the other side takes as one list what this one takes in `*args`."""
        return self.source == "mindspore" and "*" in self.renames.values()

    @property
    def spreads(self) -> bool:
        """Whether this side takes one list in place of its `*args`, which the other side does not."""
        return self.source == "mindspore" and any(param.spread for param in self.params.values())

    @cached_property
    def interchangeable(self) -> bool:
        """Whether the name itself can be handed around: both take any call the same way, a list of `spread` apart."""
        torch, mindspore = self.torch.signature, self.mindspore.signature
        if torch is None or mindspore is None:
            return True
        exceptions = [param for param in self.params.values() if not param.spread]
        return not exceptions and not self.write and torch.text == mindspore.text
