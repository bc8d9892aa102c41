"""When tensors on a GPU go to the kernel: what is loaded, and what is not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.frameworks("torch")


def test_the_cpu_does_not_load_triton() -> None:
    script = (
        "import sys, torch; from porter.runtime.torch import InstanceNorm3d\n"
        "x = torch.ones(1, 2, 3, 3, 3, requires_grad=True); InstanceNorm3d(2)(x).sum().backward()\n"
        "sys.exit('porter.runtime.kernel.triton' in sys.modules)"  # torch itself may load Triton
    )
    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], check=True)


def test_without_triton_or_a_gpu_torch_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    from porter.runtime import kernel
    from porter.runtime.kernel import gpu

    monkeypatch.setitem(sys.modules, "triton", None)
    monkeypatch.delattr(kernel, "triton", raising=False)
    monkeypatch.delitem(sys.modules, "porter.runtime.kernel.triton", raising=False)
    gpu._loaded.cache_clear()
    assert not gpu.available("cuda") and not gpu.available("meta")
    gpu._loaded.cache_clear()


def test_tensors_that_are_not_on_the_cpu_go_by_the_dispatcher() -> None:
    import torch

    from porter.runtime.kernel import torch as operation

    assert not operation._unobserved(torch.empty(2, 3, 4, device="meta"))
    output, statistics = operation._call(True, torch.empty(2, 3, 4, device="meta"), None, None, None, None, 1e-5)
    assert output.is_meta and statistics.shape == (2, 3, 2)


@pytest.mark.frameworks("triton")
def test_a_gpu_that_triton_cannot_build_for_is_told(monkeypatch: pytest.MonkeyPatch, recwarn: Any) -> None:
    import triton as package

    from porter.runtime.kernel import triton

    class Old:
        backend, arch = "cuda", 70

    def fail() -> Any:
        raise RuntimeError("no C compiler")

    for target, reason in ((lambda: Old, "capability is 7.0"), (fail, "no C compiler")):
        monkeypatch.setattr(triton, "_target", target)
        triton.available.cache_clear()
        assert not triton.available() and not triton.available()
        assert len(recwarn) == 1 and reason in str(recwarn.pop().message)
    monkeypatch.setattr(package, "__version__", "3.2.0+git")
    triton.available.cache_clear()
    assert not triton.available() and "Triton 3.2.0+git is too old" in str(recwarn.pop().message)
    monkeypatch.setattr(package, "__version__", "3.10.0")
    monkeypatch.setattr(Old, "arch", 80)
    monkeypatch.setattr(triton, "_target", lambda: Old)
    for wanted in ("1", "0"):
        monkeypatch.setenv("PORTER_KERNEL", wanted)
        triton.available.cache_clear()
        assert triton.available() == (wanted == "1") and not len(recwarn)
    triton.available.cache_clear()
