"""What the tests of check share."""

from __future__ import annotations

import pytest

from porter.rules.load import RuleBook, load_rules


@pytest.fixture(scope="session")
def book() -> RuleBook:
    """The shipped rules."""
    return load_rules()
