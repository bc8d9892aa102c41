"""Finding the library, doing without it, and building it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from porter.runtime.kernel import build, loader

ROOT = Path(__file__).parents[2]


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a fresh interpreter, with these environment variables."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_can_be_switched_off() -> None:
    run = python("from porter.runtime.kernel import loader; print(loader.available(), loader.isa())", PORTER_KERNEL="0")
    assert run.stdout.split() == ["False", "none"] and not run.stderr


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "it was not compiled"), (b"no library", "too short|invalid ELF header")]
)
def test_what_cannot_be_loaded_is_said_once(
    content: bytes | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "library.so"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.delenv("PORTER_KERNEL", raising=False)
    monkeypatch.setattr(loader, "LIBRARY", path)
    loader.library.cache_clear()
    try:
        with pytest.warns(UserWarning, match=f"kernel is not used.*({reason})") as caught:
            assert not loader.available()
        assert not loader.available() and len(caught) == 1
        with pytest.raises(RuntimeError, match="not available"):
            loader.run(loader.Job(), backward=False)
    finally:
        loader.library.cache_clear()


def test_an_unknown_instruction_set_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTER_KERNEL_ISA", "sse9")
    with pytest.raises(ValueError, match="must be one of best, baseline, avx2, avx512, got 'sse9'"):
        loader.limit.__wrapped__()


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("isa", ["baseline", "avx2"])
def test_wider_instruction_sets_can_be_forbidden(isa: str) -> None:
    run = python("from porter.runtime.kernel import loader; print(loader.isa())", PORTER_KERNEL_ISA=isa)
    assert run.stdout.strip() in ("baseline", isa)


@pytest.mark.parametrize(("value", "threads"), [("3", 3), ("2,4", 2), ("", None), ("many", None), ("0", None)])
def test_threads(value: str, threads: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert loader.default_threads() == (threads or len(os.sched_getaffinity(0)))


@pytest.mark.frameworks("torch", "mindspore")
def test_frameworks_do_without_it() -> None:
    code = (
        "import numpy, torch, mindspore, porter.runtime.torch as t, porter.runtime.mindspore as m\n"
        "x = numpy.random.default_rng(0).standard_normal((2, 3, 9)).astype('float32')\n"
        "a, b = t.instance_norm(torch.tensor(x)).numpy(), m.instance_norm(mindspore.Tensor(x)).asnumpy()\n"
        "print(abs(a - b).max() < 1e-5)"
    )
    run = python(code, PORTER_KERNEL="0")
    assert run.stdout.strip() == "True", run.stderr


def test_without_a_compiler_the_reason_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "/no/such/compiler -O1")
    with pytest.raises(build.BuildError, match="CXX names /no/such/compiler, which is not there"):
        build.compiler()
    monkeypatch.delenv("CXX")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(build.BuildError, match="no C\\+\\+ compiler was found"):
        build.compiler()


def test_what_the_compiler_says_is_passed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compiler = tmp_path / "c++"
    compiler.write_text("#!/bin/sh\necho it has no room >&2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    with pytest.raises(build.BuildError, match="it has no room"):
        build.build(tmp_path / "library.so")


def test_a_library_is_current_until_its_sources_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "SOURCES", tmp_path)
    source, library = tmp_path / "a.cpp", tmp_path / "library.so"
    source.touch()
    assert not build.is_current(library)
    library.touch()
    os.utime(source, (1, 1))
    assert build.is_current(library)
    os.utime(source)
    os.utime(library, (2, 2))
    assert not build.is_current(library)


@pytest.mark.frameworks("hatchling")
def test_a_wheel_without_a_compiler_is_pure_python(tmp_path: Path) -> None:
    """Built from a copy: the library of this tree stays."""
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\n")
    if not files[0]:
        pytest.skip("not a git checkout")
    for name in filter(None, files):
        if not name.startswith(("tests/", "fixtures/")) and (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    command: list[Any] = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "out"]
    run = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"CXX": "/no/such/compiler"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "The InstanceNorm kernel is left out" in run.stdout + run.stderr
    (wheel,) = (tmp_path / "out").glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
