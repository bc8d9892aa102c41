"""Ranges of versions in rule files."""

from __future__ import annotations

import pytest

from porter.rules.versions import covers, is_range


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("<2.13", ["2.12.9", "2.9", "1.13.1"], ["2.13", "2.13.0+cpu", "2.14"]),
        (">=2.1,<2.7", ["2.1.0", "2.6.99"], ["2.0.9", "2.7.0", "2.10"]),
        (">= 2.1 , != 2.3", ["2.1", "2.3.1"], ["2.3", "2.3.0"]),
        ("==2.13", ["2.13", "2.13.0", "2.13.0+cu124"], ["2.13.1"]),
        ("<=2.2.0", ["2.2", "2.2.0rc1"], ["2.2.1"]),
        (">1", ["1.0.1", "2"], ["1", "1.0", "0.9", ""]),
    ],
)
def test_a_range_holds_versions(text: str, inside: list[str], outside: list[str]) -> None:
    assert is_range(text)
    assert [version for version in [*inside, *outside] if covers(text, version)] == inside


@pytest.mark.parametrize("text", ["", "2.13", "~=2.1", "<2.13,", "<2.x", "< two", "<2.13 <3", "<2.13; >1"])
def test_anything_else_is_no_range_and_holds_nothing(text: str) -> None:
    assert not is_range(text)
    assert not covers(text, "2.13")
