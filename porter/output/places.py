"""Where a result or a report may be written, decided before any work is done."""

from __future__ import annotations

from pathlib import Path

from porter.errors import UsageError
from porter.output.manifest import MANIFEST, read_manifest


def check_target(source: Path, out: Path, *, force: bool) -> None:
    """Refuse an OUT that would damage something.

    Raises UsageError when OUT is a file, lies in SRC or holds SRC, and, with `force` off, when it is not empty and no
    `convert -o` has made it. Raises SourceError for a porter.json there that is not porter's.
    """
    source_path, out_path = source.resolve(), out.resolve()
    if source_path.is_dir() and out_path.is_relative_to(source_path):
        raise UsageError(f"OUT {out} lies in SRC {source}: choose a folder outside it, or use --in-place")
    if source_path.is_relative_to(out_path):
        raise UsageError(f"SRC {source} lies in OUT {out}, which would replace it: choose another folder")
    if out_path.suffix == ".py":
        raise UsageError(f"OUT {out} is named like a file, expected a folder: the result has a manifest beside it")
    for place in (out_path, *out_path.parents):
        if place.exists() and not place.is_dir():
            what = "is a file" if place == out_path else f"lies below {place}, which is a file"
            raise UsageError(f"OUT {out} {what}, expected a folder that is new or empty")
    manifest = read_manifest(out_path) if out_path.is_dir() else None
    if manifest is not None and not manifest.in_place:
        return
    if out_path.is_dir() and not force and any(out_path.iterdir()):
        why = "was converted in place" if manifest else f"is not empty, and holds no {MANIFEST} of porter"
        raise UsageError(
            f"OUT {out} {why}: choose another folder, or add --force, which keeps what porter does not write"
        )


def check_report(report: Path, source: Path | None) -> None:
    """Refuse a report that could not be written at the end, or that would lie in SRC, which no command changes.

    `source` is None where SRC may be written to. Raises UsageError.
    """
    path = report.resolve()
    if not path.parent.is_dir():
        raise UsageError(f"--report {report}: there is no folder {report.parent}: make it first")
    if path.is_dir():
        raise UsageError(f"--report {report} is a folder, expected the name of a file")
    if source is not None and path.is_relative_to(source.resolve()):
        raise UsageError(f"--report {report} lies in SRC {source}, which is not written to: choose another place")
