"""Change files of a folder all together or not at all.

Everything new is first written into ROOT/.porter/pending; then a journal says what is to be done, and each file is
renamed to its place, if that still holds what was expected. An error, or Ctrl-C, puts back what was there. A process
that is killed leaves the journal, by which the next run finishes the work (`finish`).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from porter import signals
from porter.errors import SourceError
from porter.output import disk
from porter.output.folders import Folders

HOME = ".porter"
PENDING = f"{HOME}/pending"
JOURNAL = "journal.json"
ANY = "any"
CHANGED = "was changed by somebody else while porter ran, expected what porter had read there"


@dataclass(frozen=True, slots=True)
class Step:
    """One path, relative to the root: the fingerprint that it must have, and the one that it gets.

    `before` is ANY for porter's own manifest, which is written twice. `key` names what was prepared for it.
    """

    path: str
    before: str
    after: str
    key: int


class Transaction:
    """The steps of one change of a folder; `transaction` makes it. Its methods raise OSError and SourceError.

    `like`: the folder whose permissions new folders take.
    """

    def __init__(self, root: Path, *, unlock: bool = False, like: Path | None = None) -> None:
        self.root = root
        self.pending = root / PENDING
        self.like = like
        self.steps: list[Step] = []
        self.folders = Folders(root, unlock=unlock)
        self._placed: set[Step] = set()

    def write(self, path: str, content: bytes, before: str, mode: int | None = None) -> None:
        """Have `path` hold `content`, with the owner and mode that it has, or (with `mode`) the mode given."""
        staged, target = self._staged(), self.root / path
        staged.write_bytes(content)
        if mode is not None:
            staged.chmod(mode)
        elif before not in (disk.ABSENT, ANY):
            disk.keep_owner_and_mode(staged, target.lstat(), target)
        self._add(path, before, disk.file_print(content))

    def copy(self, path: str, source: Path, before: str) -> str:
        """Have `path` be a copy of a file or a link; returns its fingerprint."""
        after = disk.copy(source, self._staged())
        self._add(path, before, after)
        return after

    def link(self, path: str, target: str, before: str) -> None:
        """Have `path` be a link to `target`."""
        self._staged().symlink_to(target)
        self._add(path, before, f"link:{target}")

    def remove(self, path: str, before: str) -> None:
        """Have `path` be gone."""
        self._add(path, before, disk.ABSENT)

    def commit(self, manifest: str, opening: bytes, closing: bytes) -> None:
        """Do all steps; the file `manifest` holds `opening` while they are done, and `closing` afterwards.

        Raises SourceError when a place was changed meanwhile; then nothing has been done.
        """
        self.steps.sort(key=lambda step: step.after != disk.ABSENT)  # what goes may stand in the way of what comes
        self.write(manifest, opening, ANY)
        self.steps.insert(0, self.steps.pop())
        self.write(manifest, closing, ANY)
        with signals.held() as hold:
            self._write_journal()
            done: list[Step] = []
            try:
                for step in self.steps:
                    hold.check()
                    done.append(step)
                    if not self._apply(step):
                        raise SourceError(f"{self.root / step.path}: {CHANGED}; nothing was written: run porter again")
            except BaseException as error:
                self._roll_back(done, error)
                raise
            finally:
                self.folders.lock_again()
            self.folders.dress(self.like)

    def resume(self, steps: list[Step]) -> list[str]:
        """Do the steps that a killed run left; returns the paths that were changed since then, which stay so."""
        self.steps = steps
        with signals.held():
            left = [step.path for step in steps if not self._apply(step)]
            self.folders.lock_again()
        for step in steps:
            disk.sweep(self.root / step.path)
        return left

    def begin(self) -> None:
        """Clear away what a killed run had prepared; one that had begun to write is to be finished first."""
        if (self.pending / JOURNAL).exists():
            raise SourceError(f"{self.root}: a run was killed here while it wrote: run it again to finish it")
        if self.pending.exists():
            self.discard()

    def discard(self) -> None:
        """Remove what was prepared."""
        if not self.pending.parent.exists():
            return
        with contextlib.suppress(OSError):
            (self.pending / JOURNAL).unlink(missing_ok=True)
        disk.remove(self.pending)
        with contextlib.suppress(OSError):
            self.pending.parent.rmdir()

    def _staged(self) -> Path:
        self.pending.mkdir(parents=True, exist_ok=True)
        return self.pending / f"new-{len(self.steps)}"

    def _add(self, path: str, before: str, after: str) -> None:
        self.steps.append(Step(path, before, after, len(self.steps)))

    def _prepared(self, step: Step) -> Path:
        return self.pending / f"new-{step.key}"

    def _saved(self, step: Step) -> Path:
        return self.pending / f"old-{step.key}"

    def _write_journal(self) -> None:
        made = self.pending / f"{JOURNAL}.new"
        made.write_text(json.dumps([asdict(step) for step in self.steps]), encoding="utf-8")
        made.replace(self.pending / JOURNAL)

    def _apply(self, step: Step) -> bool:
        """Do one step; whether its place was as expected, or is already as it should be."""
        with self._folder_of(step) as folder:
            if folder is None:
                return True
            now = disk.fingerprint(PurePosixPath(step.path).name, folder=folder)
            is_over = step.after != disk.ABSENT and self._is_over(step)
            if now != step.after and not (step.before == ANY and is_over):
                if step.before not in (ANY, now) or is_over:
                    return False
                self._replace(step, folder, fresh=now == disk.ABSENT)
        if step.after == disk.ABSENT:
            self.folders.prune(step.path)
        return True

    @contextlib.contextmanager
    def _folder_of(self, step: Step) -> Iterator[int | None]:
        """The folder that holds a path; None where what is to be removed has none any more."""
        with contextlib.ExitStack() as stack:
            try:
                folder = stack.enter_context(self.folders.holding(step.path, make=step.after != disk.ABSENT))
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                    raise
                if step.after != disk.ABSENT:
                    raise SourceError(
                        f"{self.root / step.path}: lies below something that is no folder, expected a folder there; "
                        "nothing was written: rename it, and run porter again"
                    ) from error
                yield None
            else:
                yield folder

    def _is_over(self, step: Step) -> bool:
        return disk.fingerprint(self._prepared(step)) == disk.ABSENT

    def _replace(self, step: Step, folder: int, *, fresh: bool) -> None:
        name = PurePosixPath(step.path).name
        if not fresh:
            _save(name, folder, self._saved(step), self.root / step.path)
        if step.after == disk.ABSENT:
            os.unlink(name, dir_fd=folder)
        else:
            _place(self._prepared(step), name, folder, self.root / step.path, fresh=fresh)
        self._placed.add(step)

    def _roll_back(self, done: list[Step], error: BaseException) -> None:
        lost = []
        for step in reversed(done):
            try:
                self._put_back(step)
            except OSError:
                lost.append(step.path)
        self.folders.forget_made()
        if lost:
            kept = self.pending.with_name(f"rescued-{secrets.token_hex(4)}")
            self.pending.rename(kept)
            raise SourceError(
                f"{self.root}: {error}; {', '.join(lost)} could not be put back: what they held is in {kept}"
            ) from error

    def _put_back(self, step: Step) -> None:
        name, saved = PurePosixPath(step.path).name, self._saved(step)
        if step not in self._placed and not self._was_replaced(step):
            return
        with self.folders.holding(step.path, make=True) as folder:
            if step in self._placed and step.after != disk.ABSENT:
                with contextlib.suppress(OSError):  # a kill in here must find all that the journal speaks of
                    os.link(name, self._prepared(step), src_dir_fd=folder, follow_symlinks=False)
            if disk.fingerprint(saved) != disk.ABSENT:
                os.rename(saved, name, dst_dir_fd=folder)
            else:
                os.unlink(name, dir_fd=folder)

    def _was_replaced(self, step: Step) -> bool:
        """Whether a step that did not come to its end has changed what a person sees."""
        if disk.fingerprint(self._saved(step)) == disk.ABSENT:
            return False
        try:
            with self.folders.holding(step.path) as folder:
                return disk.fingerprint(PurePosixPath(step.path).name, folder=folder) == step.after
        except OSError:
            return False


def _save(name: str, folder: int, saved: Path, path: Path) -> None:
    """Keep what is to be replaced: the file itself under a second name, or a copy where it can have only one."""
    disk.remove(saved)
    try:
        os.link(name, saved, src_dir_fd=folder, follow_symlinks=False)
    except OSError:
        disk.copy(path, saved)


def _place(staged: Path, name: str, folder: int, path: Path, *, fresh: bool) -> None:
    """Rename what was prepared to its place; a `fresh` one never replaces what has appeared there since."""
    try:
        if fresh:
            os.link(staged, name, dst_dir_fd=folder, follow_symlinks=False)
            disk.remove(staged)
            return
    except FileExistsError as error:
        raise SourceError(f"{path}: {CHANGED}; nothing was written: run porter again") from error
    except OSError:
        pass  # a file system without second names: renaming is all there is
    try:
        os.rename(staged, name, dst_dir_fd=folder)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        near = disk.beside(path)
        try:
            disk.copy(staged, near)
            near.replace(path)
        finally:
            disk.remove(near)
        disk.remove(staged)


@contextlib.contextmanager
def transaction(root: Path, *, unlock: bool = False, like: Path | None = None) -> Iterator[Transaction]:
    """Prepare steps in the body and `commit` them there; whatever happens, what was prepared is removed.

    `unlock`: read-only folders may be written to, and are read-only again afterwards. Raises SourceError where another
    porter is at work or a killed run is to be finished first.
    """
    work = Transaction(root, unlock=unlock, like=like)
    with disk.locked(root), signals.cleaning(work.discard):
        work.begin()
        try:
            yield work
        finally:
            work.discard()
