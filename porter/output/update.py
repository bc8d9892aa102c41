"""Converting again into an OUT: what porter did not write stays, hand edits are merged with the new conversion."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from porter.codes import Code
from porter.errors import SourceError
from porter.findings import Finding, Level
from porter.output import disk
from porter.output.decide import Action, decide
from porter.output.journal import Transaction, transaction
from porter.output.manifest import MANIFEST, Manifest, read_manifest
from porter.output.merge import Merged, is_python, is_text, marks, merge
from porter.output.messages import ASIDES, CONFLICT, MARKS, MERGED, MESSAGES
from porter.output.wanted import (
    ABOUT,
    KEPT_BYTES,
    README,
    Compose,
    Wanted,
    Written,
    kept,
    last_path,
    print_of,
    unreadable,
)

RULE = "merge"
ASIDE = ".porter-new"


@dataclass(frozen=True, slots=True)
class _Side:
    """Porter's part at one path: what it wants, as text where it can be merged, and the fingerprints, new and now."""

    want: Wanted | None
    text: bytes | None
    new: str
    now: str


@dataclass
class _Account:
    """What `Written` is made of, as it comes together."""

    prints: dict[str, str] = field(default_factory=dict)
    asides: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    carried: list[str] = field(default_factory=list)

    def written(self) -> Written:
        """The account, closed."""
        return Written(
            prints=dict(self.prints),
            asides=dict(self.asides),
            findings=tuple(self.findings),
            failed=tuple(self.failed),
            merged=tuple(self.merged),
            edited=tuple(self.edited),
            carried=tuple(self.carried),
        )


def update(
    root: Path,
    out: Path,
    wanted: Mapping[str, Wanted],
    earlier: Manifest | None,
    compose: Compose,
    *,
    spared: Iterable[str] = (),
    force: bool = False,
) -> Written:
    """Bring OUT up to date, all or nothing.

    `earlier` is OUT's manifest, or None where it has none that counts; then `force` lets a file that is to be written
    replace what lies there.
    `spared`: files and folders of OUT that this run does not speak of, if they are not wanted; "" for all of it.
    Raises SourceError.
    """
    out = out.resolve()
    with disk.told(out), transaction(out, unlock=True, like=root) as work:
        if earlier is not None and read_manifest(out) != earlier:
            raise SourceError(
                f"{out}: another porter has written there meanwhile; nothing was written: run porter again"
            )
        updater = _Updater(work, out, wanted, earlier, force=force)
        spared = tuple(spared)
        for path in sorted({*wanted, *updater.known}):
            if path in wanted or not _is_spared(path, spared):
                updater.settle(path)
            else:
                updater.carry(path)
        updater.tidy()
        written = updater.account.written()
        closing = compose(written, True)
        if work.steps or disk.read_file(out / MANIFEST) != closing:
            work.commit(MANIFEST, compose(written, False), closing)
    return written


def _is_spared(path: str, spared: Iterable[str]) -> bool:
    return any(not each or path == each or path.startswith(f"{each}/") for each in spared)


