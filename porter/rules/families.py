"""Names that are the same in both frameworks but for the path before them: one file says which, each has a rule.

They are read on the way back alone, since MindSpore's are a second spelling of what other rules write: a rule of such a
name is never found by torch's. Each is made when it is asked for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from porter.errors import RuleError
from porter.findings import USES
from porter.rules.model import Rule
from porter.rules.pages import page_of
from porter.rules.parse import RuleParser

FOLDER = "families"
GROUP = {"names", "signature", "torch", "unproven"}
"""Keys of a group; all others are those of a rule, and hold for each of its names."""


@dataclass(frozen=True)
class Families:
    """The families of a folder: `find` makes the rule of a name of MindSpore."""

    folder: Path
    _made: dict[str, Rule] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def modules(self) -> frozenset[str]:
        """The paths before MindSpore's names, by the heads of the files: no name is read for it."""
        heads = [_head(path.read_text(encoding="utf-8")) for path in sorted(self.folder.glob("*.toml"))]
        return frozenset(module for head in heads for module in _paths(head))

    @cached_property
    def names(self) -> Mapping[str, tuple[str, Mapping[str, Any]]]:
        """MindSpore's name -> torch's, and what the file says of its group."""
        found: dict[str, tuple[str, Mapping[str, Any]]] = {}
        for path in sorted(self.folder.glob("*.toml")):
            for name, torch, group in _members(path):
                if name in found:
                    raise RuleError([f"{FOLDER}/{path.name}: {name} is named twice"])
                found[name] = (torch, group)
        modules = {name.rpartition(".")[0] for name in found}
        wrong = sorted(
            (modules - self.modules) | {m for m in self.modules if not any(n.startswith(f"{m}.") for n in found)}
        )
        if wrong:
            raise RuleError([f"{FOLDER}: modules does not fit the names: {', '.join(wrong)}"])
        return found

    def find(self, name: str) -> Rule | None:
        """The rule of a name, as the way back sees it. Raises RuleError where the file is wrong."""
        if name not in self._made and name in self.names:
            self._made[name] = _rule(name, *self.names[name])
        return self._made.get(name)

    def rules(self) -> list[Rule]:
        """All of them, in the order of the names."""
        return [rule for name in sorted(self.names) if (rule := self.find(name)) is not None]


def _head(text: str) -> Mapping[str, Any]:
    """What a file says before its groups."""
    head: Mapping[str, Any] = tomllib.loads(text.partition("[[group]]")[0])["family"]
    return head


def _paths(head: Mapping[str, Any]) -> list[str]:
    return [head["mindspore"], *(f"{head['mindspore']}.{module}" for module in head.get("modules", []))]


def _members(path: Path) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    family = data["family"]
    for group in data["group"]:
        for name in group["names"]:
            yield f"{family['mindspore']}.{name}", f"{family['torch']}.{name}", group


def _rule(name: str, torch: str, group: Mapping[str, Any]) -> Rule:
    """The rule that a file of one name would be."""
    signature = {"signature": group["signature"]} if "signature" in group else {}
    data = {key: value for key, value in group.items() if key not in GROUP}
    data["torch"] = {"name": torch, "docs": page_of(torch), **signature}
    data["torch"] |= {"signature": group["torch"]} if "torch" in group else {}
    data["mindspore"] = {"name": name, "docs": page_of(name), **signature}
    data["check"] = [{**check, "side": "mindspore"} for check in group.get("check", [])]
    if "unproven" in group:
        data["notes"] = dict.fromkeys(USES, group["unproven"])
    parser = RuleParser(torch.removeprefix("torch.").replace(".", "/"), data)
    rule = parser.rule()
    if rule is None or parser.problems:
        raise RuleError([f"{FOLDER}: {name}: {problem}" for problem in parser.problems])
    return replace(rule, name=name.removeprefix("mindspore."), one_way="torch", source="mindspore")
