"""One rule file on disk, and how a rule is read from it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from porter.rules.model import Rule
from porter.rules.parse import RuleParser


@dataclass(frozen=True, slots=True)
class RuleFile:
    """`name`: the path below its folder, without the ending; `shown`: the path as messages name it.

    `before`: the file of the same name in an earlier folder, which this one takes the place of.
    """

    name: str
    path: Path
    shown: str
    before: RuleFile | None = None
    shipped: bool = False

    @property
    def rule(self) -> str:
        """The name of the rule."""
        return self.name.replace("/", ".")


def read_rule(file: RuleFile, problems: list[str]) -> Rule | None:
    """The rule of a file; what is wrong is added to `problems`."""
    try:
        data = tomllib.loads(file.path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{file.shown}: cannot be read: {error}")
        return None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problems.append(f"{file.shown}: not TOML: {error}")
        return None
    parser = RuleParser(file.name, data)
    rule = parser.rule()
    problems += [f"{file.shown}: {problem}" for problem in parser.problems]
    return rule