class _Updater:
    """Settles one path after another as steps of a transaction, and keeps account of it."""

    def __init__(
        self, work: Transaction, out: Path, wanted: Mapping[str, Wanted], earlier: Manifest | None, *, force: bool
    ) -> None:
        self.work = work
        self.out = out
        self.wanted = wanted
        self.force = force and earlier is None
        self.known = earlier.written if earlier is not None else {}
        self.asides = earlier.asides if earlier is not None else {}
        self.account = _Account()

    def settle(self, path: str) -> None:
        """Decide about one path, and note the steps that it takes."""
        want = self.wanted.get(path)
        if want is not None and self._is_same_data(path, want):
            self.account.prints[path] = self.known[path]
            return
        try:
            text, new = (None, disk.ABSENT) if want is None else (kept(want), print_of(want))
        except disk.UnreadableError as error:
            self.account.failed.append(path)
            self.account.findings.append(unreadable(path, error))
            self.carry(path)
            return
        now = disk.fingerprint(self.out / path)
        if now == disk.FOLDER and self._is_leaving(path):
            now = disk.ABSENT
        action = decide(self._last(path), now, new, force=self.force)
        self._act(action, path, _Side(want, text, new, now))

    def _is_leaving(self, path: str) -> bool:
        """Whether a folder holds nothing but what porter wrote and is about to remove."""
        for folder, _, names in os.walk(self.out / path):
            for name in names:
                inside = (Path(folder) / name).relative_to(self.out).as_posix()
                if inside in self.wanted or disk.fingerprint(self.out / inside) not in self._last(inside):
                    return False
        return True

    def carry(self, path: str) -> None:
        """Leave a path that this run does not speak of, with what is known of it."""
        if path in self.known:
            self.account.prints[path] = self.known[path]
            self.account.carried.append(path)
        self.account.asides |= {aside: new for aside, new in self.asides.items() if _aside_of(aside) == path}

    def tidy(self) -> None:
        """Remove what has no use any more: settled asides, and texts of paths that porter writes no more."""
        for aside, written in self.asides.items():
            if aside not in self.account.asides and disk.fingerprint(self.out / aside) == written:
                self.work.remove(aside, written)
        for path in self.known:
            if path not in self.account.prints:
                self._remember(path, None)
        if disk.fingerprint(self.out / README) == disk.ABSENT:
            self.work.write(README, ABOUT, disk.ABSENT)

    def _act(self, action: Action, path: str, side: _Side) -> None:
        account = self.account
        if action is Action.MERGE and self._merge(path, side):
            return
        if action in (Action.MERGE, Action.FOREIGN, Action.CLASH):
            self._set_aside(action, path, side)
            return
        if action is Action.WRITE:
            self._write(path, side)
        elif action is Action.REMOVE:
            self.work.remove(path, side.now)
        elif action is Action.EDITED:
            account.edited.append(path)
            self._tell_marks(path)
        elif action in MESSAGES:
            self._tell(path, *MESSAGES[action])
        if side.new != disk.ABSENT:
            self._accept(path, side)

    def _accept(self, path: str, side: _Side) -> None:
        """From now on, this is what porter wrote last."""
        self.account.prints[path] = side.new
        self._remember(path, side.text)

    def _write(self, path: str, side: _Side) -> None:
        want = side.want
        assert want is not None
        if want.source is not None:
            self.work.copy(path, want.source, side.now)
        elif want.link is not None:
            self.work.link(path, want.link, side.now)
        else:
            self.work.write(path, want.content or b"", side.now, mode=want.mode)

    def _merge(self, path: str, side: _Side) -> bool:
        """Merge three ways; False where that cannot be done well."""
        base, mine = (disk.read_file(self.out / name) for name in (last_path(path), path))
        if base is None or mine is None or side.text is None or not is_text(mine):
            return False
        merged = merge(base, mine, side.text)
        if not merged.conflicts and _is_spoilt(path, mine, side.text, merged):
            return False
        self._accept(path, side)
        if merged.content == mine:
            self.account.edited.append(path)
            return True
        self.work.write(path, merged.content, side.now)
        self.account.merged.append(path)
        for line in merged.conflicts:
            self._tell(path, Level.MANUAL, CONFLICT, line)
        if not merged.conflicts:
            self._tell(path, Level.REVIEW, MERGED)
        return True

    def _set_aside(self, action: Action, path: str, side: _Side) -> None:
        """Put the conversion beside what stays, unless a person has taken it away from there already."""
        aside = self._aside_name(path, side.new)
        if self.asides.get(aside) == side.new and disk.fingerprint(self.out / aside) == disk.ABSENT:
            self.account.edited.append(path)
            self._accept(path, side)
            return
        now = disk.fingerprint(self.out / aside)
        if now != side.new:
            self._write(aside, _Side(side.want, side.text, side.new, now))
        self.account.asides[aside] = side.new
        if path in self.known:
            self.account.prints[path] = self.known[path]
        self._tell(path, Level.MANUAL, ASIDES[action].format(aside=aside))

    def _aside_name(self, path: str, new: str) -> str:
        """The first name that is free, or holds what porter put there."""
        count = 1
        while True:
            name = f"{path}{ASIDE}{'' if count == 1 else f'-{count}'}"
            if disk.fingerprint(self.out / name) in (disk.ABSENT, new, self.asides.get(name)):
                return name
            count += 1

    def _remember(self, path: str, text: bytes | None) -> None:
        name = last_path(path)
        now = disk.fingerprint(self.out / name)
        if now == disk.FOLDER:  # of texts that are about to be removed
            now = disk.ABSENT
        if text is None and now != disk.ABSENT:
            self.work.remove(name, now)
        elif text is not None and now != disk.file_print(text):
            self.work.write(name, text, now)

    def _last(self, path: str) -> set[str]:
        """Fingerprints that count as porter's own text of a path: version control may have changed its line ends."""
        if path not in self.known:
            return set()
        return {self.known[path], disk.fingerprint(self.out / last_path(path))} - {disk.ABSENT}

    def _is_same_data(self, path: str, want: Wanted) -> bool:
        """Whether a large file is the one that was copied, by its size and time: reading it again would take long."""
        if want.source is None or path not in self.known:
            return False
        try:
            one, other = want.source.lstat(), (self.out / path).lstat()
        except OSError:
            return False
        same = (one.st_size, one.st_mtime_ns, one.st_mode) == (other.st_size, other.st_mtime_ns, other.st_mode)
        return same and one.st_size > KEPT_BYTES

    def _tell_marks(self, path: str) -> None:
        content = disk.read_file(self.out / path) or b""
        for line in marks(content):
            self._tell(path, Level.MANUAL, MARKS, line)

    def _tell(self, path: str, level: Level, message: str, line: int = 1) -> None:
        self.account.findings.append(Finding(path, line, 1, level, RULE, message, Code.MERGE))


def _is_spoilt(path: str, mine: bytes, theirs: bytes, merged: Merged) -> bool:
    """Whether two good Python files were merged, line by line, into something that is none."""
    return path.endswith(".py") and is_python(mine) and is_python(theirs) and not is_python(merged.content)


def _aside_of(aside: str) -> str:
    return aside.rpartition(ASIDE)[0]
