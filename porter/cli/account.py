"""What a conversion did, as the plain values that the manifest, the report and the summary are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from porter import __version__
from porter.cli.options import STDIN
from porter.cli.request import Request
from porter.convert import Conversion
from porter.findings import Finding, Level
from porter.output import Manifest, Written
from porter.report.json import Facts
from porter.report.summary import Summary, summarise
from porter.rules.load import RuleBook
from porter.source.tree import Tree

STDIN_NAME = "<stdin>"
NOTHING_WRITTEN = Written({})


@dataclass(frozen=True, slots=True)
class Account:
    """A conversion and what it was made from. `earlier` is the manifest that lay where the result goes."""

    conversion: Conversion
    tree: Tree
    request: Request
    rules: RuleBook
    earlier: Manifest | None = None
    extra: tuple[Finding, ...] = ()
    skipped_data: tuple[str, ...] = ()

    def facts(self, written: Written = NOTHING_WRITTEN) -> Facts:
        """Everything that is told of the run."""
        conversion, tree = self.conversion, self.tree
        files = {file.path: (file.before != file.after, file.failed) for file in conversion.files}
        digests = {file.path: hashlib.sha256(file.after).hexdigest() for file in conversion.files}
        facts = Facts(
            porter=__version__,
            to=conversion.options.to,
            platform=conversion.options.platform,
            source=tree.root.resolve().name if self.request.src != STDIN else "",
            layers=conversion.layers,
            files=files | dict.fromkeys([*tree.unreadable, *written.failed], (False, True)),
            sites=conversion.sites,
            findings=[*conversion.findings, *self._findings(), *written.findings],
            digests=digests,
        )
        if self.request.mode == "in place":
            return self._in_place(facts)
        return self._mirrored(facts, written) if self.request.mode == "tree" else facts

    def summary(self, facts: Facts, written: Written = NOTHING_WRITTEN) -> Summary:
        """The counts."""
        there = self.conversion.options.to == "mindspore"
        tied = self.request.platform == "gpu" and there
        summary = summarise(
            facts.files,
            facts.sites,
            facts.findings,
            known=set(self.rules.known),
            tied=set(self.rules.table("tied") if tied else ()),
            cautions=self.rules.table("cautions") if there else {},
        )
        return replace(summary, left_out=self._left_out(), merged=len(written.merged), edited=len(written.edited))

    def _left_out(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for each in self.tree.left_out:
            found.setdefault(each.why, []).append(each.path)
        if self.skipped_data:
            found["data over 10 MiB"] = list(self.skipped_data)
        return found

    def _findings(self) -> Sequence[Finding]:
        if self.request.mode == "text" and self.conversion.added:
            layers = next(iter(self.conversion.added))
            message = f"the result imports {layers}, for which standard output has no place; write the file with -o OUT"
            return [*self.extra, Finding(STDIN_NAME, 1, 1, Level.MANUAL, "porter", message)]
        return self.extra

    def _mirrored(self, facts: Facts, written: Written) -> Facts:
        """With what lies in OUT besides the Python files; where an edit is not merged, porter's old text counts."""
        prints = dict(written.prints)
        digests = {path: _digest(prints.pop(path)) for path in facts.digests if path in prints}
        entries, sites = self._earlier(set(written.carried))
        for entry in entries:
            prints.pop(entry["path"], None)
        return replace(
            facts,
            digests=digests,
            others=prints,
            asides=written.asides,
            earlier_files=entries,
            earlier_sites=sites,
        )

    def _in_place(self, facts: Facts) -> Facts:
        """With what earlier runs in the same direction did to files that this one did not change."""
        changed = {path for path, (is_changed, _) in facts.files.items() if is_changed}
        earlier = self.earlier
        kept: set[str] = set()
        if earlier is not None and earlier.to == facts.to:
            kept = {path for path in earlier.edited - changed if self._is_as_written(path, facts, earlier)}
        entries, sites = self._earlier(kept)
        added = {
            name: f"file:{hashlib.sha256(text.encode()).hexdigest()}" for name, text in self.conversion.added.items()
        }
        if earlier is not None:
            gone = {*self.conversion.removed, *facts.files}
            others = {path: what for path, what in earlier.written.items() if path not in earlier.paths}
            added = {path: what for path, what in others.items() if path not in gone} | added
        return replace(facts, in_place=True, others=added, earlier_files=entries, earlier_sites=sites)

    def _is_as_written(self, path: str, facts: Facts, earlier: Manifest) -> bool:
        """Whether a file is as porter wrote it, or is there and was not read this time."""
        digest = facts.digests.get(path)
        if digest is None:
            return (self.tree.root / path).is_file()
        return f"file:{digest}" == earlier.written[path]

    def _earlier(self, kept: set[str]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
        if self.earlier is None:
            return [], []
        entries = [entry for entry in self.earlier.files if entry["path"] in kept]
        return entries, [entry for entry in self.earlier.sites if entry["path"] in kept]


def _digest(fingerprint: str) -> str:
    """The SHA-256 of a file's fingerprint."""
    return fingerprint.partition(":")[2]
