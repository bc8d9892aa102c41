"""Running the command line as a person does, and looking at everything it did."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

import porter as package
from porter.cli import run

NETWORK = """\
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm = nn.InstanceNorm3d(c)

    def forward(self, x):
        return self.norm(x)
"""
"""Converts without anything left."""

LEFT = NETWORK + "\n\nodd = nn.Bilinear(2, 3, 4)\n"
"""Has a name without a rule."""

BROKEN = "import torch\nprint 'Python 2'\n"


@dataclass(frozen=True)
class Ran:
    """Exit code and both streams of a run."""

    code: int
    out: str
    err: str


Porter = Callable[..., Ran]


@pytest.fixture
def porter(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Porter:
    """Run porter in this process, in an empty working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        streams = capsys.readouterr()
        return Ran(code, streams.out, streams.err)

    return call


def with_porter(**more: str) -> dict[str, str]:
    """The environment, in which a child process finds this checkout's porter from any working folder."""
    return {**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1]), **more}


def child(*arguments: str | Path, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run porter in a process of its own, with bytes on standard input."""
    command = [sys.executable, "-m", "porter", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, env=with_porter(**environment), timeout=120)


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Path]:
    """Make a source tree of the given files (a keyword `a__b` is the path `a/b.py`) and return its folder."""

    def make(**files: str | bytes) -> Path:
        root = tmp_path / "src"
        for name, content in (files or {"net": NETWORK}).items():
            path = root / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return make


def on_terminal(speak: Callable[[Console], None], width: int) -> str:
    """What `speak` shows on a terminal of that width, without its colours."""
    file = io.StringIO()
    speak(Console(file=file, width=width, force_terminal=True, color_system=None, highlight=False, markup=False))
    return file.getvalue()


def fingerprint(root: Path) -> dict[str, str]:
    """Everything that a run could change about a tree: names, kinds, permissions, times and contents."""
    found: dict[str, str] = {}
    for path in sorted([root, *root.rglob("*")]):
        status = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        link = str(path.readlink()) if path.is_symlink() else ""
        found[str(path.relative_to(root))] = f"{status.st_mode:o} {status.st_mtime_ns} {content} {link}"
    return found
