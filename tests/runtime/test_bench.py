"""The benchmark of a GPU: what it says without one, and, with the processor in its place, that it runs."""

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
