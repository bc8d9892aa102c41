"""Runs cases in the child processes and judges what comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from itertools import combinations
from types import TracebackType
from typing import Self

import numpy as np

from porter.check.signatures import held
from porter.check.truth import Truth, compare
from porter.frameworks.children import Child
from porter.frameworks.job import Array, Job, Reply
from porter.proof import audit, inputs
from porter.proof.cases import AND_BACK, AnyCase, Case, Skipped, Trial
from porter.proof.names import SignatureCase, Snippet
from porter.proof.verdict import Difference
from porter.results import Result, Verdict

SEEDS = (1, 2)
MOVED_RUNS = 4
_ENDED = ("crash", "timeout")
Weights = Mapping[str, Array]


class TorchError(Exception):
    """The torch side of a case did not run; `fatal`: it took its process with it, or did not end."""

    def __init__(self, message: str, fatal: bool = False) -> None:
        super().__init__(message)
        self.fatal = fatal


class Runner:
    """Both children; a context manager. `seconds` limits each job."""

    def __init__(self, seconds: float = 120.0) -> None:
        self._stack = ExitStack()
        self.children = {name: self._stack.enter_context(Child(name, seconds)) for name in ("torch", "mindspore")}
        self._truths: dict[object, Truth | TorchError] = {}
        self._known: dict[object, list[Result]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def abort(self) -> None:
        """End both children though another thread waits for them: its job ends in a FrameworkError."""
        for child in self.children.values():
            child.abort()

    def results(self, case: AnyCase) -> Iterator[Result]:
        """The verdict on a case, and one more for each argument that it cannot see."""
        if isinstance(case, Skipped):
            verdict = Verdict.ERROR if case.fault else Verdict.NOT_RUN
            yield Result(case.name, case.rule, verdict, case.reason, case.path, case.line, case.direction, case.form)
        elif isinstance(case, SignatureCase):
            yield from held(case, self.run)
        else:
            yield from self._numeric(case)

    def _numeric(self, case: Case) -> Iterator[Result]:
        """The same text at another place of a tree needs no second run."""
        run = (case.direction, case.form, case.mode, case.dtype, case.by_name, case.first)
        names = (case.rule.name, *case.rule.weights.items(), *case.rule.forward.items())  # all else is in the texts
        key = (names, case.name, case.trials, run, case.chosen)
        if key not in self._known:
            self._known[key] = list(self._proven(case))
        for result in self._known[key]:
            repeat = result.repeat and case.repeat
            yield replace(result, path=case.path, line=case.line, repeat=repeat)

    def _proven(self, case: Case) -> Iterator[Result]:
        try:
            truth = self.truth(case)
        except TorchError as error:
            hint = _hint(case)
            verdict = Verdict.NOT_RUN if hint else Verdict.ERROR
            yield _result(case, verdict, f"the torch side did not run: {error}{hint}")
            return
        yield self._judged(case, truth)
        yield from self._blind(case, truth)

    def truth(self, case: Case) -> Truth:
        """The torch side of the first trial that runs. Raises TorchError."""
        problem = TorchError("there is nothing to run")
        for trial in case.trials:
            found = self._of_trial(case, trial)
            if isinstance(found, Truth):
                return found
            problem = found
            if found.fatal:
                break  # another input would not help, and a process takes long to start
        raise problem

    def _of_trial(self, case: Case, trial: Trial) -> Truth | TorchError:
        key = (case.name, trial.truth, trial.shapes, trial.holds, case.dtype)
        if key not in self._truths:
            self._truths[key] = self._truth(case, trial)
        found = self._truths[key]
        return replace(found, trial=trial) if isinstance(found, Truth) else found

    def _truth(self, case: Case, trial: Trial) -> Truth | TorchError:
        data = inputs.inputs(case.name, trial.shapes, case.dtype, dict(trial.holds))
        first = self.run(Job(inputs=data), trial.truth, "float32")
        if not first.ok:
            return _torch_error(first)
        outputs = [value for key, value in first.arrays.items() if key.startswith("train 1/output/")]
        weights = inputs.weights(case.name, first.tensors, case.dtype)
        pulls = inputs.cotangents(case.name, outputs, case.dtype)
        job = Job(inputs=data, cotangents=pulls, weights=weights, seed=SEEDS[0])
        exact = self.run(job, trial.truth, "float64")
        again = self.run(replace(job, seed=SEEDS[1]), trial.truth, "float64")
        own = self.run(job, trial.truth, case.dtype)
        moved = tuple(self.run(_moved(job, case, run), trial.truth, case.dtype) for run in range(MOVED_RUNS))
        for reply in (exact, again, own, *moved):
            if not reply.ok:
                return _torch_error(reply)
        return Truth(trial, first.parameters, weights, data, pulls, exact, again, own, moved)

    def run(self, job: Job, snippet: Snippet, dtype: str, mode: str = "PyNative") -> Reply:
        """One job in the child of its framework."""
        job = replace(
            job,
            source=snippet.source,
            entry=snippet.entry,
            names=dict(snippet.names),
            layers=snippet.layers,
            native=snippet.native,
            instance_of=snippet.instance_of,
            dtype=dtype,
            mode=mode,
        )
        for child in self.children.values():
            child.start()  # both load at the same time
        return self.children[snippet.framework].run(job)

    def _judged(self, case: Case, truth: Truth) -> Result:
        reply = self._other_side(case, truth)
        differences = audit.saved(reply.tensors)  # first: two tensors of one name cannot be differentiated by
        if not reply.ok and not differences:
            return _result(case, Verdict.ERROR, f"the converted code did not run: {_told(reply)}", truth)
        if reply.ok:
            differences += [*self._audited(case, truth, reply), *compare(truth, reply, _pairing(case))]
        if not differences:
            return _result(case, Verdict.OK, "", truth)
        more = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
        return _result(case, Verdict.MISMATCH, f"{differences[0]}{more}", truth)

    def _other_side(self, case: Case, truth: Truth) -> Reply:
        pairing = _pairing(case)
        weights = {pairing.theirs(name): value for name, value in truth.weights.items()}
        job = Job(inputs=truth.inputs, cotangents=truth.cotangents, weights=weights, seed=SEEDS[0])
        if case.by_name and truth.parameters:
            name = truth.parameters[0]
            job = replace(job, by_name=case.rule.forward.get(name, name))
        return self.run(job, truth.trial.found, case.dtype, case.mode or "PyNative")

    def _audited(self, case: Case, truth: Truth, reply: Reply) -> list[Difference]:
        pairing, torch, found = _pairing(case), truth.own.tensors, reply.tensors
        differences = audit.trainable(pairing, torch, found) + audit.unknown(pairing, torch, found)
        for name in audit.unpaired(pairing, torch, found):
            if self._matters(truth, name):
                differences.append(
                    Difference(name, "missing", "no counterpart in the converted layer, and outputs depend on it")
                )
        return differences

    def _matters(self, truth: Truth, name: str) -> bool:
        """Whether any number but the tensor itself depends on it."""
        changed = {**truth.weights, name: truth.weights[name] + 3}
        reply = self._torch_again(truth, truth.trial.truth, changed)
        exact = {k: v for k, v in truth.exact.arrays.items() if not k.endswith(f"/state/{name}")}
        return not reply.ok or any(not np.array_equal(v, reply.arrays[k], equal_nan=True) for k, v in exact.items())

    def _torch_again(self, truth: Truth, snippet: Snippet, weights: Weights, dtype: str = "float64") -> Reply:
        job = Job(inputs=truth.inputs, cotangents=truth.cotangents, weights=dict(weights), seed=SEEDS[0])
        return self.run(job, snippet, dtype)

    def _blind(self, case: Case, truth: Truth) -> Iterator[Result]:
        if not case.first:
            return
        for argument, snippet in truth.trial.blinders:
            if not self._notices(truth, snippet, truth.weights) and not self._retyped(case, truth, snippet):
                yield self._elsewhere(case, truth, argument)
        for one, two in _alike(truth):
            swapped = {**truth.weights, one: truth.weights[two], two: truth.weights[one]}
            if not self._notices(truth, truth.trial.truth, swapped, {one, two}):
                yield _result(case, Verdict.BLIND, f"{one} and {two} swapped give the same numbers", truth)

    def _retyped(self, case: Case, truth: Truth, snippet: Snippet) -> bool:
        """Whether outputs are of other dtypes in the case's own one: a cast changes no value that both can hold."""
        reply = self._torch_again(truth, snippet, truth.weights, case.dtype)
        return not reply.ok or reply.dtypes != truth.own.dtypes

    def _elsewhere(self, case: Case, truth: Truth, argument: str) -> Result:
        """The verdict of another trial, which notices the argument; without one, that it is idle or cannot be seen."""
        others = [found for trial in case.trials if isinstance(found := self._of_trial(case, trial), Truth)]
        tried = [(other, dict(other.trial.blinders)[argument]) for other in others if _asks(other, argument)]
        for other, snippet in tried:
            if self._notices(other, snippet, other.weights):
                return self._judged(case, other)
        if argument in case.chosen and not any(self._notices(_sharp(t), s, t.weights) for t, s in tried):
            sizes = len({other.trial.shapes for other, _ in tried})
            detail = (
                f"{argument} changes nothing here: its default gives the same numbers (inputs of {sizes} sizes tried)"
            )
            return _result(case, Verdict.IDLE, detail, truth)
        detail = f"{argument} at its default gives the same numbers: the case proves nothing about it"
        return _result(case, Verdict.BLIND, detail + _hint(case), truth)

    def _notices(self, truth: Truth, snippet: Snippet, weights: Weights, ignored: Collection[str] = ()) -> bool:
        reply = self._torch_again(truth, snippet, weights)
        if not reply.ok:
            return True
        if any(truth.exact.dtypes.get(key) != dtype for key, dtype in reply.dtypes.items() if "/output/" in key):
            return True
        reply = replace(reply, dtypes={key: truth.own.dtypes.get(key, dtype) for key, dtype in reply.dtypes.items()})
        same = audit.Pairing({})
        gained = audit.trainable(same, truth.own.tensors, reply.tensors)
        return bool(gained or compare(truth, reply, same, ignored))


