"""One pair of child processes for all tests of check: loading a framework takes seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from porter.check.runner import Runner
from porter.rules.load import RuleBook, load_rules


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    """Both frameworks, started by the first case that needs them."""
    with Runner() as shared:
        yield shared


@pytest.fixture(scope="session")
def book() -> RuleBook:
    """The shipped rules."""
    return load_rules()
