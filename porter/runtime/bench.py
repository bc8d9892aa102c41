"""`python -m porter.runtime.bench`: how long InstanceNorm takes by every route, against a copy of the array.

All routes of a shape are timed in turn, round after round, so that what else the machine does falls on all of them; a
short one is called several times in its turn. A ratio is the median of the ratios of single rounds. Not a test: numbers
are for a person to read.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from porter.runtime.kernel import loader

SHAPES = "2,32,64,64,64 1,32,128,128,128 2,64,32,32,32 1,320,8,8,8"
PACKAGES = ["numpy", "torch", "mindspore"]
COPY = "copy of the array"


@dataclass(frozen=True)
class Row:
    """One route at one shape: milliseconds, their quartiles, and how far it is from float64."""

    shape: tuple[int, ...]
    threads: int
    route: str
    work: str
    median: float
    low: float
    high: float
    per_copy: float
    error: float | None


Route = Callable[[], Any]
"""Does the work once and returns the output, or None where there is nothing to compare."""


def main() -> None:
    """Read the options, measure in one process for each number of threads, print."""
    options = _options()
    if options.device == "cuda":
        from porter.runtime import bench_cuda

        sys.exit(bench_cuda.run(options))
    if options.worker:
        _keep_to(int(os.environ["OMP_NUM_THREADS"]))
        sys.stdout.write(json.dumps([asdict(row) for row in measure(options)]))
        return
    rows = [row for threads in options.threads for row in _in_a_process(threads, sys.argv[1:])]
    if options.json:
        sys.stdout.write(json.dumps({"instruction set": loader.isa(), "rows": rows}, indent=1) + "\n")
    else:
        _print(rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m porter.runtime.bench", description=__doc__)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--dtype", default="float32", help="with --device cuda; the CPU's arrays are float32")
    parser.add_argument("--shape", nargs="+", type=_shape, default=SHAPES.split(), help="N,C,spatial...; several")
    threads = "how many, and as many processors for the process: MindSpore's own operations take all they find"
    parser.add_argument("--threads", nargs="+", type=_at_least(1), default=[1, 2], help=threads)
    parser.add_argument("--rounds", type=_at_least(3), default=9, help="3 or more, for quartiles")
    parser.add_argument("--mean", type=float, default=3.0, help="of the input, whose deviation is 1")
    parser.add_argument("--only", nargs="*", choices=PACKAGES, default=PACKAGES, help="packages to measure")
    parser.add_argument("--compile", action="store_true", help="also torch.compile of a composition: needs a compiler")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"needed is a number of {least} or more, got {text!r}")
        return int(text)

    return number


def _shape(text: str) -> str:
    sizes = text.split(",")
    if len(sizes) < 3 or not all(size.isdecimal() and int(size) for size in sizes):
        raise argparse.ArgumentTypeError(f"needed is N,C and spatial sizes, such as 2,32,64,64, got {text!r}")
    return text


def _in_a_process(threads: int, arguments: list[str]) -> list[dict[str, Any]]:
    """The frameworks read the number of threads when they are loaded."""
    command = [sys.executable, "-m", "porter.runtime.bench", *arguments, "--worker"]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    rows: list[dict[str, Any]] = json.loads(ran.stdout)
    return rows


def _keep_to(processors: int) -> None:
    """Leave the others to nobody; where the system cannot, MindSpore's operations have more than `processors`."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:processors])


def measure(options: argparse.Namespace) -> list[Row]:
    """All routes at all shapes, with the threads that this process was started for."""
    rows = []
    for text in options.shape:
        case = Case(tuple(int(size) for size in text.split(",")), options.mean)
        for work in ("forward", "forward + backward"):
            routes = case.routes(options, backward=work != "forward")
            times = _times(routes, options.rounds)
            rows += [_row(case, name, work, times, options) for name in routes]
    return rows


def _times(routes: dict[str, Route], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of a call, one for each round."""
    calls = {name: _calls(route) for name, route in routes.items()}
    times: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(rounds):
        for name, route in routes.items():
            times[name].append(_time(route, calls[name]))
    return times


def _calls(route: Route) -> int:
    """How many calls fill ten milliseconds: a short route is then not timed in the caches that another one has left."""
    route()
    return max(1, min(200, round(10 / _time(route, 1))))


def _time(route: Route, calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        route()
    return (time.perf_counter() - start) / calls * 1e3


def _row(case: Case, name: str, work: str, times: dict[str, list[float]], options: argparse.Namespace) -> Row:
    own = times[name]
    low, median, high = statistics.quantiles(own, n=4)
    per_copy = statistics.median(one / copy for one, copy in zip(own, times[COPY], strict=True))
    threads = int(os.environ["OMP_NUM_THREADS"])
    error = case.errors.get(name) if work == "forward" else None
    return Row(case.shape, threads, name, work, median, low, high, per_copy, error)


class Case:
    """The arrays of one shape, and every route that is installed."""

    def __init__(self, shape: tuple[int, ...], mean: float) -> None:
        self.shape = shape
        random = np.random.default_rng(0)
        self.x = random.standard_normal(shape, dtype=np.float32) + np.float32(mean)
        self.grad = random.standard_normal(shape, dtype=np.float32)
        self.weight = random.uniform(0.5, 2, shape[1]).astype(np.float32)
        self.bias = random.standard_normal(shape[1]).astype(np.float32)
        self.errors: dict[str, float] = {}

    def routes(self, options: argparse.Namespace, backward: bool) -> dict[str, Route]:
        """Name -> what to time. Forward routes are also held against float64 once."""
        from porter.runtime import bench_routes

        found: dict[str, Route] = {COPY: self.x.copy}
        for package in options.only:
            found |= getattr(bench_routes, f"of_{package}")(self, backward, options)
        if not backward:
            self.errors = {name: self._error(route()) for name, route in found.items() if "copy" not in name}
        return found

    def _error(self, output: Any) -> float:
        """The largest difference, sample by sample: the truth of a whole batch would take a lot of memory."""
        axes, shape = tuple(range(1, self.x.ndim - 1)), (-1, *(1,) * (self.x.ndim - 2))
        worst = 0.0
        for x, y in zip(self.x, output, strict=True):
            truth = x.astype(np.float64)
            truth -= truth.mean(axes, keepdims=True)
            truth /= np.sqrt((truth**2).mean(axes, keepdims=True) + 1e-5)
            truth = truth * self.weight.reshape(shape) + self.bias.reshape(shape)
            worst = max(worst, float(np.abs(y - truth).max()))
        return worst


def _print(rows: list[dict[str, Any]]) -> None:
    console = Console()
    console.print(f"InstanceNorm, float32, affine; the kernel uses {loader.isa()}")
    for key in dict.fromkeys((tuple(row["shape"]), row["threads"], row["work"]) for row in rows):
        shape, threads, work = key
        table = Table(title=f"{shape}, {threads} thread{'s' * (threads > 1)}, {work}", title_justify="left")
        table.add_column("route")
        for name in ("ms", "quartiles", "x copy", "error"):
            table.add_column(name, justify="right")
        for row in rows:
            if (tuple(row["shape"]), row["threads"], row["work"]) == key:
                error = "" if row["error"] is None else f"{row['error']:.1e}"
                spread = f"{row['low']:.3g} to {row['high']:.3g}"
                table.add_row(row["route"], f"{row['median']:.3g}", spread, f"{row['per_copy']:.2f}", error)
        console.print(table)


if __name__ == "__main__":
    main()
