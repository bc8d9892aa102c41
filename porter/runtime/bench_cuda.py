"""`python -m porter.runtime.bench --device cuda`: InstanceNorm on a GPU by every route, against a copy on the device.

GB/s count the bytes that must move: x and y forward; x, dy and dx more backward. Times lie between CUDA events around a
call: one that the processor cannot launch as fast as the GPU works shows that. All routes of a case run in turn, round
after round; a ratio is the median of the ratios of single rounds.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

from rich.console import Console
from rich.table import Table

Route = Callable[[], Any]
COPY, TORCH, KERNEL = "copy on the device", "torch instance_norm", "kernel"
EPS = 1e-5
WARM_UP = 3
"""Calls of each route before the clock runs: the first one compiles."""
ARRAYS = {"forward": 2, "forward + backward": 5}
"""How many arrays of the input's size must be read or written."""


def run(options: argparse.Namespace, device: str = "cuda") -> int:
    """Measure and print. The exit code: 2 where there is no GPU, which is said in one line."""
    absent = missing() if device == "cuda" else None
    if absent:
        sys.stderr.write(f"--device cuda: found {absent}; needed are an NVIDIA GPU and a torch built for CUDA\n")
        return 2
    rows = [row for text in options.shape for row in measure(text, options, device)]
    if options.json:
        sys.stdout.write(json.dumps({"device": _describe(device), "rows": rows}, indent=1) + "\n")
    else:
        _print(rows, _describe(device))
    return 0


def missing() -> str | None:
    """What was found in the place of a GPU, or None."""
    if find_spec("torch") is None:
        return "no torch"
    import torch

    return None if torch.cuda.is_available() else f"no CUDA device by torch {torch.__version__}"


def has_kernel(device: str) -> bool:
    """Else porter's function would be torch's under another name."""
    from porter.runtime.kernel import gpu

    return bool(gpu.available(device))


def measure(shape: str, options: argparse.Namespace, device: str) -> Iterator[dict[str, Any]]:
    """A row for each layout, work and route: milliseconds with quartiles, GB/s, ratio to torch, error."""
    for last in (False, True):
        case = Case(tuple(int(size) for size in shape.split(",")), options, device, last)
        errors = {name: case.error(route()) for name, route in case.routes(backward=False).items()}
        for work in ARRAYS:
            times = _times(case.routes(backward=work != "forward"), options.rounds)
            for name, own in times.items():
                moved = case.bytes * (2 if name == COPY else ARRAYS[work])
                low, median, high = statistics.quantiles(own, n=4)
                yield {
                    "shape": shape, "last": last, "work": work, "route": name, "dtype": options.dtype,
                    "median": median, "low": low, "high": high, "gb_per_s": moved / median / 1e6,
                    "to_torch": statistics.median(a / b for a, b in zip(own, times[TORCH], strict=True)),
                    "error": errors[name] if work == "forward" and name != COPY else None,
                }  # fmt: skip


def _times(routes: dict[str, Route], rounds: int) -> dict[str, list[float]]:
    for route in routes.values():
        for _ in range(WARM_UP):
            route()
    times: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(rounds):
        for name, route in routes.items():
            times[name].append(milliseconds(route))
    return times


def milliseconds(route: Route) -> float:
    """Of one call, on the GPU's clock."""
    import torch

    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    route()
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end))


class Case:
    """The tensors of one shape in one layout."""

    def __init__(self, shape: tuple[int, ...], options: argparse.Namespace, device: str, last: bool) -> None:
        import torch

        kind = getattr(torch, options.dtype)
        torch.manual_seed(0)
        x = torch.randn(shape, device=device) + options.mean
        self.x = (x.movedim(1, -1).contiguous().movedim(-1, 1) if last else x).to(kind)
        self.grad = torch.randn(shape, device=device).to(kind)
        if last:  # the next layer's gradient comes in the layout of what that layer got
            self.grad = torch.empty_like(self.x).copy_(self.grad)
        self.weight = (torch.rand(shape[1], device=device) + 0.5).to(kind)
        self.bias = torch.randn(shape[1], device=device).to(kind)
        self.bytes = math.prod(shape) * self.x.element_size()

    def routes(self, backward: bool) -> dict[str, Route]:
        """Name -> what to time; it returns the output, or, backward, the gradients."""
        import torch

        from porter.runtime.kernel.torch import instance_norm

        own, target = torch.nn.functional, torch.empty_like(self.x)
        functions = {
            TORCH: lambda x, w, b: own.instance_norm(x, weight=w, bias=b, eps=EPS),
            "torch group_norm": lambda x, w, b: own.group_norm(x, x.shape[1], w, b, EPS),
        }
        if has_kernel(self.x.device.type):
            functions[KERNEL] = lambda x, w, b: instance_norm(x, weight=w, bias=b, eps=EPS)
        copy = {COPY: lambda: target.copy_(self.x)}
        return copy | {name: self._route(function, backward) for name, function in functions.items()}

    def _route(self, function: Callable[..., Any], backward: bool) -> Route:
        import torch

        leaves = [tensor.detach().requires_grad_(backward) for tensor in (self.x, self.weight, self.bias)]
        if backward:
            return lambda: torch.autograd.grad(function(*leaves), leaves, self.grad)
        return lambda: function(*leaves)

    def error(self, output: Any) -> float:
        """The largest difference from float64, by samples: a whole batch in float64 would take a lot of memory."""
        import torch

        vectors = {"weight": self.weight.double(), "bias": self.bias.double(), "eps": EPS}
        worst = 0.0
        for x, y in zip(self.x, output, strict=True):
            truth = torch.nn.functional.instance_norm(x[None].double(), **vectors)[0]
            worst = max(worst, float((y - truth).abs().max()))
        return worst


def _describe(device: str) -> str:
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else device
    without = "" if has_kernel(device) else ", no kernel: Triton is not installed, or does not build for this GPU"
    return f"{name}, torch {torch.__version__}{without}"


def _print(rows: list[dict[str, Any]], device: str) -> None:
    console = Console()
    console.print(f"InstanceNorm, {rows[0]['dtype']}, affine; {device}")
    for key in dict.fromkeys((row["shape"], row["last"], row["work"]) for row in rows):
        shape, last, work = key
        title = f"({shape}), channels {'last' if last else 'first'}, {work}"
        table = Table("route", title=title, title_justify="left")
        for name in ("ms", "quartiles", "GB/s", "x torch", "error"):
            table.add_column(name, justify="right")
        for row in rows:
            if (row["shape"], row["last"], row["work"]) == key:
                table.add_row(*_cells(row))
        console.print(table)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    spread, error = f"{row['low']:.3g} to {row['high']:.3g}", row["error"]
    numbers = (f"{row['gb_per_s']:.0f}", f"{row['to_torch']:.2f}", "" if error is None else f"{error:.1e}")
    return row["route"], f"{row['median']:.3g}", spread, *numbers
