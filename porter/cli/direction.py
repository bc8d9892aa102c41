"""Which way to convert: as the command line says, as an earlier run went, or as the imports let one guess."""

from __future__ import annotations

from pathlib import Path

import click

from porter import git, output
from porter.cli.options import STDIN
from porter.cli.request import Request
from porter.convert import detect_direction
from porter.errors import SourceError, UsageError
from porter.output import MANIFEST, Manifest
from porter.rules.model import TITLES, Framework
from porter.source.tree import Tree

OTHER: dict[Framework, Framework] = {"torch": "mindspore", "mindspore": "torch"}


def direction(tree: Tree, request: Request) -> Framework:
    """The framework to convert to. A converted tree is never turned back, nor written over, by a guess.

    Raises UsageError where the command line has to say it.
    """
    if request.to is not None:
        return request.to
    manifest = _manifest_of(tree.root.resolve()) if request.src != STDIN else None
    if manifest is not None and manifest.to is not None:
        to = manifest.to
        click.echo(
            f"porter: {MANIFEST} says that this tree was converted to {to}: converting to {to} again "
            f"(--to {OTHER[to]} turns it back)",
            err=True,
        )
        return to
    to = detect_direction(tree)
    if request.mode == "in place":
        raise UsageError(
            f"{request.src}: --in-place needs --to, so that nothing is written by a guess: "
            f"the imports are {TITLES[OTHER[to]]}'s, so add --to {to} to convert it"
        )
    click.echo(f"porter: the imports are {TITLES[OTHER[to]]}'s: converting to {to} (--to chooses)", err=True)
    return to


def _manifest_of(folder: Path) -> Manifest | None:
    """The manifest of a converted tree that a folder is, or is part of."""
    top = git.repository(folder)
    for place in (folder, *folder.parents):
        try:
            manifest = output.read_manifest(place)
        except SourceError:
            manifest = None
        inside = "" if place == folder else f"{folder.relative_to(place).as_posix()}/"
        if manifest is not None and any(path.startswith(inside) for path in manifest.written):
            return manifest
        if place == top:
            break
    return None
