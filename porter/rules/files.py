"""One rule file on disk, and those before it that it extends: a rule is read from them together."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from porter.rules.extends import Data, idle, merged, says_extends
from porter.rules.model import Rule
from porter.rules.parse import RuleParser


@dataclass(frozen=True, slots=True)
class RuleFile:
    """`name`: the path below its folder, without the ending; `shown`: the path as messages name it.

    `before`: the file of the same name in an earlier folder, which this one extends or takes the place of. `folders`:
    its own and the users' folders before that, where the code of its layers may lie; none for a shipped file.
    """

    name: str
    path: Path
    shown: str
    before: RuleFile | None = None
    folders: tuple[Path, ...] = ()

    @property
    def rule(self) -> str:
        """The name of the rule."""
        return self.name.replace("/", ".")


@dataclass(frozen=True, slots=True)
class _Said:
    """What a file says together with those that it extends, and all of these, the last one first."""

    data: Data
    files: tuple[RuleFile, ...]


def read_rule(file: RuleFile, problems: list[str]) -> Rule | None:
    """The rule of a file; what is wrong is added to `problems`, by the name of the file that is wrong."""
    found: list[str] = []
    said = _said(file, found)
    rule = None
    if said is not None and (not found or len(said.files) == 1):
        parser = RuleParser(file.name, said.data, file.folders)
        rule = parser.rule()
        found += [f"{file.shown}: {problem}" for problem in parser.problems]
    problems += dict.fromkeys(found)
    if said is None or rule is None or not file.folders:
        return rule
    return replace(rule, files=tuple(each.shown for each in said.files))


def _said(file: RuleFile, problems: list[str]) -> _Said | None:
    data = _data(file, problems)
    if data is None or "extends" not in data:
        return None if data is None else _Said(data, (file,))
    if not says_extends(data):
        problems.append(f"{file.shown}: extends is {data['extends']!r}: true is expected, or no such key")
        return None
    if file.before is None:
        where = f"{file.name}.toml"
        problems.append(f"{file.shown}: extends = true, but no folder before this one has a {where}")
        return None
    base = _sound(file.before, problems)
    if base is None:
        return None
    problems += [f"{file.shown}: {problem}" for problem in idle(base.data, data, file.before.shown)]
    return _Said(merged(base.data, data), (file, *base.files))


def _sound(file: RuleFile, problems: list[str]) -> _Said | None:
    """What a file says that another one extends; None where it is wrong by itself: that is told first."""
    found: list[str] = []
    said = _said(file, found)
    if said is not None:
        parser = RuleParser(file.name, said.data, file.folders)
        parser.rule()
        found += [f"{file.shown}: {problem}" for problem in parser.problems]
    problems += found
    return None if found else said


def _data(file: RuleFile, problems: list[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads(file.path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{file.shown}: cannot be read: {error}")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problems.append(f"{file.shown}: not TOML: {error}")
    return None
