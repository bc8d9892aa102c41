"""The manifest and the JSON report: the same lists, one object a line, so that two runs can be compared by `diff`.

`files`: path, changed, failed, and the SHA-256 of what was written. `sites`: the fields of `findings.Site`. `findings`:
those of `findings.Finding`: path, line, column, level, rule, message, code, end_line, end_column, edit. Lines and
columns are counted from 1, in characters, in the text of the source; an end is the column behind, and 0 where a finding
is about a line. `edit` is null, or what was made of the place: line, column, end_line, end_column, before, after. A
report has `hints` too, which no manifest has: name without a rule -> what is near, what to mind, and the page on it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from porter.codes import Code
from porter.findings import Finding, Replacement, Site
from porter.report.summary import Needed, Summary, Torn
from porter.rules.hints import hint_of


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
    in_place: bool = False
    others: Mapping[str, str] = field(default_factory=dict)
    """Path -> fingerprint of what was written besides `files`: generated and copied."""
    asides: Mapping[str, str] = field(default_factory=dict)
    """Path -> fingerprint of a conversion that lies beside a hand edit."""
    earlier_files: Sequence[Mapping[str, Any]] = ()
    earlier_sites: Sequence[Mapping[str, Any]] = ()
    """What an earlier manifest says of files that this run did not change, as it says it."""


def manifest(facts: Facts, *, done: bool = True) -> str:
    """Text of `porter.json`: everything that `porter check`, a reviewer and the next run need to know.

    Its state is "writing" while files are being replaced, and "done" afterwards.
    """
    head = _head(facts)
    head = {"porter": head.pop("porter"), "state": "done" if done else "writing", **head, "in_place": facts.in_place}
    lists = _lists(facts)
    earlier = {entry["path"]: entry for entry in facts.earlier_files}
    files = [earlier.pop(entry["path"], entry) for entry in lists["files"]]
    lists["files"] = sorted([*files, *earlier.values()], key=lambda entry: str(entry["path"]))
    lists["others"] = [{"path": path, "is": what} for path, what in sorted(facts.others.items())]
    lists["asides"] = [{"path": path, "is": what} for path, what in sorted(facts.asides.items())]
    lists["sites"] = sorted([*lists["sites"], *facts.earlier_sites], key=_place)
    return _document(head, lists)


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
            "meaning_changed": summary.altered,
            "manual": summary.left,
            "needed_on_import": [_plain(needed) for needed in summary.on_import],
            "in_neither_framework": [_plain(torn) for torn in summary.neither],
            "tied_to_a_platform": summary.tied,
            "cautions": summary.cautions,
            "merged": summary.merged,
            "edited": summary.edited,
            "left_out": {why: list(paths) for why, paths in summary.left_out.items()},
        },
    }
    return _document({**_head(facts), **counts, "hints": _hints(facts.findings)}, _lists(facts))


def _hints(findings: Iterable[Finding]) -> dict[str, dict[str, str]]:
    found = (hint_of(finding.message) for finding in sorted(findings) if finding.code is Code.NO_RULE)
    return {hint.name: {"near": hint.near, "mind": hint.mind, "docs": hint.docs} for hint in found if hint}


def _head(facts: Facts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in ("porter", "to", "platform", "source", "layers")}


def _place(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(entry[key] for key in ("path", "line", "column", "kind", "rule", "before"))


def _lists(facts: Facts) -> dict[str, list[Mapping[str, Any]]]:
    files: list[Mapping[str, Any]] = [
        {"path": path, "changed": changed, "failed": failed}
        | ({"sha256": facts.digests[path]} if path in facts.digests else {})
        for path, (changed, failed) in sorted(facts.files.items())
    ]
    return {
        "files": files,
        "sites": sorted((_plain(s) for s in facts.sites), key=_place),
        "findings": [_with_edit(f) for f in sorted(facts.findings)],
    }


def _plain(item: Site | Finding | Torn | Needed | Replacement) -> dict[str, Any]:
    """The fields as they are; `dataclasses.asdict` would copy each value, which takes longer than writing them."""
    return {each.name: getattr(item, each.name) for each in fields(item)}


def _with_edit(finding: Finding) -> Mapping[str, Any]:
    return _plain(finding) | {"edit": _plain(finding.edit) if finding.edit is not None else None}


def _document(head: Mapping[str, Any], lists: Mapping[str, Iterable[Mapping[str, Any]]]) -> str:
    entries = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    entries += [f"{json.dumps(key)}: {_list(items)}" for key, items in lists.items()]
    return "{\n  " + ",\n  ".join(entries) + "\n}\n"


def _list(items: Iterable[Mapping[str, Any]]) -> str:
    lines = ",\n    ".join(json.dumps(item) for item in items)
    return f"[\n    {lines}\n  ]" if lines else "[]"
