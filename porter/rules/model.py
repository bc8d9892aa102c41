"""A rule as typed, frozen values: what two frameworks call a thing, and where their meaning differs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

from porter.rules.becomes import Becomes
from porter.rules.conditions import Condition
from porter.rules.differs import Difference
from porter.rules.ranges import Range
from porter.rules.signature import Signature
from porter.rules.transforms import TRANSFORMS
from porter.rules.unset import Unset
from porter.rules.values import Values

Framework = Literal["torch", "mindspore"]
FRAMEWORKS: tuple[Framework, ...] = ("torch", "mindspore")
TITLES = {"torch": "PyTorch", "mindspore": "MindSpore"}
"""How a framework is called in a sentence."""
SHORT = {"torch": "torch", "mindspore": "MindSpore"}
"""The same, where it stands before a class or an object of it."""
PLATFORMS = ("CPU", "GPU", "Ascend")
MODES = ("PyNative", "GRAPH")
"""The ways in which MindSpore runs."""

OF_CLASSES: tuple[str, ...] = ("forward", "weights", "attributes", "attribute_notes", "present", "unset", "buffers")
OF_CLASSES += ("methods", "base_init", "differs", "grows", "modal", "live")
"""What only the rules of classes have."""


def other(side: Framework) -> Framework:
    """The framework on the far side of a conversion."""
    return "mindspore" if side == "torch" else "torch"


def owner_of(name: str) -> str:
    """The class whose member a rule's name is; "" for what is no member."""
    above = name.rpartition(".")[0]
    return above if above.rpartition(".")[2][:1].isupper() else ""


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
    names: dict[str, str] = field(default_factory=dict)
    values: Values | None = None
    pack: str = ""

    @property
    def keeps_meaning(self) -> bool:
        """Whether the value means the same on both sides, its type apart."""
        return self.values is None and (self.value is None or TRANSFORMS[self.value].retypes)


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
    """One numeric case: the arguments of a call, and the shapes of its inputs (a str names a parameter).

    `holds`: inputs that hold whole numbers below a number, or truths ("bool"); the others hold floats. `modes`: of
    MindSpore, where it runs.
    `made`: the layer whose member it is, as an expression; of other members, the first input is the object.
    """

    args: str
    inputs: tuple[tuple[int | str, ...], ...]
    dtypes: tuple[str, ...] = ("float32",)
    side: Framework = "torch"
    holds: tuple[tuple[str, int | str], ...] = ()
    modes: tuple[str, ...] = MODES
    made: str = ""


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
    `files` is where a rule of a user's folder was read from: the file, and then those that it extends;
    `folders` are those folders, in which the code of its layers is looked for before that which porter ships.
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
    live: dict[Framework, tuple[str, ...]] = field(default_factory=dict)
    forward: dict[str, str] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)
    absent: dict[Framework, dict[str, str]] = field(default_factory=dict)
    rare: dict[Framework, frozenset[str]] = field(default_factory=dict)
    parts: dict[Framework, dict[str, tuple[str, tuple[str, ...]]]] = field(default_factory=dict)
    differs: dict[Framework, dict[str, Difference]] = field(default_factory=dict)
    taken: dict[Framework, dict[str, str]] = field(default_factory=dict)
    base_init: dict[str, str] = field(default_factory=dict)
    layer: dict[Framework, dict[str, str]] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    versions: tuple[Version, ...] = ()
    becomes: dict[Framework, tuple[Becomes, ...]] = field(default_factory=dict)
    remarks: dict[Framework, dict[str, str]] = field(default_factory=dict)
    one_way: str = ""
    grows: str = ""
    modal: str = ""
    modal_by: str = ""
    caution: str = ""
    batched: str = ""
    assigned: str = ""
    graph: str = ""
    says_class: bool | None = None
    rare_on: frozenset[Framework] = frozenset()
    type_test: tuple[str, ...] = ()
    no_type_test: str = ""
    source: Framework = field(default="torch", compare=False)
    files: tuple[str, ...] = field(default=(), compare=False)
    folders: tuple[Path, ...] = field(default=(), compare=False)

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

    @property
    def is_rare(self) -> bool:
        """Whether hardly anything else has a member of the name that `source` gives it."""
        return self.source in self.rare_on

    @cached_property
    def owner(self) -> str:
        """The class whose member the name is: `Tensor` of `Tensor.size`; "" for what is no member."""
        return owner_of(self.name)

    @property
    def forms(self) -> tuple[Becomes, ...]:
        """What calls of `source`'s name become, where that is no call of the same shape."""
        return self.becomes.get(other(self.source), ())

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
                changes |= (
                    {name: target} if rule.value is None and rule.values is None and target not in (name, "*") else {}
                )
        changes = {k: v for k, v in changes.items() if k not in self.attributes} | self.attributes
        changes = {ours: theirs for ours, theirs in changes.items() if ours != theirs}
        if source == "mindspore":
            back = {theirs: ours for ours, theirs in changes.items() if theirs and theirs != ours}
            return back | {theirs: "" for ours, theirs in self.renames.items() if self._retold(ours)}
        return changes

    def live_on(self, source: Framework) -> dict[Framework, frozenset[str]]:
        """By framework: attributes, as `source` calls them, that this one's layers alone look at in every call."""
        ours, names = self.live.get(source, ()), {v: k for k, v in self.crossing(source).items()}
        theirs = {names.get(name, name) for name in self.live.get(other(source), ())}
        return {source: frozenset(ours) - theirs, other(source): frozenset(theirs) - frozenset(ours)}

    def _retold(self, name: str) -> bool:
        """Whether MindSpore's layer itself keeps the value of a parameter, and torch's keeps another one of it."""
        param, wrapped = self.params.get(name), any("." in path for path in self.weights.values())
        elsewhere = wrapped or name in {*self.weights, *self.attributes} or self.renames[name] == "*"
        return param is not None and not param.keeps_meaning and not elsewhere

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

    def packed(self, side: Framework) -> str | None:
        """The `*size` of a side that also takes one sequence in its place."""
        signature = self.side(side).signature
        name = signature.star("star") if signature is not None else None
        key = self.crossing("mindspore").get(name or "", name) if side == "mindspore" else name
        return name if key in self.params and self.params[str(key)].pack else None

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
