"""What the manifest records, and what the marks say."""

from __future__ import annotations

import re

import pytest

from porter.codes import Code
from porter.findings import Kind, Level, Site

from .test_gate import convert, text_of

SOURCE = """\
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = (nn.InstanceNorm3d)(8)

    def forward(self, x):
        print(self.norm.weight, "é", self.norm.bias)
        for child in self.share_memory():
            child(x)
        return self.norm(input=x) + torch.eye(3) + torch.eye(4)
"""


def sites(source: str = SOURCE) -> dict[str, Site]:
    """Sites by their text before; where two are alike, the last."""
    return {site.before: site for site in convert(source).sites}


@pytest.mark.parametrize(
    ("before", "after", "kind", "rule"),
    [
        ("forward", "construct", Kind.METHOD, "nn.Module"),
        ("weight", "gamma", Kind.ATTRIBUTE, "nn.InstanceNorm3d"),
        ("bias", "beta", Kind.ATTRIBUTE, "nn.InstanceNorm3d"),
        ("input", "x", Kind.METHOD, "nn.InstanceNorm3d"),
        ("(nn.InstanceNorm3d)(8)", "(nn.InstanceNorm3d)(8, affine=False)", Kind.CALL, "nn.InstanceNorm3d"),
    ],
)
def test_every_change_is_a_site(before: str, after: str, kind: Kind, rule: str) -> None:
    site = sites()[before]
    assert (site.after, site.kind, site.rule, site.level) == (after, kind, rule, Level.SAFE)


def test_what_is_asked_and_what_is_wrapped_are_recorded_with_the_function() -> None:
    source = "import torch.nn as nn\n\n\ndef f(net):\n    return nn.BatchNorm3d(4, momentum=0.25), net.running_mean\n"
    found = [(s.kind, s.before, s.after) for s in convert(source).sites]
    norm = "nn.BatchNorm3d(4, momentum=0.25)"
    after = "nn.BatchNorm3d(4, momentum=0.75)"
    assert (Kind.METHOD, norm, f"porter_layers.fresh({after})") in found
    assert (Kind.CALL, norm, after) in found  # the call that the wrap is given
    assert (Kind.ATTRIBUTE, "net.running_mean", "porter_layers.running_mean(net)") in found


def test_sites_stand_where_they_say_in_the_order_of_the_file() -> None:
    lines = SOURCE.splitlines()
    found = convert(SOURCE).sites
    for site in found:
        assert lines[site.line - 1][site.column - 1 :].startswith(site.before)
    assert [(s.line, s.column) for s in found] == sorted((s.line, s.column) for s in found)


def test_a_method_of_no_framework_class_is_no_site() -> None:
    source = SOURCE.replace("(nn.Module)", "").replace("super().__init__()", "pass")
    assert "forward" not in sites(source)
    assert "weight" in sites(source)


def test_a_mark_says_what_the_finding_says() -> None:
    """On one line, in the finding's words; a count of places, or of a class's, is left to the finding."""
    result = convert(SOURCE)
    said: dict[int, list[str]] = {}
    for finding in (f for f in result.findings if f.level is Level.MANUAL and f.code is not Code.NEITHER):
        said.setdefault(finding.line, []).append(re.sub(r" \(\d+ places in this file\)$", "", finding.message))
    after = text_of(result)
    marks = [
        (n, line.partition("  # porter: ")[2]) for n, line in enumerate(after.splitlines(), 1) if "# porter" in line
    ]
    assert [text for _, text in marks] == ["; ".join(said[line]) for line in sorted(said)]
    assert len(marks) == 2


def test_no_marks_where_none_are_wanted() -> None:
    assert "porter:" not in text_of(convert(SOURCE, mark=False))
