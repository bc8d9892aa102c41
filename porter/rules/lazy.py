"""Rules that are read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from porter.rules.model import Rule


class LazyRules(Mapping[str, Rule]):
    """Rules by name: `read` gives the rule of a key, and is asked once for each. To go through all reads all."""

    def __init__(self, keys: Mapping[str, str], read: Callable[[str], Rule]) -> None:
        self._keys = keys
        self._read = read
        self._found: dict[str, Rule] = {}

    def __getitem__(self, name: str) -> Rule:
        found = self._found.get(name)
        if found is None:
            key = self._keys[name]
            try:
                found = self._found[name] = self._read(key)
            except KeyError as error:  # it would pass for a name without a rule
                raise RuntimeError(f"{key} was not read") from error
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
