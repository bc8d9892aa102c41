"""How long a conversion takes, in units that no machine changes: the time of `ast.parse` over the same files.

    python -m tests.yardstick PATH... [--to mindspore] [--rounds 3]

Everything happens in one process, without its start; the garbage collector is off in both, and the trees are kept. The
best of some rounds counts. An edit is a site of the manifest that is not left.
"""

from __future__ import annotations

import argparse
import ast
import gc
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from porter.convert import Conversion, Options, convert_tree
from porter.findings import Level
from porter.rules.load import RuleBook, load_rules
from porter.source.tree import Tree
from porter.source.walk import read_tree


def best(work: Callable[[], object], rounds: int) -> float:
    """Seconds of the fastest round, with the garbage collector off."""
    found: list[float] = []
    for _ in range(rounds):
        gc.collect()
        gc.disable()
        start = time.process_time()
        kept = work()
        found.append(time.process_time() - start)
        gc.enable()
        del kept
    return min(found)


def parsed(tree: Tree) -> list[ast.Module]:
    """The syntax trees of all files that are Python."""
    found: list[ast.Module] = []
    for data in tree.files.values():
        try:
            found.append(ast.parse(data))
        except (SyntaxError, ValueError, RecursionError):
            continue
    return found


def row(path: Path, options: Options, rules: RuleBook, rounds: int) -> list[str]:
    """One tree: files, both times, their ratio, and what an edit takes beyond parsing."""
    tree = read_tree(path)
    results: list[Conversion] = []
    converting = best(lambda: results.append(convert_tree(tree, rules, options)), rounds)
    parsing = best(lambda: parsed(tree), rounds)
    edits = sum(site.level in (Level.SAFE, Level.REVIEW) for site in results[0].sites)
    per_edit = f"{(converting - parsing) / edits * 1e6:.0f}" if edits else "-"
    ratio = f"{converting / parsing:.1f}"
    return [path.name, str(len(tree.files)), f"{parsing:.2f}", f"{converting:.2f}", ratio, str(edits), per_edit]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--to", choices=["mindspore", "torch"], default="mindspore")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    table = Table("tree", "files", "ast.parse s", "convert s", "ratio", "edits", "us an edit")
    rules = load_rules()
    for path in given.paths:
        table.add_row(*row(path, Options(given.to), rules, given.rounds))
    Console().print(table)


if __name__ == "__main__":
    main()
