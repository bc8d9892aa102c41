"""What to run for one rule: each of its [[check]] cases, in each form, direction, mode and dtype."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from porter.proof.calls import Call
from porter.proof.names import SignatureCase, Snippet
from porter.proof.notice import arguments_to_notice
from porter.proof.texts import asking_texts, call_text, value_text
from porter.rules.model import FRAMEWORKS, MODES, Check, Framework, Rule

Shapes = tuple[tuple[int, ...], ...]
THERE = "torch -> mindspore"
BACK = "mindspore -> torch"
AND_BACK = "torch -> mindspore -> torch"


Blinders = tuple[tuple[str, Snippet], ...]


@dataclass(frozen=True)
class Trial:
    """The two sides, and the inputs to run them with; `samples` were put in place of names of the tree.

    `blinders` are torch snippets in each of which one argument is back at its default: the case has to notice. `holds`:
    inputs that hold no floats.
    """

    truth: Snippet
    found: Snippet
    shapes: Shapes
    samples: tuple[tuple[str, str], ...] = ()
    blinders: Blinders = ()
    holds: tuple[tuple[str, int | str], ...] = ()


@dataclass(frozen=True)
class Case:
    """One thing to prove. The first trial whose torch side runs is the one that counts.

    `first`: among its modes and dtypes, so that what concerns the torch side alone is looked at once. `chosen`: names
    of the arguments whose values a user wrote, which may change nothing there.
    """

    name: str
    rule: Rule
    trials: tuple[Trial, ...]
    direction: str = THERE
    form: str = "call"
    mode: str = "PyNative"
    dtype: str = "float32"
    by_name: bool = False
    first: bool = False
    chosen: frozenset[str] = frozenset()
    path: str = ""
    line: int = 0
    repeat: str = ""

    def at(self, mode: str, dtype: str = "float32", *, first: bool) -> Case:
        """The same case in another mode or dtype."""
        return replace(self, mode=mode, dtype=dtype, first=first)


@dataclass(frozen=True)
class Skipped:
    """Something that cannot be run, and why; `fault`: it should have been."""

    name: str
    rule: str
    reason: str
    direction: str = ""
    form: str = ""
    path: str = ""
    line: int = 0
    fault: bool = False


AnyCase = Case | SignatureCase | Skipped


@dataclass(frozen=True)
class Converted:
    """What convert made of a text: `left` says why when it left the call as it was."""

    text: str
    layers: str | None = None
    left: str = ""


Converter = Callable[[str, Framework, str], Converted]
"""(text, to, platform) -> what convert writes."""


def entry_of(rule: Rule) -> Literal["build", "call"]:
    """The name that a snippet of the rule defines."""
    return "build" if rule.is_class or any(check.made for check in rule.checks) else "call"


def shapes_of(check: Check, call: Call | None) -> Shapes:
    """Input shapes with the call's values in place of parameter names."""
    return tuple(tuple(_size(entry, call) for entry in shape) for shape in check.inputs)


def _size(entry: int | str, call: Call | None) -> int:
    if isinstance(entry, int):
        return entry
    value = call.value(entry) if call else None
    if not isinstance(value, int):
        raise ValueError(f"{entry} = {value!r} is no size")
    return value


def bound(rule: Rule, side: Framework, args: str) -> Call | None:
    """A call of the rule's name, or None where its signature is not known."""
    signature = rule.side(side).signature
    return Call(f"f({args})", signature) if signature else None