def _torch_error(reply: Reply) -> TorchError:
    return TorchError(_told(reply), reply.where in _ENDED)


def _told(reply: Reply) -> str:
    """What went wrong, and at which stage where the process lived to tell."""
    return reply.error if reply.where in _ENDED else f"{reply.error} (at {reply.where})"


def _asks(truth: Truth, argument: str) -> bool:
    return any(name == argument for name, _ in truth.trial.blinders)


def _sharp(truth: Truth) -> Truth:
    """The same, to be compared as float64: what differs by more than its rounding does differ."""
    return replace(truth, own=truth.exact, moved=())


def _hint(case: Case) -> str:
    """What a user can do where samples stand for names of a tree."""
    sampled = bool(case.path) and any(trial.samples for trial in case.trials)
    return "; --set NAME=VALUE gives other values" if sampled else ""


def _moved(job: Job, case: Case, run: int) -> Job:
    random = inputs.generator(case.name, f"moved {run}")

    def move(steps: tuple[tuple[Array, ...], ...]) -> tuple[tuple[Array, ...], ...]:
        return tuple(tuple(inputs.neighbours(random, array, case.dtype) for array in step) for step in steps)

    weights = {name: inputs.neighbours(random, value, case.dtype) for name, value in job.weights.items()}
    return replace(job, inputs=move(job.inputs), cotangents=move(job.cotangents), weights=weights)


def _alike(truth: Truth) -> list[tuple[str, str]]:
    """Pairs of floating tensors of equal shape, which could be taken for each other."""
    tensors = [t for t in truth.own.tensors if t.dtype.startswith("float")]
    return [(a.name, b.name) for a, b in combinations(tensors, 2) if a.shape == b.shape]


def _pairing(case: Case) -> audit.Pairing:
    return audit.Pairing({} if case.direction == AND_BACK else case.rule.weights)


def _result(case: Case, verdict: Verdict, detail: str, truth: Truth | None = None) -> Result:
    return Result(
        case=case.name,
        rule=case.rule.name,
        verdict=verdict,
        detail=detail,
        path=case.path,
        line=case.line,
        direction=case.direction,
        form=case.form,
        mode=case.mode,
        dtype=case.dtype,
        repeat="" if verdict is Verdict.OK else case.repeat,
        samples=dict(truth.trial.samples) if truth else {},
    )
