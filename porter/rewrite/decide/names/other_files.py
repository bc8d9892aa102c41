"""Files that are not converted and name something of the framework: told once a file, where it first does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from porter.codes import Code
from porter.findings import Finding, Level
from porter.rewrite.options import Options
from porter.rules.load import RuleBook
from porter.source.mentions import kind_of_file
from porter.source.tree import Tree

WHAT = {
    "notebook": "a notebook",
    "stub": "a stub",
    "program": "a program whose name does not end in .py",
    "data": "a file that is no Python",
}


def tell_others(tree: Tree, rules: RuleBook, options: Options) -> Iterator[Finding]:
    """A finding for each file that is copied as it is though it names, or imports, something of the framework."""
    for path, data in tree.mentions.items():
        kind, text = kind_of_file(path), data.decode("utf-8", errors="replace")
        found = _named(text, rules, options) if kind == "data" else _imported(text, options)
        if found is not None:
            before = text[: found.start(1)]
            line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
            message = f"{WHAT[kind]} names {found[1]}: it is copied as it is"
            yield Finding(path, line, column, Level.MANUAL, "file", message, Code.NAME_IN_FILE)


def _imported(text: str, options: Options) -> re.Match[str] | None:
    """The first import of the framework; in a notebook a line stands in quotes."""
    name = rf"({options.source}(?:\.\w+)*)\b"
    return re.search(rf"^[ \t]*\"?[ \t]*(?:import|from)[ \t]+{name}", text, re.MULTILINE)


def _named(text: str, rules: RuleBook, options: Options) -> re.Match[str] | None:
    """The first dotted name that is a class, by its rule or by its capital letter, or another name with a rule."""
    for found in re.finditer(rf"(?<![\w./@-])({options.source}(?:\.[^\W\d]\w*)+)(?![\w/@-])", text):
        name = found[1]
        if name.rpartition(".")[2][:1].isupper() or rules.find(name, options.source) is not None:
            return found
    return None
