"""`--format json`: the fields of a finding, of which type each is, and that what they say of the text is so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from porter.codes import EXPLAINED
from porter.findings import Level
from tests.cli.conftest import Porter

REPLACEMENT = {"line": int, "column": int, "end_line": int, "end_column": int, "before": str, "after": str}
FINDING: dict[str, type | tuple[type, ...]] = {
    "path": str,
    "line": int,
    "column": int,
    "level": str,
    "rule": str,
    "message": str,
    "code": str,
    "end_line": int,
    "end_column": int,
    "edit": (dict, type(None)),
}
"""The fields of a finding in the report and in porter.json, in their order. A new one goes to the end."""

SOURCE = """\
import torch
import torch.nn as nn


def of(net, x):
    "é"; net.weight = torch.eye(3)
    seen = [m.running_mean for m in net.modules()]
    del net.running_var
    return nn.BatchNorm3d(
        net.channels,  # so many
        momentum=net.momentum,
    ), nn.Softsign(), seen


class Gate(nn.Module):
    def forward(self, x):
        return nn.InstanceNorm3d(4, momentum=None)(x)
"""


@pytest.fixture
def findings(porter: Porter, tree: Callable[..., Path], tmp_path: Path) -> list[dict[str, Any]]:
    """What is said of SOURCE; porter.json says the same."""
    ran = porter("convert", tree(net=SOURCE), "-o", tmp_path / "out", "--format", "json")
    found: list[dict[str, Any]] = json.loads(ran.out)["findings"]
    assert found == json.loads((tmp_path / "out" / "porter.json").read_text())["findings"]
    assert len(found) > 4
    return found


def test_the_fields_of_a_finding_and_their_types(findings: list[dict[str, Any]]) -> None:
    for finding in findings:
        assert list(finding) == list(FINDING)
        assert all(isinstance(finding[name], kind) for name, kind in FINDING.items())
        assert finding["level"] in list(Level) and finding["code"] in EXPLAINED
        if finding["edit"] is not None:
            assert {name: type(value) for name, value in finding["edit"].items()} == REPLACEMENT
            assert list(finding["edit"]) == list(REPLACEMENT)


def between(text: str, place: dict[str, Any]) -> str:
    """The text from a start to an end, both counted from 1, in characters."""
    lines = text.splitlines(keepends=True)
    first, last = (sum(map(len, lines[: place[line] - 1])) for line in ("line", "end_line"))
    return text[first + place["column"] - 1 : last + place["end_column"] - 1]


def test_a_finding_says_where_it_ends_and_an_edit_what_stood_there(
    findings: list[dict[str, Any]], tmp_path: Path
) -> None:
    written = (tmp_path / "out" / "net.py").read_text()
    for finding in findings:
        assert between(SOURCE, finding).strip()
        edit = finding["edit"]
        if edit is not None:
            assert between(SOURCE, edit) == edit["before"] != edit["after"]
            assert edit["after"] in written
    edits = {f["edit"]["before"]: f["edit"]["after"] for f in findings if f["edit"]}
    assert edits["m.running_mean"] == "porter_layers.running_mean(m)"
    assert edits["net.weight = torch.eye(3)"] == 'porter_layers.set_member(net, "weight", torch.eye(3))'


def test_what_is_left_has_no_edit(findings: list[dict[str, Any]]) -> None:
    left = [finding for finding in findings if finding["level"] == "manual"]
    assert {"torch.eye", "torch.nn.Softsign"} <= {finding["rule"] for finding in left}
    assert [finding for finding in left if finding["edit"] is not None] == []


def test_a_file_that_is_no_python_has_a_line_and_no_end(porter: Porter, tree: Callable[..., Path]) -> None:
    ran = porter("convert", tree(net=SOURCE, old="import torch\nprint 'x'\n"), "--format", "json")
    (finding,) = [f for f in json.loads(ran.out)["findings"] if f["path"] == "old.py"]
    assert list(finding) == list(FINDING)
    assert (finding["line"], finding["end_line"], finding["end_column"], finding["edit"]) == (2, 0, 0, None)
