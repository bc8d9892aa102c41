"""Errors that a user can expect: one line that says what was found, what was expected and what to do."""

from __future__ import annotations

from collections.abc import Sequence


class PorterError(Exception):
    """An expected error. Printed as `porter: MESSAGE`, without a traceback; ends the run with `exit_code`."""

    exit_code = 2


class UsageError(PorterError):
    """The command line, or `[tool.porter]`, asks for something that cannot be done."""


class SourceError(PorterError):
    """A file or a folder could not be read or written."""


class FrameworkError(PorterError):
    """A framework that the command needs is missing or unusable."""


class StreamError(PorterError):
    """Standard output did not take the result."""


class RuleError(PorterError):
    """One or more rule files are wrong: all problems of all files, one a line."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the rule files"
        super().__init__("\n".join([head, *(f"  {p}" for p in self.problems)]))
