"""The child process of one framework: `python -m porter.frameworks.worker torch|mindspore`.

Reads jobs from standard input and answers on what was standard output, until the input ends. Whatever the framework
prints goes to standard error, so that it cannot corrupt an answer.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import os
import select
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from porter.frameworks.job import Array, Job, Reply, Tensor, receive_job, send_reply

LAYERS = "porter_layers"
_ROOTS = {"torch", "mindspore", "numpy"}
_OTHER = {"torch": "mindspore", "mindspore": "torch"}


class Subject(Protocol):
    """A built layer or function in its framework; arrays in and out are numpy's."""

    def tensors(self) -> list[Tensor]:
        """Every parameter and buffer, trainable or not."""

    def state(self) -> dict[str, tuple[Array, str]]:
        """Value and dtype of every parameter and buffer."""

    def parameters(self) -> tuple[str, ...]:
        """Names of what it is called with."""

    def load(self, weights: dict[str, Array]) -> None:
        """Set the parameters and buffers that exist and have as many elements."""

    def probe(self, inputs: Sequence[Array]) -> dict[str, tuple[Array, str]]:
        """One forward pass in training, without gradients."""

    def step(
        self, inputs: Sequence[Array], cotangents: Sequence[Array], training: bool
    ) -> dict[str, tuple[Array, str]]:
        """Forward and backward: value and dtype of each `kind/name`."""


class Framework(Protocol):
    """How a framework turns a job into a subject."""

    def prepare(self, job: Job) -> None:
        """Set seed, mode and whatever else is global."""

    def subject(self, entry: Any, job: Job) -> Subject:
        """Build."""


class StageError(Exception):
    """A stage of a job failed."""

    def __init__(self, where: str, error: BaseException) -> None:
        self.where = where
        message = " ".join(str(error).split())
        super().__init__(f"{type(error).__name__}: {message}"[:600])


def execute(framework: Framework, job: Job, folder: Path) -> Reply:
    """Run one job; every exception becomes an answer."""
    run = _Run()
    try:
        run.all(framework, job, folder)
    except StageError as error:
        return run.reply(str(error), error.where)
    finally:
        sys.modules.pop(LAYERS, None)
    return run.reply()


class _Run:
    """The stages of a job, and what they have brought so far."""

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        self.parameters: tuple[str, ...] = ()
        self.arrays: dict[str, Array] = {}
        self.dtypes: dict[str, str] = {}

    def reply(self, error: str = "", where: str = "") -> Reply:
        """What is to be sent back."""
        return Reply(error, where, tuple(self.tensors), self.parameters, self.arrays, self.dtypes)

    def all(self, framework: Framework, job: Job, folder: Path) -> None:
        """Import, build, train, evaluate."""
        with _Stage("import"):
            framework.prepare(job)
            module = load_module(job, folder)
        if job.entry == "signature":
            with _Stage("signature"):
                self.parameters = (signature_text(module.expected), signature_text(module.actual))
                if self.parameters[1] == "*args, **kwargs" != self.parameters[0] and not inspect.isclass(module.actual):
                    raise ValueError("it takes *args, **kwargs and does not say what they are")
            return
        with _Stage("build"):
            subject = framework.subject(_checked(getattr(module, job.entry), job.instance_of), job)
            self.record("start", subject.state(), "state")
            self.tensors, self.parameters = subject.tensors(), subject.parameters()
        if not job.cotangents:
            with _Stage("train 1"):
                self.record("train 1", subject.probe(job.inputs[0]))
                self.tensors = subject.tensors()
            return
        with _Stage("weights"):
            subject.load(job.weights)
        self.programme(subject, job)

    def programme(self, subject: Subject, job: Job) -> None:
        """All steps but the last train, the last evaluates."""
        last = len(job.inputs) - 1
        for index, (inputs, cotangents) in enumerate(zip(job.inputs, job.cotangents, strict=True)):
            phase = "eval" if index == last else f"train {index + 1}"
            with _Stage(phase):
                self.record(phase, subject.step(inputs, cotangents, index != last))
        with _Stage("end"):
            self.record("end", subject.state(), "state")

    def record(self, phase: str, values: dict[str, tuple[Array, str]], kind: str = "") -> None:
        for name, (value, dtype) in values.items():
            key = "/".join(part for part in (phase, kind, name) if part)
            self.arrays[key], self.dtypes[key] = value, dtype


