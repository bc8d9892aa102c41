"""The manifest that an earlier run left in a folder: which way, how far it came, and what it wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from porter.errors import SourceError
from porter.output import disk

MANIFEST = "porter.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A folder's porter.json. All paths are relative to the folder.

    `written`: path -> fingerprint of what porter wrote there; `edited`: those of them that hold an edit of porter's;
    `asides`: path -> fingerprint of a conversion that lies beside it and waits for a person. `files` and `sites` are
    the lists as they stand in the file.
    """

    to: Literal["torch", "mindspore"] | None
    in_place: bool
    is_done: bool
    written: Mapping[str, str]
    edited: frozenset[str]
    asides: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[Mapping[str, Any]] = ()
    sites: Sequence[Mapping[str, Any]] = ()

    @property
    def paths(self) -> frozenset[str]:
        """Python files that the run read."""
        return frozenset(str(entry["path"]) for entry in self.files)

    @property
    def made(self) -> Mapping[str, str]:
        """Path -> fingerprint of what is porter's own work: in place, files that it did not edit are not."""
        if not self.in_place:
            return self.written
        return {path: what for path, what in self.written.items() if path in self.edited or path not in self.paths}


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder, None where there is none. Raises SourceError for one that is not porter's."""
    path = folder / MANIFEST
    try:
        content = disk.read_file(path)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}; check its permissions") from error
    if content is None and disk.fingerprint(path) == disk.ABSENT:
        return None
    try:
        data = json.loads(content or b"")
        if "porter" not in data:
            raise ValueError("it names no version of porter")
        return _manifest(data)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SourceError(f"{path}: is no manifest of porter, which writes one under this name: rename it") from error


def _manifest(data: Mapping[str, Any]) -> Manifest:
    files = [entry for entry in data.get("files", []) if entry.get("sha256")]
    written = {str(entry["path"]): f"file:{entry['sha256']}" for entry in files}
    written |= {str(entry["path"]): str(entry["is"]) for entry in data.get("others", [])}
    to = data.get("to")
    return Manifest(
        to=to if to in ("torch", "mindspore") else None,
        in_place=bool(data.get("in_place", False)),
        is_done=data.get("state", "done") == "done",
        written=written,
        edited=frozenset(str(entry["path"]) for entry in files if entry.get("changed")),
        asides={str(entry["path"]): str(entry["is"]) for entry in data.get("asides", [])},
        files=tuple(files),
        sites=tuple(dict(entry) for entry in data.get("sites", [])),
    )
