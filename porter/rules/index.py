"""The index of a set of rule folders: what is known of all rules, from files that have not changed since it was made.

A file is taken to be unchanged if its stamp is; one whose stamp is new, or so young that a later change could leave it
the same, is read, and is unchanged if its content is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from porter.errors import RuleError
from porter.rules.cache import digest, entry, read_parts, write_parts
from porter.rules.collisions import collisions
from porter.rules.facts import Facts, claims, facts_of
from porter.rules.files import read_rule
from porter.rules.listing import Listing, Stamp, is_settled, key_of, list_files
from porter.rules.model import Rule
from porter.rules.tables import make_tables

SHIPPED = "index.json"
"""The index in the folder of an installed package: the facts of its rules, made when the wheel was built."""

Table = Callable[[str], Any]
Kept = dict[str, tuple[str, Facts]]


def find_tables(listing: Listing, problems: list[str], rules: dict[str, Rule]) -> Table:
    """The tables of all rules; files that have changed are read, with their rules in `rules`, and told if wrong."""
    place = entry(listing.folders)
    stored = read_parts(place.with_suffix(".tables")) if place is not None else None
    if stored is not None and stored["stamps"] == listing.digest():
        return stored.__getitem__
    return _Gathering(listing, place).tables(problems, rules)


class TablesOf:
    """The tables of rules that are there already."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self.rules = rules

    def __call__(self, name: str) -> Any:
        """A table by its name."""
        return self._made[name]

    @cached_property
    def _made(self) -> Mapping[str, Any]:
        return make_tables({key: facts_of(rule) for key, rule in self.rules.items()})


class Reading:
    """Gives the rule of a file: one that was read to find the tables, or one that is read now. Raises RuleError."""

    def __init__(self, listing: Listing, read: Mapping[str, Rule]) -> None:
        self.listing = listing
        self.read = {listing.keys[key]: rule for key, rule in read.items()}

    def __call__(self, name: str) -> Rule:
        """The rule of the file of a name."""
        known = self.read.get(name)
        if known is not None:
            return known
        file = self.listing.file(name)
        problems: list[str] = []
        rule = read_rule(file, problems)
        if self.listing.has_changed(name):
            problems = [f"{file.shown}: was changed while porter ran: run it again"]
        if rule is None or problems:
            raise RuleError(problems)
        return rule


def shipped_index(folder: Path) -> Mapping[str, Any]:
    """What the index of an installed package holds. Raises RuleError."""
    listing = list_files((folder,), folder)
    problems = list(listing.problems)
    rows, kept = _Gathering(listing, None).facts(problems, {})
    problems += collisions(rows, listing)
    if problems:
        raise RuleError(problems)
    return {"facts": kept}


class _Gathering:
    """Finds the facts of every rule: those that are known of the same content, or else by reading the rule."""

    def __init__(self, listing: Listing, place: Path | None) -> None:
        self.listing = listing
        self.place = place
        self.now = time.time_ns()
        old = read_parts(place.with_suffix(".facts")) if place is not None else None
        stamps: dict[str, Stamp] = old["stamps"] if old is not None else {}
        digests: dict[str, str] = old["digests"] if old is not None else {}
        same = [path for path, stamp in stamps.items() if listing.stamps.get(path) == stamp]
        self.digests = {path: digests[path] for path in same}
        built = read_parts(listing.shipped / SHIPPED)
        self.known: list[Mapping[str, Any]] = [parts["facts"] for parts in (old, built) if parts is not None]

    def tables(self, problems: list[str], rules: dict[str, Rule]) -> Table:
        """The tables; kept for the next run where no file is wrong."""
        rows, kept = self.facts(problems, rules)
        problems += collisions(rows, self.listing)
        tables = make_tables(rows) if not problems else {}
        self._keep(kept, tables)
        return tables.__getitem__

    def facts(self, problems: list[str], rules: dict[str, Rule]) -> tuple[dict[str, Facts], Kept]:
        """The facts by rule; and by file, with what stands for its content, where nothing is wrong with it."""
        rows: dict[str, Facts] = {}
        kept: Kept = {}
        for name in sorted(self.listing.paths):
            key, content = key_of(name), self._content(name)
            facts = self._facts(name, content)
            if facts is not None:
                rows[key], kept[name] = facts, (content, facts)
                continue
            found: list[str] = []
            rule = read_rule(self.listing.file(name), found)
            problems += found
            if rule is None:
                continue
            rules[key], rows[key] = rule, claims(rule) if found else facts_of(rule)
            if not found and " ".join(map(_digest, self.listing.paths[name])) == self._digests(name):
                kept[name] = (content, rows[key])
        return rows, kept

    def _keep(self, kept: Kept, tables: Mapping[str, Any]) -> None:
        """For the next run; a file that is so young that its stamp says nothing is read again by that one."""
        if self.place is None:
            return
        stamps = {path: stamp for path, stamp in self.listing.stamps.items() if is_settled(stamp, self.now)}
        facts = {"stamps": stamps, "digests": self.digests, "facts": kept}
        write_parts(self.place.with_suffix(".facts"), facts)
        if tables and len(stamps) == len(self.listing.stamps):
            write_parts(self.place.with_suffix(".tables"), {"stamps": self.listing.digest(), **tables})

    def _facts(self, name: str, content: str) -> Facts | None:
        found = next((known[name] for known in self.known if name in known and known[name][0] == content), None)
        facts: Facts | None = found[1] if found is not None else None
        return facts

    def _content(self, name: str) -> str:
        """What stands for the contents of all files of a name: one may add to another; and of the code beside them."""
        found = self._digests(name)
        return f"{found} {self._beside}" if self._beside else found

    @cached_property
    def _beside(self) -> str:
        found = [self._digest(path) for path in self.listing.beside]
        return digest(" ".join(found).encode()) if found else ""

    def _digests(self, name: str) -> str:
        return " ".join(self._digest(path) for path in self.listing.paths[name])

    def _digest(self, path: str) -> str:
        if path not in self.digests:
            self.digests[path] = _digest(path)
        return self.digests[path]


def _digest(path: str) -> str:
    try:
        return digest(Path(path).read_bytes())
    except OSError:
        return ""
