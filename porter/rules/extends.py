"""A rule file of one's own that adds to the one before it: `extends = true`, and only what is to be otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Data = dict[str, Any]
Path = tuple[str, ...]

ADDED = {"check", "versions", "lacking", "parts"}
"""What `[[...]]` makes: these are added to those that are there. Any other list takes the place of the list."""
WHOLE = {"when", "range"}
"""Tables whose entries are one thing each: half of one and half of another would say what neither does."""
EITHER = ({"name", "none"},)
"""Keys of which one takes the place of the other."""


def says_extends(data: Mapping[str, Any]) -> bool:
    """Whether a file wants to add to the one before it."""
    return data.get("extends") is True


def merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> Data:
    """The data of `base` with what `own` says otherwise."""
    return _merged(base, {key: value for key, value in own.items() if key != "extends"}, ())


def _merged(base: Mapping[str, Any], own: Mapping[str, Any], path: Path) -> Data:
    gone = {key for pair in EITHER if pair & own.keys() for key in pair - own.keys()}
    result = {key: value for key, value in base.items() if key not in gone}
    for key, value in own.items():
        known, here = base.get(key), (*path, key)
        if isinstance(known, dict) and isinstance(value, dict) and not _is_whole(here):
            result[key] = _merged(known, value, here)
        elif isinstance(known, list) and isinstance(value, list) and _is_added(here):
            result[key] = [*known, *value]
        else:
            result[key] = value
    return result


def idle(base: Mapping[str, Any], own: Mapping[str, Any], where: str) -> Iterator[str]:
    """What a file repeats of the one that it extends (`where`), a sentence each."""
    said = {key: value for key, value in own.items() if key != "extends"}
    if not said:
        yield f"extends changes nothing: the file says nothing beside {where}"
    yield from _repeated(base, said, where, ())


def _repeated(base: Mapping[str, Any], own: Mapping[str, Any], where: str, path: Path) -> Iterator[str]:
    for key, value in own.items():
        known, here = base.get(key), (*path, key)
        if value == {} or (value == [] and (not known or _is_added(here))):
            yield f"[{'.'.join(here)}] changes nothing: it is empty"
        elif isinstance(known, dict) and isinstance(value, dict) and not _is_whole(here):
            yield from _repeated(known, value, where, here)
        elif isinstance(known, list) and isinstance(value, list) and _is_added(here):
            again = [index for index, entry in enumerate(value, 1) if entry in known]
            yield from (f"[[{'.'.join(here)}]] {index} changes nothing: {where} has it" for index in again)
        elif key in base and known == value and type(known) is type(value):
            yield f"{_spelled(here)} changes nothing: {where} says so already"


def _is_whole(path: Path) -> bool:
    return len(path) > 3 and path[0] == "param" and path[2] in WHOLE


def _is_added(path: Path) -> bool:
    return path[0] in ADDED and len(path) <= 2


def _spelled(path: Path) -> str:
    *tables, key = path
    return f"[{'.'.join(tables)}] {key}" if tables else key
