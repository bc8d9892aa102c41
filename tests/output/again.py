"""An OUT that is made from texts, and brought up to date from others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from porter.output import Manifest, Wanted, Written, make, read_manifest, update
from tests.output.conftest import shown

TEXT = b"import mindspore\n\n\nfirst = 1\nsecond = 2\nthird = 3\n"
MINE = TEXT.replace(b"first = 1", b"first = 1  # by hand")
THEIRS = TEXT.replace(b"third = 3", b"third = 4")
BOTH = MINE.replace(b"third = 3", b"third = 4")
CLASHING = TEXT.replace(b"first = 1", b"first = 7")


def compose(written: Written, done: bool) -> bytes:
    """A manifest as `read_manifest` takes it."""
    lists = {"others": written.prints, "asides": written.asides}
    plain = {key: [{"path": p, "is": what} for p, what in sorted(found.items())] for key, found in lists.items()}
    return json.dumps({"porter": "0", "state": "done" if done else "writing", "to": "mindspore", **plain}).encode()


class Out:
    """An OUT that was made from texts, and is brought up to date from others."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "src"
        self.source.mkdir()
        self.path = folder / "out"

    def convert(self, files: Mapping[str, bytes | Wanted], spared: tuple[str, ...] = ()) -> Written:
        wanted = {n: each if isinstance(each, Wanted) else Wanted(content=each) for n, each in files.items()}
        if not self.path.exists():
            return make(self.source, self.path, wanted, compose)
        return update(self.source, self.path, wanted, self.manifest, compose, spared=spared)

    @property
    def manifest(self) -> Manifest | None:
        return read_manifest(self.path)

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def shown(self) -> dict[str, bytes | str | None]:
        """What a person sees in OUT."""
        found = shown(self.path).items()
        return {path: what for path, (_, what) in found if not path.startswith(".porter") and path != "porter.json"}


def told(written: Written) -> list[str]:
    return [str(finding) for finding in written.findings]


def forget(out: Out) -> None:
    """Remove what porter keeps of its last texts."""
    shutil.rmtree(out / ".porter")


def aside_message(what: str, name: str = "net.py") -> list[str]:
    rest = f"the new conversion is in {name}.porter-new: take from it what you need, then remove it"
    return [f"{name}:1:1: manual PT057 merge: {what}; {rest}"]
