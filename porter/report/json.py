"""The manifest and the JSON report: the same lists, one object a line, so that two runs can be compared by `diff`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from porter.findings import Finding, Site
from porter.report.summary import Summary


@dataclass(frozen=True, slots=True)
class Facts:
    """What a conversion did, as plain values. `source` is the folder's name, never where it lies."""

    porter: str
    to: str
    platform: str
    source: str
    layers: str | None
    files: Mapping[str, tuple[bool, bool]]
    """Path -> (changed, failed)."""
    sites: Sequence[Site]
    findings: Sequence[Finding]
    digests: Mapping[str, str] = field(default_factory=dict)
    """Path -> SHA-256 of what was written, by which check knows what was edited afterwards."""


def manifest(facts: Facts) -> str:
    """Text of `porter.json`: everything that `porter check` and a reviewer need to know about each site."""
    return _document(_head(facts), _lists(facts))


def report(facts: Facts, summary: Summary) -> str:
    """Text of `--format json`: the manifest's lists and the counts."""
    counts = {
        "exit_code": summary.exit_code,
        "summary": {
            "files": summary.files,
            "changed": summary.changed,
            "failed": summary.failed,
            "safe": summary.safe,
            "review": summary.review,
            "manual": summary.left,
            "tied_to_a_platform": summary.tied,
        },
    }
    return _document({**_head(facts), **counts}, _lists(facts))


def _head(facts: Facts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in ("porter", "to", "platform", "source", "layers")}


def _lists(facts: Facts) -> dict[str, list[dict[str, Any]]]:
    files = [
        {"path": path, "changed": changed, "failed": failed}
        | ({"sha256": facts.digests[path]} if path in facts.digests else {})
        for path, (changed, failed) in sorted(facts.files.items())
    ]
    sites = sorted(facts.sites, key=lambda site: (site.path, site.line, site.column, site.kind, site.rule, site.before))
    return {
        "files": files,
        "sites": [_plain(s) for s in sites],
        "findings": [_plain(f) for f in sorted(facts.findings)],
    }


def _plain(item: Site | Finding) -> dict[str, Any]:
    """The fields as they are; `dataclasses.asdict` would copy each value, which takes longer than writing them."""
    return {each.name: getattr(item, each.name) for each in fields(item)}


def _document(head: Mapping[str, Any], lists: Mapping[str, Iterable[dict[str, Any]]]) -> str:
    entries = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    entries += [f"{json.dumps(key)}: {_list(items)}" for key, items in lists.items()]
    return "{\n  " + ",\n  ".join(entries) + "\n}\n"


def _list(items: Iterable[dict[str, Any]]) -> str:
    lines = ",\n    ".join(json.dumps(item) for item in items)
    return f"[\n    {lines}\n  ]" if lines else "[]"
