"""Compiles the kernel beside its sources. Standard library only: the build of the package runs this file by itself.

`python -m porter.runtime.kernel.build` compiles it for this machine, with CXX or the first compiler that is found.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCES = Path(__file__).parent
LIBRARY = "_instance_norm.so"
COMMON = ("-std=c++17", "-O3", "-fPIC", "-ffp-contract=fast", "-fvisibility=hidden", "-pthread")
"""Never -ffast-math (a NaN has to stay one), never -march=native (the library may travel)."""
AVX2 = ("-mavx2", "-mfma", "-mf16c")
WIDER = {
    "avx2": AVX2,
    "avx512": (*AVX2, "-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mprefer-vector-width=512"),
}


class BuildError(Exception):
    """There is no compiler, or it refused: the message says which, and what it said."""


def compiler() -> list[str]:
    """The command of a C++ compiler: CXX (which may hold options), else the first of the usual names. BuildError."""
    if command := shlex.split(os.environ.get("CXX", "")):
        if shutil.which(command[0]) is None:
            raise BuildError(f"CXX names {command[0]}, which is not there")
        return command
    for name in ("c++", "g++", "clang++"):
        if shutil.which(name):
            return [name]
    raise BuildError("no C++ compiler was found (CXX, c++, g++, clang++)")


def build(target: Path, extra: tuple[str, ...] = (), entry: Path | None = None) -> Path:
    """Compile the library to `target`, or, with `entry` (a C++ file with a main), a program. Raises BuildError.

    `extra` are further options. loops.cpp is compiled once for each instruction set that the compiler knows.
    """
    command = [*compiler(), *COMMON, *extra]
    with tempfile.TemporaryDirectory() as folder:
        sets = {"baseline": ()} | {name: flags for name, flags in WIDER.items() if _knows(command, flags)}
        defines = [f"-DPORTER_HAS_{name.upper()}" for name in sets]
        jobs = [(f"{name}.o", [*flags, f"-DPORTER_ISA={name}", SOURCES / "loops.cpp"]) for name, flags in sets.items()]
        others = [path for path in sorted(SOURCES.glob("*.cpp")) if path.name != "loops.cpp"]
        jobs += [(f"{path.stem}.o", [path]) for path in (*others, *([entry] if entry else []))]
        objects = [Path(folder, name) for name, _ in jobs]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda job: _call([*command, *defines, "-c", *job[1], "-o", Path(folder, job[0])]), jobs))
        # Under another name first: a process that has the old library open keeps it.
        unfinished = target.with_name(f"{target.name}.{os.getpid()}")
        _call([*command, *([] if entry else ["-shared"]), *objects, "-o", unfinished])
        unfinished.replace(target)
    return target


def is_current(library: Path) -> bool:
    """Whether `library` is there and younger than all that it is made of."""
    made_of = [path for path in SOURCES.iterdir() if path.suffix in (".cpp", ".h") or path.name == "build.py"]
    return library.exists() and library.stat().st_mtime > max(path.stat().st_mtime for path in made_of)


def _knows(command: list[str], flags: tuple[str, ...]) -> bool:
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    test = [*command, *flags, "-x", "c++", "-fsyntax-only", os.devnull]
    return subprocess.run(test, capture_output=True, check=False).returncode == 0


def _call(command: list[str | Path]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        raise BuildError(f"{shlex.join(map(str, command))} failed:\n{error.stderr[-2000:]}") from error
    except OSError as error:
        raise BuildError(str(error)) from error


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{build(SOURCES / LIBRARY)}\n")
    except BuildError as error:
        sys.exit(str(error))
