"""Turn the data of one rule file into a Rule, collecting every problem on the way."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from porter.findings import Kind
from porter.rules.conditions import Condition
from porter.rules.fit import misfits
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
    "base_init",
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
PARAM = {"mindspore", "value", "same_default", "drop", "note", "inert", "spread", "when"}
WHEN = {"if", "else", "write", "set", "copy", "note"}
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
            absent=self._absent(),
            base_init=self._texts("base_init"),
            layer={side: dict(names) for side, names in self._tables("layer").items() if side in FRAMEWORKS},
            checks=tuple(self._check(i, data) for i, data in enumerate(self._list("check"), 1)),
            versions=tuple(v for data in self._list("versions") if (v := self._version(data))),
            one_way=self._choice("one_way", str(self.data.get("one_way", "")), ("", "mindspore")),
            remarks=self._remarks(),
        )
        self.problems += misfits(rule)
        return rule

    def _remarks(self) -> dict[Framework, dict[str, str]]:
        """`[notes]` for both directions, `[notes.mindspore]` and `[notes.torch]` for the one that leads there."""
        table = self.data.get("notes", {})
        if not isinstance(table, dict):
            self._problem("[notes] is a table: kind of a use = what a person must know")
            return {}
        shared = {kind: text for kind, text in table.items() if kind not in FRAMEWORKS}
        remarks = {to: shared | self._table(table, "notes", to) for to in FRAMEWORKS}
        for kind in sorted({kind for texts in remarks.values() for kind in texts} - set(Kind)):
            self._problem(f"[notes] {kind!r} is no kind of use; known: {', '.join(Kind)}")
        if not all(isinstance(text, str) for texts in remarks.values() for text in texts.values()):
            self._problem("[notes] holds texts only")
        return remarks

    def _absent(self) -> dict[Framework, dict[str, str]]:
        """`[absent.mindspore]`: torch's methods that MindSpore lacks; `[absent.torch]`: the other way round."""
        tables = self._tables("absent")
        self._unknown(tables, set(FRAMEWORKS), "table of [absent]")
        return {to: dict(tables.get(to, {})) for to in FRAMEWORKS}

    def _table(self, data: Mapping[str, Any], name: str, key: str) -> dict[str, Any]:
        found = data.get(key, {})
        if not isinstance(found, dict):
            self._problem(f"[{name}.{key}] is a table")
            return {}
        return found

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
        for key in ("same_default", "drop", "note", "inert", "spread"):
            if key in data and (not isinstance(data[key], str) or len(data[key].split()) < 3):
                self._problem(f"{where} {key} is {data[key]!r}: a sentence that says why is expected")
        whens = [when for value, table in data.get("when", {}).items() for when in self._whens(where, value, table)]
        return ParamRule(
            name,
            mindspore=data.get("mindspore"),
            value=transform,
            same_default=data.get("same_default"),
            drop=data.get("drop"),
            note=str(data.get("note", "")),
            inert=str(data.get("inert", "")),
            spread=str(data.get("spread", "")),
            when=tuple(sorted(whens, key=lambda when: when.is_other)),
        )

    def _whens(self, where: str, value: str, data: object) -> Iterator[When]:
        """The entries of one value: that under its condition, and that for where the condition does not hold."""
        where = f"{where} when.{value}"
        if not isinstance(data, dict):
            self._problem(f"{where} is {data!r}: a table is expected")
            return
        yield self._when(where, value, data, self._condition(where, data))
        otherwise = data.get("else")
        if otherwise is None:
            return
        if not isinstance(otherwise, dict) or "if" not in data:
            self._problem(f"{where} else is a table beside an if")
            return
        if otherwise.keys() & {"if", "else"}:
            self._problem(f"{where} else holds no if of its own")
        yield self._when(f"{where} else", value, otherwise, None)

    def _condition(self, where: str, data: Mapping[str, Any]) -> Condition | None:
        if "if" not in data:
            return None
        try:
            return Condition.parse(str(data["if"]))
        except ValueError as error:
            self._problem(f"{where} if: {error}")
            return None

    def _when(self, where: str, value: str, data: Mapping[str, Any], condition: Condition | None) -> When:
        self._unknown(data, WHEN, f"{where} key")
        if not any(data.get(key) for key in ("write", "set", "copy")):
            self._problem(f"{where} changes nothing: write, set or copy is expected")
        write = data.get("write")
        if write is not None:
            self._choice(f"{where} write", write, ("class", "keep"))
        if write == "keep" and not data.get("note"):
            self._problem(f"{where} keeps the call as it was: note = why is expected")
        return When(
            _literal(value),
            value == "other",
            write,
            dict(data.get("set", {})),
            data.get("copy"),
            data.get("note", ""),
            condition,
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
