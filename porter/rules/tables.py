"""What all rules say together: tables of plain data, made from the facts of each and kept in the index.

`rows` are the facts by torch's name, in the order of the rules. A table of this kind is made once for a set of rules,
and a converter that asks for one opens no rule file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from porter.rules.facts import Facts
from porter.rules.members import function_of, function_of_base
from porter.rules.model import FRAMEWORKS, Framework, other, owner_of

Rows = Mapping[str, Facts]
MEMBERS = ("methods", "base_init", "taken", "absent", "rare", "parts", "differs")
"""Facts about the members of what a rule speaks of."""


def make_tables(rows: Rows) -> dict[str, Any]:
    """All tables."""
    names = {key: row for key, row in rows.items() if not owner_of(row["name"])}
    return {name: of(names) for name, of in TABLES.items()} | {name: of(rows) for name, of in OF_MEMBERS.items()}


def counterparts(rows: Rows) -> dict[str, str]:
    """MindSpore's name -> torch's name, of those that are chosen on the way back."""
    found: dict[str, str] = {}
    for key, row in rows.items():
        if row.get("mindspore") and row.get("one_way") != "mindspore":
            found.setdefault(row["mindspore"], key)
    return found


def _named(rows: Rows, side: Framework) -> dict[str, str]:
    return {key: key for key in rows} if side == "torch" else counterparts(rows)


def _aliases(rows: Rows) -> dict[str, dict[str, str]]:
    return {
        side: {alias: key for key in _named(rows, side).values() for alias in _of(rows[key], "aliases", side)}
        for side in FRAMEWORKS
    }


def _of(row: Facts, fact: str, side: str) -> Any:
    return row.get(fact, {}).get(side, {})


def _modules(rows: Rows) -> dict[str, list[str]]:
    aliases = _aliases(rows)
    return {side: sorted(set(_parents([*_named(rows, side), *aliases[side]]))) for side in FRAMEWORKS}


def _parents(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        parts = name.split(".")
        yield from (".".join(parts[:count]) for count in range(1, len(parts)))


def _attributes(rows: Rows) -> dict[str, list[str]]:
    weights = {name for row in rows.values() for pair in row.get("weights", {}).items() for name in pair}
    return {side: sorted(weights.union(*(_of(r, "changes", side) for r in rows.values()))) for side in FRAMEWORKS}


def _changes(rows: Rows) -> dict[str, list[str]]:
    classes = [row for row in rows.values() if row.get("is_class")]
    return {side: sorted({name for r in classes for name in _of(r, "changes", side)}) for side in FRAMEWORKS}


def _paths(rows: Rows) -> dict[str, list[str]]:
    names = {side: {name for r in rows.values() for name in _of(r, "changes", side)} for side in FRAMEWORKS}
    return {side: sorted(name for name in found if "." in name) for side, found in names.items()}


def _inputs(rows: Rows) -> dict[str, list[str]]:
    pairs = [pair for row in rows.values() for pair in row.get("forward", {}).items()]
    return {"torch": sorted({o for o, _ in pairs}), "mindspore": sorted({t for _, t in pairs if t})}


def _methods(rows: Rows) -> list[str]:
    return sorted({name for row in rows.values() for pair in row.get("methods", {}).items() for name in pair})


def _homes(rows: Rows) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {side: {} for side in FRAMEWORKS}
    for side in FRAMEWORKS:
        for name, key in _named(rows, side).items():
            theirs = rows[key].get(other(side))
            home = theirs.rpartition(".")[0] if theirs else ""
            known = found[side].setdefault(name.rpartition(".")[0], []) if home else [home]
            known += [] if home in known else [home]
    return found


def _kept(rows: Rows) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {side: {} for side in FRAMEWORKS}
    for side in FRAMEWORKS:
        for key in _named(rows, side).values():
            row = rows[key]
            for member in _of(row, "changes", side) if row.get(other(side)) and row.get("is_class") else ():
                found[side].setdefault(member, []).append(key)
    return found


def _readable(rows: Rows) -> dict[str, list[str]]:
    """Of those that keep something elsewhere, the layers that have a parameter among it."""
    kept = _kept(rows)
    return {
        side: list(dict.fromkeys(k for m, keys in kept[side].items() for k in keys if m in rows[k].get("weights", ())))
        for side in FRAMEWORKS
    }


def _renamed_classes(rows: Rows) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {side: [] for side in FRAMEWORKS}
    for row in rows.values():
        last = {side: (row.get(side) or "").rpartition(".")[2] for side in FRAMEWORKS}
        if row.get("is_class") and not row.get("abstract") and all(last.values()) and len(set(last.values())) == 2:
            for side in FRAMEWORKS:
                found[side].append([row["name"], last[side], last[other(side)]])
    return found


def _renamed_weights(rows: Rows) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {side: {} for side in FRAMEWORKS}
    for row in rows.values():
        for torch, mindspore in row.get("weights", {}).items():
            for side, here, there in (("torch", torch, mindspore), ("mindspore", mindspore, torch)):
                found[side] |= {here.rpartition(".")[2]: there} if here != there else {}
    return found


def _live(rows: Rows) -> dict[str, list[str]]:
    return {side: sorted({name for row in rows.values() for name in _of(row, "live", side)}) for side in FRAMEWORKS}


def _members(rows: Rows) -> dict[str, dict[str, Any]]:
    """By rule: its facts about members, as `About` takes them."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows.values():
        about = {fact: row[fact] for fact in MEMBERS if fact in row}
        if about:
            found[row["name"]] = {"name": row["name"], "torch": row.get("torch", ""), **about}
    return found


