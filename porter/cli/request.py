"""The options of one `porter convert`, checked against each other before anything is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click

from porter import output
from porter.cli.options import STDIN, reading
from porter.errors import UsageError
from porter.findings import Level
from porter.source.walk import Reading

Mode = Literal["diff", "tree", "in place", "text"]
"""What becomes of the result: shown, written to OUT, written over SRC, or (for standard input) written out whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What to convert, how, and where the result and the report go."""

    src: Path
    mode: Mode
    out: Path
    to: Literal["mindspore", "torch"] | None
    platform: Literal["gpu", "any"]
    level: Level
    whole: Literal["site", "class", "file"]
    mark: bool
    rule_dirs: tuple[Path, ...]
    reading: Reading
    jobs: int
    force: bool
    allow_dirty: bool
    data: Literal["copy", "link", "skip"]
    json: bool
    report: Path | None

    @property
    def report_on_stdout(self) -> bool:
        """Whether JSON goes to standard output, which then holds nothing else."""
        return self.json and self.report is None


def make_request(context: click.Context, options: dict[str, Any]) -> Request:
    """Check the options. Raises UsageError when two exclude each other or a place must not be written to."""
    chosen = _chosen(options)
    request = Request(
        src=options["src"],
        mode=_mode(options["src"], chosen),
        out=options["out"] or Path(),
        to=options["to"],
        platform=options["platform"],
        level=Level(options["level"]),
        whole=options["whole"],
        mark=options["mark"],
        rule_dirs=options["rule_dirs"],
        reading=reading(context, options["src"], options),
        jobs=options["jobs"],
        force=options["force"],
        allow_dirty=options["allow_dirty"],
        data=options["data"],
        json=options["format_"] == "json",
        report=options["report"],
    )
    if request.report_on_stdout and (request.mode == "text" or chosen == "diff"):
        raise UsageError("--format json and the result would both go to standard output: add --report FILE")
    _check_places(request)
    return request


def _chosen(options: dict[str, Any]) -> str | None:
    """Which of -o, --in-place and --diff was written."""
    given = [name for name in ("out", "in_place", "diff") if options[name]]
    if len(given) > 1:
        raise UsageError("-o, --in-place and --diff exclude each other: choose one")
    return given[0] if given else None


def _mode(src: Path, chosen: str | None) -> Mode:
    if src == STDIN:
        if chosen in ("out", "in_place"):
            raise UsageError(
                "SRC is standard input, and its result goes to standard output: leave out -o and --in-place"
            )
        return "diff" if chosen else "text"
    modes: dict[str | None, Mode] = {"out": "tree", "in_place": "in place"}
    return modes.get(chosen, "diff")


def _check_places(request: Request) -> None:
    if request.mode == "in place" and request.src.is_file() and request.src.is_symlink():
        leads = request.src.resolve()
        raise UsageError(f"{request.src} is a link, expected a file to write over: name {leads}, to which it leads")
    if request.mode == "tree":
        output.check_target(request.src, request.out, force=request.force)
    if request.report is not None:
        output.check_report(request.report, None if request.mode == "in place" else request.src)
