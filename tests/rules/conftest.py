"""Folders of rules for the tests of the index."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from porter.rules import index, listing, load
from porter.rules.files import RuleFile, read_rule
from porter.rules.model import Rule

from .own import write


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the rule files that are read."""
    names: list[str] = []

    def counted(file: RuleFile, problems: list[str]) -> Rule | None:
        names.append(file.name)
        return read_rule(file, problems)

    monkeypatch.setattr(index, "read_rule", counted)
    return names


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two rules, the only ones; what is kept about them lies in a folder beside."""
    monkeypatch.setattr(load, "rule_folder", lambda: tmp_path / "rules")
    monkeypatch.setattr(listing, "YOUNG_NS", -(10**15))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("One", "Two"):
        write(tmp_path / "rules", name)
    return tmp_path / "rules"