def _parameters(rows: Rows) -> dict[str, dict[str, list[str]]]:
    classes = [row for row in rows.values() if row.get("is_class")]
    return {
        side: {row["name"]: _of(row, "parameters", side) or [] for row in classes if side in row.get("signed", ())}
        for side in FRAMEWORKS
    }


def members_of(rows: Rows) -> dict[Framework, dict[str, dict[str, str]]]:
    """By framework, by the name of the class's rule: the keys of rules by what the framework calls the member."""
    found: dict[Framework, dict[str, dict[str, str]]] = {side: {} for side in FRAMEWORKS}
    by_name = {row["name"]: row for row in rows.values()}
    for key, row in rows.items():
        owner = by_name.get(owner_of(row["name"]), {})
        for side in FRAMEWORKS:
            for name in (row.get(side), *_of(row, "aliases", side)):
                if name and owner and name.rpartition(".")[0] == owner.get(side):
                    found[side].setdefault(owner["name"], {})[name.rpartition(".")[2]] = key
    return found


def _functions(rows: Rows) -> dict[str, dict[str, list[Any]]]:
    """By framework, by the function of a generated module: the member, whether it is called, whether of `super()`."""
    found: dict[str, dict[str, list[Any]]] = {side: {} for side in FRAMEWORKS}
    for side, owners in members_of(rows).items():
        for members in owners.values():
            for name, key in members.items():
                having, method = [o for o, m in owners.items() if name in m], side in rows[key].get("signed", ())
                functions = [(function_of(having, name), False), (function_of_base(name), True)]
                functions += [(each, False) for each in _of(rows[key], "written", other(side))]
                for function, of_base in functions:
                    found[side].setdefault(function, [name, method, of_base])
    return found


def _members_by_name(rows: Rows) -> dict[str, str]:
    """MindSpore's names of members, and their rules."""
    return {row["mindspore"]: key for key, row in rows.items() if owner_of(row["name"]) and row.get("mindspore")}


def _written(rows: Rows) -> dict[str, dict[str, str]]:
    """By framework: the functions of the generated module that templates call, and the file of each."""
    return {side: {n: f for row in rows.values() for n, f in _of(row, "written", side).items()} for side in FRAMEWORKS}


def _names(fact: str) -> Callable[[Rows], list[str]]:
    """The names of the rules that have a fact."""
    return lambda rows: [row["name"] for row in rows.values() if row.get(fact)]


TABLES: Mapping[str, Callable[[Rows], Any]] = {
    "counterparts": counterparts,
    "aliases": _aliases,
    "modules": _modules,
    "attributes": _attributes,
    "changes": _changes,
    "paths": _paths,
    "inputs": _inputs,
    "methods": _methods,
    "homes": _homes,
    "kept": _kept,
    "readable": _readable,
    "renamed_classes": _renamed_classes,
    "renamed_weights": _renamed_weights,
    "weights": lambda rows: sorted({name for row in rows.values() for name in row.get("weights", ())}),
    "live": _live,
    "members": _members,
    "parameters": _parameters,
    "grows": _names("grows"),
    "tied": _names("tied"),
    "cautions": lambda rows: {row["name"]: row["caution"] for row in rows.values() if "caution" in row},
    "collects": lambda rows: [rows[key]["name"] for key in counterparts(rows).values() if rows[key].get("collects")],
    "inputless": lambda rows: [row["name"] for row in rows.values() if "" in row.get("forward", {}).values()],
}
OF_MEMBERS: Mapping[str, Callable[[Rows], Any]] = {
    "members_of": members_of,
    "members_by_name": _members_by_name,
    "written": _written,
    "functions": _functions,
}
"""Tables that the members of classes are in too."""
