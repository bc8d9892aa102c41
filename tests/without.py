"""How many modules of a converted tree can be imported where the source framework cannot, and what keeps the others.

    python -m tests.without SRC [--to torch] [--seconds 600] [--path FOLDER]

SRC is converted twice: as if no import could wait, and as porter does it. Below the counts stand the names that run on
import, with their places and files, and the errors of the modules that cannot be imported.
"""

from __future__ import annotations

import argparse
import ast
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from porter.codes import Code
from porter.convert import Conversion, convert_tree
from porter.findings import Finding
from porter.rewrite.options import Options
from porter.rules.load import RuleBook, load_rules
from porter.rules.model import Framework
from porter.source.analyse import analyse
from porter.source.guarded import is_guarded
from porter.source.on_import import runs_on_import
from porter.source.tree import Tree
from porter.source.waiting import imported_by
from porter.source.walk import read_tree
from tests.imported import Imported, import_tree, module_names


@dataclass(frozen=True, slots=True)
class Needed:
    """A name that runs on import, at how many places of how many files."""

    name: str
    places: int
    files: int


def needed(findings: tuple[Finding, ...]) -> list[Needed]:
    """The names, those of most places first."""
    found = [finding for finding in findings if finding.code is Code.ON_IMPORT]
    files: dict[str, set[str]] = {}
    for finding in found:
        files.setdefault(finding.rule, set()).add(finding.path)
    places = Counter(finding.rule for finding in found)
    rows = [Needed(name, count, len(files[name])) for name, count in places.items()]
    return sorted(rows, key=lambda row: (-row.places, row.name))


def converted(tree: Tree, rules: RuleBook, options: Options) -> tuple[Conversion, Mapping[str, bytes]]:
    """A conversion, and what it writes."""
    conversion = convert_tree(tree, rules, options)
    files = {file.path: file.after for file in conversion.files if file.path not in conversion.removed}
    return conversion, files | {path: text.encode() for path, text in conversion.added.items()}


def importable(files: Mapping[str, bytes], name: str, seconds: float, also: list[str], missing: str) -> Imported:
    """What of a tree can be imported where a framework is missing."""
    with tempfile.TemporaryDirectory(prefix="without-") as made:
        folder = Path(made) / name
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        return import_tree(folder, name, module_names(folder, name), seconds, also, missing)


def report(
    counts: Sequence[int], before: Imported, after: Imported, rows: list[Needed], missing: str, console: Console
) -> None:
    """Print the counts, the names and the errors."""
    total = len(after.good) + len(after.failures)
    say = console.print
    say(f"{counts[0]} files import {missing} on import before, {counts[1]} after")
    say(f"{total} modules; without {missing} {len(before.good)} import before, {len(after.good)} after")
    say(f"{sum(row.places for row in rows)} places need {missing} on import, by {len(rows)} names:")
    for row in rows:
        say(f"{row.places:5} in {row.files:3} files  {row.name}")
    for error, count in Counter(failure.error for failure in after.failures).most_common():
        say(f"{count:5} modules: {error}")


def importing(files: Mapping[str, bytes], framework: str) -> int:
    """How many files import a framework themselves when they are imported, whatever else they import."""
    return sum(_imports(data, framework) for path, data in files.items() if path.endswith(".py"))


def _imports(data: bytes, framework: str) -> bool:
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return False
    nodes = [node for node, _ in analyse(tree).imports if runs_on_import(node, postponed=True) and not is_guarded(node)]
    names = [name for node in nodes if not getattr(node, "level", 0) for name in imported_by(node)]
    return any(name.partition(".")[0] == framework for name in names)


def main() -> int:
    """Convert, import, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--to", choices=["mindspore", "torch"], default="mindspore")
    parser.add_argument("--seconds", type=float, default=600, help="time for one process")
    parser.add_argument("--path", action="append", default=[], help="a folder with what the modules import")
    given = parser.parse_args()
    to: Framework = given.to
    tree, rules, name, missing = read_tree(given.source), load_rules(), given.source.resolve().name, Options(to).source
    _, before = converted(tree, rules, Options(to, wait=False))
    conversion, after = converted(tree, rules, Options(to))
    counts = [importing(files, missing) for files in (before, after)]
    old, new = (importable(files, name, given.seconds, given.path, missing) for files in (before, after))
    console = Console(width=200, highlight=False, markup=False)
    report(counts, old, new, needed(conversion.findings), missing, console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
