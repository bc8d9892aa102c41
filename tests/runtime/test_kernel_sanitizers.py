"""The kernel under the sanitizers of the compiler, which are skipped, with the reason, where it has none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from porter.runtime.kernel import build

DRIVER = Path(__file__).with_name("kernel_driver.cpp")
# -O1: unoptimised vector code takes a minute. Without -O3 the sanitizers also see what the optimiser would drop.
COMMON = ("-g1", "-O1", "-fno-sanitize-recover=all", f"-I{build.SOURCES}")


@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
def test_nothing_to_report(sanitizer: str, tmp_path: Path) -> None:
    """kernel_driver.cpp says what is run."""
    flags = (*COMMON, f"-fsanitize={sanitizer}")
    probe = tmp_path / "probe.cpp"
    probe.write_text("int main() { return 0; }\n")
    try:
        compiler = build.compiler()
    except build.BuildError as error:
        pytest.skip(str(error))
    made = subprocess.run([*compiler, *flags, probe, "-o", tmp_path / "probe"], capture_output=True, check=False)
    if made.returncode or subprocess.run([tmp_path / "probe"], capture_output=True, check=False).returncode:
        pytest.skip(f"this compiler, or this machine, has no sanitizer for {sanitizer}")
    program = build.build(tmp_path / "driver", flags, DRIVER)
    run = subprocess.run(
        [program, *(["threads"] if sanitizer == "thread" else [])],
        env=os.environ | {"TSAN_OPTIONS": "halt_on_error=1"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout == "0 failures\n"
