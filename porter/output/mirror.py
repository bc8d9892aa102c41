"""A new OUT: built beside its place and renamed into it, so that it appears complete or not at all."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from porter import signals
from porter.errors import UsageError
from porter.output import disk
from porter.output.manifest import MANIFEST
from porter.output.wanted import ABOUT, README, Compose, Wanted, Written, kept, last_path, unreadable


def make(root: Path, out: Path, wanted: Mapping[str, Wanted], compose: Compose) -> Written:
    """Make OUT, which does not exist or is empty. Folders get the permissions of those in `root`.

    Raises SourceError when something cannot be written, UsageError when OUT has been filled meanwhile.
    """
    out = out.resolve()
    with disk.told(out), _made_parents(out.parent):
        disk.sweep(out)
        staged = disk.beside(out)
        with signals.cleaning(lambda: disk.remove(staged)):
            try:
                staged.mkdir()
                with disk.locked(staged):
                    written = _fill(staged, wanted)
                    (staged / MANIFEST).write_bytes(compose(written, True))
                    _copy_modes(root, staged)
                    _appear(staged, out)
            finally:
                disk.remove(staged)
    return written


def _fill(staged: Path, wanted: Mapping[str, Wanted]) -> Written:
    prints: dict[str, str] = {}
    failed, findings = [], []
    for path, want in wanted.items():
        try:
            prints[path] = _put(staged / path, want)
            _keep(staged, path, want)
        except disk.UnreadableError as error:
            disk.remove(staged / path)
            prints.pop(path, None)
            failed.append(path)
            findings.append(unreadable(path, error))
    _put(staged / README, Wanted(content=ABOUT))
    return Written(prints, findings=tuple(findings), failed=tuple(failed))


def _put(target: Path, want: Wanted) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    if want.source is not None:
        return disk.copy(want.source, target)
    if want.link is not None:
        target.symlink_to(want.link)
        return f"link:{want.link}"
    content = want.content or b""
    target.write_bytes(content)
    if want.mode is not None:
        target.chmod(want.mode)
    return disk.file_print(content)


def _keep(staged: Path, path: str, want: Wanted) -> None:
    text = kept(want)
    if text is not None:
        _put(staged / last_path(path), Wanted(content=text))


def _appear(staged: Path, out: Path) -> None:
    with signals.held():
        if out.is_dir():
            if any(out.iterdir()):
                raise UsageError(f"OUT {out} has been filled in the meantime: choose another folder, or add --force")
            shutil.copymode(out, staged)
        staged.rename(out)


@contextlib.contextmanager
def _made_parents(folder: Path) -> Iterator[None]:
    """Make the folders that lead to OUT, and take them away again when OUT does not come to be."""
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]

    def unmake() -> None:
        for parent in made:
            with contextlib.suppress(OSError):
                parent.rmdir()

    with signals.cleaning(unmake):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            yield
        except BaseException:
            unmake()
            raise


def _copy_modes(root: Path, staged: Path) -> None:
    """Give the new folders the permissions of the old ones, the deepest first: one may be read-only."""
    folders = [path for path in staged.rglob("*") if path.is_dir() and not path.is_symlink()]
    for folder in sorted(folders, reverse=True):
        source = root / folder.relative_to(staged)
        if source.is_dir() and not source.is_symlink():
            shutil.copymode(source, folder)