class _Stage:
    """Names the part of a job in which an exception was raised."""

    def __init__(self, where: str) -> None:
        self.where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (Exception, SystemExit)):
            raise StageError(self.where, error) from error


def _checked(entry: Callable[..., Any], instance_of: str) -> Callable[..., Any]:
    """The entry, which raises TypeError when it builds an instance of another class."""
    if not instance_of:
        return entry

    def build() -> Any:
        layer = entry()
        if not isinstance(layer, resolve(instance_of)):
            raise TypeError(f"built a {type(layer).__name__} that is no instance of {instance_of}")
        return layer

    return build


def signature_text(value: Callable[..., Any]) -> str:
    """Names, kinds and defaults of all parameters. Raises ValueError for what is not written in Python."""
    parameters = inspect.signature(value).parameters.values()
    star = inspect.Parameter
    handed_on = [p.kind for p in parameters] == [star.VAR_POSITIONAL, star.VAR_KEYWORD]
    if handed_on and inspect.isclass(value) and _takes_nothing(value):
        return ""
    kinds: dict[Any, str] = {star.KEYWORD_ONLY: "keyword ", star.VAR_POSITIONAL: "*", star.VAR_KEYWORD: "**"}
    shown = (
        f"{kinds.get(p.kind, '')}{p.name}" + ("" if p.default is p.empty else f"={p.default!r}") for p in parameters
    )
    return ", ".join(shown)


def _takes_nothing(value: Callable[..., Any]) -> bool:
    """Whether a class hands `*args, **kwargs` on to a base that refuses all of them, as `torch.nn.Sigmoid` does."""
    for args, kwargs in (((None,), {}), ((), {"no_such_argument": None})):
        with contextlib.suppress(TypeError):
            value(*args, **kwargs)
            return False
    return True


def load_module(job: Job, folder: Path) -> ModuleType:
    """Import the job's text as a module, from a real file: GRAPH mode reads the source of what it compiles."""
    here = Path(tempfile.mkdtemp(dir=folder))
    if job.layers is not None:
        sys.modules[LAYERS] = _module(LAYERS, job.layers, here, {})
    names = {name: resolve(target) for name, target in job.names.items()}
    return _module("porter_case", job.source, here, names)


def _module(name: str, text: str, folder: Path, names: dict[str, Any]) -> ModuleType:
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    vars(module).update(names)
    spec.loader.exec_module(module)
    return module


def resolve(target: str) -> Any:
    """The object behind a qualified name. Raises ImportError outside the frameworks and the standard library."""
    parts = target.split(".")
    if LAYERS in parts:
        parts = parts[parts.index(LAYERS) :]
    elif parts[0] not in _ROOTS and parts[0] not in sys.stdlib_module_names:
        raise ImportError(f"{target} belongs to neither framework: the user's modules are not imported")
    for length in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            value = getattr(value, part)
        return value
    raise ImportError(f"there is no {target}")


def load_framework(name: str) -> Framework:
    """Import a framework. Raises ImportError when it is missing."""
    framework: Framework = importlib.import_module(f"porter.frameworks.{name}").FRAMEWORK()
    return framework


def main(name: str) -> None:
    """Serve jobs until standard input ends."""
    sys.modules[_OTHER[name]] = None  # type: ignore[assignment]  # converted code must not lean on the other framework
    answers = os.fdopen(os.dup(1), "wb")
    jobs = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    here = Path.cwd()
    threading.Thread(target=_end_with_the_parent, args=(jobs.fileno(), here), daemon=True).start()
    try:
        framework = load_framework(name)
    except Exception as error:  # noqa: BLE001 - a framework can fail to import in any way, and the parent must hear why
        send_reply(answers, Reply(f"{type(error).__name__}: {error}", "start"))
        return
    send_reply(answers, Reply())
    with tempfile.TemporaryDirectory(prefix="porter-", dir=here) as folder:  # removed with it when this is killed
        while True:
            try:
                job = receive_job(jobs)
            except EOFError:
                return
            send_reply(answers, execute(framework, job, Path(folder)))


def _end_with_the_parent(jobs: int, folder: Path) -> None:
    """Wait until nobody is left who could send a job, and end then, in the middle of one if need be.

    Only the process that was started for this removes its folder and ends its group, to which compilers belong.
    """
    hung_up = select.poll()
    hung_up.register(jobs, 0)
    hung_up.poll()
    if os.getsid(0) == os.getpid():
        shutil.rmtree(folder, ignore_errors=True)
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
