"""Put the result where the request wants it: into OUT, or over SRC."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

from porter import output
from porter.cli.account import Account
from porter.convert import Conversion
from porter.findings import Finding, Level
from porter.output import Change, Wanted, Written
from porter.report.json import manifest
from porter.source.tree import Tree

LARGE = 10 << 20
"""Bytes from which on a file that is no Python is data, for `--data`."""
LINKED = (
    "has {count} names (hard links), and writing it would cut this one off: left as it is; "
    "copy it onto itself to part them, or convert with -o"
)


def mirror(account: Account) -> Written:
    """Write OUT, new or again."""
    request, tree = account.request, account.tree
    wanted, out = _wanted(account), request.out

    def compose(written: Written, done: bool) -> bytes:
        facts = account.facts(replace(written, findings=()))  # they tell of this run, not of what lies there
        return manifest(facts, done=done).encode()

    if account.earlier is None and _may_appear(out):
        return output.make(tree.root, out, wanted, compose)
    output.check_target(request.src, out, force=request.force)  # again: somebody may have filled it meanwhile
    spared = [""] if request.src.is_file() else [*tree.unreadable, *account.skipped_data]
    return output.update(tree.root, out, wanted, account.earlier, compose, spared=spared, force=request.force)


def in_place(account: Account) -> None:
    """Write the changed files over those of SRC; nothing where none is."""
    conversion, tree, earlier = account.conversion, account.tree, account.earlier
    changes = {f.path: Change(f.before, f.after) for f in conversion.files if f.before != f.after}
    for name, text in conversion.added.items():
        if tree.files.get(name) != text.encode():
            changes[name] = Change(tree.files.get(name), text.encode())
    changes |= {name: Change(tree.files[name], None) for name in conversion.removed}
    if not changes and (earlier is None or earlier.is_done):
        return
    if not account.request.allow_dirty:
        output.check_clean(tree.root, changes, earlier)
    facts = account.facts()
    output.write_in_place(tree.root, changes, lambda done: manifest(facts, done=done).encode())


def hard_linked(conversion: Conversion, root: Path) -> dict[str, Finding]:
    """Files that would be changed, but have several names: replacing one would cut it off from the others."""
    found: dict[str, Finding] = {}
    for name in [*(f.path for f in conversion.files if f.before != f.after), *conversion.added, *conversion.removed]:
        path = root / name
        count = path.lstat().st_nlink if path.is_file() else 1
        if count > 1:
            found[name] = Finding(name, 1, 1, Level.MANUAL, "file", LINKED.format(count=count))
    return found


def large_data(tree: Tree) -> tuple[str, ...]:
    """Large files that are no Python, but for modules that are imported."""
    return tuple(name for name in tree.others if name not in tree.carried and _is_large(tree.root / name))


def _may_appear(out: Path) -> bool:
    """Whether OUT can come to be by a renaming: it is not there, or is an empty folder in which nobody stands."""
    if not out.exists():
        return True
    return not any(out.iterdir()) and not out.samefile(Path.cwd()) and not os.path.ismount(out)


def _wanted(account: Account) -> dict[str, Wanted]:
    conversion, tree = account.conversion, account.tree
    gone = {output.MANIFEST, *conversion.removed, *account.skipped_data}
    wanted = {name: _copy(account, name) for name in tree.others if name not in gone}
    for file in conversion.files:
        wanted[file.path] = Wanted(content=file.after, mode=_mode(tree.root / file.path))
    for name, text in conversion.added.items():
        wanted[name] = Wanted(content=text.encode(), mode=_mode(tree.root / name))
    return dict(sorted(wanted.items()))


def _copy(account: Account, name: str) -> Wanted:
    """A copy of a file that is no Python, or a link to it."""
    source = account.tree.root / name
    if account.request.data != "link" or name in account.tree.carried or not _is_large(source):
        return Wanted(source=source)
    place = (account.request.out / name).parent.resolve()
    return Wanted(link=os.path.relpath(source.resolve(), place))


def _is_large(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size > LARGE


def _mode(path: Path) -> int | None:
    return stat.S_IMODE(path.stat().st_mode) if path.is_file() else None