class RuleCases:
    """Every case of a rule. `convert` writes the converted text, so that exactly that is proven."""

    def __init__(self, rule: Rule, convert: Converter, modes: Sequence[str] = MODES) -> None:
        self.rule = rule
        self.convert = convert
        self.modes = modes
        self.seen: set[object] = set()
        self.compiled: set[str] = set()
        self.looked = False

    def __iter__(self) -> Iterator[AnyCase]:
        for framework in FRAMEWORKS:
            side = self.rule.side(framework)
            whole = side.signature is not None and self.rule.one_way != "torch"
            if side.name and side.signature and whole and not self.rule.owner:
                yield SignatureCase(f"{side.name}({side.signature.text})", self.rule, framework)
            for name in (*side.aliases, *([side.name] if side.name and not whole else [])):
                yield SignatureCase(name, self.rule, framework, alone=name)
        for index, check in enumerate(self.rule.checks):
            self.seen.clear()
            self.compiled.clear()
            self.looked = False
            make = self._there if check.side == "torch" else self._back
            yield from make(check, first=index == 0)

    def _there(self, check: Check, first: bool) -> Iterator[AnyCase]:
        shapes = shapes_of(check, bound(self.rule, "torch", check.args))
        blinders = self._blinders(check, lambda text: text)
        for form, text in self._forms(check):
            truth = self._snippet("torch", text)
            for platform in ("any",) if self.rule.owner else ("gpu", "any"):  # a tensor is the same on each
                out = self.convert(text, "mindspore", platform)
                found = self._snippet("mindspore", out.text, out.layers, native=platform == "gpu")
                label = f"{form}, {platform}"
                if out.left:
                    yield self._skipped(check, out.left, THERE, label, fault=True)
                elif self._new(found):
                    case = self._case(check, Trial(truth, found, shapes, (), blinders, check.holds), THERE, label)
                    yield from self._spread(case, check)
                    if first and form == "call" and self.rule.is_class:
                        named = replace(case, form=f"{label}, input by name", by_name=True)
                        yield replace(named, dtype=check.dtypes[0])
                plain = form == "call" and platform == "gpu" and not out.left and out.layers is None
                if plain and not self.rule.becomes:
                    yield from self._and_back(check, truth, out, shapes)

    def _and_back(self, check: Check, truth: Snippet, there: Converted, shapes: Shapes) -> Iterator[AnyCase]:
        out = self.convert(there.text, "torch", "gpu")
        if out.left:
            yield self._skipped(check, out.left, AND_BACK, "call")
        else:
            again = self._snippet("torch", out.text, out.layers)
            case = self._case(check, Trial(truth, again, shapes, holds=check.holds), AND_BACK, "call")
            yield replace(case, mode="")

    def _back(self, check: Check, first: bool) -> Iterator[AnyCase]:
        shapes = shapes_of(check, bound(self.rule, "mindspore", check.args))
        blinders = self._blinders(check, lambda text: self.convert(text, "torch", "gpu"))
        for form, text in self._forms(check):
            out = self.convert(text, "torch", "gpu")
            if out.left:
                yield self._skipped(check, out.left, BACK, form, fault=True)
                continue
            truth = self._snippet("torch", out.text, out.layers)
            original = self._snippet("mindspore", text, native=True)
            yield from self._spread(
                self._case(check, Trial(truth, original, shapes, (), blinders, check.holds), BACK, form), check
            )

    def _forms(self, check: Check) -> Iterator[tuple[str, str]]:
        yield "call", call_text(self.rule, check.side, check.args, len(check.inputs), check.made)
        yield from asking_texts(self.rule, check) if self.rule.owner else ()
        if not self.rule.owner:
            yield "value", value_text(self.rule, check.side, check.args, len(check.inputs))

    def _blinders(self, check: Check, torch_text: Callable[[str], str | Converted]) -> Blinders:
        call = bound(self.rule, check.side, check.args)
        if call is None:
            return ()
        found = []
        for name in arguments_to_notice(self.rule, call):
            args = call.with_argument(name, str(call.signature.default(name)))[2:-1]
            out = torch_text(call_text(self.rule, check.side, args, len(check.inputs), check.made))
            text, layers = (out, None) if isinstance(out, str) else (out.text, out.layers)
            found.append((name, self._snippet("torch", text, layers)))
        return tuple(found)

    def _spread(self, case: Case, check: Check) -> Iterator[Case]:
        """Every dtype in the first mode; the others, which compile for seconds, once for each thing that is built."""
        modes = [mode for mode in self.modes if mode in check.modes]
        for dtype in check.dtypes if modes else ():
            yield case.at(modes[0], dtype, first=not self.looked)
            self.looked = True
        built = case.trials[0].found.layers or "the native layer"
        if built not in self.compiled and not self.rule.graph and not check.made:
            self.compiled.add(built)
            yield from (case.at(mode, check.dtypes[0], first=False) for mode in modes[1:])

    def _new(self, snippet: Snippet) -> bool:
        """Whether this has not been proven yet: platforms often give the same.

        What `--platform any` writes runs without the stand-in for native layers, even where the text is the same.
        """
        if snippet in self.seen:
            return False
        self.seen.add(snippet)
        return True

    def _case(self, check: Check, trial: Trial, direction: str, form: str) -> Case:
        repeat = f"porter check --rules {self.rule.torch.name or self.rule.mindspore.name}"
        return Case(self._name(check), self.rule, (trial,), direction, form, repeat=repeat)

    def _skipped(self, check: Check, reason: str, direction: str, form: str, fault: bool = False) -> Skipped:
        message = f"left as it was: {reason}"
        return Skipped(self._name(check), self.rule.name, message, direction, form, fault=fault)

    def _name(self, check: Check) -> str:
        return f"{self.rule.side(check.side).name}({check.args})"

    def _snippet(self, framework: Framework, text: str, layers: str | None = None, native: bool = False) -> Snippet:
        is_native = self.rule.is_class and (native or framework == "torch")
        parent = self.rule.side(framework).name or "" if is_native else ""
        return Snippet(framework, text, entry_of(self.rule), layers, (), native, parent)
