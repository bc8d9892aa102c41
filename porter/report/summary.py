"""The counts of a conversion, which the terminal shows and the JSON report holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from porter.codes import Code
from porter.findings import Finding, Kind, Level, Site

LAYER_KINDS = frozenset({Kind.CALL, Kind.VALUE, Kind.BASE})
"""Kinds of site that put a layer into the output; a type test or an annotation only names it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: edits of level safe, of level review; findings of level changed, of level manual."""

    rule: str
    safe: int
    review: int
    altered: int
    left: int

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """In the order of the levels."""
        return self.safe, self.review, self.altered, self.left


@dataclass(frozen=True, slots=True)
class Torn:
    """A class that runs in neither framework: its name, and where its statement is."""

    name: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Needed:
    """A place that needs the source framework when its file is imported, and the name that it uses."""

    path: str
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Summary:
    """`files`, `changed`, `failed` count files, `unknown` counts names without a rule, `impossible` those whose
    rule says that there is no counterpart; `tied` is rule -> layers."""

    files: int
    changed: int
    failed: int
    rows: tuple[Row, ...] = ()
    unknown: int = 0
    impossible: int = 0
    tied: dict[str, int] = field(default_factory=dict)
    cautions: dict[str, str] = field(default_factory=dict)
    """Rule -> what a run has to look out for, of the rules that this one has used."""
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Reason -> files and folders that were not read."""
    merged: int = 0
    edited: int = 0
    """Files of OUT with hand edits: merged with a new conversion, and left since there is none."""
    neither: tuple[Torn, ...] = ()
    """Classes that run in neither framework, by their places."""
    on_import: tuple[Needed, ...] = ()
    """What keeps files from being imported without the source framework, by its places."""

    @property
    def safe(self) -> int:
        """Edits that keep the meaning."""
        return sum(row.safe for row in self.rows)

    @property
    def review(self) -> int:
        """Edits that keep it under a stated condition."""
        return sum(row.review for row in self.rows)

    @property
    def altered(self) -> int:
        """Findings about places that mean something else now unless somebody acts."""
        return sum(row.altered for row in self.rows)

    @property
    def left(self) -> int:
        """Findings about places that stayed as they were."""
        return sum(row.left for row in self.rows)

    @property
    def exit_code(self) -> int:
        """0 all converted, 1 something is left for a person, or means another thing, 2 a file is no Python."""
        return 2 if self.failed else int(self.left + self.altered > 0)


def summarise(
    files: Mapping[str, tuple[bool, bool]],
    sites: Sequence[Site],
    findings: Sequence[Finding],
    *,
    known: Collection[str],
    tied: Collection[str] = (),
    cautions: Mapping[str, str] | None = None,
) -> Summary:
    """Count. `files`: path -> (changed, failed); `known`: names of all rules; `tied`: of those that need a platform.

    `cautions`: what to look out for, by rule; told once for all uses.
    """
    edits = Counter((site.rule, site.level) for site in sites if site.level in (Level.SAFE, Level.REVIEW))
    altered = Counter(finding.rule for finding in findings if finding.level is Level.CHANGED)
    left = Counter(finding.rule for finding in findings if finding.level is Level.MANUAL)
    names = {rule for rule, _ in edits} | set(altered) | set(left)
    rows = [Row(name, edits[name, Level.SAFE], edits[name, Level.REVIEW], altered[name], left[name]) for name in names]
    layers = Counter(
        site.rule for site in sites if site.kind in LAYER_KINDS and site.level is not Level.MANUAL and site.rule in tied
    )
    return Summary(
        files=len(files),
        changed=sum(changed for changed, _ in files.values()),
        failed=sum(failed for _, failed in files.values()),
        rows=tuple(sorted(rows, key=lambda row: (-sum(row.counts), row.rule))),
        unknown=sum(name not in known and "." in name for name in left),
        impossible=len({finding.rule for finding in findings if finding.code is Code.NO_COUNTERPART}),
        tied=dict(sorted(layers.items())),
        neither=tuple(_torn(finding) for finding in sorted(findings) if finding.code is Code.NEITHER),
        on_import=tuple(Needed(f.path, f.line, f.rule) for f in sorted(findings) if f.code is Code.ON_IMPORT),
        cautions={name: text for name, text in sorted((cautions or {}).items()) if name in {rule for rule, _ in edits}},
    )


def _torn(finding: Finding) -> Torn:
    """The class that a finding is about: its message begins with the name."""
    return Torn(finding.message.partition(" ")[0], finding.path, finding.line)
