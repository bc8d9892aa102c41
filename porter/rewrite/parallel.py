"""Assemble the files of a plan, in this process or in several that share its memory."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from porter.rewrite.edit.file import Assembled, assemble
from porter.rewrite.late import behind
from porter.rewrite.options import Options
from porter.rewrite.place import Place
from porter.rewrite.tree import TreePlan
from porter.signals import become_worker, cleaning

if TYPE_CHECKING:
    from multiprocessing.pool import IMapIterator

Work = tuple[TreePlan, Options]
_inherited: list[Work] = []
_AWAKE_SECONDS = 0.1
_CHUNK = 4


def assembled(plan: TreePlan, options: Options, jobs: int) -> Iterator[tuple[str, Assembled]]:
    """The converted files by path, in the plan's order.

    Several processes are used only where a process can be forked: plans hold syntax trees, too large to be sent.
    """
    paths = list(plan.files)
    work: Work = (plan, options)
    if jobs == 1 or len(paths) < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from ((path, _assemble(work, path)) for path in paths)
        return
    processes = min(jobs, len(paths))
    with cleaning(_kill), multiprocessing.get_context("fork").Pool(processes, _begin, (os.getpid(), work)) as pool:
        chunks = [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]
        results = pool.imap(_assemble_inherited, chunks)
        for chunk in chunks:
            yield from zip(chunk, _next(results), strict=True)


def _next(results: IMapIterator[list[Assembled]]) -> list[Assembled]:
    """The next result; awake now and then, since a signal that comes as the waiting begins is answered only then."""
    while True:
        try:
            return results.next(_AWAKE_SECONDS)
        except multiprocessing.TimeoutError:
            continue


def _begin(parent: int, work: Work) -> None:
    become_worker(parent)
    _inherited.append(work)


def _kill() -> None:
    """End the workers. The pool may start others in their place, which end when they see that this process is gone."""
    workers = multiprocessing.active_children()
    for worker in workers:
        worker.kill()
    for worker in workers:
        worker.join(1)


def _assemble_inherited(paths: list[str]) -> list[Assembled]:
    return [_assemble(_inherited[0], path) for path in paths]


def _assemble(work: Work, path: str) -> Assembled:
    plan, options = work
    file, place = plan.files[path], Place(plan.index, plan.layers_path)
    late = behind(place, file, options.layers) if path in plan.layers_users else None
    return assemble(file, place.spelled(path), options, late)
