"""What to run for one place of a converted tree: its own text before and after, with sample values for its names."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping
from dataclasses import dataclass, replace

from porter.findings import Kind, Site
from porter.proof import calls
from porter.proof.calls import Call
from porter.proof.cases import (
    BACK,
    THERE,
    Blinders,
    Case,
    Converter,
    Shapes,
    Skipped,
    Trial,
    bound,
    entry_of,
    shapes_of,
)
from porter.proof.names import Snippet
from porter.proof.notice import arguments_to_notice
from porter.proof.texts import call_text
from porter.rules.model import MODES, Check, Framework, Rule

_NOT_RUN = {
    Kind.BASE: "a base class has no call of its own",
    Kind.TYPE_TEST: "a type test computes nothing",
    Kind.COMPARISON: "a comparison of types computes nothing",
    Kind.ANNOTATION: "an annotation computes nothing",
    Kind.ATTRIBUTE: "an attribute needs its object",
    Kind.METHOD: "a method needs its object",
    Kind.STRING: "a name in a string is resolved at run time",
    Kind.IMPORT: "an import computes nothing",
}
_WRAPPED = "what is built is handed to a function that keeps its mode, which is no number of its own"

_COMPOSED = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Tuple, ast.List)


@dataclass(frozen=True)
class Tree:
    """What all sites of a tree share: where they went, and the text of its `porter_layers.py`.

    `given` maps the text of an expression to what `--set` says it is.
    """

    to: Framework
    native: bool
    layers: str | None
    given: Mapping[str, str]
    repeat: str


class _Cannot(Exception):
    """A site cannot be built; the message says why."""


def site_cases(site: Site, rule: Rule | None, tree: Tree, convert: Converter) -> list[Case | Skipped]:
    """One case per mode, or the reason why there is none."""
    direction = THERE if tree.to == "mindspore" else BACK

    def skipped(reason: str) -> list[Case | Skipped]:
        return [Skipped(site.before, site.rule, reason, direction, str(site.kind), site.path, site.line)]

    if rule is None:
        return skipped(f"left as it was: {site.reason}" if site.reason else f"there is no rule {site.rule!r}")
    if site.kind in _NOT_RUN:
        return skipped(_WRAPPED if _is_wrap(site) else _NOT_RUN[site.kind])
    if site.before == site.after and site.names_before == site.names_after:
        return skipped(f"left as it was: {site.reason or 'no reason is recorded'}")
    try:
        builder = _Builder(site, rule, tree, convert)
        trials = builder.trials()
    except (_Cannot, ValueError, SyntaxError, RecursionError) as error:
        return skipped(f"there is nothing to run: {error}" if isinstance(error, SyntaxError) else str(error))
    repeat = f"{tree.repeat} --site {site.path}:{site.line}"
    case = Case(site.before, rule, trials, direction, str(site.kind), path=site.path, line=site.line, repeat=repeat)
    case = replace(case, chosen=builder.chosen())
    return [case.at(mode, first=mode == MODES[0]) for mode in MODES]


def _is_wrap(site: Site) -> bool:
    """Whether the place is a call that is handed to a function of the generated module, which keeps its mode."""
    return site.kind is Kind.METHOD and site.after.partition("(")[0].endswith("porter_layers.fresh")


class _Builder:
    """Builds both sides of one site."""

    def __init__(self, site: Site, rule: Rule, tree: Tree, convert: Converter) -> None:
        before, names_before = calls.without_dots(site.before, site.names_before)
        after, names_after = calls.without_dots(site.after, site.names_after)
        self.site = replace(site, before=before, after=after, names_before=names_before, names_after=names_after)
        self.rule = rule
        self.tree = tree
        self.convert = convert
        self.side: Framework = "torch" if tree.to == "mindspore" else "mindspore"
        self.before = ast.parse(before.strip(), mode="eval").body
        self.after = ast.parse(after.strip(), mode="eval").body
        self.checks = self._checks()

    def trials(self) -> tuple[Trial, ...]:
        """The ways to run it, the likeliest first. Raises _Cannot."""
        if not self.checks:
            raise _Cannot("the rule has no [[check]] case: there is nothing to run it with")
        if not isinstance(self.before, ast.Call) or calls.has_stars(self.before):
            return tuple(self._of_value(check) for check in self.checks)
        return self._of_call()

    def chosen(self) -> frozenset[str]:
        """Parameters whose arguments are written out at the site: no sample stands for them."""
        signature = self.rule.side(self.side).signature
        if not isinstance(self.before, ast.Call) or calls.has_stars(self.before) or signature is None:
            return frozenset()
        given = Call(self.site.before, signature).given
        return frozenset(name for name, node in given.items() if self._is_plain(node))

    def _blinders(self, call: Call, inputs: int) -> Blinders:
        """The torch side with one argument back at its default."""
        if self.side != "torch":
            return ()  # the original is MindSpore's: what is torch in it was proven with the rule's own cases
        names = arguments_to_notice(self.rule, call)
        texts = {name: call.with_argument(name, str(call.signature.default(name))) for name in names}
        return tuple((name, self._snippet("torch", text, inputs)) for name, text in texts.items())

    def _of_value(self, check: Check) -> Trial:
        """The name as a value, called with the rule's own arguments on both sides."""
        before = self.before.func if isinstance(self.before, ast.Call) else self.before
        after = self.after.func if isinstance(self.after, ast.Call) else self.after
        shapes = shapes_of(check, bound(self.rule, self.side, check.args))
        return self._trial(f"{ast.unparse(before)}({check.args})", f"{ast.unparse(after)}({check.args})", shapes, {})

    def _of_call(self) -> tuple[Trial, ...]:
        signature = self.rule.side(self.side).signature
        if signature is None:
            raise _Cannot("the rule has no signature to bind the call to")
        call = Call(self.site.before, signature)
        found: list[Trial] = []
        problem = ValueError("no sample")
        for check in self.checks:
            try:
                found += self._with_check(call, check)
            except (ValueError, _Cannot) as error:
                problem = ValueError(str(error))
        if not found:
            raise problem
        return tuple(found)

    def _with_check(self, call: Call, check: Check) -> list[Trial]:
        samples = self._samples(call, bound(self.rule, self.side, check.args))
        before = ast.unparse(calls.substitute(self.before, samples))
        after = ast.unparse(calls.substitute(self.after, {**samples, **self._rewritten(call, samples)}))
        sampled = Call(before, call.signature)
        shapes = shapes_of(check, sampled)
        blinders = self._blinders(sampled, len(shapes))
        trials = [self._trial(before, after, tried, samples) for tried in self._alternatives(shapes)]
        return [replace(trial, blinders=blinders, holds=check.holds) for trial in trials]

    def _alternatives(self, shapes: Shapes) -> list[Shapes]:
        """The case's shapes; where these may not suit, larger ones (a large kernel) or equal ones (`cat`, any axis)."""
        if self.rule.is_class:
            return [shapes, *(_grown(shapes, by, more) for by, more in ((2, 0), (4, 0), (2, 1)))]
        return [shapes] if len(set(shapes)) == 1 else [shapes, (shapes[0],) * len(shapes)]

    def _samples(self, call: Call, example: Call | None) -> dict[str, str]:
        """Text of each expression that is not a literal -> what it is taken to be.

        Plain names go first, so that `k` and `k // 2` agree.
        """
        samples = dict(self.tree.given)
        for name, node in sorted(call.given.items(), key=lambda item: isinstance(item[1], _COMPOSED)):
            if not self._is_plain(calls.substitute(node, samples)):
                samples[ast.unparse(node)] = self._sample(name, call, example)
        return {text: value for text, value in samples.items() if text != value}

    def _sample(self, name: str, call: Call, example: Call | None) -> str:
        """What the rule's cases give a parameter; an integer for arithmetic, since convert reads `k // 2` as one.

        No list of numbers: it reads a bare name as a number or a tuple.
        """
        others = [bound(self.rule, self.side, check.args) for check in self.checks if self.rule.is_class]
        given = [case.given[name] for case in (example, *others) if case is not None and name in case.given]
        if isinstance(call.given[name], ast.BinOp):
            given = [node for node in given if isinstance(node, ast.Constant) and isinstance(node.value, int)] or given
        if given:
            return ast.unparse(_as_tuple(given[0]))
        default = call.signature.default(name)
        if default is None:
            raise _Cannot(f"no case of the rule gives {name}: --set NAME=VALUE says what it is")
        return default

    def _rewritten(self, call: Call, samples: Mapping[str, str]) -> dict[str, str]:
        """The same samples for arguments whose own text was converted too (a class that is compared, say)."""
        found: dict[str, str] = {}
        if not isinstance(self.after, ast.Call):
            return found
        after = {ast.unparse(node) for node in ast.walk(self.after) if isinstance(node, ast.expr)}
        theirs = self._after_arguments(self.after)
        for name, node in call.given.items():
            text, target = ast.unparse(node), theirs.get(name)
            if text in samples and text not in after and target is not None and name not in self._transformed():
                found[target] = samples[text]
        return found

    def _after_arguments(self, after: ast.Call) -> dict[str, str]:
        """Text of the converted arguments, by the original's parameters."""
        generated = "porter_layers" in ast.unparse(after.func)
        signature = self.rule.side(self.side if generated else self.tree.to).signature
        if signature is None:
            return {}
        try:
            given = Call(ast.unparse(after), signature).given
        except ValueError:
            return {}  # it will fail when it runs, and be told as what it is
        crossing = {name: name for name in given} if generated else self.rule.crossing(self.side)
        return {ours: ast.unparse(given[name]) for ours, name in crossing.items() if name in given}

    def _transformed(self) -> set[str]:
        return {name for name, param in self.rule.params.items() if param.value}

    def _is_plain(self, node: ast.expr) -> bool:
        """Whether an expression needs nothing but the frameworks."""
        return all(name in self.site.names_before or hasattr(builtins, name) for name in calls.free_names(node))

    def _trial(self, before: str, after: str, shapes: Shapes, samples: Mapping[str, str]) -> Trial:
        one = self._snippet(self.side, before, len(shapes))
        two = self._snippet(self.tree.to, after, len(shapes))
        truth, found = (one, two) if self.side == "torch" else (two, one)
        inside = calls.expressions(self.site.before)
        used = tuple((text, value) for text, value in samples.items() if text in inside)
        return Trial(truth, found, shapes, used)

    def _snippet(self, framework: Framework, expression: str, inputs: int) -> Snippet:
        converted = framework == self.tree.to
        known = self.site.names_after if converted else self.site.names_before
        used = calls.free_names(ast.parse(expression, mode="eval"))  # the rest belonged to what a sample replaced
        names = {name: target for name, target in known.items() if name in used}
        head = "build()" if self.rule.is_class else f"call({', '.join(f'x{i}' for i in range(inputs))})"
        source = f"def {head}:\n    return {expression}\n"
        uses_layers = converted and any("porter_layers" in target.split(".") for target in names.values())
        layers = self.tree.layers if uses_layers else None
        native = framework == "mindspore" and (self.tree.native or not converted)
        is_native = self.rule.is_class and (native or framework == "torch")
        parent = self.rule.side(framework).name or "" if is_native else ""
        return Snippet(framework, source, entry_of(self.rule), layers, tuple(sorted(names.items())), native, parent)

    def _checks(self) -> list[Check]:
        """The rule's cases in the arguments of the side that the tree was written for."""
        own = [check for check in self.rule.checks if check.side == self.side]
        return own or [check for given in self.rule.checks if (check := self._carried(given)) is not None]

    def _carried(self, check: Check) -> Check | None:
        """A case of the other side, its arguments as convert writes them."""
        text = call_text(self.rule, check.side, check.args, len(check.inputs))
        out = self.convert(text, self.side, "gpu")
        if out.left or out.layers is not None:
            return None
        returned = ast.parse(out.text).body[-1]
        assert isinstance(returned, ast.FunctionDef) and isinstance(returned.body[-1], ast.Return)
        call = returned.body[-1].value
        shapes = shapes_of(check, bound(self.rule, check.side, check.args))
        if not isinstance(call, ast.Call):
            return None
        return Check(calls.arguments_text(call), tuple(tuple(shape) for shape in shapes), check.dtypes, self.side)


def _as_tuple(node: ast.expr) -> ast.expr:
    numbers = isinstance(node, ast.List) and all(isinstance(item, ast.Constant) for item in node.elts)
    return ast.Tuple(node.elts, ast.Load()) if numbers and isinstance(node, ast.List) else node


def _grown(shapes: Shapes, by: int, more: int) -> Shapes:
    return tuple((*shape[:2], *(size * by + more for size in shape[2:])) for shape in shapes)
