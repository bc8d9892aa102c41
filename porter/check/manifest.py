"""The manifest that convert leaves in OUT, held against both trees: what is proven is what lies there now."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from porter import __version__
from porter.check.files import Texts
from porter.errors import SourceError, UsageError
from porter.findings import Kind, Level, Site
from porter.rules.model import Framework

NAME = "porter.json"
_FIELDS = {"path": str, "line": int, "column": int, "rule": str, "before": str, "after": str, "reason": str}


class Manifest:
    """OUT/porter.json. Raises SourceError when it is missing, damaged, or written for another SRC."""

    def __init__(self, src: Path, out: Path) -> None:
        self.src = src if src.is_dir() else src.parent
        self.out = out if out.is_dir() else out.parent
        self.path = self.out / NAME
        self.data = self._read()
        self.to: Framework = self.data["to"]
        self.sites = [self._site(entry) for entry in self.data["sites"]]
        self.texts = Texts(f"{NAME} lists it; is this the tree that was converted?")

    @property
    def native(self) -> bool:
        """Whether layers were written that are tied to a platform."""
        return self.data.get("platform") != "any"

    @cached_property
    def layers(self) -> str | None:
        """Text of the porter_layers.py that OUT uses."""
        name = self.data.get("layers")
        return None if name is None else Texts(f"{NAME} names it").read(self.out / name)

    def chosen(self, wanted: Sequence[str]) -> list[Site]:
        """The sites at these FILE:LINE, or all.

        Raises UsageError for a place without one, SourceError where none of them is in SRC any more.
        """
        known = {f"{site.path}:{site.line}" for site in self.sites}
        for place in wanted:
            if place not in known:
                raise UsageError(f"--site {place}: no converted place there; expected FILE:LINE as {NAME} lists them")
        found = [site for site in self.sites if not wanted or f"{site.path}:{site.line}" in wanted]
        if found and not any(self._is_in_source(site) for site in found):
            raise SourceError(
                f"{self.src}: none of what {self.path} lists stands there: SRC is another tree, or changed"
            )
        return found

    def changed_since(self, site: Site) -> str:
        """What is no longer as convert saw or wrote it; empty when nothing is."""
        if not self._is_in_source(site):
            return f"{self.src / site.path} no longer holds this text there: convert again"
        found, written = self.texts.count(self.out / site.path, site.after), self._written[site.path, site.after]
        if found >= written:
            return ""
        what = f"no longer holds {site.after}"
        if found:
            what = f"holds {site.after} in {found} of the {written} places where it was written"
        return f"{self.out / site.path} {what}: convert again, or check what was edited by hand"

    def notes(self) -> Iterator[str]:
        """What a person should know about the two trees, a line each."""
        version = self.data.get("porter")
        if version != __version__:
            yield f"{self.path} was written by porter {version}, this is {__version__}: convert again where in doubt"
        for entry in self.data.get("files", []):
            path = self.out / str(entry.get("path"))
            if entry.get("sha256") and path.is_file() and _digest(path) != entry["sha256"]:
                yield f"{path} was edited after convert wrote it: only the places of {NAME} are checked"

    @cached_property
    def _written(self) -> Counter[tuple[str, str]]:
        """How often a text was written into a file."""
        places = {(site.path, site.line, site.column, site.after) for site in self.sites}
        return Counter((path, after) for path, _, _, after in places)

    def _is_in_source(self, site: Site) -> bool:
        return self.texts.holds_at(self.src / site.path, site.line, site.column, site.before)

    def _read(self) -> dict[str, Any]:
        if not self.path.is_file():
            raise SourceError(f"{self.path}: not found; check needs the OUT that porter convert SRC -o OUT wrote")
        try:
            data = json.loads(self.path.read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            raise SourceError(f"{self.path}: not the manifest of porter convert ({error}); convert again") from None
        if not isinstance(data, dict) or not isinstance(data.get("sites"), list):
            raise SourceError(f"{self.path}: not the manifest of porter convert (no list of sites); convert again")
        if data.get("state", "done") != "done":
            raise SourceError(f"{self.path}: porter convert was killed while it wrote: run it again to finish it")
        for key, expected in (("to", ("torch", "mindspore")), ("platform", ("gpu", "any"))):
            if data.get(key) not in expected:
                told = f"{key!r} is {data.get(key)!r}, expected {expected[0]!r} or {expected[1]!r}"
                raise SourceError(f"{self.path}: {told}; convert again")
        return data | {"files": self._files(data.get("files", []))}

    def _files(self, entries: Any) -> list[Mapping[str, Any]]:
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise SourceError(f"{self.path}: 'files' is no list of objects; convert again")
        return entries

    def _site(self, entry: Mapping[str, Any]) -> Site:
        try:
            site = Site(**{**entry, "kind": Kind(entry["kind"]), "level": Level(entry["level"])})
            _refuse_unsound(site)
        except (TypeError, KeyError, ValueError) as error:
            by = f"written by porter {self.data.get('porter')}, this is {__version__}"
            raise SourceError(f"{self.path}: a site is damaged ({error}; {by}); convert again") from None
        return site


def _refuse_unsound(site: Site) -> None:
    """Raise ValueError for a field of another type, or a path that leads out of the tree."""
    for name, kind in _FIELDS.items():
        if type(getattr(site, name)) is not kind:
            raise ValueError(f"{name} is {getattr(site, name)!r}")
    for names in (site.names_before, site.names_after):
        if not isinstance(names, dict) or not all(isinstance(target, str) for target in names.values()):
            raise ValueError(f"names are {names!r}")
    path = PurePosixPath(site.path)
    if path.is_absolute() or ".." in path.parts or site.line < 1 or site.column < 1:
        raise ValueError(f"{site.path}:{site.line}:{site.column} is no place of the tree")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
