"""What comes out does not depend on the order of sets, which Python shuffles anew in each run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "fixtures" / "programs"


def converted(source: Path, to: str, seed: str) -> tuple[int, str]:
    """The exit code of a run, what it would change, and what it says."""
    command = [sys.executable, "-m", "porter", "convert", str(source), "--to", to, "--diff"]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("to", ["mindspore", "torch"])
def test_two_runs_say_the_same(to: str) -> None:
    """All programs of one direction, as one tree: names in it are met in many files."""
    first, second = (converted(PROGRAMS / f"to_{to}", to, seed) for seed in ("1", "2"))
    assert first == second
    assert len(first[1]) > 10_000
