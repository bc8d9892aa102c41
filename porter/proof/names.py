"""Texts that run in a child process, and whether the installed framework has a name as its rule says."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import Literal

from porter.rules.model import Framework, Rule
from porter.rules.versions import covers


@dataclass(frozen=True)
class Snippet:
    """Text that defines `build()` or `call(x0, ...)`; the fields are those of a job.

    `instance_of`: the class that what is built must be an instance of, so that type tests go on working.
    """

    framework: Framework
    source: str
    entry: Literal["build", "call", "signature"]
    layers: str | None = None
    names: tuple[tuple[str, str], ...] = ()
    native: bool = False
    instance_of: str = ""


def installed_version(framework: Framework) -> str:
    """The version of a framework that the child processes will load; "" when its package does not say."""
    try:
        return metadata.version(framework)
    except metadata.PackageNotFoundError:
        return ""


@dataclass(frozen=True)
class SignatureCase:
    """Hold a name of a rule, and the signature that it gives it, against the installed framework's.

    `alone`: in full, a name of which only that it exists can be asked.
    """

    name: str
    rule: Rule
    framework: Framework
    alone: str = ""

    @property
    def repeat(self) -> str:
        """The command that runs this case again."""
        return f"porter check --rules {self.rule.torch.name}"

    @property
    def snippets(self) -> list[Snippet]:
        """Texts that define `expected` and `actual`, by the signatures that the rule gives the installed version."""
        side, installed = self.rule.side(self.framework), installed_version(self.framework)
        versions = [v for v in self.rule.versions if v.framework == self.framework and covers(v.range, installed)]
        texts = [version.signature.text for version in versions]
        texts = [""] if self.alone else texts or ([side.signature.text] if side.signature else [])
        source = f"import {self.framework}\n\n\ndef expected({{}}): ...\n\n\nactual = {self.alone or side.name}\n"
        return [Snippet(self.framework, source.format(text), "signature") for text in texts]
