"""Turn the data of one rule file into a Rule, collecting every problem on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from porter.findings import USES
from porter.rules.becomes import Becomes, read_becomes
from porter.rules.becomes_fit import becomes_misfits
from porter.rules.checks import read_check
from porter.rules.data import is_name
from porter.rules.differs import Difference, read_differs
from porter.rules.fit import misfits
from porter.rules.idle import idle_entries
from porter.rules.lacking import idle_names, read_lacking, read_parts, read_rare, read_rare_on
from porter.rules.model import FRAMEWORKS, PLATFORMS, Framework, Rule, Side, Version
from porter.rules.params import read_param
from porter.rules.reader import Reader
from porter.rules.signature import Signature
from porter.rules.unset import read_unset
from porter.rules.versions import is_range

TOP = {"torch", "mindspore", "param", "write", "layer", "check", "versions", "one_way", "grows", "notes"}
TOP |= {"weights", "attributes", "attribute_notes", "present", "forward", "methods", "absent", "base_init"}
TOP |= {"lacking", "parts", "rare", "differs", "taken", "unset", "buffers", "modal", "modal_by", "class", "caution"}
TOP |= {"live", "batched", "becomes", "assigned", "graph", "type_test", "extends"}
SIDES: dict[Framework, set[str]] = {
    "torch": {"name", "signature", "docs", "aliases"},
    "mindspore": {"name", "signature", "docs", "platforms", "none", "aliases"},
}
VERSION = {"framework", "range", "signature"}
LAYERS = {"any", "gpu"}


class RuleParser(Reader):
    """One file's parser: `rule()` gives the Rule or None, `problems` says what is wrong with the file."""

    def __init__(self, name: str, data: Mapping[str, Any], folders: tuple[Path, ...] = ()) -> None:
        super().__init__()
        self.name = name
        self.folders = folders
        self.data = data

    def rule(self) -> Rule | None:
        """Parse everything, so that all problems are found; None when a half of the rule is missing."""
        self.unknown(self.data, TOP, "key")
        if "extends" in self.data:
            self.problem("extends changes nothing: there is no other file here that this one could add to")
        torch, mindspore = self._side("torch"), self._side("mindspore")
        rule = Rule(
            name=self.name.replace("/", "."),
            torch=torch or Side(None),
            mindspore=mindspore or Side(None),
            params={name: read_param(self, name, data) for name, data in self._tables("param").items()},
            write={side: self.constants(f"[write.{side}]", data) for side, data in self._by_side("write").items()},
            becomes=self._becomes(),
            absent=self._absent(),
            rare_on=read_rare_on(self, self.data),
            rare=read_rare(self, self.data),
            parts=read_parts(self, self.data),
            differs=self._differs(),
            taken={side: self.sentences(f"[taken.{side}]", data) for side, data in self._by_side("taken").items()},
            layer={side: self._layer(side, data) for side, data in self._by_side("layer").items()},
            checks=tuple(
                c for i, d in enumerate(self.list_of_tables(self.data, "check"), 1) if (c := read_check(self, i, d))
            ),
            versions=tuple(v for d in self.list_of_tables(self.data, "versions") if (v := self._version(d))),
            one_way=self.choice("one_way", self.data.get("one_way", ""), ("", "mindspore")),
            says_class=self._says_class(),
            type_test=self._type_test(),
            no_type_test=self.sentence("the key", self.data, "type_test") if self._says_no() else "",
            caution=self.sentence("the key", self.data, "caution"),
            batched=self.sentence("the key", self.data, "batched"),
            assigned=self.sentence("the key", self.data, "assigned"),
            graph=self.sentence("the key", self.data, "graph"),
            grows=self.sentence("the key", self.data, "grows"),
            modal=self.sentence("the key", self.data, "modal"),
            modal_by=self.text("the key", self.data, "modal_by") or "",
            remarks=self._remarks(),
            weights=self.names("[weights]", self._table("weights"), dotted=True),
            attributes=self.names("[attributes]", self._table("attributes"), dotted=True, absent=True),
            forward=self.names("[forward]", self._table("forward"), absent=True),
            methods=self.names("[methods]", self._table("methods")),
            attribute_notes=self._sentences("attribute_notes"),
            present=self._sentences("present"),
            unset=read_unset(self, self._table("unset")),
            buffers=self._names("buffers", self.data),
            live=self._live(),
            base_init=self._sentences("base_init"),
            folders=self.folders,
        )
        if torch is None or mindspore is None:
            return None
        self.problems += [*misfits(rule), *becomes_misfits(rule), *idle_entries(rule), *idle_names(rule)]
        return rule

    def _table(self, key: str) -> dict[str, Any]:
        return self.table(f"[{key}]", self.data, key)

    def _sentences(self, key: str) -> dict[str, str]:
        return self.sentences(f"[{key}]", self._table(key))

    def _tables(self, key: str) -> dict[Any, dict[str, Any]]:
        return self.tables(f"[{key}]", self.data, key)

    def _by_side(self, key: str) -> dict[Framework, dict[str, Any]]:
        """A table for each framework."""
        tables = self._tables(key)
        self.unknown(tables, FRAMEWORKS, f"table of [{key}]")
        return {side: tables[side] for side in FRAMEWORKS if side in tables}

    def _becomes(self) -> dict[Framework, tuple[Becomes, ...]]:
        """`[[becomes.mindspore]]` for calls on the way there, `[[becomes.torch]]` on the way back."""
        table = self._table("becomes")
        self.unknown(table, FRAMEWORKS, "table of [becomes]")
        lists = {to: self.list_of_tables(table, to) for to in FRAMEWORKS if to in table}
        return {to: read_becomes(self, f"[[becomes.{to}]]", found) for to, found in lists.items()}

    def _says_class(self) -> bool | None:
        """The key `class`: what the name is where no table tells."""
        found = self.data.get("class")
        if found is None or isinstance(found, bool):
            return found
        self.problem(f"class is {found!r}: true or false is expected")
        return None

    def _says_no(self) -> bool:
        return isinstance(self.data.get("type_test"), str)

    def _type_test(self) -> tuple[str, ...]:
        """What derives from an abstract class of torch: classes of torch, in full."""
        found = () if self._says_no() else self.identifiers("the key", self.data, "type_test", dotted=True)
        for name in found:
            if not name.startswith("torch.") or name == f"torch.{self.name.replace('/', '.')}":
                self.problem(f"type_test {name!r}: a class of torch that derives from this one is expected")
        return found

    def _side(self, framework: Framework) -> Side | None:
        """A half of the rule; None when nothing can be said about what refers to it."""
        where, alone = f"[{framework}]", self._is_made(framework)
        becomes = self.data.get("becomes")
        forms = isinstance(becomes, dict) and framework in becomes
        if forms and framework not in self.data:
            return Side(None)
        alone = alone or forms
        data = self.data.get(framework, {} if alone else None)
        if not isinstance(data, dict):
            self.problem(f"{where} is missing: a table with name, signature and docs is expected")
            return None
        self.unknown(data, SIDES[framework], f"{where} key")
        name, none = self._name(framework, data), self.sentence(where, data, "none")
        if framework == "mindspore" and ("name" in data) == ("none" in data) and not alone:
            self.problem(f"{where} needs either name, or none = why there is no counterpart")
        if self._is_made("mindspore") and framework == "mindspore" and "none" in data and not becomes:
            self.problem(f"{where} none changes nothing: [layer.mindspore] any takes the place of the counterpart")
        if "name" in data and "docs" not in data:
            self.problem(f"{where} docs is missing: link the page that the rule was read from")
        platforms = self.choices(where, data, "platforms", PLATFORMS)
        signature = self._signature(framework, f"{where} signature", data)
        unreadable = [key for key, value in (("signature", signature), ("name", name)) if key in data and value is None]
        docs, aliases = self.text(where, data, "docs") or "", self._aliases(framework, data)
        return (
            None if unreadable or not (name or none or alone) else Side(name, signature, docs, aliases, platforms, none)
        )

    def _is_made(self, framework: Framework) -> bool:
        """Whether only the generated module has what takes the place of the other framework's name."""
        data, layer = self.data.get(framework, {}), self.data.get("layer")
        made = layer.get(framework) if isinstance(layer, dict) else None
        return isinstance(made, dict) and "any" in made and isinstance(data, dict) and "name" not in data

    def _aliases(self, framework: Framework, data: Mapping[str, Any]) -> tuple[str, ...]:
        """Other names of the same object, in full."""
        found = self.identifiers(f"[{framework}]", data, "aliases", dotted=True)
        for name in found:
            if not name.startswith(f"{framework}.") or name == data.get("name"):
                self.problem(f"[{framework}] aliases {name!r}: another name that starts with {framework}. is expected")
        return found

    def _name(self, framework: Framework, data: Mapping[str, Any]) -> str | None:
        """The full name of a side, which is code later on."""
        name = self.text(f"[{framework}]", data, "name")
        expected = "torch." + self.name.replace("/", ".")
        if "." in self.name and framework == "torch":
            self.problem(f"the path {self.name!r} has a dot: folders stand for the dots of a name")
        made = name is None and ("none" in data or self._is_made("torch"))
        if framework == "torch" and name != expected and not made:
            self.problem(f"[torch] name is {name!r}, but the path says {expected!r}")
        if name and not re.fullmatch(rf"{framework}(\.[^\W\d]\w*)+", name):
            self.problem(f"[{framework}] name is {name!r}: a name that starts with {framework}. is expected")
            return None
        return name

    def _remarks(self) -> dict[Framework, dict[str, str]]:
        """`[notes]` for both directions, `[notes.mindspore]` and `[notes.torch]` for the one that leads there."""
        table = self._table("notes")
        tables = {"": {kind: text for kind, text in table.items() if kind not in FRAMEWORKS}}
        tables |= {f".{to}": self.table(f"[notes.{to}]", table, to) for to in FRAMEWORKS}
        for kind in sorted({kind for texts in tables.values() for kind in texts} - set(USES)):
            self.problem(f"[notes] {kind!r} is no kind of use; known: {', '.join(USES)}")
        read = {name: self.sentences(f"[notes{name}]", texts) for name, texts in tables.items()}
        return {to: read[""] | read[f".{to}"] for to in FRAMEWORKS}

    def _absent(self) -> dict[Framework, dict[str, str]]:
        """`[absent]`, with a sentence for each name, and `[[lacking]]`, with one for many."""
        tables = self._by_side("absent").items()
        alone = {side: self.sentences(f"[absent.{side}]", data) for side, data in tables}
        together = read_lacking(self, self.data)
        for side in FRAMEWORKS:
            for name in sorted(alone.get(side, {}).keys() & together.get(side, {}).keys()):
                self.problem(f"[[lacking.{side}]] {name} changes nothing: [absent.{side}] has it")
        return {to: together.get(to, {}) | alone.get(to, {}) for to in FRAMEWORKS if to in alone or to in together}

    def _differs(self) -> dict[Framework, dict[str, Difference]]:
        """`[differs]` for both directions, `[differs.mindspore]` and `[differs.torch]` for the one that leads there."""
        table = self._table("differs")
        both = read_differs(self, "[differs]", {name: entry for name, entry in table.items() if name not in FRAMEWORKS})
        tables = {to: (f"[differs.{to}]", table) for to in FRAMEWORKS}
        there = {to: read_differs(self, where, self.table(where, data, to)) for to, (where, data) in tables.items()}
        return {to: both | there[to] for to in FRAMEWORKS if both or there[to]}

    def _live(self) -> dict[Framework, tuple[str, ...]]:
        table = self._table("live")
        self.unknown(table, FRAMEWORKS, "side of [live]")
        return {side: self._names(side, table) for side in FRAMEWORKS if side in table}

    def _names(self, key: str, data: Mapping[str, Any]) -> tuple[str, ...]:
        names, where = data.get(key, []), key if data is self.data else f"[live] {key}"
        if isinstance(names, list) and all(map(is_name, names)):
            return tuple(names)
        self.problem(f"{where} is {names!r}: a list of names is expected")
        return ()

    def _layer(self, side: Framework, data: dict[str, Any]) -> dict[str, str]:
        self.unknown(data, LAYERS, f"platform of [layer.{side}]")
        return {key: name for key in LAYERS & data.keys() if (name := self.text(f"[layer.{side}]", data, key))}

    def _version(self, data: Mapping[str, Any]) -> Version | None:
        where = "[[versions]]"
        self.unknown(data, VERSION, f"{where} key")
        if not data.keys() >= VERSION:
            self.problem(f"{where} needs framework, range and signature")
            return None
        signature = self._signature(data["framework"], f"{where} signature", data)
        framework: Any = self.choice(f"{where} framework", data["framework"], FRAMEWORKS)
        within = self.text(where, data, "range")
        if within and not is_range(within):
            self.problem(f"{where} range is {within!r}; expected a comparison such as '<2.13', or several with commas")
        return Version(framework, within, signature) if within and signature else None

    def _keywords(self, framework: object) -> dict[str, str]:
        """Other keywords that torch takes for a parameter, and the parameter; what is no table is told elsewhere."""
        params = self.data.get("param") if framework == "torch" else None
        pairs = params.items() if isinstance(params, dict) else ()
        tables = {name: data for name, data in pairs if isinstance(data, dict)}
        found = {name: data["alias"] for name, data in tables.items() if isinstance(data.get("alias"), list)}
        return {str(other): name for name, others in found.items() for other in others}

    def _packed(self, framework: object) -> set[str]:
        """The parameters that torch also takes as one sequence, by keyword."""
        params = self.data.get("param") if framework == "torch" else None
        pairs = params.items() if isinstance(params, dict) else ()
        return {str(name) for name, data in pairs if isinstance(data, dict) and "pack" in data}

    def _signature(self, framework: object, where: str, data: Mapping[str, Any]) -> Signature | None:
        if "signature" not in data:
            return None
        try:
            return Signature(str(data["signature"]), self._keywords(framework), self._packed(framework))
        except ValueError as error:
            self.problem(f"{where}: {error}")
            return None
