"""A folder, and a change of it by one transaction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from porter.output import disk
from porter.output.journal import Transaction, transaction
from tests.output.conftest import shown

MANIFEST = "porter.json"


def make_root(tmp_path: Path) -> Path:
    """A folder with files of several kinds."""
    folder = tmp_path / "root"
    (folder / "pkg").mkdir(parents=True)
    (folder / "pkg" / "a.py").write_text("a, old")
    (folder / "pkg" / "a.py").chmod(0o751)
    (folder / "b.py").write_text("b, old")
    (folder / "gone.py").write_text("gone")
    (folder / "link").symlink_to("b.py")
    (folder / "kept.txt").write_text("kept")
    return folder


def change(root: Path, before_commit: Callable[[], object] = lambda: None) -> None:
    """Replace two files, remove one, add one in a new folder, and turn a link around."""
    with transaction(root) as work:
        fill(work, root)
        before_commit()
        work.commit(MANIFEST, b"writing", b"done")


def fill(work: Transaction, root: Path) -> None:
    """The steps of `change`."""
    for name in ("pkg/a.py", "b.py"):
        work.write(name, f"{name}, new".encode(), disk.fingerprint(root / name))
    work.remove("gone.py", disk.fingerprint(root / "gone.py"))
    work.write("new/deep/c.py", b"c, new", disk.ABSENT)
    work.link("link", "kept.txt", "link:b.py")


def changed(root: Path) -> dict[str, object]:
    """What `shown` gives after `change`."""
    found: dict[str, object] = dict(shown(root))
    del found["gone.py"]
    found |= {"pkg/a.py": (0o751, b"pkg/a.py, new"), "b.py": (0o644, b"b.py, new"), "link": (0, "kept.txt")}
    found |= {"new": (0o755, None), "new/deep": (0o755, None), "new/deep/c.py": (0o644, b"c, new")}
    return found | {MANIFEST: (0o644, b"done")}
