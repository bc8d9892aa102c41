"""What git says of a tree, asked by its command line."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from porter.errors import SourceError

STATUS = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignored=no")
CHUNK = 500
"""Paths a call: a command line has an end."""


def repository(folder: Path) -> Path | None:
    """The root of the repository that a folder lies in: the nearest folder upwards that holds `.git`."""
    folder = folder.resolve()
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def changed(root: Path, names: Iterable[str]) -> set[str]:
    """Those of the files (relative to `root`) that have changes which no commit holds; untracked ones are among them.

    Nothing outside repositories. Raises SourceError where git cannot tell.
    """
    found: set[str] = set()
    for home, paths in _by_repository(root, names).items():
        spelled = {os.fsencode((root.resolve() / name).relative_to(home)): name for name in paths}
        found |= {spelled[path] for path in _status(home, list(spelled)) if path in spelled}
    return found


def _by_repository(root: Path, names: Iterable[str]) -> dict[Path, list[str]]:
    homes: dict[Path, Path | None] = {}
    found: dict[Path, list[str]] = {}
    for name in names:
        folder = (root / name).parent
        if folder not in homes:
            homes[folder] = repository(folder)
        home = homes[folder]
        if home is not None:
            found.setdefault(home, []).append(name)
    return found


def _status(home: Path, paths: list[bytes]) -> Iterator[bytes]:
    for start in range(0, len(paths), CHUNK):
        answer = ask(home, *STATUS, "--", *paths[start : start + CHUNK])
        yield from (entry[3:] for entry in answer.split(b"\0") if entry)


def ask(home: Path, *arguments: str | bytes) -> bytes:
    """Standard output of a git command in `home`. Raises SourceError where git is missing or refuses."""
    git = shutil.which("git")
    if git is None:
        raise SourceError(f"{home}: is a git repository, but git is not installed: it cannot be asked for its state")
    command = [git, "--literal-pathspecs", "-c", "core.fsmonitor=false", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    ran = subprocess.run(command, cwd=home, env=environment, capture_output=True, check=False)
    if ran.returncode:
        lines = ran.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {ran.returncode}"]
        raise SourceError(f"{home}: git cannot tell its state: {lines[0]}")
    return ran.stdout
