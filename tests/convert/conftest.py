"""`pytest tests/convert --refresh` writes the expected outputs again; the diff is then read by a person."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --refresh."""
    parser.addoption("--refresh", action="store_true", help="write the expected outputs of the fixtures again")


@pytest.fixture(scope="session")
def refresh(request: pytest.FixtureRequest) -> bool:
    """Whether expected outputs are written and not compared."""
    return bool(request.config.getoption("--refresh", default=False))
