"""What an earlier run made by rules of a user that this run was not given: its text is all that is known of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from porter.codes import Code
from porter.findings import Finding, Level
from porter.rewrite.layers.templates import FUTURE, Piece
from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.rules.template import Template
from porter.source.generated import stands_for

UNKNOWN = "it stands for {name}, which no rule speaks of; give the rules of the run that wrote it (--rules)"


def unknown_names(modules: Mapping[str, bytes], rules: RuleBook) -> Iterator[tuple[str, str]]:
    """The names that generated modules stand for and no rule speaks of: (path, qualified name)."""
    for path, data in sorted(modules.items()):
        for name in stands_for(data):
            if rules.find(name, "mindspore" if name.startswith("mindspore.") else "torch") is None:
                yield path, name


def earlier_pieces(modules: Mapping[str, bytes], rules: RuleBook, options: Options) -> dict[str, list[Piece]]:
    """By qualified name: the definitions of what this run cannot make again, as they stand."""
    found: dict[str, list[Piece]] = {}
    for path, name in unknown_names(modules, rules):
        if name.startswith(f"{options.source}."):
            template = _read(modules[path])
            last = name.rpartition(".")[2]
            if template is not None and last in template.definitions:
                found[name] = list(_pieces(template, last, set()))
    return found


def tell_unknown(modules: Mapping[str, bytes], rules: RuleBook, options: Options) -> Iterable[Finding]:
    """On the way back, what derives from such a class cannot go back with it."""
    for path, name in unknown_names(modules, rules):
        if name.startswith(f"{options.to}."):
            yield Finding(path, 1, 1, Level.MANUAL, "file", UNKNOWN.format(name=name), Code.NO_RULE)


def _read(data: bytes) -> Template | None:
    try:
        return Template(data.decode())
    except (SyntaxError, ValueError, RecursionError):
        return None  # it is copied as it is, and told as a file that is no Python


def _pieces(template: Template, name: str, seen: set[str]) -> Iterator[Piece]:
    seen.add(name)
    for used in template.names(name):
        if used in template.definitions and used not in seen:
            yield from _pieces(template, used, seen)
    lines = [line for used in template.names(name) for line in template.imports.get(used, ())]
    future = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in template.tree.body)
    yield Piece(name, template.source(name), tuple([*lines, FUTURE] if future else lines))
