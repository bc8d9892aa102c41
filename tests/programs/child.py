"""A process that runs programs with one framework: `python child.py torch|mindspore|both`.

Reads one JSON object a line from standard input, runs the program in it and answers with one line. The other framework
cannot be imported here, so that a converted program does not lean on it. In `both`, tensors are torch's.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import numpy as np

OTHER = {"torch": "mindspore", "mindspore": "torch"}
SHAPE = (2, 4, 2, 3, 4)


class Blocker:
    """Refuses to import a package."""

    def __init__(self, package: str) -> None:
        self.package = package

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Raise ImportError for the package."""
        if name.partition(".")[0] == self.package:
            raise ModuleNotFoundError(f"{self.package} must not be imported on this side", name=name)
        return None


def array_of(name: str, shape: Sequence[int]) -> np.ndarray[Any, Any]:
    """Values that depend on a name and a shape alone, the same in each process."""
    values = np.random.RandomState(zlib.crc32(name.encode())).uniform(-1.5, 1.5, shape)
    return (np.abs(values) + 0.5 if name.endswith("running_var") else values).astype(np.float32)


def run_program(job: dict[str, Any], side: Any) -> dict[str, Any]:
    """What a program gives: `result`, and `state` where it builds a net; or `error`, with `where`."""
    where = "import"
    folder = Path(tempfile.mkdtemp(prefix="programs-")).resolve()
    try:
        with _inside(folder, job["files"]), _unpatched(side.nn):
            side.seed()
            module = importlib.import_module(job["start"])
            where, net, built = "build", None, None
            if hasattr(module, "build"):
                net = module.build()
                built = _state(net, side)
                fill(net, side)
                side.set_mode(net, job["mode"])
            where = "run"
            result = plain(module.run(*_arguments(module, net, side)), side)
            return {"result": result, "built": built, "state": _state(net, side)}
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a program may fail in any way, and the parent must hear how
        return {"error": " ".join(f"{type(error).__name__}: {error}".split())[:300], "where": where}


@contextlib.contextmanager
def _inside(folder: Path, files: dict[str, str]) -> Iterator[None]:
    """The files in a folder from which they can be imported; afterwards neither they nor their modules are left."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
    sys.path.insert(0, str(folder))
    os.chdir(folder)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        os.chdir(folder.parent)
        own = {name.partition("/")[0].removesuffix(".py") for name in files}
        for name in [name for name in sys.modules if name.partition(".")[0] in own]:
            del sys.modules[name]
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _unpatched(nn: Any) -> Iterator[None]:
    """Undo afterwards what a program set on the framework's classes."""
    saved = {each: dict(vars(each)) for each in vars(nn).values() if isinstance(each, type)}
    try:
        yield
    finally:
        for each, before in saved.items():
            for name in [name for name, value in vars(each).items() if before.get(name, saved) is not value]:
                with contextlib.suppress(AttributeError, TypeError):
                    setattr(each, name, before[name]) if name in before else delattr(each, name)


def _state(net: Any, side: Any) -> Any:
    return side.state(net) if side.is_net(net) else None


def _arguments(module: Any, net: Any, side: Any) -> list[Any]:
    """What `run` asks for by the names of its parameters; a name that means nothing else is a tensor."""
    given = {
        "net": net,
        "fill": lambda made: fill(made, side),
        "train": lambda made: side.set_mode(made, "train"),
        "evaluate": lambda made: side.set_mode(made, "eval"),
        "grad": side.grad,
    }
    shape = getattr(module, "SHAPE", SHAPE)
    names = inspect.signature(module.run).parameters
    return [given[name] if name in given else side.tensor(array_of(name, shape)) for name in names]


def fill(net: Any, side: Any) -> Any:
    """Give every parameter and buffer of a net, or of nets in lists and dicts, values that its torch name decides."""
    for prefix, each in _nets(net, side, ""):
        for name, tensor in side.tensors(each).items():
            side.set(tensor, array_of(prefix + name, side.shape(tensor)))
    return net


def _nets(value: Any, side: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    if side.is_net(value):
        yield prefix, value
    elif isinstance(value, dict | list | tuple):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _nets(item, side, f"{prefix}{key}.")


def plain(value: Any, side: Any) -> Any:
    """A result as JSON: numbers, texts and lists; a tensor with its dtype and shape."""
    if side.is_tensor(value):
        array = side.array(value)
        return {"dtype": str(array.dtype), "shape": list(array.shape), "values": array.ravel().tolist()}
    if isinstance(value, np.ndarray | np.generic):
        return {"array": value.tolist()}
    if isinstance(value, dict):
        return {"dict": [[plain(key, side), plain(item, side)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [plain(item, side) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"run gave a {type(value).__name__}, which cannot be compared")


def main(name: str) -> None:
    """Answer until standard input ends."""
    if name in OTHER:
        sys.meta_path.insert(0, Blocker(OTHER[name]))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a program or a framework prints is no answer
    weights = json.loads(sys.stdin.readline())
    sides = importlib.import_module("tests.programs.sides")
    side = sides.MindSpore(weights) if name == "mindspore" else sides.Torch()
    for line in sys.stdin:
        print(json.dumps(run_program(json.loads(line), side)), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
