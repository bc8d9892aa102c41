"""How many modules of a tree can be imported before its conversion, and how many of those after it.

    python -m tests.imported SRC OUT [--seconds 600] [--path FOLDER]

Of those that no longer can, the first of each kind of error is shown. Both trees are seen under the name of SRC, so
that an installed package of that name is never found in their place.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

CHILD = Path(__file__).with_name("import_all.py")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a module cannot be imported, and at which line of the tree."""

    name: str
    error: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """Modules that can be imported, and why the others cannot."""

    good: frozenset[str]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """Modules that could be imported once and now all fail in the same way."""

    first: Failure
    count: int


def module_names(folder: Path, name: str) -> list[str]:
    """All modules of a tree, by the names that they are imported by; a main program is none."""
    found: list[str] = []
    top = [name] if (folder / "__init__.py").is_file() else []
    for path in sorted(folder.rglob("*.py")):
        parts = [*top, *path.relative_to(folder).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
        if parts and parts[-1] != "__main__" and all(part.isidentifier() for part in parts):
            found.append(".".join(parts))
    return found


def import_tree(
    folder: Path, name: str, names: Sequence[str], seconds: float, also: Sequence[str] = (), missing: str = ""
) -> Imported:
    """Import modules of a tree; one that ends the process is a failure, and the rest goes on in another.

    `missing`: a package that cannot be imported meanwhile.
    """
    good, failures, left = set[str](), list[Failure](), list(names)
    with tempfile.TemporaryDirectory(prefix="imported-") as made:
        root = Path(made).resolve() / "root"
        (root / name).parent.mkdir(parents=True)
        (root / name).symlink_to(folder.resolve(), target_is_directory=True)
        searched = root if (folder / "__init__.py").is_file() else root / name
        while left:
            for answer in _answers(searched, left, seconds, also, missing):
                if "error" in answer:
                    failures.append(Failure(answer["name"], answer["error"], answer.get("where", "")))
                else:
                    good.add(answer["name"])
                left.remove(answer["name"])
    return Imported(frozenset(good), tuple(failures))


def lost(before: Imported, after: Imported) -> list[Lost]:
    """What could be imported before and cannot after, by error and line, the most frequent first."""
    kinds: dict[tuple[str, str], list[Failure]] = {}
    known = {failure.name for failure in after.failures} | after.good
    gone = [Failure(name, "the module is not there any more") for name in sorted(before.good - known)]
    for failure in [*after.failures, *gone]:
        if failure.name in before.good:
            kinds.setdefault((failure.error, failure.where), []).append(failure)
    return sorted((Lost(found[0], len(found)) for found in kinds.values()), key=lambda kind: -kind.count)


def _answers(
    folder: Path, names: Sequence[str], seconds: float, also: Sequence[str], missing: str
) -> Iterator[dict[str, str]]:
    """What one process says of the modules, and of the one that ended it."""
    searched = os.pathsep.join([*also, *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, str(CHILD), str(folder), *filter(None, [missing])]
    started = ""
    try:
        done = subprocess.run(
            command,
            input="\n".join(names),
            capture_output=True,
            text=True,
            timeout=seconds,
            env={**os.environ, "PYTHONPATH": searched, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        lines, ended = done.stdout, f"the process ended with {done.returncode}"
    except subprocess.TimeoutExpired as error:
        lines, ended = (error.stdout or b"").decode(), f"it took longer than {seconds:.0f} s"
    for line in lines.splitlines():
        answer: dict[str, str] = json.loads(line)
        started = answer.get("started", "")
        if not started:
            yield answer
    if started or not lines:
        yield {"name": started or names[0], "error": ended}


def report(before: Imported, after: Imported, console: Console) -> int:
    """Print the counts and the kinds; 1 where something is lost."""
    kept, kinds = len(before.good & after.good), lost(before, after)
    total = len(before.good) + len(before.failures)
    console.print(f"{total} modules; {len(before.good)} import before, {kept} of them after", highlight=False)
    for kind in kinds:
        console.print(f"{kind.count:5} {kind.first.name}: {kind.first.error}", markup=False, highlight=False)
        if kind.first.where:
            console.print(f"      {kind.first.where}", markup=False, highlight=False)
    return 1 if kinds else 0


def main() -> int:
    """Measure both trees and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--seconds", type=float, default=600, help="time for one process")
    parser.add_argument("--path", action="append", default=[], help="a folder with what the modules import")
    given = parser.parse_args()
    name = given.source.resolve().name
    names = module_names(given.source, name)
    before, after = (import_tree(tree, name, names, given.seconds, given.path) for tree in (given.source, given.output))
    return report(before, after, Console(width=200))


if __name__ == "__main__":
    sys.exit(main())
