"""Turn the data of one rule file into a Rule, collecting every problem on the way."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from porter.rules.model import (
    FRAMEWORKS,
    PLATFORMS,
    Check,
    Framework,
    ParamRule,
    Rule,
    Side,
    Signature,
    Version,
    When,
)
from porter.rules.transforms import TRANSFORMS

TOP = {
    "torch",
    "mindspore",
    "param",
    "write",
    "weights",
    "forward",
    "methods",
    "absent",
    "layer",
    "check",
    "versions",
    "attributes",
    "attribute_notes",
    "present",
    "grows",
}
TOP |= {"one_way", "notes"}
SIDE = {"name", "signature", "docs", "platforms", "none"}
PARAM = {"mindspore", "value", "same_default", "drop", "note", "inert", "when"}
WHEN = {"write", "set", "copy", "note"}
CHECK = {"args", "input", "dtypes", "side"}
VERSION = {"framework", "range", "signature"}
DTYPES = ("float16", "float32", "float64")


class RuleParser:
    """One file's parser: `rule()` gives the Rule or None, `problems` says what is wrong with the file."""

    def __init__(self, name: str, data: Mapping[str, Any]) -> None:
        self.name = name
        self.data = data
        self.problems: list[str] = []

    def rule(self) -> Rule | None:
        """Parse everything, so that all problems are found; None when a half of the rule is missing."""
        self._unknown(self.data, TOP, "key")
        sides = {side: self._side(side) for side in FRAMEWORKS}
        torch, mindspore = sides["torch"], sides["mindspore"]
        if torch is None or mindspore is None:
            return None
        expected = "torch." + self.name.replace("/", ".")
        if torch.name != expected:
            self._problem(f"[torch] name is {torch.name!r}, but the path says {expected!r}")
        rule = Rule(
            name=self.name.replace("/", "."),
            torch=torch,
            mindspore=mindspore,
            params={name: self._param(name, data) for name, data in self._tables("param").items()},
            write={side: dict(values) for side, values in self._tables("write").items() if side in FRAMEWORKS},
            weights=self._texts("weights"),
            attributes=self._texts("attributes"),
            attribute_notes=self._texts("attribute_notes"),
            present=self._texts("present"),
            grows=str(self.data.get("grows", "")),
            forward=self._texts("forward"),
            methods=self._texts("methods"),
            absent=self._texts("absent"),
            layer={side: dict(names) for side, names in self._tables("layer").items() if side in FRAMEWORKS},
            checks=tuple(self._check(i, data) for i, data in enumerate(self._list("check"), 1)),
            versions=tuple(v for data in self._list("versions") if (v := self._version(data))),
            one_way=self._choice("one_way", str(self.data.get("one_way", "")), ("", "mindspore")),
            notes=self._texts("notes"),
        )
        self._cross_check(rule)
        return rule

    def _side(self, framework: Framework) -> Side | None:
        data = self.data.get(framework)
        if not isinstance(data, dict):
            self._problem(f"[{framework}] is missing")
            return None
        self._unknown(data, SIDE, f"[{framework}] key")
        name, none = data.get("name"), data.get("none", "")
        if framework == "torch" and not name:
            self._problem("[torch] name is missing")
        if bool(name) == bool(none) and framework == "mindspore":
            self._problem("[mindspore] needs either name, or none = why there is no counterpart")
        if not data.get("docs") and name:
            self._problem(f"[{framework}] docs is missing: link the page that the rule was read from")
        platforms = tuple(data.get("platforms", PLATFORMS))
        for platform in platforms:
            self._choice(f"[{framework}] platforms", platform, PLATFORMS)
        signature = self._signature(f"[{framework}] signature", data.get("signature"))
        return Side(name, signature, data.get("docs", ""), platforms, none)

    def _param(self, name: str, data: Mapping[str, Any]) -> ParamRule:
        where = f"[param.{name}]"
        self._unknown(data, PARAM, f"{where} key")
        if not data:
            self._problem(f"{where} is empty: it changes nothing")
        if data.get("mindspore") == name:
            self._problem(f"{where} mindspore is the same name: it changes nothing")
        transform = data.get("value")
        if transform is not None:
            self._choice(f"{where} value", transform, tuple(TRANSFORMS))
        for key in ("same_default", "drop", "note", "inert"):
            if key in data and (not isinstance(data[key], str) or len(data[key].split()) < 3):
                self._problem(f"{where} {key} is {data[key]!r}: a sentence that says why is expected")
        whens = tuple(self._when(where, value, when) for value, when in data.get("when", {}).items())
        return ParamRule(
            name,
            mindspore=data.get("mindspore"),
            value=transform,
            same_default=data.get("same_default"),
            drop=data.get("drop"),
            note=str(data.get("note", "")),
            inert=str(data.get("inert", "")),
            when=whens,
        )

    def _when(self, where: str, value: str, data: Mapping[str, Any]) -> When:
        where = f"{where} when.{value}"
        self._unknown(data, WHEN, f"{where} key")
        if not data.keys() & {"write", "set", "copy"}:
            self._problem(f"{where} changes nothing: write, set or copy is expected")
        write = data.get("write")
        if write is not None:
            self._choice(f"{where} write", write, ("class", "keep"))
        if write == "keep" and not data.get("note"):
            self._problem(f"{where} keeps the call as it was: note = why is expected")
        return When(
            _literal(value), value == "other", write, dict(data.get("set", {})), data.get("copy"), data.get("note", "")
        )

    def _check(self, index: int, data: Mapping[str, Any]) -> Check:
        where = f"[[check]] {index}"
        self._unknown(data, CHECK, f"{where} key")
        args, shape = data.get("args"), data.get("input")
        if not isinstance(args, str):
            self._problem(f"{where} args is missing")
        shapes = shape if isinstance(shape, list) else []
        if not shapes:
            self._problem(f"{where} input is missing: a shape, or a list of shapes, is expected")
        nested = shapes if shapes and isinstance(shapes[0], list) else [shapes]
        dtypes = tuple(data.get("dtypes", ("float32",)))
        for dtype in dtypes:
            self._choice(f"{where} dtypes", dtype, DTYPES)
        side: Any = self._choice(f"{where} side", data.get("side", "torch"), FRAMEWORKS)
        return Check(str(args or ""), tuple(tuple(s) for s in nested), dtypes, side)

    def _version(self, data: Mapping[str, Any]) -> Version | None:
        self._unknown(data, VERSION, "[[versions]] key")
        signature = self._signature("[[versions]] signature", data.get("signature"))
        framework: Any = self._choice("[[versions]] framework", data.get("framework", ""), FRAMEWORKS)
        if signature is None or not data.get("range"):
            self._problem("[[versions]] needs framework, range and signature")
            return None
        return Version(framework, str(data["range"]), signature)

    def _cross_check(self, rule: Rule) -> None:
        torch, mindspore = rule.torch.signature, rule.mindspore.signature
        for name, param in rule.params.items():
            if not any(s is not None and name in s for s in (torch, mindspore)):
                self._problem(f"[param.{name}] is in neither signature")
            if param.mindspore not in (None, "*") and (mindspore is None or param.mindspore not in mindspore):
                self._problem(f"[param.{name}] mindspore = {param.mindspore!r} is not in MindSpore's signature")
        for side, values in rule.write.items():
            signature = rule.side(side).signature
            for name in values:
                if signature is None or name not in signature:
                    self._problem(f"[write.{side}] {name} is not in its signature")
        for index, check in enumerate(rule.checks, 1):
            self._check_binds(rule, index, check)

    def _check_binds(self, rule: Rule, index: int, check: Check) -> None:
        signature = rule.side(check.side).signature
        try:
            call = ast.parse(f"f({check.args})", mode="eval").body
        except SyntaxError:
            self._problem(f"[[check]] {index} args {check.args!r} is not an argument list")
            return
        if not isinstance(call, ast.Call) or signature is None:
            return
        try:
            signature.bind(len(call.args), [k.arg for k in call.keywords if k.arg])
        except ValueError as error:
            self._problem(f"[[check]] {index} args {check.args!r} does not fit: the signature {error}")

    def _signature(self, where: str, text: object) -> Signature | None:
        if text is None:
            return None
        try:
            return Signature(str(text))
        except ValueError as error:
            self._problem(f"{where}: {error}")
            return None

    def _texts(self, key: str) -> dict[str, str]:
        table = self.data.get(key, {})
        if not isinstance(table, dict) or not all(isinstance(v, str) for v in table.values()):
            self._problem(f"[{key}] holds names as text only")
            return {}
        return dict(table)

    def _tables(self, key: str) -> dict[Any, Mapping[str, Any]]:
        table = self.data.get(key, {})
        if not isinstance(table, dict) or not all(isinstance(v, dict) for v in table.values()):
            self._problem(f"[{key}] holds tables only, such as [{key}.NAME]")
            return {}
        return dict(table)

    def _list(self, key: str) -> list[Mapping[str, Any]]:
        values = self.data.get(key, [])
        if not isinstance(values, list) or not all(isinstance(v, dict) for v in values):
            self._problem(f"{key} is a list of tables: write [[{key}]]")
            return []
        return values

    def _choice(self, where: str, found: str, allowed: tuple[str, ...]) -> str:
        if found not in allowed:
            expected = ", ".join(repr(a) for a in allowed if a)
            self._problem(f"{where} is {found!r}; expected one of {expected}")
        return found

    def _unknown(self, data: Mapping[str, Any], known: set[str], what: str) -> None:
        for key in sorted(set(data) - known):
            self._problem(f"unknown {what} {key!r}; known: {', '.join(sorted(known))}")

    @property
    def _problem(self) -> Callable[[str], None]:
        return self.problems.append


def _literal(text: str) -> object:
    """A key such as `True`, `None` or `'same'`; a bare word is a string."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
