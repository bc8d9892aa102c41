"""What is known of names that have no rule: told with a finding and never written into code.

The file is read where there is something to tell, and not before.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from porter.rules.load import rule_folder
from porter.rules.model import SHORT, Framework, other
from porter.rules.pages import page_of

FILE = "hints.toml"
NO_RULE = re.compile(r"no rule for ([\w.]+)")


@dataclass(frozen=True, slots=True)
class Hint:
    """`near`: the nearest known spelling in the other framework, "" where there is none. `mind`: what differs there."""

    name: str
    near: str
    mind: str

    @property
    def side(self) -> Framework:
        """The framework that the name is of."""
        return "mindspore" if self.name.startswith("mindspore.") else "torch"

    @property
    def text(self) -> str:
        """The hint as the end of a sentence."""
        if not self.near:
            return f"nothing near it is known in {SHORT[other(self.side)]}: {self.mind}"
        same = self.mind == "the same"
        return f"the nearest known is {self.near}" + (", which is called the same way" if same else f": {self.mind}")

    @property
    def docs(self) -> str:
        """The page of what is near."""
        return page_of(self.near) if self.near else ""


def hint_for(name: str) -> Hint | None:
    """What a name without a rule hints at."""
    return _hints().get(name)


def hint_of(message: str) -> Hint | None:
    """The hint for the name that a finding says has no rule."""
    found = NO_RULE.match(message)
    return hint_for(found[1]) if found else None


@cache
def _hints() -> dict[str, Hint]:
    return read_hints(rule_folder() / FILE)


def read_hints(path: Path) -> dict[str, Hint]:
    """The hints of a file, by the name."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: Hint(name, near, mind) for side in data.values() for name, (near, mind) in side.items()}
