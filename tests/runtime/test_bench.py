"""The benchmark: what it refuses, that it runs, and, for a GPU, what it says without one and that it would run."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.frameworks("torch")
def test_without_a_gpu_it_says_what_it_found_and_needs() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    command = [sys.executable, "-m", "porter.runtime.bench", "--device", "cuda"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    (line,) = ran.stderr.splitlines()
    assert line == (
        f"--device cuda: found no CUDA device by torch {torch.__version__}; "
        "needed are an NVIDIA GPU and a torch built for CUDA"
    )
    assert ran.returncode == 2 and not ran.stdout


def test_without_torch_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from porter.runtime import bench_cuda

    monkeypatch.setattr(bench_cuda, "find_spec", lambda _: None)
    assert bench_cuda.missing() == "no torch"


@pytest.mark.frameworks("torch")
@pytest.mark.usefixtures("kernel")
def test_every_route_is_timed_and_compared(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from porter.runtime import bench_cuda

    clock: list[Any] = []

    def milliseconds(route: Any) -> float:
        start = time.perf_counter()
        clock.append(route())
        return (time.perf_counter() - start) * 1e3

    monkeypatch.setattr(bench_cuda, "milliseconds", milliseconds)
    monkeypatch.setattr(bench_cuda, "has_kernel", lambda _: True)
    options = argparse.Namespace(shape=["2,3,5,7"], rounds=3, mean=3.0, dtype="float32", json=True)
    assert bench_cuda.run(options, "cpu") == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert len(rows) == 2 * 2 * 4 and len(clock) == 3 * len(rows)
    for row in rows:
        assert row["low"] <= row["median"] <= row["high"] and row["gb_per_s"] > 0
        assert row["to_torch"] == 1 or row["route"] != "torch instance_norm"
        assert (row["error"] is None) == (row["route"] == "copy on the device" or row["work"] != "forward")
        assert row["error"] is None or row["error"] < 1e-5
        arrays = 5 if "backward" in row["work"] and "copy" not in row["route"] else 2
        assert row["gb_per_s"] == pytest.approx(2 * 3 * 5 * 7 * 4 * arrays / row["median"] / 1e6)
    options.json = False
    assert bench_cuda.run(options, "cpu") == 0
    assert "channels last, forward + backward" in capsys.readouterr().out


def _bench(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "porter.runtime.bench", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--threads", "0"], "argument --threads: needed is a number of 1 or more, got '0'"),
        (["--rounds", "2"], "argument --rounds: needed is a number of 3 or more, got '2'"),
        (["--shape", "2,3"], "argument --shape: needed is N,C and spatial sizes, such as 2,32,64,64, got '2,3'"),
        (["--shape", "2,0,5"], "such as 2,32,64,64, got '2,0,5'"),
        (["--only", "jax"], "argument --only: invalid choice: 'jax'"),
    ],
)
def test_a_wrong_option_is_one_line(options: list[str], message: str) -> None:
    ran = _bench(*options)
    assert ran.returncode == 2 and not ran.stdout
    assert message in ran.stderr.splitlines()[-1]


def test_the_routes_of_numpy_are_timed_for_each_number_of_threads() -> None:
    ran = _bench("--only", "numpy", "--shape", "2,3,5,7", "--rounds", "3", "--threads", "1", "3", "--json")
    assert ran.returncode == 0, ran.stderr
    rows = json.loads(ran.stdout)["rows"]
    assert {row["threads"] for row in rows} == {1, 3}
    assert {row["route"] for row in rows} >= {"copy of the array"}
    for row in rows:
        assert 0 < row["low"] <= row["high"]
        assert (row["error"] is None) == ("copy" in row["route"] or row["work"] != "forward")
        assert row["error"] is None or row["error"] < 1e-5


@pytest.mark.skipif(sys.platform != "linux", reason="only there a process can be kept to some processors")
def test_it_keeps_to_as_many_processors_as_threads() -> None:
    code = "import os; from porter.runtime.bench import _keep_to; _keep_to(1); print(len(os.sched_getaffinity(0)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "1\n"


@pytest.mark.frameworks("mindspore")
@pytest.mark.usefixtures("graph")
def test_a_gradient_is_timed_in_the_mode_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """MindSpore makes it for the mode of the moment, which another route has set."""
    import mindspore
    from mindspore import Tensor

    from porter.runtime import bench_routes

    modes: list[int] = []

    class Noting(mindspore.nn.Cell):  # type: ignore[misc]
        def construct(self, x: Tensor) -> Tensor:
            modes.append(mindspore.get_context("mode"))  # which a compiled one could not
            return x * x

    monkeypatch.setattr(bench_routes, "_mode", [])
    x = Tensor([1.0, 2.0], mindspore.float32)
    (gradient,) = bench_routes._mindspore_route(
        Noting(), [x], Tensor([1.0, 3.0], mindspore.float32), "PyNative", True
    )()
    assert gradient.tolist() == [2.0, 12.0] and modes == [mindspore.PYNATIVE_MODE]
