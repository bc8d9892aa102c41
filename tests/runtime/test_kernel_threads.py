"""The kernel's threads stay for the next call: after a fork, for several callers, and where there are too few."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from porter.runtime.kernel.numpy import instance_norm

pytestmark = pytest.mark.usefixtures("kernel")


def _input(seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((2, 30, 20_011), dtype=np.float32)


def _exit_code(child: int, seconds: float) -> int | None:
    """None where it was still at work, and was killed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _threads() -> int:
    return int(Path("/proc/self/status").read_text().split("Threads:")[1].split()[0])


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_child_of_a_fork_has_threads_of_its_own() -> None:
    """It inherits none of the parent's, nor their locks as they happen to be."""
    x = _input()
    expected = instance_norm(x, threads=3).output
    child = os.fork()
    if not child:
        same = all(np.array_equal(instance_norm(x, threads=3).output, expected) for _ in range(3))
        os._exit(0 if same and _threads() == 3 else 1)
    assert _exit_code(child, 60) == 0
    np.testing.assert_array_equal(instance_norm(x, threads=3).output, expected)


def test_callers_take_turns() -> None:
    """Several threads of a program call at the same time, each with a number of threads of its own."""
    inputs = [_input(seed) for seed in range(6)]
    expected = [instance_norm(x, threads=1).output for x in inputs]
    with ThreadPoolExecutor(6) as callers:
        for _ in range(20):
            found = callers.map(lambda x, threads: instance_norm(x, threads=threads).output, inputs, range(1, 7))
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_array_equal(one, other)


FEW = """
import resource
import numpy as np
from porter.runtime.kernel.numpy import instance_norm

def of_the_process(name):
    return int(open("/proc/self/status").read().split(name + ":")[1].split()[0])

x = np.random.default_rng(0).standard_normal((2, 30, 20_011), dtype=np.float32)
expected = instance_norm(x, threads=1).output
before = of_the_process("Threads")
limit = resource.RLIM_INFINITY if {unlimited} else (of_the_process("VmSize") << 10) + (64 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
for _ in range(3):
    assert (instance_norm(x, threads=64).output == expected).all()
print(of_the_process("Threads") - before)
"""


def _threads_started(unlimited: bool) -> int:
    script = FEW.format(unlimited=unlimited)
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    return int(ran.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_those_that_can_be_started_do_all_the_work() -> None:
    """One for each 256 KiB where that many can be had, and they do not keep the process from its end."""
    assert _threads_started(unlimited=True) == 2 * 30 * 20_011 * 4 // (256 << 10) - 1
    assert 0 <= _threads_started(unlimited=False) < 10  # a stack takes 8 MiB


TORCH = """
import os
import torch
from porter.runtime.kernel.torch import instance_norm

def count():
    return int(open("/proc/self/status").read().split("Threads:")[1].split()[0])

x = torch.randn(2, 30, 20_011, generator=torch.Generator().manual_seed(0))
torch.set_num_threads(1)
expected = instance_norm(x)
torch.set_num_threads(4)
x.clone().mul_(2)
before = count()
assert all(torch.equal(instance_norm(x), expected) for _ in range(3))
print(count() - before, flush=True)
child = os.fork()
if not child:  # where an operation of torch's own would wait
    os._exit(0 if (instance_norm(x).numpy() == expected.numpy()).all() else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.frameworks("torch")
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_torch_lends_its_threads_but_not_to_a_child_of_a_fork() -> None:
    """No thread is added beside those that torch has; in the child, torch's OpenMP would wait for ever."""
    from porter.runtime.kernel import torch_threads

    if torch_threads._parallel() is None:
        pytest.skip("this torch is linked to no OpenMP that lends its threads")
    ran = subprocess.run([sys.executable, "-c", TORCH], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.stdout, ran.returncode) == ("0\n0\n", 0), ran.stderr


@pytest.mark.frameworks("torch")
def test_a_torch_without_such_threads_is_served_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from porter.runtime.kernel import torch_threads
    from porter.runtime.kernel.torch import instance_norm

    x = torch.from_numpy(_input())
    expected = instance_norm(x)
    assert abs(torch_threads.threads()) == torch.get_num_threads()
    monkeypatch.setattr(torch_threads, "_parallel", lambda: None)
    torch_threads._sign.cache_clear()
    try:
        assert torch_threads.threads() == torch.get_num_threads()
        assert torch.equal(instance_norm(x), expected)
    finally:
        torch_threads._sign.cache_clear()
