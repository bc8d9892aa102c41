"""Names that two rules lay claim to."""

from __future__ import annotations

from collections.abc import Iterator

from porter.rules.listing import Listing
from porter.rules.model import FRAMEWORKS, other, owner_of
from porter.rules.tables import Rows, members_of


def collisions(rows: Rows, listing: Listing) -> Iterator[str]:
    """Counterparts of two rules, and second names that another rule has, by the files that lay claim to them."""
    seen: dict[str, str] = {}
    for row in rows.values():
        name = row.get("mindspore")
        if not name or row.get("one_way") == "mindspore":
            continue
        if name in seen:
            yield (
                f"{listing.shown(row['name'])}: {name} is also the counterpart of {seen[name]}; "
                'all but one need one_way = "mindspore", or the way back is ambiguous'
            )
        seen.setdefault(name, row.get("torch", row["name"]))
    yield from _second_names(rows, listing)
    yield from _orphans(rows, listing)
    yield from _said_twice(rows, listing)


def _orphans(rows: Rows, listing: Listing) -> Iterator[str]:
    """Members of a class that has no rule."""
    classes = {row["name"] for row in rows.values() if row.get("is_class")}
    for row in rows.values():
        owner = owner_of(row["name"])
        if owner and owner not in classes:
            yield f"{listing.shown(row['name'])}: {owner.replace('.', '/')}.toml, the rule of the class, is missing"


def _said_twice(rows: Rows, listing: Listing) -> Iterator[str]:
    """Members of which a table of the class says something, while a file says it."""
    classes = {row["name"]: row for row in rows.values()}
    for side, owners in members_of(rows).items():
        to = other(side)
        for owner, members in owners.items():
            for table in ("absent", "differs"):
                for member in sorted(members.keys() & classes[owner].get(table, {}).get(to, {}).keys()):
                    where = f"{listing.shown(owner)}: [{table}.{to}]"
                    file = listing.shown(rows[members[member]]["name"])
                    yield f"{where} {member} changes nothing: {file} is its rule"


def _second_names(rows: Rows, listing: Listing) -> Iterator[str]:
    """Aliases that another rule has as well, as its name or as an alias."""
    for side in FRAMEWORKS:
        owners = {str(row.get(side)): row["name"] for row in rows.values()}
        for row in rows.values():
            for name in row.get("aliases", {}).get(side, ()):
                owner = owners.setdefault(name, row["name"])
                if owner != row["name"]:
                    yield f"{listing.shown(row['name'])}: the alias {name} belongs to the rule of {owner} already"
