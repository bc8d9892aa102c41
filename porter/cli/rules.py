"""`porter rules`: what a rule means, and which names of a tree have none."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from porter.cli.options import PATH, reading, reading_options, rule_dirs_option, tree_defaults
from porter.codes import EXPLAINED, Code
from porter.errors import UsageError
from porter.rules.hints import hint_for

if TYPE_CHECKING:
    from porter.rules.load import RuleBook
    from porter.rules.model import Rule
    from porter.source.tree import Tree


@click.command(short_help="Show what the rules say, or which names of a tree have none.")
@click.argument("name", required=False)
@click.option(
    "--missing",
    type=PATH,
    metavar="PATH",
    callback=tree_defaults,
    is_eager=True,
    help="List the names of a tree that have no rule, by use.",
)
@click.option("--code", metavar="PTnnn", help="Explain the code of a finding.")
@click.option(
    "--to", type=click.Choice(["mindspore", "torch"]), help="With --missing [default: found from the imports]."
)
@reading_options
@rule_dirs_option("--rules")
@click.pass_context
def rules(context: click.Context, /, name: str | None, missing: Path | None, code: str | None, **options: Any) -> int:
    """List the rules; show what NAME becomes (nn.InstanceNorm3d, torch.nn.InstanceNorm3d, mindspore.nn.InstanceNorm3d).

    Exit code: 0, or 2 when there is no such rule or code, or PATH cannot be read.
    """
    from porter.report.console import make_console, reader_may_leave
    from porter.report.rules import print_code, print_missing, print_rule, print_rules
    from porter.rules.load import load_rules
    from porter.source.walk import read_tree

    asked = {"NAME": name, "--missing": missing, "--code": code}
    given = [f"{key} {value}" for key, value in asked.items() if value is not None]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other: choose one")
    book = load_rules(options["rule_dirs"])
    console = make_console(sys.stdout)
    with reader_may_leave():
        if code is not None:
            print_code(_code(code), console)
        elif missing is not None:
            tree = read_tree(missing, reading(context, missing, options))
            print_missing(_missing(tree, book, options["to"]), str(missing), console)
        elif name is None:
            of_families = len(book.families.names) if book.families is not None else 0
            print_rules([*book.rules.values(), *book.of_classes.values()], console, of_families)
        else:
            print_rule(_find(name, book), console)
    return 0


def _code(text: str) -> Code:
    """The code that a person spells, in any case."""
    found = next((code for code in EXPLAINED if code == text.upper()), None)
    if found is None:
        codes, shown = sorted(EXPLAINED), text if text.isalnum() else repr(text)
        raise UsageError(f"no finding has the code {shown}; the codes are {codes[0]} to {codes[-1]}")
    return found


def _missing(tree: Tree, book: RuleBook, to: Literal["mindspore", "torch"] | None) -> list[tuple[str, int, int]]:
    from porter.convert import detect_direction, missing

    return missing(tree, book, to or detect_direction(tree))


def _find(name: str, book: RuleBook) -> Rule:
    """The rule for a name of either framework, or for the part of it that rule files are named by."""
    rule = book.named(name)
    if rule is not None:
        return rule
    near = get_close_matches(name.removeprefix("torch.").removeprefix("mindspore."), book.known, n=3, cutoff=0.5)
    known_of = hint_for(name) or hint_for(f"torch.{name}") or hint_for(f"mindspore.{name}")
    if known_of is not None:
        raise UsageError(f"no rule is named {name} yet; {known_of.text}; {known_of.docs}".removesuffix("; "))
    hint = f"did you mean {', '.join(near)}?" if near else "`porter rules` lists all"
    raise UsageError(f"no rule is named {name}; {hint}")
