"""The manifest that convert leaves in OUT, held against both trees: what is proven is what lies there now."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from porter.errors import SourceError, UsageError
from porter.findings import Kind, Level, Site
from porter.rules.model import Framework

NAME = "porter.json"


class Manifest:
    """OUT/porter.json. Raises SourceError when it is missing, damaged, or written for another SRC."""

    def __init__(self, src: Path, out: Path) -> None:
        self.src = src if src.is_dir() else src.parent
        self.out = out if out.is_dir() else out.parent
        self.path = self.out / NAME
        self.data = self._read()
        self.to: Framework = self.data["to"]
        self.sites = [self._site(entry) for entry in self.data["sites"]]

    @property
    def native(self) -> bool:
        """Whether layers were written that are tied to a platform."""
        return self.data.get("platform") != "any"

    @cached_property
    def layers(self) -> str | None:
        """Text of the porter_layers.py that OUT uses."""
        name = self.data.get("layers")
        return None if name is None else _text(self.out / name, f"{NAME} names it")

    def chosen(self, wanted: Sequence[str]) -> list[Site]:
        """The sites at these FILE:LINE, or all. Raises UsageError for a place without one."""
        known = {f"{site.path}:{site.line}" for site in self.sites}
        for place in wanted:
            if place not in known:
                raise UsageError(f"--site {place}: no converted place there; expected FILE:LINE as {NAME} lists them")
        return [site for site in self.sites if not wanted or f"{site.path}:{site.line}" in wanted]

    def changed_since(self, site: Site) -> str:
        """What is no longer as convert saw or wrote it; empty when nothing is."""
        if not self._source(site.path).holds_at(site):
            return f"{self.src / site.path} no longer holds this text there: convert again"
        if not self._result(site.path).holds(site.after):
            return (
                f"{self.out / site.path} no longer holds {site.after}: convert again, or check what was edited by hand"
            )
        return ""

    def _source(self, name: str) -> _File:
        return self._files.setdefault(self.src / name, _File(self.src / name))

    def _result(self, name: str) -> _File:
        return self._files.setdefault(self.out / name, _File(self.out / name))

    @cached_property
    def _files(self) -> dict[Path, _File]:
        return {}

    def _read(self) -> dict[str, Any]:
        if not self.path.is_file():
            raise SourceError(f"{self.path}: not found; check needs the OUT that porter convert SRC -o OUT wrote")
        try:
            data = json.loads(self.path.read_bytes())
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise SourceError(f"{self.path}: not the manifest of porter convert ({error}); convert again") from None
        if not isinstance(data, dict) or not isinstance(data.get("sites"), list):
            raise SourceError(f"{self.path}: not the manifest of porter convert (no list of sites); convert again")
        if data.get("to") not in ("torch", "mindspore"):
            found = data.get("to")
            raise SourceError(f"{self.path}: 'to' is {found!r}, expected 'torch' or 'mindspore'; convert again")
        return data

    def _site(self, entry: Mapping[str, Any]) -> Site:
        try:
            return Site(**{**entry, "kind": Kind(entry["kind"]), "level": Level(entry["level"])})
        except (TypeError, KeyError, ValueError) as error:
            raise SourceError(f"{self.path}: a site is damaged ({error}); convert again") from None


class _File:
    """A source file, read when it is first asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def holds_at(self, site: Site) -> bool:
        """Whether the text before the conversion stands at its place."""
        lines = self.text.splitlines()
        first = site.before.splitlines()[0] if site.before else ""
        return site.line <= len(lines) and lines[site.line - 1][site.column - 1 :].startswith(first)

    def holds(self, text: str) -> bool:
        """Whether a text, or an expression that reads the same, is somewhere in the file."""
        if text in self.text:
            return True
        try:
            return ast.unparse(ast.parse(text.strip(), mode="eval")) in self.normal
        except SyntaxError:
            return False

    @cached_property
    def text(self) -> str:
        """Text of the file, with plain line ends."""
        return _text(self.path, f"{NAME} lists it; is this the tree that was converted?")

    @cached_property
    def normal(self) -> str:
        """The same in one spelling."""
        return ast.unparse(ast.parse(self.text))


def _text(path: Path, why: str) -> str:
    import tokenize

    try:
        with tokenize.open(path) as file:
            return file.read()
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read ({error}), but {why}") from None
