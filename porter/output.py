"""Writing what was converted: a whole new tree, or the changed files of the old one.

A new tree is built beside its place and renamed into it, so that it appears complete or not at all, whatever goes
wrong or whoever presses Ctrl-C. Files in place are first all written beside the old ones, then renamed over them.
Nothing else in porter writes to the disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from porter.errors import SourceError, UsageError

MANIFEST = "porter.json"


def check_target(source: Path, out: Path, *, force: bool) -> None:
    """Refuse an OUT that would damage something, before any work is done.

    Raises UsageError when OUT is a file, lies in SRC, holds SRC, or is not empty and `force` is off.
    """
    source_path, out_path = source.resolve(), out.resolve()
    if source_path.is_dir() and out_path.is_relative_to(source_path):
        raise UsageError(f"OUT {out} lies in SRC {source}: choose a folder outside it, or use --in-place")
    if source_path.is_relative_to(out_path):
        raise UsageError(f"SRC {source} lies in OUT {out}, which would replace it: choose another folder")
    if out_path.suffix == ".py":
        raise UsageError(f"OUT {out} is named like a file, expected a folder: the result has a manifest beside it")
    for place in (out_path, *out_path.parents):
        if place.exists() and not place.is_dir():
            what = "is a file" if place == out_path else f"lies below {place}, which is a file"
            raise UsageError(f"OUT {out} {what}, expected a folder that is new or empty")
    if out_path.is_dir() and not force and any(out_path.iterdir()):
        raise UsageError(f"OUT {out} exists and is not empty: choose another folder, or replace it with --force")


def check_report(report: Path, source: Path | None) -> None:
    """Refuse a report that could not be written at the end, or that would lie in SRC, which no command changes.

    `source` is None where SRC may be written to. Raises UsageError.
    """
    path = report.resolve()
    if not path.parent.is_dir():
        raise UsageError(f"--report {report}: there is no folder {report.parent}: make it first")
    if path.is_dir():
        raise UsageError(f"--report {report} is a folder, expected the name of a file")
    if source is not None and path.is_relative_to(source.resolve()):
        raise UsageError(f"--report {report} lies in SRC {source}, which is not written to: choose another place")


def check_manifest(root: Path, others: Iterable[str]) -> None:
    """Refuse to replace a `porter.json` of the tree that porter has not written. Raises SourceError."""
    path = root / MANIFEST
    if MANIFEST not in others:
        return
    try:
        ours = "porter" in json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        ours = False
    if not ours:
        raise SourceError(f"{path}: is no manifest of porter, which writes one under this name: rename it")


def write_tree(root: Path, out: Path, files: Mapping[str, bytes], others: Iterable[str], *, force: bool) -> None:
    """Make OUT: `files` (relative path -> content), and copies of `others` from `root`, which may be links or folders.

    Permissions are those of the source. An existing OUT is replaced at the very end and put back when that fails.
    Raises UsageError as `check_target`, SourceError when something cannot be read or written.
    """
    out = out.resolve()
    token = secrets.token_hex(4)
    staged, old = (out.with_name(f".{out.name}.porter-{token}{end}") for end in ("", ".old"))
    with _errors(out), _made_parents(out.parent):
        try:
            staged.mkdir()
            _copy_others(root, staged, others, skip=files.keys())
            for name, content in files.items():
                _write_file(staged / name, content, mode_of=root / name)
            _copy_modes(root, staged)
            if out.exists():
                _replace(staged, out, old, force=force)
            else:
                staged.rename(out)
        finally:
            _remove(staged)
    _remove(old)


def write_in_place(root: Path, files: Mapping[str, bytes], removed: Iterable[str] = ()) -> None:
    """Replace files of `root` by `files` (relative path -> content), each in one step, and delete `removed`.

    All are written beside their places first, so that a full disk or a read-only folder changes nothing.
    Raises SourceError.
    """
    token = secrets.token_hex(4)
    staged: dict[Path, Path] = {}
    with _errors(root):
        try:
            for name, content in files.items():
                target = root / name
                staged[target] = target.with_name(f".{target.name}.porter-{token}")
                _write_file(staged[target], content, mode_of=target)
            for target, temporary in staged.items():
                temporary.replace(target)
            for name in removed:
                (root / name).unlink(missing_ok=True)
        finally:
            for temporary in staged.values():
                temporary.unlink(missing_ok=True)


def write_report(path: Path, text: str) -> None:
    """Write a report file in one step. Raises SourceError."""
    path = path.resolve()
    temporary = path.with_name(f".{path.name}.porter-{secrets.token_hex(4)}")
    with _errors(path):
        try:
            _write_file(temporary, text.encode(errors="backslashreplace"), mode_of=path, parents=False)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _errors(place: Path) -> Iterator[None]:
    """Turn what the operating system says into one line that names the file."""
    try:
        yield
    except shutil.SpecialFileError as error:
        raise SourceError(f"{error}, expected files, folders and links only; {place} was not written") from error
    except OSError as error:
        name = Path(os.fsdecode(error.filename)) if error.filename is not None else place
        raise SourceError(f"{name}: {error.strerror or error}; {place} was not written") from error


@contextlib.contextmanager
def _made_parents(folder: Path) -> Iterator[None]:
    """Make the folders that lead to OUT, and take them away again when OUT does not come to be."""
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for parent in made:
            with contextlib.suppress(OSError):
                parent.rmdir()
        raise


def _write_file(path: Path, content: bytes, *, mode_of: Path, parents: bool = True) -> None:
    if parents:
        path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if mode_of.is_file():
        shutil.copymode(mode_of, path)


def _copy_others(root: Path, staged: Path, others: Iterable[str], skip: Iterable[str]) -> None:
    made = set(skip)
    for name in others:
        source, target = root / name, staged / name
        if name in made:
            continue
        if source.is_dir() and not source.is_symlink():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)


def _copy_modes(root: Path, staged: Path) -> None:
    """Give the new folders the permissions of the old ones, the deepest first: one may be read-only."""
    folders = [path for path in staged.rglob("*") if path.is_dir() and not path.is_symlink()]
    for folder in sorted(folders, reverse=True):
        source = root / folder.relative_to(staged)
        if source.is_dir():
            shutil.copymode(source, folder)


def _replace(staged: Path, out: Path, old: Path, *, force: bool) -> None:
    """Put the new tree where the old one is; the old one goes back when that fails."""
    if not force and any(out.iterdir()):
        raise UsageError(
            f"OUT {out} has been filled in the meantime: choose another folder, or replace it with --force"
        )
    out.rename(old)
    try:
        staged.rename(out)
    except BaseException:
        old.rename(out)
        raise


def _remove(folder: Path) -> None:
    """Delete a folder that may hold read-only folders."""
    if not folder.exists():
        return
    for path in folder.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
